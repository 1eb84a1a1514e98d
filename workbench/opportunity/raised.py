"""Where functions of the repository raise what a caller catches."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from workbench.opportunity.codebase import ModuleCode
from workbench.opportunity.pattern import Place
from workbench.opportunity.reading import FunctionCode, last_name
from workbench.python.syntax import root_name

_DEPTH = 2
"""Calls of calls out of which an exception may come."""
_MOST_STATEMENTS = 25
_BASES = 5
"""Classes above a class that are looked at."""
_LOOKUPS = {
    "KeyError",
    "IndexError",
    "LookupError",
    "AttributeError",
    "StopIteration",
    "ValueError",
}
"""Errors by which a look-up or conversion says that there is nothing."""


def places_of_raise(code: FunctionCode, caught: set[str], depth: int = _DEPTH) -> list[Place]:
    """Return where a function, or one that it calls, raises one of some errors for what is missing.

    Of `if found is None: …; raise` these are the lines that run only then. In what is long, such
    as a parser, a test ahead would be as long.
    """
    if sum(isinstance(node, ast.stmt) for node in code.nodes) > _MOST_STATEMENTS:
        return []
    places = [
        place
        for node in code.of(ast.Raise)
        if isinstance(node, ast.Raise) and kinds_of(code.module, node.exc) & caught
        if (place := _place_of(code, node)) is not None
    ]
    for call in code.calls if depth else []:
        callee = code.callee(call)
        if callee is not None and callee is not code and not _is_caught(code, call, caught):
            places += places_of_raise(callee, caught, depth - 1)
    return places


def _place_of(code: FunctionCode, node: ast.Raise) -> Place | None:
    """Return the lines that run only where a look-up found nothing; None for other reasons."""
    file, last = code.module.path, node.end_lineno or node.lineno
    parent = code.parents[node]
    match parent:
        case ast.If(test=test, body=[*body]) if node in body and _is_missing(code, test):
            first = body[0].lineno
        case ast.If(test=test, orelse=[*body]) if node in body and _is_there(code, test):
            first = body[0].lineno
        case ast.ExceptHandler() if caught_by(parent) & _LOOKUPS:
            return Place(file, code.qualname, parent.lineno, last)
        case _ if parent is code.node and _ends_search(code, node):
            first = node.lineno
        case _:
            return None
    return Place(file, code.qualname, first, last) if first > parent.lineno else None


def _is_missing(code: FunctionCode, test: ast.expr) -> bool:
    """Whether a test holds where a look-up found nothing: `x is None`, `key not in table`."""
    match test:
        case ast.Compare(left=left, ops=[ast.Is()], comparators=[ast.Constant() | ast.Name()]):
            return _is_found_here(code, left)
        case ast.Compare(ops=[ast.NotIn()]):
            return True
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _is_there(code, operand)
        case ast.BoolOp(values=values):
            return any(_is_missing(code, value) for value in values)
    return False


def _is_there(code: FunctionCode, test: ast.expr) -> bool:
    """Whether a test holds where a look-up found something."""
    match test:
        case ast.Compare(left=left, ops=[ast.IsNot()], comparators=[ast.Constant() | ast.Name()]):
            return _is_found_here(code, left)
        case ast.Compare(ops=[ast.In()]):
            return True
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _is_missing(code, operand)
        case ast.Name() | ast.NamedExpr():
            return _is_found_here(code, test)
    return False


def _is_found_here(code: FunctionCode, expr: ast.expr) -> bool:
    """Whether a value is what the function has looked up, rather than what it was given."""
    match expr:
        case ast.Name(id=name):
            return any(not isinstance(bound, ast.arg) for bound in code.bound.get(name, ()))
        case ast.Attribute():
            return root_name(expr) not in ("self", "cls", "")
    return isinstance(expr, ast.NamedExpr | ast.Call | ast.Subscript)


def _ends_search(code: FunctionCode, node: ast.Raise) -> bool:
    """Whether a function ends by raising where it would have returned what it had found."""
    above = code.node.body[-2:-1]
    is_last = code.node.body[-1:] == [node]
    searches = [stmt for stmt in above if isinstance(stmt, ast.If | ast.For)]
    return is_last and any(isinstance(n, ast.Return) for s in searches for n in ast.walk(s))


def _is_caught(code: FunctionCode, call: ast.Call, caught: set[str]) -> bool:
    """Whether a call stands in a `try` that may catch one of some errors."""
    child: ast.AST = call
    for parent in code.ancestors(call):
        handlers = parent.handlers if isinstance(parent, ast.Try) and child in parent.body else []
        if any(_may_catch(handler, caught) for handler in handlers):
            return True
        child = parent
    return False


def _may_catch(handler: ast.ExceptHandler, caught: set[str]) -> bool:
    names = caught_by(handler)
    return not names or bool(names & ({"Exception", "BaseException"} | caught))


def caught_by(handler: ast.ExceptHandler) -> set[str]:
    """Return the last names of the errors that a handler names."""
    match handler.type:
        case ast.Name() | ast.Attribute() as one:
            return {last_name(one)}
        case ast.Tuple(elts=elts):
            return {last_name(part) for part in elts} - {""}
    return set()


def kinds_of(module: ModuleCode, raised: ast.expr | None) -> set[str]:
    """Return the last names of the class of what is raised and of those that it inherits."""
    raised = raised.func if isinstance(raised, ast.Call) else raised
    return set(_kinds(module, raised, _BASES)) if raised is not None else set()


def _kinds(module: ModuleCode, named: ast.expr, depth: int) -> Iterator[str]:
    name = last_name(named)
    if not name:
        return
    yield name
    found = module.class_named(named)
    if found is not None and depth:
        for base in found[0].classes[found[1]].bases:
            yield from _kinds(found[0], base, depth - 1)
    builtin = getattr(builtins, name, None)
    if found is None and isinstance(builtin, type):
        yield from (kind.__name__ for kind in builtin.__mro__)
