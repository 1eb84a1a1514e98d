from itertools import pairwise, product

import numpy as np
import pytest

from workbench.detect.watch import loops


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def brute_lines(values, penalty, min_size):
    """Least cost of straight lines over every way to cut values in pieces."""
    n = len(values)
    costs = {}
    for cuts in product([False, True], repeat=n - 1):
        edges = [0, *(i + 1 for i in range(n - 1) if cuts[i]), n]
        if min(np.diff(edges)) < min_size:
            continue
        cost = 0.0
        for first, last in pairwise(edges):
            x = np.column_stack([np.ones(last - first), np.arange(last - first)])
            fitted = x @ np.linalg.lstsq(x, values[first:last], rcond=None)[0]
            cost += ((values[first:last] - fitted) ** 2).sum() + penalty
        costs[tuple(edges)] = cost
    return costs


@pytest.mark.parametrize("min_size", [1, 2, 3])
@pytest.mark.parametrize("penalty", [0.1, 1.0, 10.0])
def test_lines_are_the_best_of_all_when_every_cut_is_tried(min_size, penalty):
    for seed in range(4):
        values = np.array([0, 1, 2, 3, 9, 9, 9, 4, 2.0]) + normal(9, seed=seed)
        cost, previous = np.empty(10), np.zeros(10, np.int64)
        loops.plain.best_lines(values, penalty, min_size, cost, previous)
        edges = [9]
        while edges[0] > 0:
            edges.insert(0, int(previous[edges[0]]))
        costs = brute_lines(values, penalty, min_size)
        assert cost[9] == pytest.approx(min(costs.values()), abs=1e-9)
        assert costs[tuple(edges)] == pytest.approx(min(costs.values()), abs=1e-9)


def of_best_lines(kind):
    cost, previous = np.empty(61), np.zeros(61, np.int64)
    kind.best_lines(np.cumsum(normal(60, seed=12)), 2.0, 3, cost, previous)
    return [cost, previous]


def of_watch_for_steps(kind):
    values = normal(160, seed=13) + np.repeat([0, 3, 3, -1], 40)
    firsts, starts = np.zeros((2, 80), np.int64)
    n = kind.watch_for_steps(values, 2, 8, 9.0, 1.5, 3.0, 0.0, np.zeros((3, 161)), firsts, starts)
    assert n == 2
    return [firsts[:n], starts[:n]]


@pytest.mark.parametrize("results_of", [of_best_lines, of_watch_for_steps])
def test_machine_code_gives_what_python_gives_when_both_are_run(results_of):
    for slow, fast in zip(results_of(loops.plain), results_of(loops.compiled), strict=True):
        np.testing.assert_allclose(fast, slow, rtol=1e-9, atol=1e-9)
