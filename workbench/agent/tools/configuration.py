"""Flags, settings and whatever else changes what runs without a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from workbench.agent.tools.arguments import At, Limit, NextOffset, Offset, Total, time_of
from workbench.agent.tools.brief import clip, moment, page
from workbench.errors import ToolError

if TYPE_CHECKING:
    from workbench.agent.investigation import Investigation
    from workbench.types import Change

_MAX_VALUE_BYTES = 200
_MAX_DETAIL_BYTES = 1500


class ConfigRow(TypedDict):
    """One change of configuration."""

    change_id: str
    kind: Annotated[str, Field(description="flag, config, experiment or dependency")]
    key: Annotated[str, Field(description="Name of the flag, setting, experiment or package")]
    before: Annotated[str, Field(description="Value that it replaced, as text")]
    after: Annotated[str, Field(description="New value, as text")]
    at: At
    window: Annotated[int | None, Field(description="First that ran with it; null: none of these")]
    title: str
    author: str


class ConfigHistory(TypedDict):
    """A page of changes of configuration."""

    changes: list[ConfigRow]
    total: Total
    next_offset: NextOffset


def config_history(
    investigation: Investigation,
    key: Annotated[str, Field(description="Part of a flag's or setting's name; empty: all")] = "",
    kind: Annotated[
        Literal["", "flag", "config", "experiment", "dependency"],
        Field(description="Of these changes only; empty: all"),
    ] = "",
    start: Annotated[str, Field(description="ISO time to begin at; empty: the first")] = "",
    end: Annotated[str, Field(description="ISO time to end before; empty: none")] = "",
    limit: Limit = 20,
    offset: Offset = 0,
) -> ConfigHistory:
    """List what changed outside of code (flags, settings, experiments, dependencies), latest first,
    each with its value before and after.
    """
    low, high = time_of("start", start), time_of("end", end)
    wanted = key.lower()
    found = [
        change
        for change in reversed(investigation.configuration)
        if wanted in change.key.lower()
        and kind in ("", change.kind)
        and (low is None or change.at >= low)
        and (high is None or change.at < high)
    ]
    rows, next_offset = page(found, offset, limit, config_row)
    return {"changes": rows, "total": len(found), "next_offset": next_offset}


class ConfigChange(TypedDict):
    """One change of configuration, with what is told of it and what its key did else."""

    change: ConfigRow
    detail: Annotated[str, Field(description="What its author or system says; quoted")]
    functions: Annotated[list[str], Field(description="Subjects of code that reads the key")]
    same_key: Annotated[list[ConfigRow], Field(description="All changes of its key, oldest first")]
    n_same_key: int


def get_config_change(
    investigation: Investigation,
    change_id: Annotated[str, Field(description="Id as config_history has it")],
) -> ConfigChange:
    """Return one change of a flag, setting, experiment or dependency, with the history of its
    key.
    """
    change = investigation.change(change_id)
    if change.kind == "commit":
        raise ToolError(f"{clip(change_id, 40)} is a commit: use get_change")
    return describe_config(investigation, change)


def describe_config(investigation: Investigation, change: Change) -> ConfigChange:
    """Return a change of configuration as replies tell it."""
    same = [
        other
        for other in investigation.configuration
        if other.key == change.key and other.kind == change.kind
    ]
    place = same.index(change) if change in same else 0
    near, _ = page(same, max(0, place - 3), 7, config_row, 1800)
    return {
        "change": config_row(change),
        "detail": clip(change.detail, _MAX_DETAIL_BYTES),
        "functions": [clip(function.subject) for function in change.functions[:5]],
        "same_key": near,
        "n_same_key": len(same),
    }


def config_row(change: Change) -> ConfigRow:
    """Return a row of a change."""
    return {
        "change_id": clip(change.id, 80),
        "kind": clip(change.kind, 40),
        "key": clip(change.key),
        "before": clip(change.before, _MAX_VALUE_BYTES),
        "after": clip(change.after, _MAX_VALUE_BYTES),
        "at": moment(change.at),
        "window": change.window,
        "title": clip(change.title),
        "author": clip(change.author, 80),
    }
