"""Opportunities as a browser, a table and a still are told them."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from workbench.errors import WorkbenchError
from workbench.types import MITIGATIONS, OPPORTUNITY_STATES, Amount, Opportunity
from workbench.views.columns import number_or_none
from workbench.views.words import counted
from workbench.widgets.view import text_table

_MOST_IN_STILL = 20
_WATTS, _SHARE = "watts per hour of review", "share of CPU per hour of review"
_HEAD = ("", "state", "pattern", "function", "place", "share of CPU", "saves of CPU", "watts",
         "chance", "hours of review", "owner")  # fmt: skip
_COLUMNS = (
    *("rank", "id", "service", "function", "file", "line", "end_line", "pattern", "title"),
    *("share_ratio", "saving_ratio", "saving_ratio_low", "saving_ratio_high", "watts"),
    *("watts_low", "watts_high", "chance", "effort_hours", "score", "score_unit", "owner", "state"),
)


def ranked(given: Iterable[Opportunity]) -> tuple[Opportunity, ...]:
    """Return opportunities by their score, largest first, and those last of which it is not known.

    WorkbenchError where something else is among them, an id is there twice, or no time to review.
    """
    if isinstance(given, str | Mapping | pd.DataFrame) or not isinstance(given, Iterable):
        raise WorkbenchError(f"expected opportunities, got {type(given).__name__}: {given!r:.80}")
    found, seen = [*given], set()
    for one in found:
        if not isinstance(one, Opportunity):
            raise WorkbenchError(f"expected opportunities, got {type(one).__name__}: {one!r:.80}")
        if one.id in seen:
            raise WorkbenchError(f"expected ids that differ, got {one.id!r:.80} twice")
        if not one.effort_hours > 0:
            told = f"got {one.effort_hours!r} of {one.id!r:.80}"
            raise WorkbenchError(f"expected hours of review above 0, {told}")
        seen.add(one.id)
    return tuple(sorted(found, key=_falling))


def _falling(one: Opportunity) -> tuple[bool, float]:
    is_known = math.isfinite(one.score)
    return not is_known, -one.score if is_known else 0.0


def told_opportunities(found: Sequence[Opportunity], *, can_solve: bool) -> dict[str, Any]:
    """Return what `views/js/opportunity/view.js` takes."""
    return {
        "rows": [_row(rank, one) for rank, one in enumerate(found, 1)],
        "states": OPPORTUNITY_STATES,
        "mitigations": {
            name: MITIGATIONS[name]
            for name in dict.fromkeys(one.mitigation for one in found)
            if name in MITIGATIONS
        },
        "solves": can_solve,
    }


def _row(rank: int, one: Opportunity) -> dict[str, Any]:
    return {
        "rank": rank, "id": one.id, "service": one.service, "function": one.function,
        "file": one.file, "line": int(one.line), "end_line": int(one.end_line),
        "pattern": one.pattern, "title": one.title, "share": number_or_none(one.share),
        "saving": _ends(one.saving), "watts": _ends(one.watts),
        "chance": number_or_none(one.chance), "hours": number_or_none(one.effort_hours),
        "score": number_or_none(one.score), "mitigation": one.mitigation,
        "evidence": [*one.evidence], "documents": [*one.documents],
        "precedents": [*one.precedents], "validation": [*one.validation], "owner": one.owner,
        "state": one.state, "command": command_of(one),
    }  # fmt: skip


def _ends(amount: Amount) -> list[float | None]:
    return [number_or_none(part) for part in (amount.value, amount.low, amount.high)]


def command_of(one: Opportunity) -> str:
    """Return how a shell is asked for a patch; STORE and DIR are the user's to put in."""
    return f"workbench solve STORE --repo DIR --opportunity {shlex.quote(one.id)}"


def table_of(found: Sequence[Opportunity], ids: Sequence[str]) -> pd.DataFrame:
    """Return one row an opportunity, in the order asked for."""
    known = {one.id: (rank, one) for rank, one in enumerate(found, 1)}
    return pd.DataFrame([_values(*known[name]) for name in ids], columns=[*_COLUMNS])


def _values(rank: int, one: Opportunity) -> tuple[Any, ...]:
    saving, watts = one.saving, one.watts
    return (
        rank, one.id, one.service, one.function, one.file, one.line, one.end_line, one.pattern,
        one.title, one.share, saving.value, saving.low, saving.high, watts.value, watts.low,
        watts.high, one.chance, one.effort_hours, one.score, _WATTS if watts.is_known else _SHARE,
        one.owner, one.state,
    )  # fmt: skip


def still_of(found: Sequence[Opportunity]) -> dict[str, str]:
    """Return the first of them as a table, and how many more there are."""
    text = counted(len(found), "opportunity", "opportunities")
    if found:
        text += f", the most promising: {found[0].title} (saves {_interval(found[0].saving)})"
    left = len(found) - _MOST_IN_STILL
    rows = [_cells(rank, one) for rank, one in enumerate(found[:_MOST_IN_STILL], 1)]
    more = f"<p>and {left:,} more</p>" if left > 0 else ""
    return {"text/plain": text, "text/html": text_table([*_HEAD], rows, text) + more}


def _cells(rank: int, one: Opportunity) -> list[str]:
    watts = f"{one.watts.value:,.3g}" if one.watts.is_known else "–"
    return [
        str(rank), one.state, words_of(one.pattern), one.function, f"{one.file}:{one.line}",
        _percent(one.share), _interval(one.saving), watts, _percent(one.chance),
        f"{one.effort_hours:g}", one.owner,
    ]  # fmt: skip


def words_of(pattern: str) -> str:
    """Return the name of a pattern as words."""
    return pattern.replace("_", " ")


def _percent(ratio: float) -> str:
    return f"{100 * ratio:.3g} %" if math.isfinite(ratio) else "–"


def _interval(amount: Amount) -> str:
    ends = f" [{100 * amount.low:.3g} to {100 * amount.high:.3g}]" if amount.has_interval else ""
    return _percent(amount.value) + ends
