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
from workbench.agent.tools.brief import clip, moment, number, page, take
from workbench.agent.tools.configuration import ConfigChange, describe_config

if TYPE_CHECKING:
    from workbench.agent.investigation import Investigation
    from workbench.types import Change, Feature, Suspect

_COMMIT = re.compile("[0-9a-f]{40,64}")
_MAX_DIFF_BYTES = 4500
_MAX_NAMES_BYTES = 1000

ChangeId = Annotated[str, Field(description="12 characters for a commit; get_change knows it")]
Window = Annotated[int | None, Field(description="First that ran with it; null: not known")]


class ChangeRow(TypedDict):
    """One change."""

    change_id: ChangeId
    kind: Annotated[str, Field(description="commit, flag, config, experiment or dependency")]
    title: str
    author: str
    at: At
    window: Window
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
    window: Window
    functions: Annotated[list[str], Field(description="Subjects that it touched, or that read it")]
    diff: Annotated[str, Field(description="Of a commit: header, message, diff; else empty")]
    diff_truncated: bool
    n_files: int
    n_added: Annotated[int, Field(description="Lines")]
    n_removed: Annotated[int, Field(description="Lines")]
    configuration: Annotated[
        ConfigChange | None, Field(description="Of a flag, setting, experiment or dependency")
    ]


def get_change(
    investigation: Investigation,
    change_id: Annotated[
        str, Field(description="Id of the change; of a commit at least 7 characters")
    ],
) -> ChangeReply:
    """Return one change of any kind: what it touched, who made it and when, with the diff of a
    commit, or the values before and after and the history of a flag or setting.
    """
    change = investigation.change(change_id)
    diff = investigation.diff(change.id) if investigation.is_commit(change) else ""
    shown = clip(diff, _MAX_DIFF_BYTES)
    return {
        "change_id": _short(change),
        "kind": change.kind,
        "title": clip(change.title),
        "author": clip(f"{change.author} <{change.email}>" if change.email else change.author),
        "at": moment(change.at),
        "window": change.window,
        "functions": take([clip(f.subject) for f in change.functions[:8]], _MAX_NAMES_BYTES),
        "diff": shown,
        "diff_truncated": len(shown) < len(diff),
        "n_files": len(change.files),
        "n_added": change.n_added,
        "n_removed": change.n_removed,
        "configuration": (
            None if change.kind == "commit" else describe_config(investigation, change)
        ),
    }


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
    author: str
    probability: Annotated[float, Field(description="That it is the cause, 0 to 1")]
    growth_ms: Annotated[
        float | None, Field(description="Net growth blamed on it: CPU ms per round, or 1/1000")
    ]
    functions: Annotated[list[Name], Field(description="That carry the growth, most first")]
    features: Annotated[list[FeatureRow], Field(description="What the probability is made of")]


class RankedChanges(TypedDict):
    """Who could have caused a regression."""

    n_candidates: Annotated[int, Field(description="Changes that took effect about then")]
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
        "suspects": take([_suspect(suspect) for suspect in ranking.suspects[:limit]]),
        "none_of_these": round(ranking.none_probability, 4),
        "none_features": _features(ranking.none_features),
    }


def _suspect(suspect: Suspect) -> SuspectRow:
    return {
        "change_id": _short(suspect.change),
        "kind": suspect.change.kind,
        "title": clip(suspect.change.title),
        "author": clip(suspect.change.author, 80),
        "probability": round(suspect.probability, 4),
        "growth_ms": number(suspect.growth * 1e3),
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
        "key": clip(change.key, 80),
        "n_files": len(change.files),
        "n_functions": len(change.functions),
    }


def _short(change: Change) -> str:
    """Return as much of an id as tells it from others."""
    return change.id[:12] if _COMMIT.fullmatch(change.id) else clip(change.id, 80)
