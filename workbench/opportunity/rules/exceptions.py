"""Exceptions raised and caught for what is common."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from workbench.opportunity.pattern import Match, Place
from workbench.opportunity.raised import caught_by, places_of_raise
from workbench.opportunity.reading import FunctionCode, last_name

_ASKABLE = {"KeyError", "IndexError", "AttributeError", "ValueError", "TypeError", "LookupError",
            "ZeroDivisionError", "UnicodeDecodeError"}  # fmt: skip
_OTHER = {"Exception", "BaseException", "NotImplementedError", "ImportError", "AssertionError"}
"""What is caught in case of anything, or of what no look-up says: no test tells that ahead."""
_MOST_TRIED = 3


def caught_for_common(code: FunctionCode) -> Iterator[Match]:
    """Find small `try` blocks whose handler goes on with a default, as if nothing were wrong.

    Whether the handler runs often is told by the samples of its lines, or of those on which a
    function that is tried raises.
    """
    for node in code.of(ast.Try):
        assert isinstance(node, ast.Try)
        if len(node.body) > _MOST_TRIED or node.finalbody or len(node.handlers) != 1:
            continue
        handler = node.handlers[0]
        caught = caught_by(handler)
        if not caught or not _goes_on(handler) or _imports(node) or code.is_rare(node):
            continue
        names = " or ".join(sorted(caught))
        last = handler.end_lineno or handler.lineno
        own = Place(code.module.path, code.qualname, handler.lineno, last)
        if raised := _raised_by_callee(code, node, caught - _OTHER):
            name, places = raised
            seen = f"{names} is raised by {name} and caught here, where a test would tell"
            yield Match(node.body[0].lineno, last, seen, proof=(own, *places))
        elif caught <= _ASKABLE and (code.loops(node) or _is_asked(node)):
            seen = f"{names} is raised and caught where a test would tell"
            yield Match(node.body[0].lineno, last, seen, proof=(own,))
    yield from _suppressed(code)


def _suppressed(code: FunctionCode) -> Iterator[Match]:
    """Find `with suppress(…)` around what raises in a function of the repository."""
    for node in code.of(ast.With):
        match node:
            case ast.With(items=[ast.withitem(context_expr=ast.Call() as call)], body=body):
                is_suppressed = code.called(call) == "contextlib.suppress"
            case _:
                continue
        if not is_suppressed or len(body) > _MOST_TRIED or code.is_rare(node):
            continue
        caught = {last_name(part) for part in call.args} - {""}
        if raised := _raised_by_callee(code, node, caught - _OTHER):
            name, places = raised
            seen = f"{' or '.join(sorted(caught))} is raised by {name} and suppressed here"
            last = body[-1].end_lineno or body[-1].lineno
            yield Match(body[0].lineno, last, seen, proof=tuple(places))


def _raised_by_callee(
    code: FunctionCode, node: ast.Try | ast.With, caught: set[str]
) -> tuple[str, list[Place]] | None:
    """Return the function of the repository that raises what is caught, and where it does."""
    for call in (n for stmt in node.body for n in ast.walk(stmt) if isinstance(n, ast.Call)):
        callee = code.callee(call)
        places = places_of_raise(callee, caught) if callee and callee is not code else []
        if callee and places:
            return callee.node.name, places
    return None


def _goes_on(handler: ast.ExceptHandler) -> bool:
    """Whether a handler only puts something plain in place of what is missing."""
    if handler.name:
        return False
    for stmt in handler.body:
        match stmt:
            case ast.Pass() | ast.Continue() | ast.Return() | ast.Break():
                pass
            case ast.Assign(targets=targets) if any(isinstance(t, ast.Subscript) for t in targets):
                return False  # it keeps what was missing: the next time there is no exception
            case ast.Assign() | ast.AugAssign() | ast.AnnAssign():
                pass
            case ast.Expr(value=ast.Call(func=ast.Attribute(attr="append" | "add"))):
                pass
            case _:
                return False
    return True


def _imports(node: ast.Try) -> bool:
    return any(isinstance(n, ast.Import | ast.ImportFrom) for n in node.body)


def _is_asked(node: ast.Try) -> bool:
    """Whether what is tried is one look-up or conversion: what a test could ask first."""
    if len(node.body) != 1:
        return False
    value = getattr(node.body[0], "value", None)
    match value:
        case ast.Subscript() | ast.Attribute():
            return True
        case ast.Call(func=ast.Name(id="int" | "float" | "next" | "getattr")):
            return True
    return False
