"""How the original and a variant of a skill did on cases, as one table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from workbench.errors import SkillError

BEFORE, AFTER = "_before", "_after"
SIDES = (BEFORE, AFTER)
"""Endings of what is told of the original, and of the variant."""
TEXTS = ("verdict", "cause", "skill")
NUMBERS = ("confidence", "seconds", "steps")


def results_table(given: pd.DataFrame | Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row a case; what is not told of a side is an empty text, or NaN.

    What has no side in its name is of the variant; `before` and `after` are verdicts.
    """
    rows = given.to_dict("records") if isinstance(given, pd.DataFrame) else [*given]
    columns = ["case", *(f"{name}{side}" for name in (*TEXTS, *NUMBERS) for side in SIDES)]
    told = [_row(row, number) for number, row in enumerate(rows)]
    table = pd.DataFrame(told, columns=[*columns, "truth", "note"])
    return table.astype({f"{name}{side}": float for name in NUMBERS for side in SIDES})


def _row(given: Any, number: int) -> dict[str, Any]:
    where = f"results[{number}]"
    if not isinstance(given, Mapping) or not given.get("case"):
        raise SkillError(f"{where}: expected a mapping with a `case`, got {given!r}"[:300])
    row: dict[str, Any] = {"case": str(given["case"])}
    for side in SIDES:
        row |= {name + side: _text(_find(given, name, side)) for name in TEXTS}
        row |= {name + side: _number(given, name, side, where) for name in NUMBERS}
    return row | {name: _text(given.get(name)) for name in ("truth", "note")}


def _find(given: Mapping[Any, Any], name: str, side: str) -> Any:
    """Return what is told of a side, under whichever of its names."""
    names = [name + side, *([name] if side == AFTER else [])]
    names += [side[1:]] if name == "verdict" else []
    return next((given[one] for one in names if not _is_missing(given.get(one))), None)


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value)) or value is pd.NaT


def _text(value: Any) -> str:
    return "" if _is_missing(value) else str(value)


def _number(given: Mapping[Any, Any], name: str, side: str, where: str) -> float:
    value = _find(given, name, side)
    if value is None:
        return math.nan
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise SkillError(f"{where}.{name}{side}: expected a number, got {value!r}") from None
    if name == "confidence" and not 0 <= number <= 1:
        raise SkillError(f"{where}.{name}{side}: expected a number from 0 to 1, got {value!r}")
    return number


def told_results(results: pd.DataFrame | None, *, is_stale: bool = False) -> dict[str, Any]:
    """Return results as `views/js/skill/results.js` takes them."""
    rows = [] if results is None else results.to_dict("records")
    return {"rows": [_told_row(row) for row in rows], "is_stale": is_stale}


def _told_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {name: row[name] for name in ("case", "truth", "note")}
    for side in SIDES:
        texts = {name: row[name + side] for name in TEXTS}
        numbers = {name: _finite(row[name + side]) for name in NUMBERS}
        told[side[1:]] = {**texts, **numbers} if texts["verdict"] else None
    return told


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
