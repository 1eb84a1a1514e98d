from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.detect import detect
from workbench.errors import SignalError
from workbench.types import SeriesMatrix
from workbench.types.signals import read_signals

VALUES = np.array([[1.0, 2, 3, 4, 5, 6], [9, 8, 7, 6, 5, 4]])
TIMES = pd.date_range("2026-03-02", periods=6, freq="4h", tz="UTC")
NAMES = ["f", "g"]


def long_frame(values=VALUES, *, names=NAMES, at=TIMES):
    """One row a value."""
    n_series, n_windows = values.shape
    return pd.DataFrame(
        {"subject": np.repeat(names, n_windows), "at": [*at] * n_series, "value": values.ravel()}
    )


FORMS = {
    "mapping": (dict(zip(NAMES, VALUES, strict=True)), NAMES, None),
    "array": (VALUES, [0, 1], None),
    "lists": (VALUES.tolist(), [0, 1], None),
    "integers": (VALUES.astype(int), [0, 1], None),
    "objects": (VALUES.astype(object), [0, 1], None),
    "columns first": (np.asfortranarray(VALUES), [0, 1], None),
    "every other": (np.repeat(VALUES, 2, axis=1)[:, ::2], [0, 1], None),
    "singles": (VALUES.astype(np.float32), [0, 1], None),
    "halves": (VALUES.astype(np.float16), [0, 1], None),
    "matrix": (SeriesMatrix(("f", "g"), ("gcpu", "gcpu"), VALUES), NAMES, None),
    "matrix with times": (
        SeriesMatrix(("f", "g"), ("gcpu", "gcpu"), VALUES, pd.DataFrame({"at": TIMES})), NAMES, 6.0,
    ),
    "frame, numbered both ways": (pd.DataFrame(VALUES), [0, 1], None),
    "frame of rows": (pd.DataFrame(VALUES, index=NAMES), NAMES, None),
    "frame of rows, times above": (pd.DataFrame(VALUES, index=NAMES, columns=TIMES), NAMES, 6.0),
    "frame of columns, times beside": (
        pd.DataFrame(VALUES.T, index=TIMES, columns=NAMES), NAMES, 6.0,
    ),
    "frame of columns, named": (pd.DataFrame(VALUES.T, columns=NAMES), NAMES, None),
    "frame of columns, times without a zone": (
        pd.DataFrame(VALUES.T, index=TIMES.tz_localize(None), columns=NAMES), NAMES, 6.0,
    ),
    "frame of columns, times as objects": (
        pd.DataFrame(VALUES.T, index=[*TIMES.to_pydatetime()], columns=NAMES), NAMES, 6.0,
    ),
    "long": (long_frame(), NAMES, 6.0),
    "long, shuffled": (long_frame().sample(frac=1, random_state=1), NAMES, 6.0),
    "long, by time": (long_frame().rename(columns={"at": "time"}), NAMES, 6.0),
    "long, by window": (
        long_frame(at=range(6)).rename(columns={"at": "window"}), NAMES, None,
    ),
    "long, of one service": (long_frame().assign(service="web"), NAMES, 6.0),
}  # fmt: skip


@pytest.mark.parametrize(("series", "ids", "day"), FORMS.values(), ids=FORMS)
def test_every_form_gives_the_same_series_when_read(series, ids, day):
    signals = read_signals(series)
    np.testing.assert_array_equal(signals.values, VALUES)
    assert signals.values.flags.c_contiguous
    assert signals.values.dtype in (np.float32, np.float64)
    assert list(signals.ids) == ids
    assert signals.day == day
    assert signals.has_clock
    assert [signals.key(row, "subject") for row in (0, 1)] == [str(name) for name in ids]
    assert signals.n_windows == 6


