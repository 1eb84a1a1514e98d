"""Exceptions raised and caught for what is common."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from workbench.opportunity.pattern import Match
from workbench.opportunity.reading import FunctionCode

_ASKABLE = {"KeyError", "IndexError", "AttributeError", "ValueError", "TypeError", "LookupError",
            "ZeroDivisionError", "UnicodeDecodeError"}  # fmt: skip
_MOST_TRIED = 3


def caught_for_common(code: FunctionCode) -> Iterator[Match]:
    """Find small `try` blocks whose handler goes on with a default, as if nothing were wrong.

    Whether the handler runs often is told by the samples of its lines.
    """
    for node in code.of(ast.Try):
        assert isinstance(node, ast.Try)
        if len(node.body) > _MOST_TRIED or node.finalbody or len(node.handlers) != 1:
            continue
        handler = node.handlers[0]
        caught = _caught(handler)
        if not caught or not caught <= _ASKABLE or not _goes_on(handler):
            continue
        if _imports(node) or code.is_rare(node) or not (code.loops(node) or _is_asked(node)):
            continue
        names = " or ".join(sorted(caught))
        seen = f"{names} is raised and caught where a test would tell"
        last = handler.end_lineno or handler.lineno
        yield Match(node.body[0].lineno, last, seen, proof=(handler.lineno, last))


def _caught(handler: ast.ExceptHandler) -> set[str]:
    match handler.type:
        case ast.Name(id=name):
            return {name}
        case ast.Tuple(elts=elts) if all(isinstance(e, ast.Name) for e in elts):
            return {e.id for e in elts}  # type: ignore[attr-defined]
    return set()


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
