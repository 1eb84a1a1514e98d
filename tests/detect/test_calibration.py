"""Chance is what p-values and budgets say it is.

Bounds leave room for what so few series tell: a share of p of 3,000 has a standard error of
sqrt(p (1 - p) / 3000), and a count of 20 one of 4.5.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from workbench.detect import detect
from workbench.detect.noise.calibrate import chance, corrected, critical, find_prior, judge
from workbench.detect.noise.design import LEVELS, Design, Layout
from workbench.detect.noise.fit import fit_rows
from workbench.detect.noise.nulls import null_of, simulate_null
from workbench.simulate import Noise, simulate_series

# few designs: the null of each is simulated once a run, which takes two seconds
DESIGNS = {
    "short": Design(Layout(40, 1, 5), ()),
    "a week": Design(Layout(1008, 12, 4), ()),
    "a week with seasons": Design(Layout(1008, 12, 4), (144.0, 1008.0)),
}
OFF = {"day": (0, 0), "week": (0, 0)}
NULLS = {
    "white": Noise(load=(0.01, 0.01), autocorrelation=(0, 0), spikes_per_1000_windows=0, **OFF),
    "autocorrelated": Noise(
        load=(0.01, 0.01), autocorrelation=(0.5, 0.95), spikes_per_1000_windows=0, **OFF
    ),
    "seasonal": Noise(day=(0.02, 0.08), spikes_per_1000_windows=0),
    "spiky": Noise(spikes_per_1000_windows=6, **OFF),
}


def autocorrelated(phi, n_rows, n, seed=0):
    shocks = np.random.default_rng(seed).standard_normal((n_rows, n + 100))
    return np.ascontiguousarray(signal.lfilter([1.0], [1.0, -phi], shocks, axis=1)[:, 100:])


def judged(name, phi, *, n_rows=3000, seed=0):
    design = DESIGNS[name]
    null = null_of(design)
    rows = autocorrelated(phi, n_rows, design.layout.n_blocks, seed)
    return judge(design, rows, find_prior(null, fit_rows(design, rows).phi), null)


def reported(detection):
    return {r.series: r for r in (*detection.found, *detection.gains)}


@pytest.mark.parametrize(("edge", "n_blocks"), [(5, 10), (4, 13)])
def test_the_table_of_nulls_is_what_simulation_gives(edge, n_blocks):
    tabled = null_of(Design(Layout(n_blocks, 1, edge), ()))
    again = simulate_null(n_blocks, 1, edge, ())
    for name in ("seen", "spread", "n_tests", "dof"):
        assert getattr(tabled, name) == pytest.approx(getattr(again, name), rel=1e-4)


# p-values


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize(("phi", "most"), [(0.0, 1.3), (0.3, 1.5), (0.6, 1.9)])
def test_p_values_are_as_small_as_they_say_when_nothing_happened(name, phi, most):
    for seed in range(2):
        p_values = judged(name, phi, seed=seed).p_value
        assert ((p_values >= 0) & (p_values <= 1 + 1e-12)).all()
        assert 0.05 * 0.4 <= np.mean(p_values < 0.05) <= 0.05 * most
        assert np.mean(p_values < 0.01) <= 0.01 * (most + 0.4)
        assert np.mean(p_values < 0.001) <= 0.001 * 3


@pytest.mark.parametrize("name", DESIGNS)
def test_p_values_are_small_when_there_is_a_step(name):
    design = DESIGNS[name]
    n = design.layout.n_blocks
    rows = autocorrelated(0.3, 200, n)
    prior = find_prior(null_of(design), fit_rows(design, rows).phi)
    rows[:, n // 2 :] += 6.0
    seen = judge(design, rows, prior, null_of(design))
    assert np.mean(seen.p_value < 1e-3) >= 0.95
    assert np.mean(np.abs(seen.steps.place - n // 2) <= 1) >= 0.95
    assert (seen.steps.statistic > 0).all()


@pytest.mark.parametrize("phi", [0.0, 0.3, 0.6, 0.8])
@pytest.mark.parametrize("name", ["a week", "a week with seasons"])
def test_the_autocorrelation_of_many_series_is_found_when_each_is_too_short(name, phi):
    design = DESIGNS[name]
    rows = autocorrelated(phi, 1000, 84)
    seen = fit_rows(design, rows).phi
    prior = find_prior(null_of(design), seen)
    assert np.tanh(prior.mean) == pytest.approx(phi, abs=0.06)
    assert np.median(seen) < phi + 0.02  # the fit takes some away


def test_few_series_say_little_of_autocorrelation():
    null = null_of(DESIGNS["a week"])
    nothing = find_prior(null, np.empty(0))
    one = find_prior(null, np.array([0.9]))
    many = find_prior(null, np.full(2000, 0.0))
    assert nothing.mean == pytest.approx(0.35)
    assert nothing.mean < one.mean < float(corrected(null, np.array([0.9]))[0])
    assert many.deviation < 0.1 < one.deviation <= nothing.deviation


def test_corrected_autocorrelation_rises_when_what_is_seen_does():
    for design in DESIGNS.values():
        z = corrected(null_of(design), np.linspace(-0.99, 0.99, 100))
        assert (np.diff(z) >= 0).all()
        assert np.isfinite(z).all()


@given(
    statistics=st.lists(st.floats(0, 60), min_size=2, max_size=5), level=st.integers(0, 19),
    mean=st.floats(0, 1.5), deviation=st.floats(0.01, 0.5),
)  # fmt: skip
def test_chance_is_less_likely_when_a_step_is_higher(statistics, level, mean, deviation):
    null = null_of(DESIGNS["a week"])
    at = np.sort(np.array(statistics))
    belief = np.tile([mean, deviation], (len(at), 1))
    p_values = chance(null, at, np.full(len(at), level), belief)
    assert (np.diff(p_values) <= 1e-12).all()
    assert ((p_values >= 0) & (p_values <= 1 + 1e-12)).all()
    other_way = chance(null, -at, np.full(len(at), level), belief)
    np.testing.assert_allclose(other_way, p_values)


@pytest.mark.parametrize("p_value", [0.1, 1e-2, 1e-4, 1e-8])
def test_the_critical_statistic_has_its_p_value_when_noise_is_white(p_value):
    for design in DESIGNS.values():
        null = null_of(design)
        at = np.array([critical(null, p_value)])
        white = np.array([[-9.0, 1e-3]])
        seen = chance(null, at, np.zeros(1, np.int64), white)
        assert seen[0] == pytest.approx(p_value, rel=1e-6)


def test_the_budget_of_white_noise_is_kept_when_statistics_are_compared_with_the_critical_one():
    design = DESIGNS["a week"]
    null = null_of(design)
    seen = judged("a week", 0.0, n_rows=8000, seed=3)
    share = np.mean(np.abs(seen.steps.statistic) > critical(null, 0.02))
    assert share == pytest.approx(0.02, abs=0.008)


def test_p_values_are_the_same_when_they_are_asked_for_again():
    first, second = judged("short", 0.3, n_rows=100), judged("short", 0.3, n_rows=100)
    np.testing.assert_array_equal(first.p_value, second.p_value)
    one = first.at(7)
    assert (one.p_value[0], one.steps.place[0]) == (first.p_value[7], first.steps.place[7])
    assert LEVELS[one.level[0]] == LEVELS[first.level[7]]


# the whole funnel


@pytest.mark.parametrize(
    ("noise", "seed"), [("white", 1), ("autocorrelated", 0), ("seasonal", 5), ("spiky", 4)]
)
def test_no_more_is_reported_than_the_budget_has_when_nothing_happened(noise, seed):
    # 20 of 2,000 on average are allowed; twice as many would be 4.5 standard errors off
    series = simulate_series(2000, noise=NULLS[noise], seed=seed)
    detection = detect(series.values, alerts_per_1000_series=10)
    assert 1 <= len(detection.found) + len(detection.gains) <= 2 * 20


def test_regressions_and_improvements_are_as_many_when_nothing_happened():
    series = simulate_series(2000, noise=NULLS["autocorrelated"], seed=9)
    detection = detect(series.values, alerts_per_1000_series=20)
    n = len(detection.found) + len(detection.gains)
    assert 10 <= n <= 2 * 40
    assert abs(len(detection.found) - n / 2) <= 3 * np.sqrt(n / 4)


def test_a_step_of_a_twentieth_is_reported_when_the_noise_is_that_of_profiles():
    series = simulate_series(40, event="step", relative=(0.05, 0.05), seed=26)
    found = reported(detect(series.values, alerts_per_1000_series=1))
    assert len(found) >= 0.9 * 40
    assert all(r.absolute_delta > 0 for r in found.values())
    off = [r.change_index - series.truth["change_index"][row] for row, r in found.items()]
    assert np.median(np.abs(off)) <= 2
    assert np.mean(np.abs(off) <= 36) >= 0.95


def test_what_went_away_is_hardly_ever_reported():
    series = simulate_series(500, event="transient", relative=(0.05, 0.3), seed=2)
    detection = detect(series.values)
    assert len(detection.found) + len(detection.gains) <= 10
    assert {"went away again"} <= {*detection.removed["reason"]}


def test_a_larger_budget_reports_all_that_a_smaller_one_does_when_series_are_the_same():
    series = simulate_series(
        200, event="step", relative=(0.005, 0.02), noise=NULLS["white"], seed=4
    )
    irregular = pd.Timestamp("2026-03-02") + pd.to_timedelta(np.arange(1008) ** 2, unit="min")
    frame = pd.DataFrame(series.values, columns=irregular)  # of no season, so of no new design
    strict, loose = (reported(detect(frame, alerts_per_1000_series=b)) for b in (0.1, 10))
    assert set(strict) < set(loose)


# series that come one by one


def test_series_one_by_one_are_judged_beside_the_seasons_of_their_clock():
    """One series cannot tell a season of a week from a step; with a clock it is allowed for."""
    times = pd.date_range("2026-03-02", periods=1008, freq="10min")
    counts = {}
    for event in ("none", "step"):
        made = simulate_series(60, event=event, relative=(0.1, 0.1), level=(0.01, 0.1), seed=5)
        rows = [pd.DataFrame(row[np.newaxis], columns=times) for row in made.values]
        counts[event] = sum(bool(reported(detect(row, alerts_per_1000_series=10))) for row in rows)
    assert counts["none"] <= 2
    assert counts["step"] >= 58
