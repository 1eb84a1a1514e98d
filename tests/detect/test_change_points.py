import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.detect import change_points
from workbench.errors import SignalError


def steps(*levels, n_each=20, sigma=0.05, seed=0):
    noise = np.random.default_rng(seed).standard_normal(n_each * len(levels))
    return np.repeat(levels, n_each) + sigma * noise


@pytest.mark.parametrize(
    ("levels", "expected"),
    [((1, 2), [20]), ((2, 1), [20]), ((1, 2, 1), [20, 40]), ((1, 1.5, 2.5, 4), [20, 40, 60])],
)
def test_each_change_is_the_first_index_of_its_new_segment(levels, expected):
    assert change_points(steps(*levels, seed=1)) == expected


def test_a_step_without_noise_is_found():
    assert change_points([1.0] * 5 + [2.0] * 7) == [5]


@pytest.mark.parametrize(
    "values", [[], [1.0], [1, 2, 3, 4, 5], [3.0] * 50, [0.0] * 6, steps(1.0, n_each=40)],
    ids=["empty", "one", "short", "constant", "zero", "noise"],
)  # fmt: skip
def test_no_change_is_an_empty_list(values):
    assert change_points(values) == []


def test_noise_alone_hardly_ever_changes():
    n_changed = sum(bool(change_points(steps(1.0, n_each=40, seed=seed))) for seed in range(200))
    assert n_changed <= 10


@pytest.mark.parametrize(("place", "n_at_most"), [(0, 10), (1, 10), (17, 5), (38, 10), (39, 10)])
def test_one_outlier_is_hardly_ever_a_change(place, n_at_most):
    n_changed = 0
    for seed in range(50):
        values = steps(1.0, n_each=40, seed=seed)
        values[place] = 9.0
        n_changed += bool(change_points(values, min_size=5))
    assert n_changed <= n_at_most


def test_an_outlier_does_not_hide_a_change():
    values = steps(1, 2)
    values[7] = 30.0
    assert change_points(values) == [20]


@given(
    level=st.floats(0.5, 3), place=st.integers(8, 32), seed=st.integers(0, 99),
    shift=st.floats(-100, 100), exponent=st.integers(-200, 200), sign=st.sampled_from([-1, 1]),
)  # fmt: skip
def test_shift_and_scale_change_nothing(level, place, seed, shift, exponent, sign):
    values = np.random.default_rng(seed).standard_normal(40) * 0.1
    values[place:] += level
    expected = change_points(values)
    assert change_points(sign * values * 2.0**exponent) == expected
    assert change_points(values + shift) == expected


@pytest.mark.parametrize("scale", [5e-324, 1e-200, 1e-6, 1e6, 1e308])
def test_no_value_is_too_small_or_too_large(scale):
    assert change_points(scale * np.repeat([0.0, 1.0], 10)) == [10]
    assert change_points(scale * np.repeat([-1.0, 1.0], 10)) == [10]


@given(
    st.lists(st.floats(-1e6, 1e6), max_size=40), st.integers(1, 6),
    st.none() | st.floats(0.1, 100),
)  # fmt: skip
def test_segments_are_never_shorter_than_asked_for(values, min_size, penalty):
    points = change_points(values, min_size=min_size, penalty=penalty)
    assert points == sorted(set(points))
    if points:
        assert min(np.diff([0, *points, len(values)])) >= min_size


def test_a_higher_penalty_finds_fewer():
    values = steps(1, 1.3, 3)
    assert change_points(values, penalty=20.0) == [20, 40]
    assert change_points(values, penalty=1000.0) == [40]


@pytest.mark.parametrize("bad", [float("-inf"), float("inf")])
def test_an_infinite_value_is_named(bad):
    with pytest.raises(SignalError, match=f"expected finite .* got {bad} at index 1"):
        change_points([1.0, bad, bad, 1.0])


@pytest.mark.parametrize("places", [[0], [3, 4, 5], [19, 20], [38, 39], range(0, 40, 2)])
def test_gaps_are_bridged(places):
    values = steps(1, 2)
    values[list(places)] = np.nan
    (found,) = change_points(values)
    assert abs(found - 20) <= 1


