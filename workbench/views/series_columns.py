"""Series as `views/js/series/view.js` takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench.views.columns import number_column, text_column
from workbench.views.series_set import SeriesSet


def series_columns(shown: SeriesSet) -> dict[str, Any]:
    """Return series, their change points and events; values in 4 bytes each."""
    units = [*dict.fromkeys(shown.units)]
    codes = {unit: code for code, unit in enumerate(units)}
    columns = {
        "values": number_column(shown.values, "float32"),
        "names": text_column(shown.names),
        "unit": number_column([codes[unit] for unit in shown.units], "uint32"),
        "median": number_column(shown.medians(), "float64"),
        "ratio": number_column(shown.ratios(), "float64"),
        "change_row": number_column([c.row for c in shown.changes], "int32"),
        "change_index": number_column([c.index for c in shown.changes], "int32"),
        "change_low": number_column([c.low for c in shown.changes], "int32"),
        "change_high": number_column([c.high for c in shown.changes], "int32"),
        "change_before": number_column([c.before for c in shown.changes], "float64"),
        "change_after": number_column([c.after for c in shown.changes], "float64"),
        "change_worse": number_column([c.is_worse for c in shown.changes], "uint8"),
        "event_position": number_column([e.position for e in shown.events], "float64"),
        "event_title": text_column(e.title for e in shown.events),
        "event_kind": text_column(e.kind for e in shown.events),
    }
    times = shown.times
    if times is None:
        columns["window_names"] = text_column(_window_names(shown))
    else:
        columns["times_ms"] = number_column(times.as_unit("ns").asi8 / 1e6, "float64")
    return {
        "title": shown.title,
        "n_series": shown.n_series,
        "n_windows": shown.n_windows,
        "units": units,
        "lower_is_worse": shown.lower_is_worse,
        "columns": columns,
    }


def _window_names(shown: SeriesSet) -> list[str]:
    """Return names of windows; none where they are numbered from 0."""
    windows = shown.windows
    is_whole = pd.api.types.is_integer_dtype(windows.dtype)
    if is_whole and np.array_equal(windows, np.arange(len(windows))):
        return []
    return [str(window) for window in windows]
