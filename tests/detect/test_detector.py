import numpy as np
import pandas as pd
import pytest

from workbench.detect import DetectConfig, Detector, detect
from workbench.errors import SignalError
from workbench.simulate import Noise, simulate_series
from workbench.store import Store

QUIET = Noise(day=(0, 0), week=(0, 0), spikes_per_1000_windows=0, windows_per_day=24)


def stepping(*, n_series=30, n_windows=400, at=260, size=0.3, seed=0):
    """Series of which the first steps up at a window, the others never."""
    values = simulate_series(n_series, n_windows=n_windows, noise=QUIET, seed=seed).values
    values[0, at:] *= 1 + size
    return values


def fed(detector, values, n_at_once):
    """Feed windows to a detector; return what each update reported."""
    return [
        detector.update(values[:, start : start + n_at_once])
        for start in range(0, values.shape[1], n_at_once)
    ]


@pytest.mark.parametrize("n_at_once", [3, 7, 200])
def test_a_regression_is_reported_once_however_windows_arrive(n_at_once):
    values = stepping()
    detector = Detector(values[:, :200])
    assert detector.first == ()
    found = [r for batch in fed(detector, values[:, 200:], n_at_once) for r in batch]
    assert [(r.series, r.change_index) for r in found] == [(0, 260)]


def test_it_gives_the_answer_of_the_batch():
    values = stepping()
    detector = Detector(values[:, :200])
    fed(detector, values[:, 200:], 10)
    batch = detect(values[:, -200:], background=detector.background)
    assert list(detector.detection.found) == list(batch.found)
    np.testing.assert_array_equal(detector.values, values[:, -200:])
    assert [r.change_index for r in batch.found] == [60]


def test_what_was_in_the_history_is_reported_at_first():
    detector = Detector(stepping())
    assert [(r.series, r.change_index) for r in detector.first] == [(0, 260)]
    assert detector.update(stepping()[:, -20:]) == ()


@pytest.mark.parametrize("n_before", [205, 280, 330])
def test_a_restart_changes_nothing(tmp_path, n_before):
    values, store = stepping(), Store.create(tmp_path / "store")
    straight, stopped = Detector(values[:, :200]), Detector(values[:, :200])
    one = [r for batch in fed(straight, values[:, 200:], 5) for r in batch]
    two = [r for batch in fed(stopped, values[:, 200:n_before], 5) for r in batch]
    store.save_state("watch", stopped.to_bytes())
    again = Detector.from_bytes(Store.open(tmp_path / "store").load_state("watch"))
    two += [r for batch in fed(again, values[:, n_before:], 5) for r in batch]
    assert two == one
    assert [r.series for r in one] == [0]
    assert list(again.detection.found) == list(straight.detection.found)


def test_times_go_on_and_are_kept(tmp_path):
    values = stepping()
    times = pd.date_range("2026-03-02", periods=400, freq="h", tz="UTC")
    names = [f"f{i}" for i in range(30)]
    frame = pd.DataFrame(values[:, :200], index=names, columns=times[:200])
    detector = Detector(frame, config=DetectConfig(alerts_per_1000_series=0.5))
    detector.update(values[:, 200:250])
    detector = Detector.from_bytes(detector.to_bytes())
    found = detector.update(values[:, 250:], times[250:])
    assert [(r.series, r.at) for r in found] == [("f0", times[260])]
    assert detector.config.alerts_per_1000_series == 0.5


def test_a_fall_after_a_rise_is_another_change():
    values = stepping(n_windows=600)
    values[0, 420:] /= 1.3
    detector = Detector(values[:, :200])
    found = [r for batch in fed(detector, values[:, 200:], 10) for r in batch]
    of_first = [(r.change_index, r.absolute_delta > 0) for r in found if r.series == 0]
    assert of_first == [(260, True), (420, False)]


@pytest.mark.parametrize(
    ("points", "told"),
    [
        (np.zeros(29), r"points of 30 series, got an array of shape \(29, 1\)"),
        (np.zeros((30, 1, 1)), r"got an array of shape \(30, 1, 1\)"),
        (np.full(30, np.inf), "series 0: expected finite values, .* got inf at new window 0"),
    ],
    ids=["too few", "too deep", "infinite"],
)  # fmt: skip
def test_bad_points_change_nothing(points, told):
    detector = Detector(stepping()[:, :200])
    with pytest.raises(SignalError, match=told):
        detector.update(points)
    assert detector.n_seen == 200


def test_times_that_go_back_are_refused():
    times = pd.date_range("2026-03-02", periods=200, freq="h", tz="UTC")
    detector = Detector(pd.DataFrame(stepping()[:, :200], columns=times))
    with pytest.raises(SignalError, match="expected times after 2026-03-10 07:00"):
        detector.update(np.zeros(30), times[5:6])
    with pytest.raises(SignalError, match="expected 1 times, one a new window, got 2"):
        detector.update(np.zeros(30), times[:2])


