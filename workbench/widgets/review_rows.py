"""What waits for a review, as a browser, a table and a still are told it."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from workbench.errors import WorkbenchError
from workbench.types import MITIGATIONS, Evidence, Gain, Waiting
from workbench.views.columns import number_or_none
from workbench.widgets.fix_card import part_of, told_fix
from workbench.widgets.view import text_table

MOST_REPLY = 4000
"""Letters of a reply that are sent; `workbench queue show ID --json` has all of it."""
_MOST_IN_STILL = 20
_SHORT_ID = 8
_HEAD = ("kind", "service", "subject", "cause", "sure", "gain", "watts", "waits since")
_COLUMNS = (
    *("investigation", "kind", "regression", "service", "subject", "metric", "pattern", "before"),
    *("after", "cause", "title", "mitigation", "confidence", "is_verified", "gain_of"),
    *("gain_ratio", "gain_low", "gain_high", "no_fix", "watts", "since"),
)


def queued(given: Iterable[Waiting]) -> tuple[Waiting, ...]:
    """Return what waits, the longest first.

    WorkbenchError where something else is among them, or an id is there twice.
    """
    if isinstance(given, str | Mapping | pd.DataFrame) or not isinstance(given, Iterable):
        raise WorkbenchError(f"expected what waits, got {type(given).__name__}: {given!r:.80}")
    found, seen = [*given], set()
    for one in found:
        if not isinstance(one, Waiting):
            raise WorkbenchError(f"expected what waits, got {type(one).__name__}: {one!r:.80}")
        if one.investigation in seen:
            raise WorkbenchError(f"expected ids that differ, got {one.investigation!r:.80} twice")
        seen.add(one.investigation)
    return tuple(sorted(found, key=lambda one: one.since.timestamp()))


def told_queue(found: Sequence[Waiting], *, can_review: bool) -> dict[str, Any]:
    """Return what `views/js/queue/view.js` takes."""
    rows = [_row(rank, one) for rank, one in enumerate(found, 1)]
    return {"rows": rows, "mitigations": MITIGATIONS, "reviews": can_review}


def _row(rank: int, one: Waiting) -> dict[str, Any]:
    cause = one.diagnosis.change_id or ""
    gains = one.fix.verification.gains if one.fix else ()
    return {
        "rank": rank, "id": one.investigation, "kind": kind_of(one), "regression": one.regression,
        "service": one.service, "subject": one.subject, "metric": one.metric,
        "pattern": one.pattern, "title": one.title, "growth": _growth(one),
        "sure": number_or_none(one.diagnosis.confidence), "state": state_of(one),
        "why": why_of(one), "of": _of(one), "gain": _part(one),
        "gains": [_gain(gain, _of(one)) for gain in gains], "watts": number_or_none(one.watts),
        "since": 1000 * one.since.timestamp(), "diagnosis": _diagnosis(one),
        "evidence": [_evidence(item, one.evidence) for item in one.diagnosis.evidence],
        "fix": told_fix(one.fix, one.no_fix, {cause: one.title}), "command": command_of(one),
    }  # fmt: skip


def _diagnosis(one: Waiting) -> dict[str, Any]:
    told = one.diagnosis
    return {
        "summary": told.summary, "change_id": told.change_id or "", "category": told.category,
        "mitigation": told.mitigation, "functions": [*told.functions],
    }  # fmt: skip


def _evidence(item: Evidence, replies: Mapping[str, str]) -> dict[str, Any]:
    reply = replies.get(item.call_id, "")
    return {
        "claim": item.claim, "call_id": item.call_id, "reply": reply[:MOST_REPLY],
        "n_letters": len(reply),
    }  # fmt: skip


def _gain(gain: Gain, of: str) -> dict[str, Any]:
    seconds = [number_or_none(at) for at in (gain.at_good, gain.at_bad, gain.at_fixed)]
    part = part_of(gain, of)
    return {"inputs": gain.inputs, "part": part, "seconds": seconds, "reason": gain.reason}


def kind_of(one: Waiting) -> str:
    """Return whether a regression is to be explained, or an opportunity to be mended."""
    return "opportunity" if one.pattern else "regression"


def state_of(one: Waiting) -> str:
    """Return whether its fix is `verified` or `not verified`, or that there is `none`."""
    if one.fix is None:
        return "none"
    return "verified" if one.fix.verification.verified else "not verified"


def why_of(one: Waiting) -> str:
    """Return why there is no fix, or it is not verified; empty where it is."""
    if one.fix is None:
        return one.no_fix
    seen = one.fix.verification
    return "" if seen.verified else seen.reason


def command_of(one: Waiting) -> str:
    """Return how a shell is told that it is right."""
    return f"workbench resume {shlex.quote(one.investigation)} --approve"


def _growth(one: Waiting) -> float | None:
    return number_or_none(one.after / one.before) if one.before else None


def _of(one: Waiting) -> str:
    return "saved" if one.pattern else "restored"


def _part(one: Waiting) -> list[float | None]:
    return part_of(one.fix.verification.gain, _of(one)) if one.fix else [None] * 3


def table_of(found: Sequence[Waiting], ids: Sequence[str]) -> pd.DataFrame:
    """Return one row for each that is chosen."""
    known = {one.investigation: one for one in found}
    return pd.DataFrame([_values(known[name]) for name in ids], columns=[*_COLUMNS])


def _values(one: Waiting) -> tuple[Any, ...]:
    told = one.diagnosis
    return (
        one.investigation, kind_of(one), one.regression, one.service, one.subject, one.metric,
        one.pattern, one.before, one.after, told.change_id, one.title, told.mitigation,
        told.confidence, state_of(one) == "verified", _of(one),
        *(math.nan if part is None else part for part in _part(one)), one.no_fix,
        math.nan if one.watts is None else one.watts, one.since,
    )  # fmt: skip


def still_of(found: Sequence[Waiting]) -> dict[str, str]:
    """Return the first of them as a table, and how many more there are."""
    if not found:
        text = "Nothing waits for a review."
        return {"text/plain": text, "text/html": f"<p>{text}</p>"}
    verified = sum(state_of(one) == "verified" for one in found)
    waits = "1 waits" if len(found) == 1 else f"{len(found):,} wait"
    text = f"{waits} for a review, {verified:,} with a fix that is verified"
    left = len(found) - _MOST_IN_STILL
    rows = [_cells(one) for one in found[:_MOST_IN_STILL]]
    more = f"<p>and {left:,} more</p>" if left > 0 else ""
    return {"text/plain": text, "text/html": text_table([*_HEAD], rows, text) + more}


def _cells(one: Waiting) -> list[str]:
    cause = (one.diagnosis.change_id or "nobody")[:_SHORT_ID]
    return [
        kind_of(one), one.service, one.subject,
        "–" if one.pattern else f"{cause} {one.title}".strip(), _percent(one.diagnosis.confidence),
        _gain_text(one), "–" if one.watts is None else f"{one.watts:,.3g} W",
        f"{one.since:%Y-%m-%d %H:%M}",
    ]  # fmt: skip


def _gain_text(one: Waiting) -> str:
    state = state_of(one)
    if state != "verified":
        told = "no fix" if state == "none" else state
        return f"{told}: {why_of(one)}" if why_of(one) else told
    value, low, high = _part(one)
    ends = "" if low is None or high is None else f" [{100 * low:.3g} to {100 * high:.3g}]"
    return f"{_percent(value)} {_of(one)}{ends}"


def _percent(ratio: float | None) -> str:
    return "–" if ratio is None or not math.isfinite(ratio) else f"{100 * ratio:.3g} %"
