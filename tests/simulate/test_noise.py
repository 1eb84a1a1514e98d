import numpy as np
import pytest

from workbench.simulate import Noise
from workbench.simulate.noise import autocorrelated, seasons


def spiky(rate, size, *, n_series=400, n_windows=1008, seed=0):
    """Factors of spikes alone."""
    factors = np.ones((n_series, n_windows))
    noise = Noise(spikes_per_1000_windows=rate, spike=size)
    noise.add_spikes(np.random.default_rng(seed), factors)
    return factors


def run_lengths(is_in):
    """Lengths of the runs of True in each row, one after the other."""
    edges = np.diff(is_in.astype(int), axis=1, prepend=0, append=0)
    return np.argwhere(edges < 0)[:, 1] - np.argwhere(edges > 0)[:, 1]


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9], ids=["white", "half", "long"])
def test_autocorrelated_noise_has_the_correlation_asked_for_when_drawn_often(phi):
    values = autocorrelated(np.random.default_rng(1), np.full(4000, phi), 60)
    assert values.shape == (4000, 60)
    for lag in (1, 3):
        assert np.mean(values[:, lag:] * values[:, :-lag]) == pytest.approx(phi**lag, abs=0.03)
    assert values.std() == pytest.approx(1, abs=0.03)
    assert values[:, 0].std() == pytest.approx(1, abs=0.05)  # it has forgotten how it began
    assert values.mean() == pytest.approx(0, abs=0.05)


def test_autocorrelated_noise_is_of_each_series_its_own_when_there_are_several():
    values = autocorrelated(np.random.default_rng(2), np.array([0.0, 0.9, 0.9]), 20_000)
    lagged = [np.corrcoef(row[1:], row[:-1])[0, 1] for row in values]
    np.testing.assert_allclose(lagged, [0.0, 0.9, 0.9], atol=0.03)
    assert abs(np.corrcoef(values)[1, 2]) < 0.15


def test_a_season_is_one_sine_of_its_period_when_that_fits_into_the_series():
    waves = seasons(np.random.default_rng(3), 300, 1008, 144.0, (0.02, 0.08))
    weights = np.fft.rfft(waves, axis=1) * 2 / 1008
    amplitudes = np.abs(weights[:, 7])
    assert amplitudes.min() >= 0.02
    assert amplitudes.max() <= 0.08
    assert amplitudes.mean() == pytest.approx(0.05, abs=0.004)
    assert abs(np.exp(1j * np.angle(weights[:, 7])).mean()) < 0.2  # phases differ
    others = np.delete(weights, 7, axis=1)
    np.testing.assert_allclose(others, 0, atol=1e-12)


@pytest.mark.parametrize("rate", [0.5, 3.0, 10.0])
def test_spikes_come_as_often_as_asked_for_when_many_series_are_drawn(rate):
    n_spikes = len(run_lengths(spiky(rate, (0.5, 0.5)) > 1))
    expected = rate * 400 * 1008 / 1000  # some of them touch
    assert n_spikes == pytest.approx(expected, rel=4 / np.sqrt(expected) + 3 * rate / 1000)


def test_spikes_are_one_or_two_windows_long_when_they_do_not_touch():
    lengths = run_lengths(spiky(1.0, (0.5, 0.5), n_series=2000) > 1)
    share = np.bincount(lengths, minlength=3)[1:3] / len(lengths)
    np.testing.assert_allclose(share, [0.5, 0.5], atol=0.04)
    assert share.sum() > 0.99


def test_spikes_are_as_large_as_asked_for_when_drawn_often():
    factors = spiky(1.0, (0.05, 0.5), n_series=2000)
    sizes = factors[factors > 1] - 1
    assert sizes.min() >= 0.05 - 1e-12
    assert np.quantile(sizes, 0.99) <= 0.5
    assert np.median(sizes) == pytest.approx(0.275, abs=0.02)
    assert factors.min() == 1


def test_factors_are_one_when_all_noise_is_off():
    off = Noise(load=(0, 0), day=(0, 0), week=(0, 0), spikes_per_1000_windows=0)
    np.testing.assert_array_equal(off.draw(np.random.default_rng(0), 3, 50), np.ones((3, 50)))


def test_load_is_as_large_as_asked_for_when_nothing_else_moves():
    noise = Noise(load=(0.01, 0.03), day=(0, 0), week=(0, 0), spikes_per_1000_windows=0)
    sizes = noise.draw(np.random.default_rng(4), 400, 2000).std(axis=1)
    assert np.quantile(sizes, 0.02) > 0.008
    assert np.quantile(sizes, 0.98) < 0.033
    assert sizes.mean() == pytest.approx(0.02, abs=0.002)


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.999])
def test_samples_vary_as_binomials_do_when_there_is_no_other_noise(share):
    noise = Noise(n_samples=5000)
    seen = noise.sample(np.random.default_rng(5), np.full((40, 1000), share))
    assert seen.mean() == pytest.approx(share, rel=0.01)
    assert seen.var() == pytest.approx(share * (1 - share) / 5000, rel=0.05)
    np.testing.assert_allclose(seen * 5000, np.rint(seen * 5000), atol=1e-6)


def test_shares_are_kept_within_one_when_they_are_not():
    shares = np.array([[-0.1, 0.25, 1.5]])
    exact = Noise(n_samples=None).sample(np.random.default_rng(0), shares)
    np.testing.assert_array_equal(exact, [[0.0, 0.25, 1.0]])
    seen = Noise(n_samples=100).sample(np.random.default_rng(0), shares)
    assert (seen[0, 0], seen[0, 2]) == (0.0, 1.0)
