"""Playbook of the skill flag-or-experiment-rollout."""

import re

from workbench.agent.playbook import (
    CLEAR,
    LIKELY,
    UNLIKELY,
    Reply,
    Sign,
    mechanism,
    name_of,
    quote,
)

SWITCHES = ("flag", "experiment", "config")
FLAG_FILE = re.compile(
    r"flags?\.(?:json|ya?ml|toml)|feature[_-]?flags|experiments?\.(?:json|ya?ml)", re.IGNORECASE
)
ON = re.compile(r"\b(?:true|on|enabled|1(?:\.0)?|100)\b", re.IGNORECASE)
DEFAULT = re.compile(r"[\"']?\w+[\"']?\s*[:=]\s*(?:true|on|enabled|\d)", re.IGNORECASE)


def signs(suspect, scene):
    """A switch whose readers are what grew, or whose arms differ; a default that was turned on."""
    if suspect.kind == "experiment":
        return [*_by_result(suspect), *_read_by(suspect, scene)]
    if suspect.kind == "flag":
        return [*_read_by(suspect, scene)]
    for edit in suspect.diff.new:
        if FLAG_FILE.search(edit.path) and DEFAULT.search(edit.text):
            return [Sign(f"The change sets a default: {quote(edit.text)}", LIKELY)]
    return []


def _read_by(suspect, scene):
    if suspect.functions:
        said = f"Code that asks for `{suspect.key}` carries the growth: {suspect.functions[0]}"
        yield Sign(said, LIKELY, scene.ranked)


def _by_result(suspect):
    """What an experiment says itself: its arms are compared at the same time, with the same
    traffic.
    """
    told = suspect.row.get("experiment", {})
    rows = told.get("differences", [])
    known = [r["difference"] | {"arm": r["arm"], "metric": r["metric"]} for r in rows]
    known = [row for row in known if row["low"] is not None and row["relative"] is not None]
    for row in sorted(known, key=lambda row: -row["relative"])[:1]:
        said = (
            f"In arm `{row['arm']}` `{row['metric']}` differs from control by {row['value']:.3g}, "
            f"interval {row['low']:.3g} to {row['high']:.3g}"
        )
        found = Reply()
        found.call_id = told["call_id"]
        yield Sign(said, CLEAR if row["low"] > 0 else UNLIKELY, found)


relevance, investigate = mechanism(
    signs,
    category="flag or experiment rollout",
    mitigation="roll_back_flag",
    tell=lambda suspect: f"{name_of(suspect)} runs, or runs more, since {suspect.id}.",
)
