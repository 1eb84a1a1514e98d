"""What can be said of an edit without running it: it compiles, and every name it uses is there."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from pyflakes import checker, messages


class SyntaxFault(NamedTuple):
    """Where and why a file does not compile."""

    path: str
    line: int
    """1-based."""
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}"


def syntax_fault(files: Mapping[str, str | None]) -> SyntaxFault | None:
    """Return the first fault among the Python files; None where all compile."""
    for path, text in files.items():
        if path.endswith(".py") and text is not None:
            try:
                ast.parse(text, path)
            except SyntaxError as error:
                return SyntaxFault(path, error.lineno or 1, error.msg)
            except ValueError as error:
                return SyntaxFault(path, 1, str(error))
    return None


class Missing(NamedTuple):
    """A name that a file should define and does not."""

    path: str
    name: str


def missing_names(
    files: Mapping[str, str | None], others: Mapping[str, str], paths: Mapping[str, str]
) -> set[Missing]:
    """Return the names and attributes that files use, or are asked for, and do not define.

    Parameters
    ----------
    files : mapping of path to text
        The files in question; None for one that is not there.
    others : mapping of path to text
        The other Python files, which may import from these.
    paths : mapping of dotted module name to path
        Every module there is or was.
    """
    everything = {**others, **files}
    missing = {
        Missing(path, name)
        for path, text in files.items()
        if path.endswith(".py") and text is not None
        for name in _undefined(text) | _unset_attributes(text)
    }
    for path, text in everything.items():
        for module, name in _imported(text or "", path):
            source = paths.get(module, "")
            if source not in everything or (path not in files and source not in files):
                continue
            if name not in _bound(everything[source] or "") and f"{module}.{name}" not in paths:
                missing.add(Missing(source, name))
    return missing


def _parse(source: str) -> ast.Module:
    """Parse a source; one that does not parse is as good as empty here."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return ast.Module(body=[], type_ignores=[])


@lru_cache(maxsize=4096)
def _undefined(source: str) -> frozenset[str]:
    found = checker.Checker(_parse(source)).messages
    return frozenset(m.message_args[0] for m in found if isinstance(m, messages.UndefinedName))


@lru_cache(maxsize=4096)
def _unset_attributes(source: str) -> frozenset[str]:
    """Return the attributes that methods read from `self` and that nothing in the file sets."""
    read: set[str] = set()
    known: set[str] = set()
    for node in ast.walk(_parse(source)):
        if isinstance(node, ast.Attribute):
            is_self = isinstance(node.value, ast.Name) and node.value.id == "self"
            if not isinstance(node.ctx, ast.Load):
                known.add(node.attr)
            elif is_self:
                read.add(node.attr)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            known.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            known.add(node.id)
    return frozenset(read - known)


@lru_cache(maxsize=4096)
def _bound(source: str) -> frozenset[str]:
    """Return the names bound at the top level of a module, its conditional parts included."""
    names: set[str] = set()
    pending: list[ast.AST] = [_parse(source)]
    while pending:
        for node in ast.iter_child_nodes(pending.pop()):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.add(node.name)
                continue
            if isinstance(node, ast.alias):
                names.add((node.asname or node.name).split(".")[0])
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            pending.append(node)
    return frozenset(names)


@lru_cache(maxsize=4096)
def _imported(source: str, path: str) -> frozenset[tuple[str, str]]:
    """Return (module, name) of every `from module import name`, relative ones resolved."""
    package = path.split("/")[:-1]
    pairs: set[tuple[str, str]] = set()
    for node in ast.walk(_parse(source)):
        if isinstance(node, ast.ImportFrom):
            parts = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*parts, *([node.module] if node.module else [])])
            pairs |= {(module, alias.name) for alias in node.names}
    return frozenset(pairs)
