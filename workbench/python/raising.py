"""Which errors an expression cannot raise, and which errors an `except` catches."""

from __future__ import annotations

import ast
import builtins
import sys

from workbench.python.scope import READ_METHODS, STRING_RESULTS, Scope
from workbench.python.silent import methods_named
from workbench.python.syntax import FunctionNode

_TOLD = frozenset({"KeyError", "IndexError", "LookupError", "ValueError"})
"""Builtin errors of which it can be seen where they may come from."""

_LOOKUPS = frozenset({"KeyError", "IndexError", "LookupError"})

_TOTAL = frozenset(
    {"len", "isinstance", "bool", "str", "repr", "type", "id", "callable", "hasattr"}
)

_METHODS = READ_METHODS | set(STRING_RESULTS) | {"lstrip", "rstrip", "splitlines", "title", "find"}


def catches(caught: ast.expr, raised: ast.expr, scope: Scope) -> bool:
    """Whether an `except` surely catches what another function of the file raises."""
    name = _class_name(raised)
    return any(_is_kind_of(name, wanted, scope) for wanted in caught_names(caught))


def caught_names(caught: ast.expr) -> list[str]:
    """Return the names of the errors of an `except`."""
    parts = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return [_class_name(part) for part in parts]


def _class_name(raised: ast.expr) -> str:
    match raised:
        case ast.Call(func=ast.Name(id=name)) | ast.Name(id=name):
            return name
    return ""


def _is_kind_of(name: str, wanted: str, scope: Scope) -> bool:
    if not name or not wanted:
        return False
    if name == wanted:
        return True
    if scope.is_builtin(name) and scope.is_builtin(wanted):
        kind, base = getattr(builtins, name), getattr(builtins, wanted)
        return isinstance(kind, type) and isinstance(base, type) and issubclass(kind, base)
    match scope.binding(name, scope.function.body[0]):
        case ast.ClassDef(bases=bases):
            return any(_is_kind_of(_class_name(base), wanted, scope) for base in bases)
    return False


def can_raise(node: ast.expr, names: list[str], scope: Scope) -> bool:
    """Whether evaluating an expression of the module might raise an error of these names.

    Of an error that a package defines, whoever is not known might; of a builtin one, whatever is
    not known to be total.
    """
    return any(_can_raise(node, name, scope) for name in names)


def _can_raise(node: ast.expr, name: str, scope: Scope) -> bool:
    if not name:
        return True
    if not scope.is_builtin(name):
        return not _is_quiet(node, scope, set())
    return name not in _TOLD or not all(_is_total(part, name, scope) for part in ast.walk(node))


def _is_total(part: ast.AST, name: str, scope: Scope) -> bool:
    match part:
        case ast.Call(func=ast.Name(id=called)):
            return called in _TOTAL and scope.is_builtin(called)
        case ast.Call(func=ast.Attribute(attr=attr)):
            return attr in _METHODS - {"index"} and not methods_named(attr, scope.tree)
        case ast.Call() | ast.Await() | ast.Starred():
            return False
        case ast.Subscript():
            return name not in _LOOKUPS
        case ast.BinOp(op=ast.Mod() | ast.Pow() | ast.LShift() | ast.RShift()):
            return name != "ValueError"
        case ast.Attribute(attr=attr):
            return not methods_named(attr, scope.tree)  # no property
        case ast.FormattedValue(format_spec=ast.JoinedStr()):
            return name != "ValueError"
    return True


def _is_quiet(node: ast.AST, scope: Scope, seen: set[ast.AST]) -> bool:
    """Whether no code of a package may raise here: all of it is in sight, and does not."""
    return all(_is_quiet_part(part, scope, seen) for part in ast.walk(node))


def _is_quiet_part(part: ast.AST, scope: Scope, seen: set[ast.AST]) -> bool:
    match part:
        case ast.Raise() | ast.Await() | ast.Import() | ast.ImportFrom():
            return False
        case ast.Attribute(attr=attr):
            return _are_quiet(attr, scope, seen)
        case ast.Subscript():
            return _are_quiet("__getitem__", scope, seen)
        case ast.In() | ast.NotIn():
            return _are_quiet("__contains__", scope, seen)
        case ast.Call(func=ast.Attribute(attr=attr) as func):
            root = scope.called(func, scope.function.body[0]).partition(".")[0]
            is_known = attr in _METHODS or bool(methods_named(attr, scope.tree))
            return is_known or root in sys.stdlib_module_names
        case ast.Call(func=ast.Name(id=name)):
            bound = scope.binding(name, scope.function.body[0])
            root = scope.called(part.func, scope.function.body[0]).partition(".")[0]
            is_inside = isinstance(bound, FunctionNode | ast.ClassDef)
            return is_inside or scope.is_builtin(name) or root in sys.stdlib_module_names
        case ast.Call():
            return False
        case ast.Name(id=name):
            bound = scope.binding(name, scope.function.body[0])
            if isinstance(bound, FunctionNode | ast.ClassDef):
                return _is_quiet_once(bound, scope, seen)
    return True


def _are_quiet(method: str, scope: Scope, seen: set[ast.AST]) -> bool:
    return all(_is_quiet_once(node, scope, seen) for node in methods_named(method, scope.tree))


def _is_quiet_once(node: ast.AST, scope: Scope, seen: set[ast.AST]) -> bool:
    if node in seen:
        return True
    seen.add(node)
    return _is_quiet(node, scope, seen)
