"""Changes of every kind, and which of them is to blame."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from typing_extensions import TypedDict

from workbench.agent.tools.arguments import (
    AnyRegressionId,
    At,
    Kind,
    Limit,
    Name,
    NextOffset,
    Offset,
    RegressionId,
    Total,
)
from workbench.agent.tools.brief import clip, json_bytes, moment, number, page, take
from workbench.agent.tools.configuration import ConfigChange, describe_config
from workbench.agent.tools.profile import SCALE, unit_of

if TYPE_CHECKING:
    from workbench.agent.investigation import Investigation
    from workbench.types import Change, Feature, Suspect

_COMMIT = re.compile("[0-9a-f]{40,64}")
_MAX_DIFF_BYTES = 4500
_MAX_NAMES_BYTES = 800
_MAX_BYTES = 7800
_MAX_DEPLOYS = 20

ChangeId = Annotated[str, Field(description="12 characters for a commit; get_change knows it")]
Window = Annotated[
    int | None,
    Field(description="First that ran with it, or without it: rolled_back; null: not known"),
]
RolledBack = Annotated[bool, Field(description="Whether it was taken out again then")]


class DeployRow(TypedDict):
    """A commit that began to run, or ceased to."""

    window: int
    rolled_back: RolledBack


class ChangeRow(TypedDict):
    """One change."""

    change_id: ChangeId
    kind: Annotated[str, Field(description="commit, flag, config, experiment or dependency")]
    title: str
    author: str
    at: At
    window: Window
    rolled_back: RolledBack
    key: Annotated[str, Field(description="Flag, setting, experiment or package; empty: a commit")]
    n_files: int
    n_functions: Annotated[int, Field(description="Functions it touched; 0 where not looked at")]


class Changes(TypedDict):
    """A page of changes."""

    changes: list[ChangeRow]
    total: Total
    next_offset: NextOffset


def list_changes(
    investigation: Investigation,
    regression_id: AnyRegressionId = "",
    kind: Annotated[Kind, Field(description="Of these changes only; empty: all")] = "",
    path: Annotated[str, Field(description="Part of the path of a file it changed")] = "",
    author: Annotated[str, Field(description="Part of the author's name")] = "",
    limit: Limit = 20,
    offset: Offset = 0,
) -> Changes:
    """List the changes that took effect about when a regression began, or without one all that are
    known, latest first: commits, flags, settings, experiments and dependencies.
    """
    known = (
        investigation.candidates(regression_id) if regression_id else list(investigation.changes)
    )
    found = [
        change
        for change in reversed(known)
        if kind in ("", change.kind)
        and author.lower() in f"{change.author} <{change.email}>".lower()
        and (not path or any(path in file for file in change.files))
    ]
    rows, next_offset = page(found, offset, limit, _row)
    return {"changes": rows, "total": len(found), "next_offset": next_offset}


class ChangeReply(TypedDict):
    """One change."""

    change_id: ChangeId
    kind: str
    title: str
    author: str
    at: At
    window: Annotated[int | None, Field(description="First that ran with it; null: not known")]
    deploys: Annotated[
        list[DeployRow], Field(description="When a commit came and went, as far as is known")
    ]
    functions: Annotated[list[str], Field(description="Subjects that it touched, or that read it")]
    n_functions: int
    files: list[str]
    n_files: int
    diff: Annotated[str, Field(description="Of a commit: header, message, diff; else empty")]
    next_diff_offset: Annotated[int | None, Field(description="diff_offset of the rest, or null")]
    n_added: Annotated[int | None, Field(description="Lines; null without the code")]
    n_removed: Annotated[int | None, Field(description="Lines; null without the code")]
    configuration: Annotated[
        ConfigChange | None, Field(description="Of a flag, setting, experiment or dependency")
    ]


def get_change(
    investigation: Investigation,
    change_id: Annotated[
        str, Field(description="Id of the change; of a commit at least 7 characters")
    ],
    diff_offset: Annotated[int, Field(description="Character of the diff to begin at", ge=0)] = 0,
) -> ChangeReply:
    """Return one change of any kind: what it touched, who made it and when, with the diff of a
    commit, or the values before and after and the history of a flag or setting.
    """
    change = investigation.change(change_id)
    is_commit = investigation.is_commit(change)
    reply: ChangeReply = {
        "change_id": _short(change),
        "kind": change.kind,
        "title": clip(change.title),
        "author": clip(f"{change.author} <{change.email}>" if change.email else change.author),
        "at": moment(change.at),
        "window": change.window,
        "deploys": [
            {"window": deploy.window, "rolled_back": deploy.is_roll_back}
            for deploy in investigation.deploys(change)[:_MAX_DEPLOYS]
        ],
        "functions": take([clip(f.subject) for f in change.functions], _MAX_NAMES_BYTES),
        "n_functions": len(change.functions),
        "files": take([clip(path) for path in change.files], _MAX_NAMES_BYTES),
        "n_files": len(change.files),
        "diff": "",
        "next_diff_offset": None,
        "n_added": change.n_added if is_commit else None,
        "n_removed": change.n_removed if is_commit else None,
        "configuration": (
            None if change.kind == "commit" else describe_config(investigation, change)
        ),
    }
    if is_commit:
        diff = investigation.diff(change.id)
        room = min(_MAX_DIFF_BYTES, _MAX_BYTES - json_bytes(reply))
        reply["diff"] = clip(diff[diff_offset:], room)
        end = diff_offset + len(reply["diff"])
        reply["next_diff_offset"] = end if end < len(diff) else None
    return reply


class FeatureRow(TypedDict):
    """One piece of evidence."""

    name: str
    value: float | None
    contribution: Annotated[float | None, Field(description="What it adds to the log-odds")]
    note: Annotated[str, Field(description="The same in words")]


class SuspectRow(TypedDict):
    """A change with the weight of evidence against it."""

    change_id: ChangeId
    kind: Annotated[str, Field(description="commit, flag, config, experiment or dependency")]
    title: str
    key: Annotated[str, Field(description="Flag, setting, experiment or package; empty: a commit")]
    before: Annotated[str, Field(description="Value that it replaced")]
    after: Annotated[str, Field(description="New value")]
    author: str
    window: Window
    rolled_back: RolledBack
    probability: Annotated[float, Field(description="That it is the cause, 0 to 1")]
    growth: Annotated[
        float | None, Field(description="Net growth blamed on it, in the reply's unit")
    ]
    functions: Annotated[list[Name], Field(description="That carry the growth, most first")]
    features: Annotated[list[FeatureRow], Field(description="What the probability is made of")]


class RankedChanges(TypedDict):
    """Who could have caused a regression."""

    n_candidates: Annotated[int, Field(description="Changes that took effect about then")]
    n_known: Annotated[int, Field(description="Changes that are known at all, of any time")]
    unit: Annotated[str, Field(description="Unit of growth")]
    suspects: Annotated[list[SuspectRow], Field(description="Most probable first")]
    none_of_these: Annotated[
        float, Field(description="Probability that no known change is the cause, 0 to 1")
    ]
    none_features: Annotated[list[FeatureRow], Field(description="What that is made of")]


def rank_changes(
    investigation: Investigation,
    regression_id: RegressionId,
    limit: Annotated[int, Field(description="How many suspects", ge=1, le=10)] = 5,
) -> RankedChanges:
    """Rank the changes that took effect about when a regression began by the probability that each
    is the cause, with the evidence; that none of them is has a probability too.
    """
    ranking = investigation.ranking(regression_id)
    return {
        "n_candidates": len(investigation.candidates(regression_id)),
        "n_known": len(investigation.changes),
        "unit": unit_of(investigation),
        "suspects": take([_suspect(suspect) for suspect in ranking.suspects[:limit]]),
        "none_of_these": round(ranking.none_probability, 4),
        "none_features": _features(ranking.none_features),
    }


def _suspect(suspect: Suspect) -> SuspectRow:
    return {
        "change_id": _short(suspect.change),
        "kind": suspect.change.kind,
        "title": clip(suspect.change.title),
        "key": clip(suspect.change.key, 80),
        "before": clip(suspect.change.before, 80),
        "after": clip(suspect.change.after, 80),
        "author": clip(suspect.change.author, 80),
        "window": suspect.change.window,
        "rolled_back": suspect.change.is_roll_back,
        "probability": round(suspect.probability, 4),
        "growth": number(suspect.growth * SCALE),
        "functions": take([clip(name) for name in suspect.functions[:5]], _MAX_NAMES_BYTES),
        "features": _features(suspect.features),
    }


def _features(features: Sequence[Feature]) -> list[FeatureRow]:
    rows: list[FeatureRow] = [
        {
            "name": clip(feature.name, 60),
            "value": number(feature.value, 4),
            "contribution": number(feature.contribution, 3),
            "note": clip(feature.note),
        }
        for feature in sorted(features, key=lambda feature: -abs(feature.contribution))[:6]
    ]
    return take(rows, 800)


def _row(change: Change) -> ChangeRow:
    return {
        "change_id": _short(change),
        "kind": change.kind,
        "title": clip(change.title),
        "author": clip(change.author, 80),
        "at": moment(change.at),
        "window": change.window,
        "rolled_back": change.is_roll_back,
        "key": clip(change.key, 80),
        "n_files": len(change.files),
        "n_functions": len(change.functions),
    }


def _short(change: Change) -> str:
    """Return as much of an id as tells it from others."""
    return change.id[:12] if _COMMIT.fullmatch(change.id) else clip(change.id, 80)