def test_nothing_known_is_no_change():
    assert change_points([np.nan] * 30) == []


def test_only_one_series_at_a_time():
    with pytest.raises(SignalError, match=r"got an array of shape \(1, 2\)"):
        change_points([[1.0, 2.0]])


def test_the_input_is_not_modified():
    values = steps(1.0, 2.0)
    values[3] = 99.0
    copy = values.copy()
    change_points(values)
    np.testing.assert_array_equal(values, copy)


def test_a_step_among_ten_points_is_found():
    assert change_points([3.1, 3.0, 3.2, 3.1, 3.0, 4.1, 4.0, 4.2, 4.1, 4.0]) == [5]


@given(seed=st.integers(0, 999), later=st.floats(-50, 50), noisier=st.floats(1, 30))
def test_what_comes_later_does_not_undo_a_change(seed, later, noisier):
    rng = np.random.default_rng(seed)
    early = steps(*rng.normal(0, 0.3, 3), seed=seed)
    values = np.concatenate([early, later + 0.05 * noisier * rng.standard_normal(50)])
    found = change_points(values)
    for place in change_points(early):
        assert min(abs(place - other) for other in found) <= 5


def test_a_small_early_step_is_found_beside_a_large_one():
    values = np.concatenate([steps(1, 1.2), steps(40, 40, sigma=2.0)])
    found = change_points(values)
    assert abs(found[0] - 20) <= 1
    assert 40 in found


def test_a_smooth_series_is_described_by_lines():
    noise = np.random.default_rng(0).standard_normal(120)
    values = np.abs(np.arange(120) - 60.0) + 0.3 * noise
    assert any(abs(place - 60) <= 5 for place in change_points(values))


def test_a_long_series_keeps_the_place_of_its_step():
    values = np.random.default_rng(0).standard_normal(30_000)
    values[12_345:] += 1
    (found,) = change_points(values)
    assert abs(found - 12_345) <= 10


@pytest.mark.parametrize("min_size", [1, 3, 10, 20, 50])
def test_a_step_stays_where_it_is_whatever_the_fewest_points(min_size):
    for seed in range(10):
        values = steps(1, 1.3, n_each=100, seed=seed)
        (found,) = change_points(values, min_size=min_size)
        assert abs(found - 100) <= 2


@pytest.mark.parametrize("height", [2.0, 5.0, 1e12])
@pytest.mark.parametrize("place", [0, -1])
def test_an_outlier_at_an_end_is_hardly_ever_a_change(place, height):
    n_false = 0
    for seed in range(20):
        values = steps(1, 1.5, n_each=60, seed=seed)
        values[place] = height
        found = change_points(values)
        assert min(abs(i - 60) for i in found) <= 2
        n_false += len(found) - 1
    assert n_false <= 1


def test_noise_on_a_high_level_is_seen():
    values = steps(1, 1.5)
    assert change_points(1e-3 * values + 1e6) == change_points(values) == [20]


@pytest.mark.parametrize("times", [2.0, 3.0])
def test_noise_that_grows_is_hardly_ever_a_change(times):
    n_changed = 0
    for seed in range(50):
        noise = np.random.default_rng(seed).standard_normal(300)
        noise[150:] *= times
        n_changed += bool(change_points(noise))
    assert n_changed <= 25  # by the noise of both together: 45


@pytest.mark.parametrize(("n", "period"), [(26_000, 24), (200_000, 1440)])
def test_a_season_of_a_long_series_is_no_change(n, period):
    noise = np.random.default_rng(0).standard_normal(n)
    values = noise + 3 * np.sin(2 * np.pi * np.arange(n) / period)
    assert change_points(values) == []
    values[n // 3 :] += 1
    (found,) = change_points(values)
    assert abs(found - n // 3) <= 40


def test_what_a_mask_hides_is_not_there():
    values = steps(1, 2)
    values[30:] = 9.0
    assert change_points(np.ma.array(values, mask=np.arange(40) >= 30)) == [20]


@pytest.mark.parametrize("penalty", [0, -1.0, float("nan")])
def test_a_penalty_that_is_none_is_refused(penalty):
    with pytest.raises(SignalError, match="expected a penalty above 0, got"):
        change_points(steps(1, 2), penalty=penalty)
