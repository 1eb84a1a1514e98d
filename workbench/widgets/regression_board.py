"""What regressed, ranked, and what the funnel left out; which one is chosen is a table."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import traitlets

from workbench.errors import SignalError
from workbench.types import Detection, FloatArray, Regression
from workbench.views.columns import number_column, number_or_none
from workbench.views.metrics import QUANTITIES, units_of
from workbench.views.series_build import rows_of, series_set_of
from workbench.views.words import counted, signed_percent
from workbench.widgets.view import View, text_table

_MOST_POINTS = 120
"""Of the small picture of a series."""
_MOST_IN_STILL = 20


class RegressionBoard(View):
    """Ranked regressions with their intervals; choose one.

    Parameters
    ----------
    detection : Detection, or iterable of Regression
        What was found.
    series : SeriesMatrix, pandas.DataFrame, mapping of str to array, or array, optional
        That it was found in: each row then has a small picture of its series.
    unit : str or mapping of str to str, optional
        Of the values, or of each metric's: `seconds`, `bytes`, `share`, `count`, or any other text.
        Default: what the series tell, or that of the metrics `cost`, `gcpu` and `self_gcpu`.

    under : mapping of str to str
        Of regressions, by id, in whose own code they are, where that is another function: one of
        the user's that calls a library's.

    Examples
    --------
    >>> from workbench.types import Regression
    >>> slow = Regression("R-1", "app:handle", "cost", 12, 11, 13, 0.010, 0.012, 1e-5)
    >>> board = RegressionBoard([slow])
    >>> board.selected = ["R-1"]
    >>> board.selection["subject"].tolist()
    ['app:handle']
    """

    module = "regression_board.js"
    styles = ("table.css",)

    _told = traitlets.Dict().tag(sync=True)
    selected = traitlets.List(traitlets.Unicode(), help="Ids of those that are chosen.").tag(
        sync=True
    )
    explanation = traitlets.Unicode(help="Why the chosen one was reported.").tag(sync=True)
    explained = traitlets.Unicode(help="Id of the one that `explanation` is of.").tag(sync=True)
    selection = traitlets.Instance(
        pd.DataFrame, help="The chosen ones, as `Detection.regressions` has them."
    )

    def __init__(
        self,
        detection: Detection | Iterable[Regression],
        *,
        series: Any = None,
        unit: str | Mapping[str, str] = "",
        under: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(detection, Detection):
            detection = _detection(detection)
        self.detection = detection
        found = (*detection.found, *detection.gains)
        self._found = {one.id: one for one in found}
        if len(self._found) < len(found):
            twice = next(one.id for one in found if self._found[one.id] is not one)
            raise SignalError(f"expected ids that differ, got {twice!r} twice")
        self._units = units_of((one.metric for one in found), unit)
        rows: list[FloatArray | None] = [None] * len(found)
        if series is not None:
            shown = series_set_of(series)
            is_told = (lambda _: bool(unit)) if isinstance(unit, str) else unit.__contains__
            for at, row in enumerate(rows_of(shown, found)):
                if row is not None and shown.n_windows:
                    rows[at] = shown.values[row]
                    if not is_told(found[at].metric):
                        self._units[at] = shown.units[row] or self._units[at]
        super().__init__(
            _told=_told(detection, rows, self._units, under or {}),
            selection=detection.regressions.iloc[:0], **kwargs,
        )  # fmt: skip

    @property
    def regression(self) -> Regression | None:
        """The one that is chosen."""
        return self._found[self.selected[0]] if self.selected else None

    @traitlets.validate("selected")
    def _known(self, proposal: Any) -> list[str]:
        for regression_id in proposal["value"]:
            if regression_id not in self._found:
                known = ", ".join([*self._found][:5]) or "none"
                raise SignalError(f"no regression {regression_id[:80]!r}; there are {known}")
        return list(proposal["value"])

    @traitlets.observe("selected")
    def _choose(self, change: Any) -> None:
        chosen = [self._found[regression_id] for regression_id in change["new"]]
        with self.hold_sync():
            self.explained = chosen[0].id if chosen else ""
            self.explanation = self._explain(chosen[0]) if chosen else ""
        self.selection = Detection(
            tuple(chosen), (), self.detection.funnel, self.detection.removed
        ).regressions

    def _explain(self, chosen: Regression) -> str:
        key: Hashable = chosen.series
        return "" if self.detection.explainer is None else str(self.detection.explain(key))

    def still(self) -> dict[str, str]:
        """Return the table of it."""
        found = (*self.detection.found, *self.detection.gains)
        rows = [
            [one.subject, one.metric, unit, f"{one.before:.4g}", f"{one.after:.4g}",
             signed_percent(one.relative_delta, 1),
             f"{one.change_index_low} to {one.change_index_high}", f"{one.p_value:.2g}"]
            for one, unit in zip(found[:_MOST_IN_STILL], self._units, strict=False)
        ]  # fmt: skip
        head = ["function", "metric", "unit", "before", "after", "change", "window", "p"]
        n_found, n_gains = len(self.detection.found), len(self.detection.gains)
        text = f"{counted(n_found, 'regression')}, {counted(n_gains, 'improvement')}"
        return {"text/plain": text, "text/html": text_table(head, rows, text)}


def _detection(found: Iterable[Regression]) -> Detection:
    given: object = found
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise SignalError(f"expected a Detection, or regressions, got {found!r:.80}")
    if isinstance(found, pd.DataFrame):
        raise SignalError("expected what `detect` returns, or `found` of it, got a DataFrame")
    regressions = [*found]
    for one in regressions:
        if not isinstance(one, Regression):
            raise SignalError(f"expected regressions, got {type(one).__name__}: {one!r:.80}")
    return Detection(
        tuple(regressions), (),
        pd.DataFrame(columns=["stage", "n_in", "n_out", "removed"]), pd.DataFrame(),
    )  # fmt: skip


def _told(
    detection: Detection,
    values: Sequence[FloatArray | None],
    units: Sequence[str],
    under: Mapping[str, str],
) -> dict[str, Any]:
    """Return what `views/js/regression/view.js` takes."""
    sides = ["regression"] * len(detection.found) + ["improvement"] * len(detection.gains)
    found = (*detection.found, *detection.gains)
    return {
        "rows": [
            {**_row(side, one, unit, own), "under": under.get(one.id, "")}
            for side, one, unit, own in zip(sides, found, units, values, strict=True)
        ],
        "funnel": [
            {"stage": str(stage["stage"]), "n_in": int(stage["n_in"]),
             "n_out": int(stage["n_out"]), "removed": str(stage["removed"] or "")}
            for stage in detection.funnel.to_dict("records")
        ],
    }  # fmt: skip


def _row(side: str, one: Regression, unit: str, values: FloatArray | None) -> dict[str, Any]:
    numbers = {
        "before": one.before, "after": one.after, "low": one.delta_low, "high": one.delta_high,
        "p_value": one.p_value, "watts": one.watts,
    }  # fmt: skip
    told: dict[str, Any] = {
        "side": side, "id": one.id, "service": one.service, "subject": one.subject,
        "metric": one.metric, "unit": unit, "quantity": QUANTITIES.get(one.metric, ""),
        "kind": one.kind, "at": _moment(one.at), "change_index": one.change_index,
        "change_index_low": one.change_index_low, "change_index_high": one.change_index_high,
        "is_sure": one.is_sure, "merged": [*one.merged],
        **{name: number_or_none(value) for name, value in numbers.items()},
    }  # fmt: skip
    if values is not None:
        shown, change = _thinned(values, one.change_index)
        told |= {"series": number_column(shown, "float32"), "series_change": change}
    return told


def _thinned(values: FloatArray, change_index: int) -> tuple[FloatArray, int]:
    """Return the values, each some of them by their median, and where the change is then."""
    step = -(-len(values) // _MOST_POINTS)
    starts = range(0, len(values), step)
    parts = [values[start : start + step] for start in starts]
    thin = [np.nanmedian(part) if np.isfinite(part).any() else np.nan for part in parts]
    return np.array(thin), change_index // step


def _moment(at: Any) -> str:
    return "" if at is None or pd.isna(at) else f"{pd.Timestamp(at):%Y-%m-%d %H:%M}"
