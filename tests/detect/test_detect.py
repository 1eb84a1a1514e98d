import numpy as np
import pytest

from workbench.detect import change_points, detect
from workbench.errors import SignalError
from workbench.signals import function_series, incidence, stack_costs
from workbench.types import SERVICE, Detection, Recording, SeriesMatrix


def series_of(*levels: float, n: int, sigma: float) -> list[float]:
    noise = np.random.default_rng(0).standard_normal(n)
    return list(np.repeat(levels, n // len(levels)) + sigma * noise)


def run(recording: Recording) -> Detection:
    return detect(
        function_series(recording),
        members=incidence(recording),
        stack_values=stack_costs(recording),
    )


def test_the_first_index_of_the_new_segment_is_returned():
    assert change_points(series_of(1.0, 2.0, n=40, sigma=0.05)) == [20]


@pytest.mark.parametrize("values", [[], [1.0], [3.0] * 50, series_of(1.0, n=40, sigma=0.1)])
def test_no_change_is_an_empty_list(values):
    assert change_points(values) == []


def test_one_outlier_is_no_change():
    values = series_of(1.0, n=40, sigma=0.05)
    values[17] = 9.0
    assert change_points(values) == []


def test_bad_input_is_named_and_input_is_not_modified():
    with pytest.raises(SignalError, match="got nan at index 1"):
        change_points([1.0, float("nan"), 1.0])
    with pytest.raises(SignalError, match="shape"):
        change_points([[1.0, 2.0]])
    values = np.array(series_of(1.0, 2.0, n=40, sigma=0.05))
    copy = values.copy()
    change_points(values)
    np.testing.assert_array_equal(values, copy)


@pytest.mark.parametrize(("shift", "scale"), [(100.0, 1.0), (0.0, 1e-6), (-5.0, 1e6)])
def test_change_points_ignore_shift_and_scale(shift, scale):
    values = np.array(series_of(1.0, 1.3, 1.0, n=60, sigma=0.05))
    assert change_points(values * scale + shift) == change_points(values)


def test_a_step_is_one_regression_with_its_callers_merged(make_recording):
    detection = run(
        make_recording({"main;f;leaf": 0.2, "main;g": 0.5}, {"main;f;leaf": 0.5, "main;g": 0.5})
    )
    (regression,) = detection.regressions
    assert regression.subject in {"f", "leaf"}
    assert regression.change_index == 20
    assert {"main", SERVICE} <= set(regression.merged)
    assert regression.before == pytest.approx(0.02, rel=0.1)
    assert regression.after == pytest.approx(0.05, rel=0.1)


def test_cost_that_moved_is_no_regression(make_recording):
    detection = run(make_recording({"main;f": 0.3, "main;g": 0.5}, {"main;h": 0.3, "main;g": 0.5}))
    assert detection.regressions == ()
    assert "cost shift" in set(detection.removed["stage"])


def test_an_improvement_is_told_as_one(make_recording):
    detection = run(make_recording({"main;f": 0.6, "main;g": 0.5}, {"main;f": 0.2, "main;g": 0.5}))
    assert detection.regressions == ()
    assert detection.improvements[0].absolute_delta < 0


def test_what_went_away_is_removed_with_its_reason():
    rng = np.random.default_rng(1)
    bump = np.r_[np.ones(20), np.full(10, 2.0), np.ones(10)] + 0.02 * rng.standard_normal(40)
    series = SeriesMatrix((SERVICE,), ("cost",), bump[np.newaxis])
    detection = detect(series)
    assert detection.regressions == ()
    assert not detection.removed.empty


def test_noise_alone_is_never_a_regression():
    rng = np.random.default_rng(2)
    values = 1 + 0.05 * rng.standard_normal((200, 40))
    series = SeriesMatrix(tuple(f"f{i}" for i in range(200)), ("gcpu",) * 200, values)
    assert detect(series).regressions == ()


def test_the_funnel_adds_up(make_recording):
    funnel = run(
        make_recording({"main;f": 0.2, "main;g": 0.5}, {"main;f": 0.4, "main;g": 0.5})
    ).funnel
    assert list(funnel["n_out"][:-1]) == list(funnel["n_in"][1:])