def test_one_series_is_a_matrix_of_one_when_read():
    signals = read_signals([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(signals.values, [[1.0, 2.0, 3.0]])
    assert list(signals.ids) == [0]


def test_singles_stay_singles_and_are_not_copied_when_read():
    values = VALUES.astype(np.float32)
    assert read_signals(values).values is values
    assert read_signals(VALUES).values is VALUES
    assert read_signals(VALUES.astype(np.float16)).values.dtype == np.float64


def test_what_was_read_is_taken_as_it_is_when_read_again():
    signals = read_signals(VALUES)
    assert read_signals(signals) is signals


def test_names_of_a_matrix_have_its_metric_when_there_are_several():
    series = SeriesMatrix(("f", "f"), ("gcpu", "cost"), VALUES, service="web")
    signals = read_signals(series)
    assert list(signals.ids) == ["f gcpu", "f cost"]
    assert list(signals.metrics(np.array([1, 0]))) == ["cost", "gcpu"]
    assert signals.key(1, "service") == "web"
    assert signals.key(1, "subject") == "f"


def test_keys_are_those_of_an_index_when_a_frame_has_some():
    index = pd.MultiIndex.from_tuples([("web", "f"), ("api", "f")], names=["service", "subject"])
    signals = read_signals(pd.DataFrame(VALUES, index=index))
    assert [signals.key(row, "service") for row in (0, 1)] == ["web", "api"]
    assert [signals.key(row, "subject") for row in (0, 1)] == ["f", "f"]
    assert signals.key(0, "metric") == ""
    assert list(signals.ids) == [("web", "f"), ("api", "f")]


def test_keys_are_those_of_the_columns_when_a_long_frame_has_some():
    frame = pd.concat(
        [long_frame().assign(service=name, metric="gcpu") for name in ("web", "api")]
    )  # fmt: skip
    signals = read_signals(frame)
    keys = [(signals.key(row, "service"), signals.key(row, "subject")) for row in range(4)]
    assert sorted(keys) == [("api", "f"), ("api", "g"), ("web", "f"), ("web", "g")]
    for values, (service, subject), name in zip(signals.values, keys, signals.ids, strict=True):
        np.testing.assert_array_equal(values, VALUES[NAMES.index(subject)])
        assert {*str(name).split()} == {service, subject}
    assert set(signals.metrics(np.arange(4))) == {"gcpu"}


def test_a_window_without_a_value_is_a_gap_when_others_have_one():
    frame = long_frame().drop(index=[2, 9])
    expected = VALUES.copy()
    expected[0, 2] = expected[1, 3] = np.nan
    np.testing.assert_array_equal(read_signals(frame).values, expected)


# the clock


@pytest.mark.parametrize(
    ("freq", "day"), [("10min", 144.0), ("1h", 24.0), ("1D", 1.0), ("90min", 16.0)]
)
def test_a_day_has_its_windows_when_times_keep_to_a_clock(freq, day):
    times = pd.date_range("2026-03-02", periods=100, freq=freq)
    assert read_signals(pd.DataFrame(np.ones((2, 100)), columns=times)).day == pytest.approx(day)


@pytest.mark.parametrize(
    "seconds", [np.arange(100) ** 2, np.repeat([0, 5], 50), np.arange(100) % 7],
    ids=["farther and farther", "all at once", "back and forth"],
)  # fmt: skip
def test_there_is_no_clock_when_times_are_irregular(seconds):
    times = pd.Timestamp("2026-03-02") + pd.to_timedelta(seconds * 60, unit="s")
    signals = read_signals(pd.DataFrame(np.ones((2, 100)), columns=times))
    assert signals.day is None
    assert not signals.has_clock


def test_a_clock_may_pause_now_and_then_when_nearly_all_times_keep_to_it():
    times = pd.date_range("2026-03-02", periods=101, freq="10min")
    once = times[:50].append(times[51:])
    assert read_signals(pd.DataFrame(np.ones((1, 100)), columns=once)).day == 144.0
    often = times[np.arange(101) % 10 > 0]
    assert read_signals(pd.DataFrame(np.ones((1, len(often))), columns=often)).day is None


def test_windows_are_taken_for_equally_long_when_no_times_are_known():
    signals = read_signals(VALUES)
    assert signals.times is None
    assert signals.has_clock
    assert signals.day is None


def test_times_are_told_when_a_step_is_found():
    values = np.repeat([[1.0, 2.0]], 20, axis=1) + 0.01 * np.random.default_rng(0).normal(size=40)
    times = pd.date_range("2026-03-02", periods=40, freq="1h", tz="Europe/Berlin")
    (found,) = detect(pd.DataFrame(values, index=["f"], columns=times)).found
    assert found.at == datetime(2026, 3, 2, 19, tzinfo=UTC)
    assert (found.series, found.subject) == ("f", "f")


# what is refused


@pytest.mark.parametrize(
    ("series", "message"),
    [
        ([["a", "b"]], "expected numbers, got <U1"),
        (pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}), "expected numbers: could not convert string to float"),
        (np.ones((2, 3, 4)), r"\(n_series, n_windows\), got shape \(2, 3, 4\)"),
        (3.0, r"\(n_series, n_windows\), got 3.0$"),
        (None, r"\(n_series, n_windows\), got None$"),
        ("latency.csv", "got 'latency.csv'; workbench.ingest.series.read_series reads files, and tables as files have them"),
        ({"a": [1, 2], "b": [3]}, "series of one length, got 1 and 2"),
        ([[1 + 2j, 0]], "expected real numbers, got complex ones"),
        (long_frame().drop(columns="subject"), r"series or subject beside value, got \['at', 'v"),
        (long_frame().drop(columns="at"), r"column at .* got \['subject', 'value'\]"),
        (pd.concat([long_frame(), long_frame()]), "one value a series and at, got several"),
        (long_frame().assign(value="much"), "expected numbers: could not convert string to float"),
    ],
    ids=["strings", "a column of strings", "cube", "number", "nothing", "a path", "lengths", "complex", "no subject", "no time",
         "twice", "words as values"],
)  # fmt: skip
def test_what_is_no_series_is_refused_and_said_when_read(series, message):
    with pytest.raises(SignalError, match=message):
        read_signals(series)


