"""Edits that are proposed: nothing is written before a person has approved it."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import unified_diff
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from workbench.agent.tools.brief import MAX_LIST_BYTES, clip
from workbench.agent.tools.code import Path, PathRow, at_revision, checked_path, read_text
from workbench.errors import ToolError

if TYPE_CHECKING:
    from workbench.agent.investigation import Investigation

_MOST_BYTES = 20_000
"""Of the text that an edit replaces, or puts in its place."""


class ProposedEdit(TypedDict):
    """An edit as it would be made."""

    path: PathRow
    summary: str
    diff: Annotated[str, Field(description="Unified diff against head; a long one is cut")]


def propose_edit(
    investigation: Investigation,
    path: Path,
    before: Annotated[
        str,
        Field(description="Text to replace, as it stands in the file at head, exactly once",
              min_length=1, max_length=_MOST_BYTES),
    ],
    after: Annotated[str, Field(description="What to put there", max_length=_MOST_BYTES)],
    summary: Annotated[
        str,
        Field(description="Title of the patch; edits with the same title are one patch",
              min_length=1, max_length=100),
    ],
) -> ProposedEdit:  # fmt: skip
    """Propose an edit that mends the cause, or the waste, and see its diff. It is verified, by
    tests and by measuring, before anyone is asked to review it.
    """
    from workbench.patch.proposed import replace_once

    path = checked_path(path)
    repository, at = at_revision(investigation, "head")
    text = read_text(repository, path, at)
    edited = replace_once(text, before, after, path)
    if edited == text:
        raise ToolError("before and after are the same text")
    diff = clip(diff_of(path, text, edited), MAX_LIST_BYTES)
    return {"path": clip(path, 1000), "summary": summary, "diff": diff}


def diff_of(path: str, before: str, after: str) -> str:
    """Return how two texts of a file differ, as a unified diff."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    return "".join(unified_diff(old, new, f"a/{path}", f"b/{path}"))


def edits_in(ledger: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the arguments of the edits that were proposed, in order, each once."""
    asked = [
        entry["arguments"]
        for entry in ledger.values()
        if entry["tool"] == propose_edit.__name__ and not entry["failed"]
    ]
    return [edit for number, edit in enumerate(asked) if edit not in asked[:number]]
