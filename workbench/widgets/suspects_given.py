"""What users hand in as suspects -> one `Ranking`; what is none is refused with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_scalar

from workbench.errors import SignalError
from workbench.profile import Function
from workbench.types import Change, Feature, Ranking, Suspect

Given = Ranking | Sequence[Mapping[str, Any]] | pd.DataFrame


def listed_rows(given: Any) -> Any:
    """Return the rows of a frame as mappings, without what is missing; else what is given."""
    if not isinstance(given, pd.DataFrame):
        return given
    return [
        {name: value for name, value in row.items() if not (is_scalar(value) and pd.isna(value))}
        for row in given.to_dict("records")
    ]


def ranking_of(given: Given, none_probability: float | None = None) -> Ranking:
    """Return what is given as a ranking, most probable first; SignalError where it is none."""
    given = listed_rows(given)
    if isinstance(given, Ranking):
        return given
    if isinstance(given, str | Mapping) or not isinstance(given, Sequence):
        raise SignalError(f"expected a Ranking or a list of mappings, got {type(given).__name__}")
    suspects = [_suspect(item, number) for number, item in enumerate(given)]
    seen: set[str] = set()
    for number, suspect in enumerate(suspects):
        if suspect.change.id in seen:
            raise SignalError(f"suspects[{number}].change: {suspect.change.id!r} is there twice")
        seen.add(suspect.change.id)
    left = max(0.0, 1.0 - sum(suspect.probability for suspect in suspects))
    none = left if none_probability is None else _probability(none_probability, "none_probability")
    return Ranking(tuple(sorted(suspects, key=lambda one: -one.probability)), none)


def _suspect(item: Any, number: int) -> Suspect:
    where = f"suspects[{number}]"
    if not isinstance(item, Mapping):
        raise SignalError(f"{where}: expected a mapping, got {type(item).__name__}")
    for name in ("change", "probability"):
        if name not in item:
            raise SignalError(f"{where}: expected `{name}`, got {', '.join(map(str, item))}")
    change = Change(
        str(item["change"]), str(item.get("title", "")), str(item.get("author", "")), "",
        _moment(item.get("at"), where), str(item.get("kind", "commit")),
        tuple(_function(name) for name in _listed(item, "functions", where)),
        tuple(map(str, _listed(item, "files", where))),
        _whole(item.get("n_added", 0), f"{where}.n_added"),
        _whole(item.get("n_removed", 0), f"{where}.n_removed"),
        window=_window(item, where), detail=str(item.get("detail", "")),
    )  # fmt: skip
    features = tuple(
        _feature(one, f"{where}.features[{i}]")
        for i, one in enumerate(_listed(item, "features", where))
    )
    probability = _probability(item["probability"], f"{where}.probability")
    growth = _number(item.get("growth", 0.0), f"{where}.growth")
    return Suspect(change, probability, (), growth, features)


def _listed(item: Mapping[str, Any], name: str, where: str) -> Sequence[Any]:
    given = item.get(name, ())
    if isinstance(given, str | Mapping) or not isinstance(given, Iterable):
        raise SignalError(f"{where}.{name}: expected a list, got {given!r:.80}")
    return [*given]


def _feature(one: Any, where: str) -> Feature:
    if not isinstance(one, Mapping):
        raise SignalError(f"{where}: expected a mapping, got {one!r:.80}")
    value = _number(one.get("value", 0.0), f"{where}.value")
    contribution = _number(one.get("contribution"), f"{where}.contribution")
    return Feature(str(one.get("name", "")), value, contribution, str(one.get("note", "")))


def _window(item: Mapping[str, Any], where: str) -> int | None:
    given = item.get("window")
    return None if given is None else _whole(given, f"{where}.window")


def _whole(given: Any, where: str) -> int:
    value = _number(given, where)
    if not value.is_integer():
        raise SignalError(f"{where}: expected a whole number, got {given!r}")
    return int(value)


def _function(name: Any) -> Function:
    return name if isinstance(name, Function) else Function(str(name))


def _moment(given: Any, where: str) -> datetime:
    if given is None or given is pd.NaT or given == "":
        return datetime.min
    if isinstance(given, datetime):
        return given
    try:
        return datetime.fromisoformat(str(given))
    except ValueError:
        raise SignalError(f"{where}.at: expected a time as in ISO 8601, got {given!r}") from None


def _number(given: Any, where: str) -> float:
    if isinstance(given, bool | np.bool_) or not isinstance(given, Real):
        raise SignalError(f"{where}: expected a number, got {given!r:.80}")
    return float(given)


def _probability(given: Any, where: str) -> float:
    value = _number(given, where)
    if not 0.0 <= value <= 1.0:
        raise SignalError(f"{where}: expected a probability from 0 to 1, got {given!r}")
    return value
