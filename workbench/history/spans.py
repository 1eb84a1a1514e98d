"""Where functions stand in Python source code."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

MODULE = "<module>"
"""Qualified name of code outside of any function, as profilers show it."""
_LONE_RETURN = re.compile(r"\r(?!\n)")


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
    found = _find(source).definitions
    spans = [span for is_class, span in found if with_classes or not is_class]
    return sorted(spans, key=lambda span: (span.start, -span.end))


def parses(source: str) -> bool:
    """Tell whether a source is Python of this interpreter, rather than newer, or none."""
    return _find(source).parses


def enclosing_function(name: str) -> str:
    """Return the function that a lambda, comprehension or generator expression stands in.

    Outside of any, also in the body of a class, that is `MODULE`.
    """
    while name != MODULE and name.rpartition(".")[2].startswith("<"):
        name = name.rpartition(".<locals>.")[0] or MODULE
    return name


@lru_cache(maxsize=512)
def line_functions(source: str) -> list[str]:
    """Return for each line the innermost function it is in (`MODULE` for none).

    Blank lines, comments and docstrings, which do nothing, have an empty name.
    """
    lines = source.split("\n")
    names = [MODULE if line.strip() and not line.strip().startswith("#") else "" for line in lines]
    for start, end in _find(source).docstrings:
        names[start:end] = [""] * (end - start)
    for name, start, end in function_spans(source):  # outer before inner
        names[start:end] = [name if line else "" for line in names[start:end]]
    return names


def statement_starts(source: str) -> set[int]:
    """Return the 0-based first lines of the statements of modules and class bodies.

    The comments and blank lines above a statement belong to it.
    """
    lines = source.split("\n")
    starts = set()
    pending: list[ast.Module | ast.ClassDef] = [_parse(source)]
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


class _Found(NamedTuple):
    """What the statements of a source are; lines are 0-based, ends exclusive."""

    definitions: list[tuple[bool, Span]]
    """Whether it is a class, and its lines; in no order."""
    docstrings: list[tuple[int, int]]
    """Strings that stand as statements."""
    parses: bool


@lru_cache(maxsize=8192)
def _find(source: str) -> _Found:
    """Look through all statements, not into expressions: no function is defined in one."""
    module = _parse(source)
    found = _Found([], [], module is not _UNREAD)
    pending: list[tuple[ast.AST, str]] = [(module, "")]
    while pending:
        node, prefix = pending.pop()
        for child in _statements(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = prefix + child.name
                is_class = isinstance(child, ast.ClassDef)
                first = min([child.lineno, *(d.lineno for d in child.decorator_list)])
                end = child.end_lineno or child.lineno
                found.definitions.append((is_class, Span(name, first - 1, end)))
                pending.append((child, f"{name}." if is_class else f"{name}.<locals>."))
            elif isinstance(child, ast.Expr):
                if isinstance(child.value, ast.Constant) and isinstance(child.value.value, str):
                    found.docstrings.append((child.lineno - 1, child.end_lineno or child.lineno))
            elif not isinstance(child, _SIMPLE):
                pending.append((child, prefix))
    return found


_SIMPLE = (ast.Assign, ast.Return, ast.AugAssign, ast.AnnAssign, ast.Import, ast.ImportFrom)
_SUITES = ("body", "handlers", "orelse", "finalbody", "cases")


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements of a compound one, and its handlers and cases."""
    for suite in _SUITES:
        yield from getattr(node, suite, ())


def _parse(source: str) -> ast.Module:
    """Parse a source whose lines are those that git counts; one that does not parse is empty."""
    text = _LONE_RETURN.sub(" ", source)  # Python ends a line at those too
    with warnings.catch_warnings():
        for about_foreign_code in (SyntaxWarning, DeprecationWarning):
            warnings.simplefilter("ignore", about_foreign_code)
        try:
            return ast.parse(text.encode("utf-8", "replace").decode())  # it may stand in comments
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return _UNREAD


_UNREAD = ast.Module(body=[], type_ignores=[])