@pytest.mark.parametrize("wrong", [np.inf, -np.inf], ids=["inf", "-inf"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["singles", "doubles"])
def test_an_infinite_value_is_named_with_its_series_when_there_is_one(wrong, dtype):
    values = np.random.default_rng(0).standard_normal((3, 40)).astype(dtype)
    values[1, 5] = wrong
    with pytest.raises(SignalError, match=f"series g: expected finite .* got {wrong} at index 5"):
        detect(pd.DataFrame(values, index=["f", "g", "h"]))


# detect leaves what it is given


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_an_array_is_not_modified_when_judged(dtype):
    values = (100 * np.random.default_rng(1).standard_normal((4, 40))).astype(dtype)
    values[0, 20:] += 900
    values[1, 7] += 4000
    if dtype != np.int64:
        values[2, 3:9] = np.nan
    copy = values.copy()
    assert len(detect(values).found) == 1
    np.testing.assert_array_equal(values, copy)


@pytest.mark.parametrize("form", ["wide", "long", "matrix"])
def test_a_table_is_not_modified_when_judged(form):
    values = np.random.default_rng(2).standard_normal((2, 40))
    values[0, 20:] += 9
    values[1, 4] = np.nan
    times = pd.date_range("2026-03-02", periods=40, freq="1h")
    if form == "matrix":
        series = SeriesMatrix(("f", "g"), ("x", "x"), values, pd.DataFrame({"at": times}))
        before = series.values.copy()
        assert [r.series for r in detect(series).found] == ["f"]
        np.testing.assert_array_equal(series.values, before)
        return
    frame = long_frame(values, at=times)
    if form == "wide":
        frame = pd.DataFrame(values.T, index=times, columns=NAMES)
    before = frame.copy(deep=True)
    assert [r.series for r in detect(frame).found] == ["f"]
    pd.testing.assert_frame_equal(frame, before)


def test_the_same_is_found_when_series_come_in_another_form():
    values = np.random.default_rng(3).standard_normal((2, 40))
    values[1, 15:] += 9
    forms = [
        values, pd.DataFrame(values, index=NAMES), pd.DataFrame(values.T, columns=NAMES),
        long_frame(values, at=range(40)),
        SeriesMatrix(("f", "g"), ("", ""), values),
    ]  # fmt: skip
    for series in forms:
        (found,) = detect(series).found
        assert (found.change_index, found.subject) in {(15, "g"), (15, "1")}
        assert found.before == pytest.approx(values[1, :15].mean(), abs=0.2)


@given(
    st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=6, unique=True), st.integers(1, 8),
    st.integers(0, 99),
)  # fmt: skip
def test_long_and_wide_frames_are_the_same_when_series_are_in_order(names, n_windows, seed):
    values = np.random.default_rng(seed).standard_normal((len(names), n_windows))
    times = pd.date_range("2026-03-02", periods=n_windows, freq="1h")
    wide = pd.DataFrame(values, index=sorted(names), columns=times)
    long = long_frame(values, names=sorted(names), at=times).sample(frac=1, random_state=seed)
    one, other = read_signals(wide), read_signals(long)
    np.testing.assert_array_equal(one.values, other.values)
    assert list(one.ids) == list(other.ids)
    assert list(one.times) == list(other.times)


