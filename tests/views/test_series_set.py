from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from workbench.detect import detect
from workbench.errors import SignalError
from workbench.ingest.series import read_series
from workbench.types import Change, Detection, Regression, SeriesMatrix
from workbench.views import SeriesSet, series_set_of
from workbench.views.series_columns import series_columns
from workbench.views.series_svg import series_svg

HOURS = pd.date_range("2024-03-04", periods=6, freq="1h", tz="UTC")
STEP = [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]


def regression(series, subject="", index=3, before=1.0, after=2.0, metric="cost"):
    return Regression("R-1", subject, metric, index, index - 1, index + 1, before, after, 0.01, series=series)  # fmt: skip


def detection(found=(), gains=()):
    return Detection(tuple(found), tuple(gains), pd.DataFrame(), pd.DataFrame())


def matrix():
    windows = pd.DataFrame({"at": HOURS, "version": ["v1", "v1", "v2", "v2", "", "v3"]})
    return SeriesMatrix(("parse", "read"), ("cost", "cost"), np.array([STEP, STEP[::-1]]), windows)


@pytest.mark.parametrize(
    ("what", "names", "n_windows"),
    [
        ({"a": [1, 2], "b": [3, 4]}, ("a", "b"), 2),
        ([1, 2, 3], ("0",), 3),
        (np.ones((2, 3)), ("0", "1"), 3),
        (pd.DataFrame({0: [1.0], 1: [2.0]}, index=["a"]), ("a",), 2),
        (pd.Series([1, 2, 3], name="a"), ("a",), 3),
        (matrix(), ("parse", "read"), 6),
        (matrix().to_pandas(), ("parse", "read"), 6),
        ({}, (), 0),
    ],
    ids=["mapping", "list", "array", "frame", "series", "matrix", "levels", "none"],
)
def test_series_are_taken_as_they_come(what, names, n_windows):
    shown = series_set_of(what)
    assert (shown.names, shown.n_windows) == (names, n_windows)


def test_a_metric_is_named_where_it_tells_series_apart():
    index = pd.MultiIndex.from_tuples([("parse", "cost"), ("parse", "gcpu")], names=["subject", "metric"])  # fmt: skip
    shown = series_set_of(pd.DataFrame([[1.0], [2.0]], index=index))
    assert shown.names == ("parse cost", "parse gcpu")
    assert shown.units == ("seconds", "share")


def test_units_are_of_all_or_of_each_metric():
    frame = matrix().to_pandas()
    assert series_set_of(frame, unit="bytes").units == ("bytes", "bytes")
    assert series_set_of(frame, unit={"cost": "joules"}).units == ("joules", "joules")
    assert series_set_of(frame, unit={"other": "joules"}).units == ("seconds", "seconds")
    with pytest.raises(SignalError, match="unit of cost: expected a text, got 3"):
        series_set_of(frame, unit={"cost": 3})


def test_a_frame_with_times_down_is_turned_and_put_in_order():
    frame = pd.DataFrame({"a": STEP}, index=HOURS).iloc[::-1]
    shown = series_set_of(frame)
    assert shown.values.tolist() == [STEP]
    assert shown.times.equals(HOURS)


def test_naive_times_are_taken_as_utc():
    frame = pd.DataFrame([STEP], columns=HOURS.tz_convert("Europe/Berlin").tz_localize(None))
    assert series_set_of(frame).times[0] == pd.Timestamp("2024-03-04 01:00", tz="UTC")


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ({"a": [1, 2], "b": [3]}, "one length, got 1 and 2"),
        ([[1, 2], [3]], "all as long"),
        (3, r"expected series \(n_series, n_windows\), got 3"),
        (np.ones((1, 2, 3)), r"got shape \(1, 2, 3\)"),
        ({"a": ["x", "y"]}, "expected numbers: .* 'x'"),
        ({"a": [1, np.inf]}, "series a: expected finite values, or NaN for none, got inf at index 1"),
        (None, "got None"),
        ([1e300, 1.0], r"series: expected values from 1e-38 to 3e\+38, got 1e\+300"),
        ([1e-60, 0.0], "got 1e-60"),
        ({"a": [1 + 2j]}, "expected real numbers, got complex ones"),
    ],
    ids=["ragged", "ragged list", "number", "deep", "text", "infinite", "none", "huge", "tiny", "complex"],
)  # fmt: skip
def test_what_is_no_series_is_refused(what, said):
    with pytest.raises(SignalError, match=said):
        series_set_of(what)


