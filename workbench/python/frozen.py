"""Whether objects of a class are alike when made alike, and stay so."""

from __future__ import annotations

import ast

from workbench.python.fixed import Fixed
from workbench.python.hashable import is_hashable
from workbench.python.results import of_text
from workbench.python.scope import SCALARS, Scope
from workbench.python.syntax import FunctionNode, root_name, without_docstring

_OWN_WAYS = frozenset(
    {"__new__", "__init__", "__setattr__", "__getattribute__", "__del__", "__getattr__"}
    | {"__delattr__", "__dict__", "__init_subclass__"}
)
"""What a class that names it does not leave to its decorator."""
_OPTIONS = frozenset({"frozen", "slots", "order", "kw_only", "repr"})
_QUESTIONS = frozenset({"isinstance", "len", "any", "all", "min", "max", "repr", "str", "type"})


def is_frozen(scope: Scope, made: ast.ClassDef) -> bool:
    """Whether a class is a frozen dataclass, by itself, of fields that nobody can change.

    Making an object of it does nothing but fill its fields, and raise where they are wrong.
    """
    named = {node.id for node in ast.walk(made) if isinstance(node, ast.Name)}
    named |= {node.attr for node in ast.walk(made) if isinstance(node, ast.Attribute)}
    named |= {node.name for node in ast.walk(made) if isinstance(node, FunctionNode)}
    is_plain = not made.bases and not made.keywords and not named & _OWN_WAYS
    fixed = Fixed(scope, scope.tree.body.index(made))
    is_decorated = len(made.decorator_list) == 1 and _freezes(fixed, made.decorator_list[0])
    return (
        is_plain
        and is_decorated
        and all(_is_harmless(fixed, stmt) for stmt in without_docstring(made.body))
    )


def _freezes(fixed: Fixed, decorator: ast.expr) -> bool:
    match decorator:
        case ast.Call(func=function, args=[], keywords=keywords) if fixed.is_bound_above(
            root_name(function)
        ):
            told = {k.arg: k.value.value for k in keywords if isinstance(k.value, ast.Constant)}
            is_whole = len(told) == len(keywords) and told.keys() <= _OPTIONS
            called = fixed.scope.called(function, function)
            return called == "dataclasses.dataclass" and is_whole and told.get("frozen") is True
    return False


def _is_harmless(fixed: Fixed, stmt: ast.stmt) -> bool:
    match stmt:
        case ast.AnnAssign(target=ast.Name(), annotation=annotation, value=value):
            return is_hashable(annotation) and (value is None or _is_default(fixed, value))
        case ast.FunctionDef(name="__post_init__"):
            return all(map(_only_asks, ast.walk(ast.Module(stmt.body, []))))
        case ast.FunctionDef():
            return not any("cache" in ast.unparse(d) for d in stmt.decorator_list)
    return isinstance(stmt, ast.Pass | ast.AsyncFunctionDef)


def _is_default(fixed: Fixed, value: ast.expr) -> bool:
    match value:
        case ast.Call(func=ast.Name(id="field") | ast.Attribute(attr="field"), keywords=keywords):
            return all(
                _makes_immutable(k.value)
                if k.arg == "default_factory"
                else fixed.gives_immutable(k.value, {})
                for k in keywords
            )
    return fixed.gives_immutable(value, {})


def _makes_immutable(factory: ast.expr) -> bool:
    return isinstance(factory, ast.Name) and factory.id in SCALARS | {"tuple", "frozenset"}


def _only_asks(node: ast.AST) -> bool:
    """Whether a node of `__post_init__` only looks at fields, or raises."""
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return name in _QUESTIONS or name.endswith(("Error", "Exception"))
        case ast.Call(func=ast.Attribute(attr=method)):
            return bool(of_text(method).name)
        case ast.Call() | ast.Global() | ast.Nonlocal() | ast.Await() | ast.With():
            return False
        case ast.Yield() | ast.YieldFrom() | ast.NamedExpr() | ast.Import() | ast.ImportFrom():
            return False
        case ast.Attribute(ctx=ctx) | ast.Subscript(ctx=ctx):
            return isinstance(ctx, ast.Load)
    return True