@pytest.mark.parametrize(
    "index",
    [
        pd.Index(TIMES.strftime("%Y-%m-%d %H:%M")),
        TIMES.tz_localize(None).to_period("4h"),
        pd.Index([*map(pd.Timestamp.to_pydatetime, TIMES)], dtype=object),
    ],
    ids=["texts", "periods", "datetimes"],
)
@pytest.mark.parametrize("is_turned", [False, True])
def test_what_stands_for_times_is_a_clock(index, is_turned):
    frame = pd.DataFrame(VALUES.T, index=index, columns=NAMES)
    signals = read_signals(frame.T if is_turned else frame)
    np.testing.assert_array_equal(signals.values, VALUES)
    assert [*signals.ids] == NAMES
    assert [*signals.times] == [*TIMES]


def test_names_that_look_like_numbers_or_dates_in_part_stay_names():
    frame = pd.DataFrame(VALUES, index=["2026-01-01", "2026-01-01-b"])
    assert read_signals(frame).times is None
    assert [*read_signals(frame).ids] == ["2026-01-01", "2026-01-01-b"]


def test_series_may_be_named_by_numbers_that_are_not_whole():
    frame = pd.DataFrame(VALUES, index=[0.5, 0.95], columns=[f"c{i}" for i in range(6)])
    assert [*read_signals(frame).ids] == [0.5, 0.95]


def test_one_series_may_be_named_by_a_date():
    series = pd.Series(VALUES[0], index=TIMES, name="2026-03-01")
    signals = read_signals(series)
    assert [*signals.ids] == ["2026-03-01"]
    assert [*signals.times] == [*TIMES]
    frame = pd.DataFrame(VALUES, index=["2026-03-01", "2026-03-02"], columns=TIMES)
    assert [*read_signals(frame).ids] == ["2026-03-01", "2026-03-02"]


# what several ways of telling the same have in common


def _of_one(frame):
    (found,) = detect(frame).found
    return found


STEP = np.r_[np.ones(30), np.full(30, 2.0)] + 0.01 * np.random.default_rng(5).standard_normal(60)
DAYS = pd.date_range("2026-01-01", periods=60, freq="1D")


@pytest.mark.parametrize(
    "at",
    [
        DAYS.strftime("%Y-%m-%d"),
        pd.Index([*DAYS.date], dtype=object),
        pd.Categorical(DAYS),
        DAYS.to_period("D"),
    ],
    ids=["texts", "dates", "categories", "periods"],
)
def test_a_clock_is_told_from_what_stands_for_it_when_rows_are_values(at):
    frame = pd.DataFrame({"at": at, "subject": "f", "value": STEP}).sample(frac=1, random_state=0)
    assert _of_one(frame).at == DAYS[30].tz_localize("UTC")


