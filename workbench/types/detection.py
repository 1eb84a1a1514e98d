"""What detection finds."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from workbench.types.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class Regression:
    """A change point that survived every filter; of an improvement, the same."""

    id: str
    subject: str
    metric: str
    change_index: int
    """First window of the new level; of a drift, where it begins."""
    change_index_low: int
    change_index_high: int
    before: float
    """Level before, in the metric's unit."""
    after: float
    p_value: float
    """Corrected for autocorrelation, and for the number of series and of positions looked at."""
    merged: tuple[str, ...] = ()
    """Other subjects that moved with it (its callers and callees), largest first."""
    is_sure: bool = True
    """Whether the service's total cost moved with it beyond doubt; else only an experiment can
    tell it from cost that moved."""
    series: Hashable = ""
    """Id of the series, or its row in the matrix."""
    service: str = ""
    kind: str = "step"
    """`step`, or `drift`: a rise over weeks."""
    delta_low: float = float("nan")
    """Lower end of the 95 % interval of `absolute_delta`."""
    delta_high: float = float("nan")
    at: Any = None
    """Time of `change_index`, where times are known."""
    at_low: Any = None
    at_high: Any = None
    watts: float | None = None
    """What it is worth, where the power of the service is known."""

    @property
    def absolute_delta(self) -> float:
        """Change of level, in the metric's unit."""
        return self.after - self.before

    @property
    def relative_delta(self) -> float:
        """Change of level as a fraction of the size of that before; inf for a new function."""
        return self.relative(self.absolute_delta)

    def relative(self, delta: float) -> float:
        """Return a change as a fraction of the size of the level before."""
        return delta / abs(self.before) if self.before else math.copysign(math.inf, delta)

    def to_row(self) -> dict[str, Any]:
        """Return what tables of regressions have of it."""
        return {
            "id": self.id, "series": self.series, "service": self.service,
            "subject": self.subject, "metric": self.metric, "kind": self.kind,
            "change_index": self.change_index,
            "change_index_low": self.change_index_low, "change_index_high": self.change_index_high,
            "at": self.at, "at_low": self.at_low, "at_high": self.at_high,
            "before": self.before, "after": self.after,
            "absolute_delta": self.absolute_delta,
            "absolute_delta_low": self.delta_low, "absolute_delta_high": self.delta_high,
            "relative_delta": self.relative_delta,
            "relative_delta_low": self.relative(self.delta_low),
            "relative_delta_high": self.relative(self.delta_high),
            "p_value": self.p_value, "watts": self.watts, "is_sure": self.is_sure,
            "merged": self.merged,
        }  # fmt: skip


_COLUMNS = list(Regression("", "", "", 0, 0, 0, 0.0, 0.0, 0.0).to_row())


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Why a series was reported, or was not."""

    text: str
    values: FloatArray
    """(n_windows,) the series."""
    expected: FloatArray
    """(n_windows,) level and season as they were fitted."""
    found: tuple[Regression, ...]
    """What was reported of it."""
    removed: tuple[int, ...] = ()
    """(n_removed,) windows of changes that were not reported."""
    title: str = ""
    times: pd.DatetimeIndex | None = None

    def __str__(self) -> str:
        """Return the words."""
        return self.text


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Detection:
    """What was found, and what each stage of the funnel removed."""

    found: tuple[Regression, ...]
    """Regressions, largest first."""
    gains: tuple[Regression, ...]
    """Improvements, largest first."""
    funnel: pd.DataFrame
    """One row a stage: `stage`, `n_in`, `n_out`, `removed` (reason with count)."""
    removed: pd.DataFrame
    """One row a candidate that a stage removed: `series`, `subject`, `metric`, `change_index`,
    `stage`, `reason`."""
    explainer: Callable[[Detection, Hashable], Explanation] | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        """Return how much was found."""
        n_in = int(self.funnel["n_in"].iloc[0]) if len(self.funnel) else 0
        n, n_gains = len(self.found), len(self.gains)
        found = f"{n} regression{'s' * (n != 1)}, {n_gains} improvement{'s' * (n_gains != 1)}"
        return f"Detection({found} in {n_in:,} series)"

    @property
    def regressions(self) -> pd.DataFrame:
        """One row a regression, largest first.

        `id`, `series` (id, or row of the matrix), `service`, `subject`, `metric`, `kind` (`step`,
        `drift`), `change_index` (first window of the new level) with `_low` and `_high`, `at` (its
        time) likewise, `before` and `after` in the metric's unit, `absolute_delta` and
        `relative_delta` (fraction) with 95 % intervals, `p_value`, `watts`, `is_sure`, `merged`.
        """
        return _table(self.found)

    @property
    def improvements(self) -> pd.DataFrame:
        """One row an improvement, largest first; columns as of `regressions`."""
        return _table(self.gains)

    def explain(self, series: Hashable) -> Explanation:
        """Say in words, and with what a figure needs, why a series was or was not reported.

        Parameters
        ----------
        series : hashable
            As in the column `series`: id, or row of the matrix; or a subject that only one has.
        """
        if self.explainer is None:
            raise ValueError("this detection was put together by hand: there is no series in it")
        return self.explainer(self, series)


def _table(found: Iterable[Regression]) -> pd.DataFrame:
    return pd.DataFrame([one.to_row() for one in found], columns=_COLUMNS)