@pytest.mark.parametrize("data", [b"", b"nonsense", b"PK\x03\x04broken"])
def test_what_is_no_state_is_refused(data):
    with pytest.raises(SignalError, match="expected the state of a detector"):
        Detector.from_bytes(data)


def test_all_looks_together_keep_to_the_budget():
    values = simulate_series(600, n_windows=2016, seed=7).values
    detector = Detector(values[:, :1008], config=DetectConfig(alerts_per_1000_series=10))
    found = [r for batch in fed(detector, values[:, 1008:], 48) for r in batch]
    assert len(found) <= 12  # one look after the other, each with all of it: above 100
    assert all(0 <= r.p_value <= 1 for r in found)


def named_history(n_windows=300):
    rng = np.random.default_rng(0)
    times = pd.date_range("2026-03-02", periods=n_windows, freq="h", tz="UTC")
    values = rng.normal([100, 10, 1], [1, 0.1, 0.01], (n_windows, 3))
    return pd.DataFrame(values, index=times, columns=["a", "b", "c"])


def test_points_that_name_their_series_may_come_in_any_order():
    history = named_history(303)
    for turned in (False, True):
        detector = Detector(history.iloc[:300])
        new = history.iloc[300:][["c", "a", "b"]]
        detector.update(new.T if turned else new, None if not turned else new.index)
        np.testing.assert_array_equal(detector.values[:, -3:], history.iloc[300:].to_numpy().T)
        assert detector._times[-1] == history.index[-1]
    detector.update(pd.Series({"b": 2.0, "a": 1.0, "c": 3.0}))
    assert [*detector.values[:, -1]] == [1, 2, 3]


@pytest.mark.parametrize(
    ("points", "times", "told"),
    [
        (pd.Series({"a": 1.0, "b": 2.0}), None, "expected points of every series"),
        (pd.Series({"a": 1.0, "b": 2.0, "z": 3.0}), None, r"got also \['z'\]"),
        (["a", "b", "c"], None, "expected points as numbers"),
        (np.ones((3, 2)), ["2027-01-02", "2027-01-01"], "expected times after 2027-01-02"),
        (np.ones((3, 1)), ["soon"], "expected times"),
    ],
)
def test_points_that_are_not_those_of_the_history_change_nothing(points, times, told):
    detector = Detector(named_history())
    with pytest.raises(SignalError, match=told):
        detector.update(points, times)
    assert detector.n_seen == 300


def test_a_state_keeps_names_of_several_parts():
    history = named_history().T
    history.index = pd.MultiIndex.from_product(
        [["shop"], ["latency"], history.index], names=["service", "metric", "subject"]
    )
    history.iloc[1, 150:] *= 1.2
    detector = Detector.from_bytes(Detector(history).to_bytes())
    assert [r.series for r in detector.detection.found] == [("shop", "latency", "b")]
    assert detector.update(np.empty((3, 0))) == ()


def test_a_table_has_its_own_times_whichever_way_it_lies():
    later = pd.to_datetime(["2026-04-02", "2026-04-03"], utc=True)
    for axis in (later, pd.Index(["2026-04-02", "2026-04-03"])):
        table = pd.DataFrame([[1.0, 2, 3], [4, 5, 6]], index=axis, columns=["a", "b", "c"])
        for points in (table, table.T):
            detector = Detector(named_history())
            detector.update(points)
            assert [*detector._times[-2:]] == [*later]
            assert [*detector.values[:, -1]] == [4, 5, 6]
    detector = Detector(named_history())
    with pytest.raises(SignalError, match="expected times after 2026-04-03"):
        detector.update(table.iloc[::-1])


def test_names_that_are_not_the_historys_are_no_places():
    detector = Detector(pd.DataFrame(np.ones((3, 300)), index=[7, 8, 9]))
    with pytest.raises(SignalError, match="got also"):
        detector.update(pd.Series([1.0, 2, 3], index=pd.RangeIndex(8, 11)))
    with pytest.raises(SignalError, match="of different names, got 7 twice"):
        Detector(pd.DataFrame(np.ones((3, 300)), index=[7, 7, 9]))


def test_a_state_keeps_nested_names_and_numbers_of_numpy():
    index = pd.Index([(1, (2, 3)), (1, (2, 4))], tupleize_cols=False)
    config = DetectConfig(min_relative=np.float32(0.25), service_watts=np.int64(3))
    detector = Detector(pd.DataFrame(np.ones((2, 300)), index=index), config=config)
    again = Detector.from_bytes(detector.to_bytes())
    assert [*again._ids] == [*index]
    assert again.config == config
