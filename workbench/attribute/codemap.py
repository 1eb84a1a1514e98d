"""Where functions stand in source code, and which of them each change touched."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from workbench.history import Commit, FileWeave
from workbench.types import Change, Function

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


def changed_functions(
    weaves: Mapping[str, FileWeave], read_base: Callable[[str], str | None]
) -> dict[str, set[Function]]:
    """Map each commit to the functions whose lines it added, altered or removed.

    Added lines are placed in the last revision, removed ones in the first, so each file is parsed
    twice however many commits touched it.
    """
    found: dict[str, set[Function]] = {}
    for path, weave in weaves.items():
        if not path.endswith(".py"):
            continue
        names = {
            "base": _line_names(read_base(path) or ""),
            "head": _line_names(weave.text() or ""),
        }
        for delta, side, line in weave.touched():
            if name := names[side][line]:
                found.setdefault(delta.commit, set()).add(Function(name, path))
    return found


def describe_changes(
    commits: Iterable[Commit],
    weaves: Mapping[str, FileWeave],
    read_base: Callable[[str], str | None],
) -> list[Change]:
    """Return the commits as changes, with the functions that each of them touched."""
    functions = changed_functions(weaves, read_base)
    changes = []
    for commit in commits:
        change = Change(
            id=commit.id, title=commit.title, author=commit.author, email=commit.email,
            at=commit.at, n_added=sum(len(h.added) for h in commit.hunks),
            n_removed=sum(len(h.removed) for h in commit.hunks),
        )  # fmt: skip
        files = tuple(sorted({hunk.path for hunk in commit.hunks}))
        touched = tuple(sorted(functions.get(commit.id, ())))
        changes.append(replace(change, files=files, functions=touched))
    return changes


@lru_cache(maxsize=512)
def _line_names(source: str) -> list[str]:
    """Return for each line the innermost function it is in; nothing for blanks and comments."""
    lines = source.split("\n")
    names = [MODULE if line.strip() and not line.strip().startswith("#") else "" for line in lines]
    for span in function_spans(source):  # outer before inner
        for line in range(span.start, span.end):
            names[line] = span.name if names[line] else ""
    return names
