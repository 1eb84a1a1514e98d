"""Imports that a reversal leaves beside those that it brings back."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from pyflakes import checker, messages

from workbench.errors import PatchError
from workbench.patch.editing.concrete import parse_concrete


def drop_shadowed_imports(files: Mapping[str, str | None]) -> dict[str, str | None]:
    """Leave out names that a file imports and defines again before it uses them.

    Parameters
    ----------
    files : mapping of path to text
        As a reversal has them; None for a file that it deletes. What does not parse is left.
    """
    return {
        path: _without_shadowed(text) if text and path.endswith(".py") else text
        for path, text in files.items()
    }


def _without_shadowed(text: str) -> str:
    names = _shadowed(text)
    if not names:
        return text
    try:
        module = parse_concrete(text)
    except PatchError:
        return text
    return MetadataWrapper(module, unsafe_skip_copy=True).visit(_Dropper(names)).code


def _shadowed(text: str) -> dict[int, set[str]]:
    """Return by the line of its statement which names are imported and defined again unused."""
    try:
        tree = ast.parse(text)
        told = checker.Checker(tree).messages
    except (SyntaxError, ValueError):
        return {}
    lines = {
        line: statement.lineno
        for statement in tree.body
        if isinstance(statement, ast.ImportFrom)
        for line in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
    }
    found: dict[int, set[str]] = defaultdict(set)
    for message in told:
        if isinstance(message, messages.RedefinedWhileUnused):
            name, line = message.message_args
            if line in lines:
                found[lines[line]].add(name)
    return found


class _Dropper(cst.CSTTransformer):
    """Takes names out of `from … import` statements, and statements of which none is left."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, names: Mapping[int, set[str]]) -> None:
        super().__init__()
        self._names = names

    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom | cst.RemovalSentinel:
        names = self._names.get(self.get_metadata(PositionProvider, original_node).start.line)
        aliases = updated_node.names
        if not names or isinstance(aliases, cst.ImportStar):
            return updated_node
        kept = [alias for alias in aliases if _bound(alias) not in names]
        if not kept:
            return cst.RemoveFromParent()
        if kept[-1] is not aliases[-1]:
            kept[-1] = kept[-1].with_changes(comma=aliases[-1].comma)
        return updated_node.with_changes(names=kept)


def _bound(alias: cst.ImportAlias) -> str:
    """Return the name that an alias binds."""
    return alias.evaluated_alias or alias.evaluated_name
