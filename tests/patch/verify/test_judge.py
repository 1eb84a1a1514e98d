import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.patch.verify.judge import compare, judge_restored, judge_saved, quiet_total
from workbench.types import quiet_cost


def judge(good, bad, fixed):
    """Judge runs of one slice each."""
    return judge_restored("usual", *(np.asarray(side)[:, None] for side in (good, bad, fixed)))


def compared(good, bad):
    return compare(np.asarray(good)[:, None], np.asarray(bad)[:, None])


def runs(*levels, sigma=0.02, seed=0):
    """Nine interleaved runs of each version."""
    rng = np.random.default_rng(seed)
    return [level * (1 + sigma * rng.standard_normal(9)) for level in levels]


# judging


def test_a_gain_that_is_there_is_credited():
    seen = judge(*runs(1.0, 2.0, 1.1))
    assert seen.reason == ""
    assert seen.restored == pytest.approx(0.9, abs=0.05)
    assert seen.restored_interval[0] <= seen.restored <= seen.restored_interval[1]
    assert seen.at_bad / seen.at_good == pytest.approx(2.0, rel=0.05)
    assert seen.at_fixed / seen.at_good == pytest.approx(1.1, rel=0.05)
    assert (len(seen.good), len(seen.bad), len(seen.fixed)) == (9, 9, 9)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    n_held = 0
    for seed in range(100):
        low, high = judge(*runs(1.0, 1.5, 1.1, seed=seed)).restored_interval
        n_held += low <= 0.8 <= high
    assert n_held >= 88


@pytest.mark.parametrize(
    ("fixed", "reason"),
    [(2.0, "gives back"), (1.5, "gives back 5"), (2.5, "gives back -5"), (1.3, "80% is asked for")],
)
def test_a_hollow_gain_is_not_verified(fixed, reason):
    seen = judge(*runs(1.0, 2.0, fixed, sigma=0.001))
    assert reason in seen.reason


def test_a_gain_within_the_noise_is_not_verified():
    n_verified = sum(
        not judge(*runs(1.0, 1.02, 1.0, sigma=0.05, seed=seed)).reason for seed in range(50)
    )
    assert n_verified <= 5


def test_an_unsure_gain_says_where_its_interval_starts():
    good, bad = np.full(9, 1.0), np.full(9, 2.0)
    fixed = np.array([1.1, 1.9, 1.1, 1.9, 1.1, 1.9, 1.1, 1.9, 1.1])
    seen = judge(good, bad, fixed)
    assert seen.reason == "the gain is not sure: 95 % interval starts at 10%"


@given(st.floats(1e-6, 1e3))
def test_the_unit_does_not_matter(scale):
    trees = runs(1.0, 2.0, 1.1)
    as_it_is, scaled = judge(*trees), judge(*(costs * scale for costs in trees))
    assert scaled.restored == pytest.approx(as_it_is.restored)
    assert scaled.restored_interval == pytest.approx(as_it_is.restored_interval)
    assert scaled.reason == as_it_is.reason


def test_drift_of_the_machine_stays_paired():
    drift = np.linspace(1, 3, 9)
    seen = judge(1.0 * drift, 2.0 * drift, 1.1 * drift)
    assert seen.restored == pytest.approx(0.9)


# reproducing


def test_a_loss_that_is_there_is_real():
    seen = compared(*runs(1.0, 1.2))
    assert seen.is_real
    assert seen.interval[0] <= seen.ratio <= seen.interval[1]
    assert seen.ratio == pytest.approx(1.2, rel=0.05)


def test_a_loss_that_is_not_there_is_seldom_real():
    assert sum(compared(*runs(1.0, 1.0, seed=seed)).is_real for seed in range(100)) <= 8


def test_what_else_the_machine_does_is_no_loss():
    good, bad = runs(1.0, 1.0, sigma=0.001)
    bad[::3] *= 2
    assert not compared(good, bad).is_real
    assert not compared(bad, good).is_real


def test_a_loss_too_small_to_matter_is_none():
    assert not compared(*runs(1.0, 1.005, sigma=0.0001)).is_real


# slices


def sliced(*levels, n_runs=9, n_slices=64, seed=0):
    """Runs in slices; now and then something else takes time of a few."""
    rng = np.random.default_rng(seed)
    shape = rng.uniform(0.5, 1.5, n_slices)
    found = []
    for level in levels:
        costs = level * shape / shape.sum() * (1 + 0.03 * rng.standard_normal((n_runs, n_slices)))
        costs *= 1 + 0.01 * rng.standard_normal((n_runs, 1))
        for run in range(n_runs):
            start = rng.integers(n_slices - 8)
            costs[run, start : start + rng.integers(8)] *= 1.8
        found.append(costs)
    return found


def test_one_slice_costs_what_quiet_runs_cost():
    values = np.random.default_rng(0).uniform(1, 2, 9)
    assert quiet_total(values[:, None]) == pytest.approx(quiet_cost(values))


def test_bursts_do_not_reach_the_slices_of_a_quiet_machine():
    every = [sliced(1.0, seed=seed)[0] for seed in range(30)]
    by_slices = np.std([quiet_total(costs) for costs in every])
    by_runs = np.std([quiet_cost(costs.sum(axis=1)) for costs in every])
    assert by_slices < 0.6 * by_runs


def test_slices_make_a_small_loss_plain():
    whole = [side.sum(axis=1, keepdims=True) for side in sliced(1.0, 1.06, 1.0)]
    assert not judge_restored("usual", *sliced(1.0, 1.06, 1.0)).reason
    width = [
        np.diff(judge_restored("usual", *sides).restored_interval)[0]
        for sides in (sliced(1.0, 1.06, 1.0), whole)
    ]
    assert width[0] < 0.5 * width[1]


def test_intervals_of_slices_hold_the_truth():
    n_held = 0
    for seed in range(60):
        low, high = judge_restored("usual", *sliced(1.0, 1.2, 1.04, seed=seed)).restored_interval
        n_held += low <= 0.8 <= high
    assert n_held >= 50


# saving


def test_a_saving_that_is_there_is_credited():
    seen = judge_saved("usual", *sliced(1.0, 0.97))
    assert seen.reason == ""
    assert seen.saved == pytest.approx(0.03, abs=0.015)
    assert seen.saved_interval[0] > 0
    assert np.isnan(seen.restored)
    assert seen.good == ()


@pytest.mark.parametrize(("fixed", "reason"), [(1.0, "is asked for"), (1.05, "saves -")])
def test_nothing_saved_is_not_credited(fixed, reason):
    assert reason in judge_saved("usual", *sliced(1.0, fixed)).reason


def test_a_saving_within_the_noise_is_seldom_credited():
    n_credited = sum(
        not judge_saved("usual", *sliced(1.0, 1.0, seed=seed)).reason for seed in range(60)
    )
    assert n_credited <= 4
