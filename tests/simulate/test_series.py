import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.simulate import Noise, simulate_series

QUIET = Noise(n_samples=None, load=(0, 0), day=(0, 0), week=(0, 0), spikes_per_1000_windows=0)
EVENTS = ["none", "step", "transient", "drift"]


def test_nothing_moves_when_nothing_happens():
    series = simulate_series(20, noise=QUIET)
    level = series.truth["level"].to_numpy()[:, np.newaxis]
    np.testing.assert_array_equal(series.values, np.repeat(level, 1008, axis=1))
    assert set(series.truth["event"]) == {"none"}
    assert set(series.truth["change_index"]) == set(series.truth["end"]) == {-1}
    assert not series.truth[["relative", "absolute"]].to_numpy().any()


def test_a_step_is_what_its_truth_says_when_there_is_no_noise():
    series = simulate_series(50, event="step", relative=(-0.5, 0.5), noise=QUIET, seed=1)
    for values, told in zip(series.values, series.truth.itertuples(), strict=True):
        before, after = values[: told.change_index], values[told.change_index :]
        np.testing.assert_array_equal(before, told.level)
        np.testing.assert_allclose(after, told.level + told.absolute, rtol=1e-12)
        assert told.absolute == pytest.approx(told.relative * told.level, rel=1e-12)
        assert told.end == 1008


def test_a_transient_is_what_its_truth_says_when_there_is_no_noise():
    series = simulate_series(200, event="transient", length=(3, 30), noise=QUIET, seed=2)
    lengths = (series.truth["end"] - series.truth["change_index"]).to_numpy()
    assert (lengths.min(), lengths.max()) == (3, 30)
    for values, told in zip(series.values, series.truth.itertuples(), strict=True):
        is_up = np.zeros(1008, bool)
        is_up[told.change_index : told.end] = True
        np.testing.assert_allclose(values[is_up], told.level + told.absolute, rtol=1e-12)
        np.testing.assert_array_equal(values[~is_up], told.level)


def test_a_transient_ends_with_the_series_when_it_lasts_longer():
    series = simulate_series(
        50, event="transient", length=(500, 500), place=(0.8, 0.9), noise=QUIET
    )
    assert set(series.truth["end"]) == {1008}
    np.testing.assert_allclose(
        series.values[:, -1], series.truth["level"] + series.truth["absolute"], rtol=1e-12
    )


def test_a_drift_is_what_its_truth_says_when_there_is_no_noise():
    series = simulate_series(50, event="drift", relative=(0.1, 0.9), noise=QUIET, seed=3)
    for values, told in zip(series.values, series.truth.itertuples(), strict=True):
        rise = values[told.change_index :] - told.level
        np.testing.assert_array_equal(values[: told.change_index + 1], told.level)
        slope = told.absolute / (told.end - told.change_index)
        np.testing.assert_allclose(np.diff(rise), slope, rtol=1e-6)
        assert rise[-1] + slope == pytest.approx(told.absolute, rel=1e-9)  # done at `end`


def test_an_absolute_size_is_kept_when_levels_differ():
    series = simulate_series(30, event="step", absolute=0.0005, noise=QUIET, seed=4)
    np.testing.assert_allclose(series.truth["absolute"], 0.0005, rtol=1e-12)
    np.testing.assert_allclose(series.values[:, -1] - series.values[:, 0], 0.0005, rtol=1e-9)
    assert series.truth["relative"].nunique() == 30


def test_levels_are_uniform_in_their_logarithm_when_drawn_often():
    logs = np.log10(simulate_series(3000, n_windows=2, noise=QUIET).truth["level"])
    assert logs.min() >= -3
    assert logs.max() <= -1
    np.testing.assert_allclose(np.quantile(logs, [0.25, 0.5, 0.75]), [-2.5, -2, -1.5], atol=0.06)


def test_changes_are_spread_over_their_places_when_drawn_often():
    truth = simulate_series(
        3000, n_windows=100, event="step", place=(0.3, 0.5), noise=QUIET
    ).truth  # fmt: skip
    assert set(truth["change_index"]) == {*range(30, 50)}


def test_samples_alone_vary_as_binomials_do_when_all_else_is_off():
    noise = Noise(n_samples=2000, load=(0, 0), day=(0, 0), week=(0, 0), spikes_per_1000_windows=0)
    series = simulate_series(300, level=(0.01, 0.5), noise=noise, seed=5)
    p = series.truth["level"].to_numpy()
    ratio = series.values.var(axis=1) / (p * (1 - p) / 2000)
    assert ratio.mean() == pytest.approx(1, abs=0.02)
    assert ratio.std() == pytest.approx(np.sqrt(2 / 1008), rel=0.3)


@pytest.mark.parametrize(
    ("day", "week", "cycles"), [((0.05, 0.05), (0, 0), 7), ((0, 0), (0.05, 0.05), 1)],
    ids=["day", "week"],
)  # fmt: skip
def test_a_season_has_its_cycles_in_a_week_when_it_is_alone(day, week, cycles):
    noise = Noise(n_samples=None, load=(0, 0), day=day, week=week, spikes_per_1000_windows=0)
    series = simulate_series(20, noise=noise)
    relative = series.values / series.truth["level"].to_numpy()[:, np.newaxis] - 1
    power = np.abs(np.fft.rfft(relative, axis=1)) * 2 / 1008
    np.testing.assert_allclose(power[:, cycles], 0.05, rtol=1e-9)
    np.testing.assert_allclose(np.delete(power, cycles, axis=1), 0, atol=1e-12)


@pytest.mark.parametrize("event", EVENTS)
def test_series_are_the_same_when_the_seed_is(event):
    first, same, other = (simulate_series(5, event=event, seed=seed) for seed in (7, 7, 8))
    np.testing.assert_array_equal(first.values, same.values)
    pd.testing.assert_frame_equal(first.truth, same.truth)
    assert not np.isclose(first.values, other.values).any(axis=1).all()
    assert not (first.truth["level"] == other.truth["level"]).any()


@pytest.mark.parametrize("event", ["steps", "", "Step", "traffic shift"])
def test_an_unknown_event_is_named_when_asked_for(event):
    with pytest.raises(ValueError, match=f"among none, step, transient, drift, got '{event}'"):
        simulate_series(3, event=event)


@given(
    n_series=st.integers(1, 6), n_windows=st.integers(1, 300), event=st.sampled_from(EVENTS),
    seed=st.integers(0, 999),
)  # fmt: skip
def test_series_are_shares_with_one_row_of_truth_each(n_series, n_windows, event, seed):
    series = simulate_series(n_series, n_windows=n_windows, event=event, seed=seed)
    assert series.values.shape == (n_series, n_windows)
    assert len(series.truth) == n_series
    assert ((series.values >= 0) & (series.values <= 1)).all()
    if event != "none":
        assert series.truth["change_index"].between(0, n_windows - 1).all()
        assert (series.truth["end"] > series.truth["change_index"]).all()
        assert (series.truth["end"] <= n_windows).all()
    assert repr(series) == f"SimulatedSeries({n_series} series of {n_windows} windows)"