def test_what_a_reader_of_files_gives_is_shown_and_judged_by_the_same_names():
    rng = np.random.default_rng(0)
    at = pd.date_range("2024-03-04", periods=40, freq="1h")
    wide = pd.DataFrame(rng.normal(1, 0.01, (40, 2)), columns=["parse", "read"])
    wide.loc[20:, "parse"] += 0.2
    content = wide.assign(at=at, version=["v1"] * 15 + ["v2"] * 25).to_csv(index=False).encode()
    frame = read_series(content)
    shown = series_set_of(frame, detection=detect(frame))
    assert shown.names == ("parse", "read")
    assert shown.times.equals(at.tz_localize("UTC"))
    assert [(change.row, change.index) for change in shown.changes] == [(0, 20)]
    assert [(event.position, event.title) for event in shown.events] == [(15.0, "v1 → v2")]


def test_of_series_that_are_called_the_same_the_one_that_changed_is_marked():
    rng = np.random.default_rng(0)
    values = 1 + 0.01 * rng.standard_normal((3, 60))
    values[1, 30:] += 1
    values[0, 40:] -= 0.5
    frame = pd.DataFrame(values, index=["f", "f", "g"])
    found = detect(frame)
    shown = series_set_of(frame, detection=found)
    assert {(change.row, change.index) for change in shown.changes} == {(1, 30), (0, 40)}


def test_units_that_series_tell_are_theirs_unless_the_user_says_another():
    frame = pd.DataFrame({
        "metric": ["time", "memory"] * 2, "unit": ["seconds", "bytes"] * 2,
        "subject": ["", "", "", ""], "window": [0, 0, 1, 1], "value": [1.0, 9.0, 2.0, 8.0],
    })  # fmt: skip
    shown = series_set_of(frame)
    assert dict(zip(shown.names, shown.units, strict=True)) == {
        "memory": "bytes", "time": "seconds",
    }  # fmt: skip
    assert {*series_set_of(frame, unit="x").units} == {"x"}
    assert {*series_set_of(frame, unit={"time": "x"}).units} == {"x", "bytes"}


def test_windows_that_are_revisions_alone_are_called_by_them():
    windows = pd.DataFrame({"version": ["a1", "b2", "c3"]})
    shown = series_set_of(SeriesMatrix(("f",), ("",), np.array([[1.0, 2, 3]]), windows))
    assert [*shown.windows] == ["a1", "b2", "c3"]
    assert shown.events == ()


def test_medians_are_those_of_numpy():
    rng = np.random.default_rng(0)
    for n_windows in (1, 2, 7, 8):
        values = rng.normal(size=(30, n_windows))
        values[rng.random(values.shape) < 0.3] = np.nan
        wanted = [np.nan if np.isnan(row).all() else np.nanmedian(row) for row in values]
        np.testing.assert_allclose(series_set_of(values).medians(), wanted)


def test_change_is_that_of_the_main_change_point_else_from_begin_to_end():
    shown = series_set_of(
        {"step": STEP, "other": [1, 1, 1, 1, 1, 3], "flat": [0] * 6, "new": [0, 0, 0, 0, 0, 1]},
        detection=detection([regression("step"), regression("step", index=1, after=1.1)]),
    )
    np.testing.assert_array_equal(shown.ratios(), [1.0, 2.0, 0.0, np.inf])
    assert shown.main_changes()[0].index == 3


