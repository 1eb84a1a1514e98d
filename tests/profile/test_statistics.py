"""Rates of error: of comparisons of a program with itself, 5 % may find anything."""

import numpy as np
import pytest

from workbench.ingest import read
from workbench.profile import ProfileBuilder, ValueType
from workbench.profile.statistics import Side, compare_sides, false_discovery_rates

N_COMPARISONS, N_FUNCTIONS = 200, 30


def draw(rng, shares, runs, between=None):
    """Runs of some events, each worth something; `between` is as of how many events runs differ."""
    rows = []
    for n, worth in runs:
        mine = shares if between is None else rng.dirichlet(shares * between)
        counts = rng.multinomial(n, mine)
        rows.append((counts * worth, counts * worth**2, [n * worth], [n * worth**2]))
    return Side(*(np.array(column, float) for column in zip(*rows, strict=True)))


LONG, SHORT = (100_000, 1), (1000, 1)


ALONE = [
    ([(2000, 1)], [(2000, 1)]),
    ([(2000, 1)], [(200_000, 1)]),
    ([(500, 1000)], [(200_000, 1)]),
    ([LONG], [(100, 100)]),
]
REPLICATES = [
    ([SHORT], [SHORT] * 4),
    ([SHORT] * 2, [SHORT] * 2),
    ([SHORT] * 4, [SHORT] * 4),
    ([SHORT], [SHORT] * 9),
    ([SHORT], [LONG] * 4),
    ([LONG], [SHORT] * 4),
    ([SHORT] * 2, [LONG] * 8),
    ([SHORT] * 3, [LONG] * 3),
    ([SHORT, LONG, SHORT], [LONG, SHORT, SHORT, SHORT]),
    ([(1000, 10)] * 3, [(5000, 1)] * 3),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after", "between"),
    [(*runs, None) for runs in ALONE + REPLICATES] + [(*runs, 2000) for runs in REPLICATES],
)
def test_a_program_does_not_differ_from_itself(before, after, between):
    """However long runs are, at whatever rate they were sampled, and however many there are."""
    rng = np.random.default_rng(3)
    found, alone, covered = [], [], []
    for _ in range(N_COMPARISONS):
        shares = rng.dirichlet(np.ones(N_FUNCTIONS))
        estimate = compare_sides(
            draw(rng, shares, before, between), draw(rng, shares, after, between)
        )
        found.append((false_discovery_rates(estimate.p_value) < 0.05).any())
        alone.append((estimate.p_value < 0.05).mean())
        covered.append(((estimate.low <= 0) & (estimate.high >= 0)).mean())
    assert np.mean(found) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / N_COMPARISONS)
    assert 0.0005 < np.mean(alone) < 0.055
    assert np.mean(covered) > 0.94


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n_functions", "n_before", "n_after", "between"),
    [(3, 1, 2, 50), (3, 2, 2, 2000), (6, 2, 2, 500)],
)
def test_few_functions_do_not_tell_much_of_each_other(n_functions, n_before, n_after, between):
    rng = np.random.default_rng(3)
    found = []
    for _ in range(400):
        shares = rng.dirichlet(np.full(n_functions, 3.0))
        sides = [draw(rng, shares, [(5000, 1)] * n, between) for n in (n_before, n_after)]
        found.append((false_discovery_rates(compare_sides(*sides).p_value) < 0.05).any())
    assert np.mean(found) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)


@pytest.mark.parametrize(
    ("before", "after"),
    [([(4000, 1)], [(4000, 7)]), ([SHORT] * 2, [LONG] * 3), ([SHORT] * 4, [(2000, 5)])],
)
def test_a_change_is_found_whatever_the_runs_are_like(before, after):
    rng = np.random.default_rng(5)
    shares = rng.dirichlet(np.ones(N_FUNCTIONS))
    grown = np.append(shares * 0.8, 0.2)
    shares = np.append(shares * 0.9, 0.1)
    estimate = compare_sides(draw(rng, shares, before), draw(rng, grown, after))
    assert false_discovery_rates(estimate.p_value)[-1] < 1e-3
    assert estimate.low[-1] < 0.1 < estimate.high[-1]
    assert estimate.low[-1] > 0


def test_functions_that_are_all_of_a_profile_are_no_noise():
    """`main` never varies; the others do, and a change is found among them all the same."""
    rng = np.random.default_rng(11)
    hits = 0
    for _ in range(40):
        shares = rng.dirichlet(np.ones(N_FUNCTIONS))
        changed = np.append(shares * 0.86, 0.14)
        shares = np.append(shares * 0.9, 0.1)
        sides = []
        for these in (shares, changed):
            side = draw(rng, these, [(2000, 1)] * 3, 2000)
            whole = np.repeat(side.whole, 10, axis=1)
            values = np.concatenate([side.values, whole], axis=1)
            sides.append(Side(values, values, side.whole, side.whole_spread))
        estimate = compare_sides(*sides)
        hits += false_discovery_rates(estimate.p_value)[N_FUNCTIONS] < 0.05
    assert hits > 30


def test_profiles_sampled_at_other_rates_are_as_many_events_as_they_have_samples():
    """The same 120 and 80 samples, once of 1 ms and once of 10 ms."""

    def profile(n, period):
        builder = ProfileBuilder(ValueType("samples", "count"), ValueType("cpu", "nanoseconds"))
        for name, count in (("f", n), ("g", 200 - n)):
            builder.sample(builder.stack([builder.frame(name)]), count, count * period)
        return builder.build(default_value=1)

    alike = profile(120, 10**6).diff(profile(90, 10**6))
    other = profile(120, 10**6).diff(profile(90, 10**7))
    for name in ("before", "after", "low", "high", "p_value"):
        assert other[name].to_numpy() == pytest.approx(alike[name].to_numpy())


def test_less_than_half_an_event_is_no_division_by_zero():
    short, long = read(b"a;b 0.3\n"), read(b"c 10.5\nc 11.5\n")
    found = short.diff(long)
    assert found["p_value"].between(0, 1).all()
    assert not found["is_significant"].any()
