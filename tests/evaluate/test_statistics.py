import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from workbench.errors import WorkbenchError
from workbench.evaluate.statistics import (
    ALPHA,
    POWER,
    compare_rates,
    compare_values,
    correct,
    detectable_difference,
    needed_pairs,
    paired_interval,
    power_of,
)


def pairs(both, gained, lost, neither):
    """Return what two variants got right, for so many cases of each kind."""
    before = [True] * both + [False] * gained + [True] * lost + [False] * neither
    after = [True] * both + [True] * gained + [False] * lost + [False] * neither
    return before, after


def of_clusters(rng, n_clusters, *, effect=0.0, spread=0.7, draw=None):
    """Return differences of cases in clusters of some cases each, and their clusters."""
    labels = np.repeat(np.arange(n_clusters), rng.integers(1, 8, n_clusters))
    draw = draw or rng.standard_normal
    return effect + spread * rng.standard_normal(n_clusters)[labels] + draw(len(labels)), labels


# ---- right or wrong ------------------------------------------------------------------------------


@given(*[st.integers(0, 30)] * 4)
def test_rates_are_compared_as_statsmodels_does(both, gained, lost, neither):
    if not both + gained + lost + neither:
        return
    told = compare_rates(*pairs(both, gained, lost, neither))
    known = mcnemar([[both, lost], [gained, neither]], exact=True).pvalue
    assert told.p_value == pytest.approx(known)
    assert (told.n_better, told.n_worse) == (gained, lost)
    assert told.difference == pytest.approx((gained - lost) / told.n_pairs)
    assert -1 <= told.low <= told.difference + 1e-9
    assert told.difference - 1e-9 <= told.high <= 1


@pytest.mark.parametrize("n", [12, 30])
@pytest.mark.parametrize(("gain", "loss"), [(0.1, 0.1), (0.3, 0.05), (0.02, 0.02), (0.5, 0.2)])
def test_the_interval_of_rates_holds_what_it_promises(n, gain, loss):
    held = 0.0
    for gained, lost in itertools.product(range(n + 1), repeat=2):
        if gained + lost <= n:
            low, high = paired_interval(gained, lost, n)
            chance = stats.multinomial.pmf(
                [gained, lost, n - gained - lost], n, [gain, loss, 1 - gain - loss]
            )
            held += chance * (low <= gain - loss <= high)
    assert held > 0.93  # a score interval keeps its level on average, not at each point


def test_the_interval_of_rates_is_the_other_way_round_for_the_other_way_round():
    for gained, lost, n in ((9, 3, 100), (0, 0, 20), (10, 0, 10), (0, 3, 400), (1, 0, 1)):
        low, high = paired_interval(gained, lost, n)
        assert paired_interval(lost, gained, n) == pytest.approx((-high, -low))


@pytest.mark.parametrize("n", [10, 40, 150])
@pytest.mark.parametrize("rate", [0.05, 0.3, 1.0])
def test_two_equal_variants_are_rarely_called_different(n, rate):
    assert power_of(n, rate / 2, rate / 2) <= ALPHA


@pytest.mark.parametrize(
    ("difference", "discordant"), [(0.1, 0.2), (0.1, 0.1), (0.25, 0.5), (0.05, 0.3)]
)
def test_so_many_cases_decide_as_are_said_to(difference, discordant):
    n = needed_pairs(difference, discordant)
    gain, loss = (discordant + difference) / 2, (discordant - difference) / 2
    assert power_of(n, gain, loss) >= POWER
    assert power_of(n - 1, gain, loss) < POWER
    rng = np.random.default_rng(0)
    repeats = rng.multinomial(n, [gain, loss, 1 - gain - loss], 2000)
    found = np.mean([compare_p(gained, lost) <= ALPHA for gained, lost, _ in repeats])
    assert found == pytest.approx(power_of(n, gain, loss), abs=0.03)
    assert needed_pairs(-difference, discordant) == n


def compare_p(gained, lost):
    return stats.binomtest(int(gained), int(gained + lost)).pvalue if gained + lost else 1.0


@pytest.mark.parametrize(("n", "discordant"), [(40, 0.2), (150, 0.1), (600, 0.3)])
def test_a_difference_that_would_have_been_found_needs_as_many_cases(n, discordant):
    size = detectable_difference(n, discordant)
    rate = max(discordant, size)
    assert power_of(n, (rate + size) / 2, (rate - size) / 2) == pytest.approx(POWER, abs=0.02)
    assert (
        abs(needed_pairs(size, discordant) - n) <= 0.15 * n
    )  # the power of an exact test has steps


def test_few_cases_decide_nothing():
    assert math.isnan(detectable_difference(4, 0.5))
    assert needed_pairs(0.0001, 0.3) is None
    assert needed_pairs(0.0, 0.3) is None
    told = compare_rates(*pairs(0, 5, 0, 0))
    assert told.p_value == pytest.approx(0.0625)
    assert told.verdict() == "inconclusive"