@pytest.mark.parametrize(
    "one",
    [regression("parse", "parse"), regression(0, "parse"), regression(("parse", "cost"), "parse")],
    ids=["name", "row", "levels"],
)
def test_a_detection_finds_its_series(one):
    shown = series_set_of(matrix(), detection=detection([one]))
    (change,) = shown.changes
    assert (change.row, change.index, change.low, change.high) == (0, 3, 2, 4)


def test_what_was_found_is_worse_and_gains_are_better():
    found, gain = regression("a"), regression("b", before=2.0, after=1.0)
    shown = series_set_of({"a": STEP, "b": STEP[::-1]}, detection=detection([found], [gain]))
    assert [change.is_worse for change in shown.changes] == [True, False]


def test_a_detection_of_other_series_is_refused():
    with pytest.raises(SignalError, match="such as 'a', got one of 'zebra'"):
        series_set_of({"a": STEP}, detection=detection([regression("zebra", "zebra")]))


def test_a_detection_may_speak_of_series_that_are_not_shown():
    told = detection([regression("a"), regression("zebra", "zebra")])
    assert len(series_set_of({"a": STEP}, detection=told).changes) == 1


def test_what_is_no_detection_is_refused():
    with pytest.raises(SignalError, match="detection: expected what `detect` returns, got 'x'"):
        series_set_of({"a": STEP}, detection="x")


def test_a_change_beyond_the_windows_is_refused():
    with pytest.raises(SignalError, match="a change within 6 windows, got one at 9"):
        series_set_of({"a": STEP}, detection=detection([regression("a", index=9)]))


def test_deploys_are_where_the_version_changes():
    events = series_set_of(matrix()).events
    assert [(event.position, event.title, event.kind) for event in events] == [
        (2.0, "v1 → v2", "deploy"),
        (5.0, "v3", "deploy"),
    ]


def test_changes_stand_where_they_took_effect_or_at_their_time():
    made = datetime(2024, 3, 4, 1, 30, tzinfo=UTC)
    changes = [
        Change("c1", "by time", "Ann", "a@example.org", made),
        Change("c2", "by window", "Ann", "a@example.org", made, kind="flag", window=4),
        Change("c3", "long before", "Ann", "a@example.org", datetime(2020, 1, 1, tzinfo=UTC)),
    ]
    events = series_set_of(pd.DataFrame([STEP], columns=HOURS), changes=changes).events
    assert [(event.position, event.title, event.kind) for event in events] == [
        (1.5, "by time", "commit"),
        (4.0, "by window", "flag"),
    ]


def test_changes_may_be_a_frame():
    told = pd.DataFrame({"at": ["2024-03-04 05:30", None], "title": ["late", "early"], "window": [None, 1]})  # fmt: skip
    events = series_set_of(pd.DataFrame([STEP], columns=HOURS), changes=told).events
    assert [(event.position, event.title) for event in events] == [(1.0, "early"), (5.5, "late")]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (pd.DataFrame({"at": [1]}), r"expected columns title, and at or window, got \['at'\]"),
        (pd.DataFrame({"title": ["x"], "at": ["2024"]}), "change 'x': expected window="),
        (["x"], "expected changes as Change or a DataFrame, got 'x'"),
        (
            pd.DataFrame({"title": ["x"], "window": ["v2"]}),
            "change 'x': expected the number of a window, got 'v2'",
        ),
    ],
    ids=["no title", "no clock", "text", "no number"],
)
def test_changes_that_no_window_can_be_told_of_are_refused(changes, said):
    with pytest.raises(SignalError, match=said):
        series_set_of({"a": STEP}, changes=changes)


