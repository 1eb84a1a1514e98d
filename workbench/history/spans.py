"""Where functions stand in Python source code."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import NamedTuple

MODULE = "<module>"
"""Qualified name of code outside of any function, as profilers show it."""


class Span(NamedTuple):
    """The lines of one function, decorators included; 0-based, end exclusive."""

    name: str
    start: int
    end: int


def function_spans(source: str, *, with_classes: bool = False) -> list[Span]:
    """Return the functions of a Python source, outer before inner.

    Names are qualified as in `__qualname__` (`Cls.method`, `outer.<locals>.inner`). A source that
    does not parse has none.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return []
    spans: list[Span] = []
    pending: list[tuple[ast.AST, str]] = [(tree, "")]
    while pending:
        node, prefix = pending.pop()
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                pending.append((child, prefix))
                continue
            name = prefix + child.name
            is_class = isinstance(child, ast.ClassDef)
            first = min([child.lineno, *(d.lineno for d in child.decorator_list)])
            if with_classes or not is_class:
                spans.append(Span(name, first - 1, child.end_lineno or child.lineno))
            pending.append((child, f"{name}." if is_class else f"{name}.<locals>."))
    return sorted(spans, key=lambda span: (span.start, -span.end))


def enclosing_function(name: str) -> str:
    """Return the function that a lambda, comprehension or generator expression stands in."""
    parts = name.split(".<locals>.")
    while len(parts) > 1 and parts[-1].startswith("<"):
        parts.pop()
    return ".<locals>.".join(parts)


@lru_cache(maxsize=512)
def line_functions(source: str) -> list[str]:
    """Return for each line the innermost function it is in (`MODULE` for none).

    Blank lines, comments and docstrings, which do nothing, have an empty name.
    """
    lines = source.split("\n")
    names = [MODULE if line.strip() and not line.strip().startswith("#") else "" for line in lines]
    for start, end in _docstrings(source):
        names[start:end] = [""] * (end - start)
    for span in function_spans(source):  # outer before inner
        for line in range(span.start, span.end):
            names[line] = span.name if names[line] else ""
    return names


def statement_starts(source: str) -> set[int]:
    """Return the 0-based first lines of the statements of modules and class bodies.

    The comments and blank lines above a statement belong to it.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return set()
    lines = source.split("\n")
    starts = set()
    pending: list[ast.Module | ast.ClassDef] = [tree]
    while pending:
        for node in pending.pop().body:
            decorators = getattr(node, "decorator_list", [])
            start = min([node.lineno, *(d.lineno for d in decorators)]) - 1
            while start and lines[start - 1].strip()[:1] in {"", "#"}:
                start -= 1
            starts.add(start)
            if isinstance(node, ast.ClassDef):
                pending.append(node)
    return starts


def _docstrings(source: str) -> list[tuple[int, int]]:
    """Return the lines of strings that stand as statements; 0-based, end exclusive."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return []
    return [
        (node.lineno - 1, node.end_lineno or node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ]
