"""Thousands of series in a notebook; what is selected and brushed are tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import traitlets

from workbench.errors import SignalError
from workbench.types import Detection
from workbench.views.series_build import Changes, series_set_of
from workbench.views.series_columns import series_columns
from workbench.views.series_set import Bounds, SeriesSet
from workbench.views.series_svg import series_svg
from workbench.widgets.view import LEAST_HEIGHT, View


class SeriesExplorer(View):
    """All series at once, in one plot or a plot for each: find, compare, select and brush.

    Windows stand side by side, equally wide, whatever lies between their times.

    Parameters
    ----------
    series : SeriesMatrix, pandas.DataFrame, mapping of str to array, or array
        An array is (n_windows,) or (n_series, n_windows). A frame has one row a series, indexed by
        name or by (subject, metric), or one row a time; or one row a value, as
        `workbench.ingest.series.read_series` gives them.
    detection : Detection, optional
        Its regressions and improvements are marked, with the windows where each may begin.
    changes : sequence of Change, or pandas.DataFrame, optional
        What happened, for the lane of events: a frame has `title` and `at` (time) or `window`
        (index), and may have `kind`. Deploys are there without it, where versions are known.
    unit : str or mapping of str to str, optional
        Of the values, or of each metric's: `seconds`, `nanoseconds`, `bytes`, `share`, `count`, or
        any other text.
    title : str
        What they are, in two or three words.
    height : int
        Of the plot, in pixels.
    lower_is_worse : bool
        Whether a fall is what nobody wants. A detection has judged its changes already.

    Examples
    --------
    >>> explorer = SeriesExplorer({"parse": [1, 1, 2], "read": [5, 5, 5]}, unit="seconds")
    >>> explorer.selected = [0]
    >>> explorer.selection[["name", "last", "change_ratio"]].values.tolist()
    [['parse', 2.0, 1.0]]
    >>> explorer.window = (1, 3)
    >>> explorer.brushed.values.tolist()
    [[1.0, 2.0]]

    From a brush to the profiles of its time: `store.profile(service, *explorer.window_bounds)`;
    `explorer.observe(act, "window")` hears of each brush.
    """

    module = "series_explorer.js"
    styles = ("series/view.css",)

    _series = traitlets.Dict().tag(sync=True)
    height = traitlets.Int(360, min=LEAST_HEIGHT).tag(sync=True)
    selected = traitlets.List(traitlets.Int(), help="Rows of `series`, as clicked.").tag(sync=True)
    window = traitlets.Tuple(
        traitlets.Int(), traitlets.Int(), default_value=None, allow_none=True,
        help="First window that was brushed, and the end, which is not in it; None for none.",
    ).tag(sync=True)  # fmt: skip
    selection = traitlets.Instance(
        pd.DataFrame, help="One row a selected series, as `SeriesSet.table` has them."
    )
    brushed = traitlets.Instance(
        pd.DataFrame,
        help="Values within the brushed windows, which are its columns; one row a selected series, "
        "of all series where none is selected.",
    )
    series = traitlets.Instance(SeriesSet, help="What is shown; assign another to show that.")

    def __init__(
        self,
        series: Any,
        *,
        detection: Detection | None = None,
        changes: Changes = (),
        unit: str | Mapping[str, str] = "",
        title: str = "series",
        height: int = 360,
        lower_is_worse: bool = False,
        **kwargs: Any,
    ) -> None:
        shown = series_set_of(
            series, detection=detection, changes=changes, unit=unit, title=title,
            lower_is_worse=lower_is_worse,
        )  # fmt: skip
        super().__init__(
            series=shown, _series=series_columns(shown), height=height,
            selection=shown.table([]), brushed=shown.part(0, 0), **kwargs,
        )  # fmt: skip

    @property
    def window_bounds(self) -> Bounds:
        """When the brushed windows begin and are over: times in UTC, or indices without a clock.

        (None, None), which `Store.profile` takes for everything, where nothing is brushed.
        """
        return (None, None) if self.window is None else self.series.bounds(*self.window)

    def choose(self, *names: Any) -> None:
        """Select series by name, or by what the index calls them, as clicks would."""
        self.selected = self.series.rows_of(names)

    @traitlets.observe("series")
    def _show(self, change: Any) -> None:
        if not isinstance(change["old"], SeriesSet):
            return
        with self.hold_sync():
            self.selected = []
            self.set_trait("window", None)
            self._series = series_columns(self.series)
        self.selection, self.brushed = self.series.table([]), self.series.part(0, 0)

    @traitlets.validate("selected")
    def _known(self, proposal: Any) -> list[int]:
        self.series.check_rows(proposal["value"])
        return list(proposal["value"])

    @traitlets.validate("window")
    def _within(self, proposal: Any) -> tuple[int, int] | None:
        if proposal["value"] is None:
            return None
        start, end = proposal["value"]
        if not 0 <= start < end <= self.series.n_windows:
            n = self.series.n_windows
            raise SignalError(f"expected 0 <= start < end <= {n} windows, got {start} and {end}")
        return start, end

    @traitlets.observe("selected", "window")
    def _take(self, change: Any) -> None:
        if change["name"] == "selected":
            self.selection = self.series.table(self.selected)
        start, end = self.window or (0, 0)
        self.brushed = self.series.part(start, end, self.selected or None)

    def still(self) -> dict[str, str]:
        """Return the picture of it."""
        told = repr(self.series).removeprefix("SeriesSet(").removesuffix(")")
        text = f"{self.series.title}: {told}"
        return {"text/plain": text, "image/svg+xml": series_svg(self.series)}
