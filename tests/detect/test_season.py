import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from workbench.detect.noise.background import make_layout
from workbench.detect.noise.design import Design
from workbench.detect.noise.fit import fit_rows
from workbench.detect.noise.season import (
    find_periods,
    find_season,
    is_weekly,
    sample_rows,
    week_candidates,
)
from workbench.simulate.noise import autocorrelated

WEEK = np.arange(1008)


def waves(n_rows, amplitude, period, *, sigma=1.0, seed=0, n_windows=1008):
    """Sines of differing phases in white noise."""
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 2 * np.pi, (n_rows, 1))
    sines = amplitude * np.sin(2 * np.pi * np.arange(n_windows) / period + phase)
    return sines + sigma * rng.standard_normal((n_rows, n_windows))


def stepped(n_rows, height, *, seed=0):
    """A step a row, somewhere, in white noise."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((n_rows, 1008))
    return noise + height * (rng.integers(50, 950, (n_rows, 1)) <= WEEK)


def ramped(n_rows, height, *, seed=0):
    """A rise over 300 windows a row, somewhere, in white noise."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((n_rows, 1008))
    return noise + height * np.clip((WEEK - rng.integers(0, 600, (n_rows, 1))) / 300, 0, 1)


def repeated(shape, n_rows=50, *, seed=0):
    """A shape over 144 windows, again and again, each row at another time of the day."""
    rng = np.random.default_rng(seed)
    places = (WEEK + rng.integers(0, 144, (n_rows, 1))) % 144
    return np.asarray(shape, float)[places] + rng.standard_normal((n_rows, 1008))


# find_periods


@pytest.mark.parametrize("seed", range(4))
def test_the_day_is_found_when_many_series_have_it_weakly(seed):
    # none of them shows it alone: its power is two and a half times that of the noise
    (period,) = find_periods(waves(100, 0.1, 144, seed=seed))
    assert 1008 / period == pytest.approx(7, abs=0.1)


def test_the_day_is_found_when_one_series_has_it_loudly():
    assert find_periods(waves(1, 1.0, 144)) == (144.0,)


@pytest.mark.parametrize("period", [24, 36, 96, 100, 200])
def test_a_season_is_found_when_it_is_no_day_of_ten_minute_windows(period):
    assert find_periods(waves(50, 0.4, period, seed=1)) == (float(period),)


@pytest.mark.parametrize("phi", [0.0, 0.6], ids=["white", "autocorrelated"])
def test_a_season_is_hardly_ever_found_when_many_series_have_none(phi):
    rows = autocorrelated(np.random.default_rng(0), np.full(100 * 50, phi), 96)
    n_found = sum(bool(find_periods(part)) for part in rows.reshape(100, 50, 96))
    assert n_found <= 2


@pytest.mark.parametrize("height", [1.0, 5.0, 50.0])
@pytest.mark.parametrize("make", [stepped, ramped], ids=["steps", "ramps"])
def test_no_season_is_found_when_series_only_step_or_rise(make, height):
    assert [find_periods(make(50, height, seed=seed)) for seed in range(5)] == [()] * 5


@pytest.mark.parametrize("make", [stepped, ramped], ids=["steps", "ramps"])
def test_the_day_is_found_when_series_step_or_rise_too(make):
    rows = make(50, 4.0, seed=2) + waves(50, 0.5, 144, sigma=0.0)
    assert find_periods(rows) == (144.0,)


@pytest.mark.parametrize(
    ("shape", "orders"),
    [([1] * 72 + [0] * 72, [1, 3, 5]), ([1] * 36 + [0] * 108, [1, 2, 3, 5, 6])],
    ids=["half a day", "a quarter"],
)  # fmt: skip
def test_the_harmonics_of_a_shape_are_found_when_it_has_them(shape, orders):
    # of a pulse as wide as 1/k of its period every k-th harmonic is missing
    expected = tuple(144 / order for order in orders)
    assert find_periods(repeated(shape)) == pytest.approx(expected)
    assert find_periods(repeated(shape), 144.0) == pytest.approx(expected)


@pytest.mark.parametrize("part", [2, 3])
def test_the_day_is_the_season_when_a_harmonic_of_it_is_louder(part):
    rows = waves(50, 0.4, 144, seed=1) + waves(50, 1.0, 144 / part, sigma=0.0, seed=2)
    assert find_periods(rows) == (144.0, 144.0 / part)


def test_half_a_day_is_the_season_when_there_is_no_day():
    assert find_periods(waves(50, 1.0, 72)) == (72.0,)


def test_a_given_day_is_taken_when_series_have_it():
    assert find_periods(waves(50, 0.3, 144), 144.0) == (144.0,)
    assert find_periods(waves(50, 0.3, 145.6), 145.6) == (pytest.approx(145.6),)


@pytest.mark.parametrize(
    ("period", "day"), [(100, 144.0), (144, 100.0), (60, 144.0), (500, 500.0)],
    ids=["another", "not that", "none of its parts", "too long to repeat"],
)  # fmt: skip
def test_a_given_day_is_left_out_when_series_do_not_have_it(period, day):
    assert find_periods(waves(50, 0.4, period), day) == ()


def test_a_given_day_is_left_out_when_series_are_noise():
    rows = autocorrelated(np.random.default_rng(1), np.full(2000, 0.5), 336).reshape(100, 20, 336)
    assert sum(bool(find_periods(part, 48.0)) for part in rows) <= 2


def test_no_harmonic_is_shorter_than_four_windows_when_the_day_is_short():
    saw = np.tile(np.linspace(-5, 5, 12), 28)
    rows = saw + np.random.default_rng(0).standard_normal((30, 336))
    assert find_periods(rows, 12.0) == (12.0, 6.0, 4.0)


