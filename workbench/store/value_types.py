"""Which of the value types of profiles a question is about."""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from workbench.errors import StoreError

COLUMNS = "value_names, value_units, is_float, totals, default_value"
"""Of the table `profiles`, what this needs."""


def names_of(profiles: pa.Table) -> list[list[str]]:
    """Return the value types of each profile, as `name/unit`."""
    pairs = zip(
        profiles["value_names"].to_pylist(), profiles["value_units"].to_pylist(), strict=True
    )
    return [[f"{n}/{u}" for n, u in zip(names, units, strict=True)] for names, units in pairs]


def of_one_type(
    profiles: pa.Table, service: str, value_type: str | None
) -> tuple[pa.Table, str, npt.NDArray[np.float64]]:
    """Return the profiles that have a value type, which it is, and what each has in all.

    Parameters
    ----------
    profiles : pa.Table
        Rows of the table `profiles`, with `COLUMNS`.
    service : str
        For errors.
    value_type : str or None
        `name/unit`, or the name where it is the only one; None for the one that profiles name as
        their default. Where these differ, as those of CPU and of memory do, it is the one of CPU.

    Raises
    ------
    StoreError
        If no profile has the type, or it is not clear which is meant.
    """
    names = names_of(profiles)
    if value_type is None:
        defaults = zip(names, profiles["default_value"].to_pylist(), strict=True)
        value_type = _common_default(service, sorted({row[at] for row, at in defaults}))
    else:
        value_type = _in_full(profiles, names, value_type)
    having = np.array([value_type in row for row in names], bool)
    if len(names) and not having.any():
        seen = ", ".join(sorted({*chain.from_iterable(names)}))
        raise StoreError(f"{service}: expected a value type among {seen}, got {value_type!r}")
    totals = [
        total[row.index(value_type)]
        for row, total in zip(names, profiles["totals"].to_pylist(), strict=True)
        if value_type in row
    ]
    return profiles.filter(pa.array(having)), value_type, np.array(totals, np.float64)


def check_sums(
    rows: npt.NDArray[np.integer[Any]],
    values: npt.NDArray[np.float64],
    totals: npt.NDArray[np.float64],
) -> None:
    """Raise KeyError where values do not add up to the totals of their rows; row -1 has none."""
    sums = np.bincount(rows + 1, values, minlength=len(totals) + 1)[1:]
    most = np.abs(totals)
    if len(values) and values.min() < 0:  # what cancels out is as exact as it was before
        most = np.bincount(rows + 1, np.abs(values), minlength=len(totals) + 1)[1:]
    if not (np.abs(sums - totals) <= 1e-6 * most + 1e-9).all():
        raise KeyError("values that do not add up to what was recorded")


def _in_full(profiles: pa.Table, names: list[list[str]], told: str) -> str:
    """Return the one value type that is told by its name alone, or what was told."""
    bare = profiles["value_names"].to_pylist()
    pairs = zip(chain.from_iterable(names), chain.from_iterable(bare), strict=True)
    found = {full for full, name in pairs if told in (full, name)}
    return found.pop() if len(found) == 1 else told


def _common_default(service: str, defaults: list[str]) -> str:
    if len(defaults) < 2:
        return "".join(defaults)
    cpu = [kind for kind in defaults if "cpu" in kind.partition("/")[0].lower()]
    if len(cpu) == 1:
        return cpu[0]
    seen = ", ".join(defaults)
    raise StoreError(f"{service}: expected a value_type, as the profiles are of {seen}")