def test_words_are_of_what_is_better():
    better, worse = pairs(40, 20, 2, 30), pairs(40, 2, 20, 30)
    assert compare_rates(*better).verdict() == "better"
    assert compare_rates(*better).verdict(lower_is_better=True) == "worse"
    assert compare_rates(*worse).verdict() == "worse"
    assert compare_rates(*pairs(50, 3, 2, 30)).verdict() == "inconclusive"


# ---- measures ------------------------------------------------------------------------------------


def test_cases_that_stand_alone_are_compared_as_by_a_paired_t_test():
    rng = np.random.default_rng(3)
    before = rng.normal(10, 3, 300)
    after = before + rng.normal(0.04, 1, 300)
    told = compare_values(before, after)
    known = stats.ttest_rel(after, before)
    low, high = known.confidence_interval()
    assert told.p_value == pytest.approx(known.pvalue, rel=0.25)
    assert (told.low, told.high) == pytest.approx((low, high), abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("n_clusters", [8, 20])
@pytest.mark.parametrize("kind", ["normal", "heavy", "skew"])
def test_the_same_measure_is_rarely_called_different_though_cases_resemble_each_other(
    n_clusters, kind
):
    rng = np.random.default_rng(n_clusters)
    draw = {
        "normal": rng.standard_normal, "heavy": lambda n: rng.standard_t(3, n),
        "skew": lambda n: rng.exponential(1, n) - 1,
    }[kind]  # fmt: skip
    n_repeats, found, held = 400, 0, 0
    for turn in range(n_repeats):
        change, labels = of_clusters(rng, n_clusters, draw=draw)
        told = compare_values(np.zeros(len(change)), change, labels, seed=turn)
        found += told.p_value <= ALPHA
        held += told.low <= 0 <= told.high
    assert found / n_repeats <= ALPHA + 2.6 * math.sqrt(ALPHA * (1 - ALPHA) / n_repeats)
    assert held / n_repeats >= 0.92


@pytest.mark.slow
def test_a_difference_that_would_have_been_found_is_found_as_often():
    rng = np.random.default_rng(11)
    samples = [of_clusters(rng, 30) for _ in range(40)]  # one tells its size roughly
    told = [compare_values(np.zeros(len(change)), change, labels) for change, labels in samples]
    effect = float(np.median([one.detectable for one in told]))
    found = 0
    for turn in range(300):
        change, labels = of_clusters(rng, 30, effect=effect)
        found += compare_values(np.zeros(len(change)), change, labels, seed=turn).p_value <= ALPHA
    assert found / 300 == pytest.approx(POWER, abs=0.07)


def test_the_same_seed_gives_the_same():
    rng = np.random.default_rng(0)
    change, labels = of_clusters(rng, 12, effect=0.5)
    zeros = np.zeros(len(change))
    assert compare_values(zeros, change, labels, seed=1) == compare_values(
        zeros, change, labels, seed=1
    )


@pytest.mark.parametrize("n_clusters", [1, 2, 5])
def test_few_services_decide_nothing_however_far_apart(n_clusters):
    labels = np.repeat(np.arange(n_clusters), 40)
    told = compare_values(np.zeros(len(labels)), 10 + 0.01 * labels, labels)
    assert told.p_value >= min(1.0, 2 * 0.5**n_clusters)
    assert told.verdict() == "inconclusive"


def test_what_is_the_same_throughout_or_moves_alike_has_no_spread():
    same = compare_values([1.0, 2, 3], [1.0, 2, 3])
    assert (same.p_value, same.low, same.high, same.verdict()) == (1.0, 0.0, 0.0, "inconclusive")
    alike = compare_values(np.arange(10.0), np.arange(10.0) + 2)
    assert (alike.difference, alike.low, alike.high) == (2.0, 2.0, 2.0)
    assert alike.p_value == pytest.approx(2 * 0.5**10)
    assert alike.verdict(lower_is_better=True) == "worse"


# ---- several -------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 25), min_size=1, max_size=6))
def test_several_are_corrected_as_statsmodels_does(gains):
    told = [compare_rates(*pairs(5, gained, 3, 5)) for gained in gains]
    known = multipletests([one.p_value for one in told], method="holm")[1]
    assert [one.p_value for one in correct(told)] == pytest.approx([*known])


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda: compare_rates([True], [True, False]), r"got \(1,\) and \(2,\)"),
        (lambda: compare_values([], []), "one or more"),
        (lambda: compare_values([1.0], [math.inf]), "expected finite values"),
        (
            lambda: compare_values([1.0, 2.0], [1.0, 2.0], ["a"]),
            "a cluster of each of 2 cases, got 1",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(act, said):
    with pytest.raises(WorkbenchError, match=said):
        act()
