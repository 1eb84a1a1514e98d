import json
import re
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
import traitlets

from workbench.detect import detect
from workbench.errors import SignalError
from workbench.ingest import read
from workbench.signals import function_series
from workbench.simulate import simulate_series
from workbench.store import Store
from workbench.types import Detection, Regression
from workbench.views import series_set_of
from workbench.widgets import SeriesExplorer

SERIES = {"parse": [1, 1, 2, 2], "read": [5, 5, 5, np.nan]}
HOURS = pd.date_range("2024-03-04", periods=4, freq="1h", tz="UTC")


def test_three_literal_lines_are_enough():
    explorer = SeriesExplorer(SERIES)
    explorer.selected = [1]
    assert explorer.selection[["name", "median", "last"]].values.tolist() == [["read", 5.0, 5.0]]


def test_nothing_is_selected_or_brushed_at_first():
    explorer = SeriesExplorer(SERIES)
    assert explorer.selection.empty
    assert "change_index" in explorer.selection.columns
    assert explorer.brushed.shape == (2, 0)
    assert explorer.window_bounds == (None, None)


def test_what_is_selected_and_brushed_can_be_observed():
    explorer, seen = SeriesExplorer(SERIES), []
    explorer.observe(lambda change: seen.append(change["new"].index.tolist()), "selection")
    explorer.observe(lambda change: seen.append(change["new"].shape), "brushed")
    explorer.window = (1, 3)
    explorer.selected = [0]
    assert seen == [(2, 2), ["parse"], (1, 2)]


def test_the_brush_is_done_when_the_window_is_heard_of():
    explorer, seen = SeriesExplorer(SERIES), []
    explorer.observe(lambda _: seen.append(explorer.window_bounds), "window")
    explorer.window = (0, 2)
    explorer.window = None
    assert seen == [(0, 2), (None, None)]


def test_what_is_brushed_is_of_the_selected_series_or_of_all():
    explorer = SeriesExplorer(SERIES)
    explorer.window = (2, 4)
    assert explorer.brushed.columns.tolist() == [2, 3]
    assert explorer.brushed.loc["parse"].tolist() == [2, 2]
    explorer.choose("read")
    assert explorer.brushed.index.tolist() == ["read"]
    explorer.selected = []
    assert explorer.brushed.index.tolist() == ["parse", "read"]


def test_bounds_of_a_clock_are_times_with_a_zone():
    explorer = SeriesExplorer(pd.DataFrame([[1.0, 2, 3, 4]], index=["a"], columns=HOURS))
    explorer.window = (2, 4)
    start, end = explorer.window_bounds
    assert start == datetime(2024, 3, 4, 2, tzinfo=UTC)
    assert end == datetime(2024, 3, 4, 4, tzinfo=UTC)
    assert isinstance(start, datetime)
    assert start.tzinfo is not None


def test_change_points_of_a_detection_are_in_the_selection():
    found = Regression("R-1", "parse", "", 2, 1, 3, 1.0, 2.0, 0.01, series="parse")
    detection = Detection((found,), (), pd.DataFrame(), pd.DataFrame())
    explorer = SeriesExplorer(SERIES, detection=detection)
    explorer.choose("parse")
    row = explorer.selection.loc["parse"]
    assert (row["before"], row["after"], row["change_index"], row["is_worse"]) == (1.0, 2.0, 2, True)  # fmt: skip


@pytest.mark.parametrize("rows", [[2], [-1]])
def test_a_row_that_there_is_not_cannot_be_selected(rows):
    explorer = SeriesExplorer(SERIES)
    with pytest.raises(SignalError, match="expected rows from 0 to 1"):
        explorer.selected = rows
    assert explorer.selected == []


def test_a_name_that_there_is_not_cannot_be_chosen():
    with pytest.raises(SignalError, match="such as 'parse', got 'write'"):
        SeriesExplorer(SERIES).choose("write")


@pytest.mark.parametrize("window", [(2, 2), (3, 1), (-1, 2), (0, 5)])
def test_a_window_that_there_is_not_cannot_be_brushed(window):
    explorer = SeriesExplorer(SERIES)
    with pytest.raises(SignalError, match="expected 0 <= start < end <= 4 windows"):
        explorer.window = window
    assert explorer.window is None


def test_a_list_that_a_browser_sends_is_a_window():
    explorer = SeriesExplorer(SERIES)
    explorer.set_state({"window": [1, 2], "selected": [1]})
    assert explorer.window == (1, 2)
    assert explorer.brushed.values.tolist() == [[5.0]]


def test_other_series_can_be_shown():
    explorer = SeriesExplorer(SERIES)
    explorer.selected, explorer.window = [1], (3, 4)
    explorer.series = series_set_of({"other": [1, 2]}, title="later")
    assert (explorer.selected, explorer.window, explorer._series["title"]) == ([], None, "later")
    explorer.selected = [0]
    assert explorer.selection.index.tolist() == ["other"]


def test_only_series_are_shown():
    with pytest.raises(traitlets.TraitError):
        SeriesExplorer(SERIES).series = "text"


def test_a_saved_notebook_shows_a_picture():
    data, _ = SeriesExplorer(SERIES)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["image/svg+xml"].startswith("<svg")
    assert "parse" in data["image/svg+xml"]
    assert data["text/plain"] == "series: 2 series of 4 windows"


def test_one_file_holds_it_all(tmp_path):
    path = tmp_path / "series.html"
    assert (
        SeriesExplorer({"</script><b>x": [1, 2]}, unit="bytes").to_html(path, title="a & b") == path
    )
    text = path.read_text(encoding="utf-8")
    assert "<title>a &amp; b</title>" in text
    assert text.count("</script>") == 2  # its own two: what a series is called ends none
    assert not re.search(r"(?:src|href)=|https?://(?!www\.w3\.org)", text)
    state = json.loads(text.split('type="application/json">')[1].split("</script>")[0])[0]["state"]
    assert state["_series"]["units"] == ["bytes"]


def test_a_brush_leads_to_the_profiles_of_its_time(tmp_path):
    store = Store.create(tmp_path / "store")
    for hour, at in enumerate(HOURS):
        profile = read(f"main;f{hour} {hour + 1}\n".encode(), format="folded")
        store.add(profile, service="shop", version=f"v{hour // 2}", at=at.to_pydatetime())
    explorer = SeriesExplorer(function_series(store.recording("shop")))
    taken = []
    for window in (None, (1, 3), (3, 4)):
        explorer.window = window
        taken.append(sum(store.profile("shop", *explorer.window_bounds).totals.values()))
    assert taken == [1 + 2 + 3 + 4, 2 + 3, 4]
    assert [event.title for event in explorer.series.events] == ["v0 → v1"]


def test_detected_changes_are_marked_where_they_were_made():
    simulated = simulate_series(40, n_windows=400, event="step", relative=(0.3, 0.3), seed=1)
    found = detect(simulated.values)
    assert found.found
    explorer = SeriesExplorer(simulated.values, detection=found)
    assert len(explorer.series.changes) == len(found.found) + len(found.gains)