def test_a_change_at_what_is_no_time_is_refused():
    series = pd.DataFrame([STEP], columns=HOURS)
    changes = pd.DataFrame({"title": ["x"], "at": ["yesterdayish"]})
    with pytest.raises(SignalError, match="change 'x': expected a time, got 'yesterdayish'"):
        series_set_of(series, changes=changes)


def test_bounds_are_times_up_to_where_the_next_window_begins():
    shown = series_set_of(pd.DataFrame([STEP], columns=HOURS))
    assert shown.bounds(1, 3) == (HOURS[1], HOURS[3])
    assert shown.bounds(4, 6) == (HOURS[4], HOURS[5] + pd.Timedelta("1h"))
    assert series_set_of(STEP).bounds(1, 3) == (1, 3)


def test_a_table_tells_levels_and_what_is_not_known():
    shown = series_set_of(
        {"a": STEP, "b": [1, 2, np.nan, 3, 3, np.nan]}, detection=detection([regression("a")])
    )
    table = shown.table([1, 0])
    assert table.index.tolist() == ["b", "a"]
    assert table["last"].tolist() == [3.0, 2.0]
    assert table.loc["a", ["before", "after", "change_ratio", "at"]].tolist() == [1.0, 2.0, 1.0, 3]
    assert table["change_index"].isna().tolist() == [True, False]
    assert table.loc["a", "change_index_low":"change_index_high"].tolist() == [2, 4]


def test_columns_hold_four_bytes_a_value():
    told = series_columns(series_set_of(matrix(), detection=detection([regression("read")])))
    columns = told["columns"]
    assert np.frombuffer(columns["values"]["data"], np.float32).tolist() == STEP + STEP[::-1]
    assert np.frombuffer(columns["change_row"]["data"], np.int32).tolist() == [1]
    assert np.frombuffer(columns["times_ms"]["data"], np.float64)[1] == HOURS[1].timestamp() * 1000
    assert told["units"] == ["seconds"]


def test_numbered_windows_need_no_names():
    assert series_columns(series_set_of(STEP))["columns"]["window_names"]["data"] == b"[]"
    frame = pd.DataFrame([[1.0, 2.0]], index=["a"], columns=["v1", "v2"])
    assert series_columns(series_set_of(frame))["columns"]["window_names"]["data"] == b'["v1","v2"]'


def test_what_is_small_among_others_is_shown_as_nothing():
    told = series_columns(series_set_of([1e-60, 1.0]))
    assert np.frombuffer(told["columns"]["values"]["data"], np.float32).tolist() == [0.0, 1.0]


def test_an_empty_table_has_columns_of_the_same_kinds():
    shown = series_set_of({"a": STEP})
    names = ["row", "before", "after", "change_index"]
    assert shown.table([])[names].dtypes.tolist() == shown.table([0])[names].dtypes.tolist()


def test_a_picture_has_the_largest_changes_and_no_markup_of_names():
    rows = {f"<b>{i}": np.full(6, float(i + 1)) for i in range(99)} | {"last & step": STEP}
    text = series_svg(series_set_of(rows, detection=detection([regression("last & step")])))
    assert "last &amp; step +100 %" in text
    assert "<b>" not in text
    assert text.count("<path") < 60
    assert "the 40 that changed most are drawn; 1 got worse (full marks), 0 better" in text


def test_a_change_of_nothing_has_no_sign_in_a_picture():
    text = series_svg(series_set_of({"a": [1.0, 1.0 - 1e-9]}))
    assert ">a 0 %<" in text
    assert "−0 %" not in text


@pytest.mark.parametrize("values", [np.zeros((0, 0)), np.full((2, 3), np.nan), [[4.0]], np.zeros((2, 0))])  # fmt: skip
def test_a_picture_can_be_of_nothing(values):
    shown = series_set_of(values)
    assert isinstance(shown, SeriesSet)
    assert series_svg(shown).startswith("<svg")
    assert "nan" not in series_svg(shown).lower()
    assert series_columns(shown)["n_series"] == shown.n_series