@pytest.mark.parametrize("shape", [(0, 1008), (5, 23), (5, 0)], ids=["no rows", "short", "empty"])
def test_nothing_repeats_when_there_is_too_little_of_it(shape):
    assert find_periods(np.random.default_rng(0).standard_normal(shape)) == ()


@settings(max_examples=15)
@given(
    exponent=st.integers(-60, 60), shift=st.floats(-1e3, 1e3), slope=st.floats(-1, 1),
    is_flipped=st.booleans(), seed=st.integers(0, 9),
)  # fmt: skip
def test_scale_level_trend_and_order_of_rows_change_nothing(
    exponent, shift, slope, is_flipped, seed
):
    rows = waves(12, 0.8, 24, n_windows=240)
    other = np.random.default_rng(seed).permutation(rows)
    other = (other + shift + slope * np.arange(240)) * 2.0**exponent * (-1 if is_flipped else 1)
    assert find_periods(other) == find_periods(rows) == (24.0,)


# find_season


@pytest.mark.parametrize("n_rows", [1, 5, 20])
def test_a_season_is_found_when_steps_hide_it(n_rows):
    n_hidden = 0
    for seed in range(10):
        rows = stepped(n_rows, 6.0, seed=seed) + waves(n_rows, 1.0, 144, sigma=0, seed=seed + 50)
        n_hidden += not find_periods(rows)
        (period, *_) = find_season(rows)
        assert period == pytest.approx(144, abs=3)
    assert n_hidden >= 2


@pytest.mark.parametrize("make", [stepped, ramped], ids=["steps", "ramps"])
@pytest.mark.parametrize("n_rows", [1, 20])
@pytest.mark.parametrize("height", [1.0, 10.0])
def test_no_season_is_seen_when_rows_only_change(make, n_rows, height):
    assert not any(find_season(make(n_rows, height, seed=seed)) for seed in range(10))


@pytest.mark.parametrize("phi", [0.5, 0.9, 0.99])
def test_no_season_is_seen_when_noise_wanders(phi):
    rows = autocorrelated(np.random.default_rng(2), np.full(100, phi), 1008)
    assert sum(bool(find_season(row[np.newaxis])) for row in rows) <= 8
    assert sum(bool(find_season(part)) for part in rows.reshape(10, 10, 1008)) <= 1


def test_the_period_of_few_rows_is_told_beside_their_steps():
    for seed in range(10):
        rows = stepped(20, 3.0, seed=seed) + waves(20, 1.0, 144, sigma=0, seed=seed + 50)
        assert max(find_season(rows)) == 144.0


# sample_rows


def test_rows_are_spread_evenly_when_there_are_more_than_enough():
    values = np.add.outer(np.arange(1000.0), np.arange(3.0))
    rows = sample_rows(values, most=100)
    np.testing.assert_array_equal(rows[:, 0], np.arange(0, 1000, 10))
    assert len(sample_rows(values)) == 256


def test_rows_without_anything_to_tell_are_left_out_when_sampled():
    values = np.array([[1.0, 1.0, 1.0], [np.nan] * 3, [1.0, np.nan, 3.0], [np.nan, 2.0, 5.0]])
    copy = values.copy()
    np.testing.assert_array_equal(sample_rows(values), [[1.0, 2.0, 3.0], [2.0, 2.0, 5.0]])
    np.testing.assert_array_equal(values, copy)


def test_rows_are_doubles_when_singles_are_sampled():
    assert sample_rows(np.eye(3, dtype=np.float32)).dtype == np.float64


# the week


@pytest.mark.parametrize(
    ("n_windows", "orders"), [(755, 0), (756, 2), (1008, 2), (2015, 2), (2016, 6), (5000, 6)]
)
def test_a_week_has_more_sines_when_there_is_more_of_it(n_windows, orders):
    expected = tuple(1008 / order for order in range(1, orders + 1))
    assert week_candidates(1008.0, n_windows) == expected


def tell_weekly(values, period=1008.0):
    """Whether a sine of the week is in series of days, steps apart."""
    layout = make_layout(values.shape[1], 144.0)
    blocks = values[:, layout.start :].reshape(len(values), layout.n_blocks, -1).mean(axis=2)
    left = fit_rows(Design(layout, (144.0,)), np.ascontiguousarray(blocks)).left
    middles = layout.start + layout.block * (np.arange(layout.n_blocks) + 0.5) - 0.5
    return is_weekly(left, middles, 1008.0, period)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("period", [1008.0, 504.0], ids=["once", "twice a week"])
def test_a_season_of_the_week_is_told_when_many_series_have_it(period, seed):
    rows = waves(100, 0.5, period, seed=seed) + waves(100, 1.0, 144, sigma=0.0, seed=seed + 50)
    assert tell_weekly(rows, period)


@pytest.mark.parametrize("height", [0.3, 1.0, 10.0])
def test_no_season_of_the_week_is_told_when_series_step(height):
    assert not any(tell_weekly(stepped(100, height, seed=seed)) for seed in range(5))


@pytest.mark.parametrize("phi", [0.0, 0.3, 0.6])
def test_no_season_of_the_week_is_told_when_series_are_noise(phi):
    for seed in range(5):
        shocks = np.random.default_rng(seed).standard_normal((100, 1108))
        rows = signal.lfilter([1.0], [1.0, -phi], shocks, axis=1)[:, 100:]
        assert not tell_weekly(rows)


def test_no_season_of_the_week_is_told_when_nothing_is_left():
    places = np.arange(84.0) * 12
    assert not is_weekly(np.zeros((4, 84)), places, 1008.0, 1008.0)
    assert not is_weekly(np.empty((0, 84)), places, 1008.0, 1008.0)