@pytest.mark.parametrize("kind", [int, str])
def test_numbered_windows_are_put_in_order(kind):
    frame = pd.DataFrame({"window": range(60), "subject": "f", "value": STEP})
    frame["window"] = frame["window"].astype(kind)
    assert _of_one(frame.sample(frac=1, random_state=0)).change_index == 30
    wide = pd.DataFrame([STEP], index=["f"]).sample(frac=1, axis=1, random_state=0)
    assert _of_one(wide).change_index == 30


def test_windows_with_other_names_stay_in_order_of_appearance():
    names = [f"r{n}" for n in range(60)]
    frame = pd.DataFrame({"window": names, "subject": "f", "value": STEP})
    assert _of_one(frame).change_index == 30
    assert [*read_signals(frame).windows] == names


def test_series_of_pandas_are_put_together_by_their_index():
    one, other = pd.Series(STEP, DAYS), pd.Series(STEP[::-1], DAYS[::-1])
    signals = read_signals({"f": one, "g": other})
    assert [*signals.times] == [*DAYS.tz_localize("UTC")]
    np.testing.assert_array_equal(signals.values, [STEP, STEP])


@pytest.mark.parametrize(
    ("frame", "ids"),
    [
        (pd.DataFrame({"value": STEP}, index=DAYS), ["value"]),
        (pd.DataFrame({"value": STEP, "g": STEP}, index=DAYS), ["value", "g"]),
        (pd.DataFrame([STEP[:2]], index=["f"], columns=["value", "other"]), ["f"]),
        (
            long_frame().set_index(["at", "subject"])[["value"]].unstack(),
            [("value", "f"), ("value", "g")],
        ),
    ],
    ids=["alone", "beside others", "a window", "levels"],
)
def test_a_series_may_be_called_value(frame, ids):
    assert [*read_signals(frame).ids] == ids


def test_categories_and_names_that_are_missing_are_names():
    frame = long_frame().assign(
        subject=pd.Categorical(["f"] * 6 + [None] * 6), unit=pd.Categorical(["s", None] * 6),
        metric="cost",
    )  # fmt: skip
    frame["unit"] = "s"
    signals = read_signals(frame)
    assert [*signals.ids] == ["cost", "f"]
    assert [*signals.keys["unit"]] == ["s", "s"]
    told = long_frame().assign(metric=[0] * 6 + [1] * 6, subject="f")
    assert [*read_signals(told).ids] == ["f 0", "f 1"]


def test_an_id_stands_for_a_subject_that_is_not_told():
    index = pd.Index(["cost", "gcpu"], name="metric")
    signals = read_signals(pd.DataFrame(VALUES, index=index))
    assert [signals.key(row, "subject") for row in range(2)] == ["cost", "gcpu"]


@pytest.mark.parametrize(
    ("series", "message"),
    [
        (long_frame().iloc[:0], "expected rows, got none"),
        (
            long_frame().assign(at=[pd.NaT, *[*TIMES] * 2][:12]),
            "expected at in every row, got none in row 0",
        ),
        (
            long_frame().assign(at=[f"{day:02}/01/2026" for day in range(1, 7)] * 2),
            "at: expected times, such as 2026-01-31T12:00, got '01/01/2026'",
        ),
        (
            pd.concat([long_frame(), long_frame()[["value"]]], axis=1),
            "expected columns that differ, got 'value' twice",
        ),
        (pd.DataFrame(VALUES, columns=[pd.NaT, *TIMES[1:]]), "expected a time of every window"),
        (np.array([TIMES.tz_localize(None)] * 2), "expected numbers, got times"),
    ],
    ids=["no rows", "no time", "other times", "twice", "no time of a window", "times as values"],
)
def test_what_tells_no_windows_or_values_is_said(series, message):
    with pytest.raises(SignalError, match=message):
        read_signals(series)


@pytest.mark.parametrize("scale", [1e-150, 1e-90, 1e90, 1e150])
def test_values_are_judged_or_said_to_be_too_large_or_too_small(scale):
    if 1e-100 < scale < 1e100:
        assert _of_one(scale * STEP[None]).change_index == 30
        return
    with pytest.raises(SignalError, match="series 0: expected values from 1e-100 to 1e.100, got"):
        detect(scale * STEP[None])
