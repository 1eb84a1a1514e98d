from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.detect.noise.design import LEVELS, Design, Layout
from workbench.detect.noise.loops import loops

plain, compiled = loops.plain, loops.compiled
DESIGNS = {
    "short": Design(Layout(40, 1, 5), ()),
    "a week": Design(Layout(1008, 12, 4), ()),
    "a week with its day": Design(Layout(1008, 12, 4), (144.0, 72.0)),
}


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def spiked(*shape, seed=0):
    """Noise with some windows far off."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape) + 40.0 * (rng.random(shape) < 0.02)


def dense_step(design, level, y):
    """The t statistic, place and noise of the likeliest step by least squares at every place."""
    n, edge = design.layout.n_blocks, design.layout.edge
    whitener = design.whitener(level)
    best = (0.0, 0, 0.0)
    for place in range(edge, n - edge + 1):
        step = (np.arange(n) >= place).astype(float)
        x = whitener @ np.column_stack([design.basis, step])
        weights, squares, *_ = np.linalg.lstsq(x, whitener @ y, rcond=None)
        sigma = np.sqrt(squares[0] / (n - x.shape[1]))
        error = sigma * np.sqrt(np.linalg.inv(x.T @ x)[-1, -1])
        if abs(weights[-1] / error) > abs(best[0]):
            best = (weights[-1] / error, place, sigma)
    return best


def dense_stretch(design, y):
    """The stretch whose other level explains most, by least squares at every one."""
    n, edge = design.layout.n_blocks, design.layout.edge
    at, best = np.arange(n), (0, 0, 0.0, 0.0)
    for first in range(edge, n - 2 * edge + 1):
        for end in range(first + edge, n - edge + 1):
            x = np.column_stack([design.basis, (at >= first) & (at < end)])
            rise = np.linalg.lstsq(x, y, rcond=None)[0][-1]
            length = 1 / np.sqrt(np.linalg.inv(x.T @ x)[-1, -1])
            if abs(rise * length) > abs(best[2]):
                best = (first, end, rise * length, rise)
    return best


# against what is plain to see


@pytest.mark.parametrize("kind", ["plain", "compiled"])
def test_the_middle_of_five_is_found_when_they_come_in_any_order(kind):
    median = getattr(loops, kind).median_of_five
    for five in product(map(float, range(5)), repeat=5):
        assert median(*five) == sorted(five)[2], five


@pytest.mark.parametrize("level", [0, 6, 19])
def test_whitening_is_a_product_with_a_matrix_when_written_out(level):
    values = normal(84, seed=level)
    out = np.empty(84)
    plain.whiten(values, float(LEVELS[level]), out)
    np.testing.assert_allclose(out, DESIGNS["a week"].whitener(level) @ values, atol=1e-12)


def test_whitened_noise_is_white_when_it_was_autocorrelated():
    white = normal(20_000, seed=1)
    values, out = np.empty(20_000), np.empty(20_000)
    values[0] = white[0] / np.sqrt(1 - 0.64)
    for t in range(1, 20_000):
        values[t] = 0.8 * values[t - 1] + white[t]
    compiled.whiten(values, 0.8, out)
    np.testing.assert_allclose(out, white, atol=1e-9)


@pytest.mark.parametrize("q", [1, 3, 7])
def test_projection_leaves_nothing_of_a_basis_when_taken_out(q):
    basis = np.linalg.qr(normal(40, q, seed=q))[0].T.copy()
    values = normal(40, seed=9)
    left = values.copy()
    plain.project_out(left, basis)
    np.testing.assert_allclose(left, values - basis.T @ (basis @ values), atol=1e-12)
    np.testing.assert_allclose(basis @ left, 0, atol=1e-12)


@pytest.mark.parametrize("phi", [0.0, 0.4, 0.95])
def test_the_likeliest_step_is_the_highest_of_all_when_each_is_tried(phi):
    for seed in range(20):
        left, scales = normal(2, 30, seed=seed)
        scales = np.abs(scales)
        steps = np.where(np.arange(30) > np.arange(30)[:, np.newaxis], 1 - phi, np.eye(30))
        heights = (steps @ left) * scales
        heights[0] = 0  # a step at the very start is a level
        place, height = plain.likeliest_step(left, phi, scales)
        assert place == np.abs(heights).argmax()
        assert height == pytest.approx(heights[place], rel=1e-12)


@pytest.mark.parametrize("name", ["short", "a week with its day"])
def test_the_likeliest_stretch_is_that_of_least_squares_when_each_is_tried(name):
    design = DESIGNS[name]
    n, basis = design.layout.n_blocks, design.tables.bases[0]
    left = normal(n, seed=4)
    left[n // 3 : n // 2] += 1.5
    expected = dense_stretch(design, left)
    compiled.project_out(left, basis)
    found = compiled.likeliest_stretch(left, basis, design.tables.inverse_lengths[0], np.empty(n))
    assert found == pytest.approx(expected, rel=1e-6)
    assert abs(found[0] - n // 3) <= 2


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("level", [0, 8, 16])
def test_a_scan_is_least_squares_at_every_place_when_written_out(name, level):
    design = DESIGNS[name]
    n, tables = design.layout.n_blocks, design.tables
    rows = normal(6, n, seed=level)
    rows[:3, n // 3 :] += 1.5
    statistic, place, sigma = np.empty(6), np.empty(6, np.int64), np.empty(6)
    compiled.scan_rows(
        rows, np.full(6, level), LEVELS, tables.bases, tables.inverse_lengths, float(design.dof),
        statistic, place, sigma, np.empty(n),
    )  # fmt: skip
    for i, row in enumerate(rows):
        expected = dense_step(design, level, row)
        assert (statistic[i], place[i], sigma[i]) == pytest.approx(expected, rel=1e-6)


def test_a_scan_of_a_step_without_noise_is_infinite_or_huge():
    design = DESIGNS["short"]
    basis, scales = design.tables.bases[0], design.tables.inverse_lengths[0]
    step = np.repeat([1.0, 2.0], 20)
    statistic, place, _ = plain.scan_row(step, 0.0, basis, scales, float(design.dof), np.empty(40))
    assert place == 20
    assert statistic > 1e6
    flat = plain.scan_row(np.zeros(40), 0.0, basis, scales, float(design.dof), np.empty(40))
    assert flat == (0.0, 0, 0.0)


@pytest.mark.parametrize("place", [5, 20, 33])
def test_nothing_of_a_step_is_left_when_it_is_taken_out(place):
    design = DESIGNS["short"]
    basis, scales = design.tables.bases[0], design.tables.inverse_lengths[0]
    left = 3.0 + 2.0 * (np.arange(40) >= place)
    plain.project_out(left, basis)
    found, height = plain.likeliest_step(left, 0.0, scales)
    assert found == place
    plain.take_out_step(left, found, height, basis, scales, np.empty(40))
    np.testing.assert_allclose(left, 0, atol=1e-12)


@pytest.mark.parametrize("n", [84, 1008])
def test_levels_that_come_and_go_are_taken_out_though_no_single_step_tells_them(n):
    design = Design(Layout(n, 1, n // 20), ())
    basis, scales = design.tables.bases[0], design.tables.inverse_lengths[0]
    left = np.repeat([1.0, 0.0, 1.0, 0.0, 1.0, 0.0], n // 6) + 0.2 * normal(n, seed=1)
    plain.project_out(left, basis)
    places, heights = np.zeros(10, np.int64), np.zeros(10)
    k = compiled.find_steps(
        left, basis, scales, 8.0, True, places, heights, np.empty(n), np.empty(n)
    )
    assert sorted(places[:k]) == pytest.approx([n // 6 * i for i in range(1, 6)], abs=1)
    assert left.std() == pytest.approx(0.2, abs=0.03)


def test_several_steps_are_taken_out_when_they_stand_out():
    design = DESIGNS["a week"]
    basis, scales = design.tables.bases[0], design.tables.inverse_lengths[0]
    left = np.repeat([0.0, 6.0, 2.0], 28) + 0.3 * normal(84)
    plain.project_out(left, basis)
    places, heights = np.zeros(5, np.int64), np.zeros(5)
    n = plain.find_steps(
        left, basis, scales, 8.0, True, places, heights, np.empty(84), np.empty(84)
    )
    assert n == 2
    assert sorted(places[:2]) == [28, 56]
    rises = dict(zip(places[:2], heights[:2] * scales[places[:2]], strict=True))
    assert rises[28] == pytest.approx(6, abs=0.3)
    assert rises[56] == pytest.approx(-4, abs=0.3)
    assert left.std() == pytest.approx(0.3, abs=0.05)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_sizes_are_those_of_numpy_when_values_are_ordinary(values):
    left = np.array(values)
    assert plain.median_size(left, np.empty(len(left))) == np.median(np.abs(left))
    size = max(np.sqrt(np.mean(left**2)), 1e-300)
    assert plain.root_mean_square(left) == pytest.approx(size, rel=1e-9, abs=1e-160)
    squares = (left**2).sum()
    expected = (left[1:] * left[:-1]).sum() / squares if squares > 0 else 0.0
    assert plain.lag_one(left) == pytest.approx(expected, abs=1e-9)
    assert abs(plain.lag_one(left)) <= 1 + 1e-12


def test_the_error_of_a_step_is_that_of_two_means_when_others_are_beside_it():
    left = normal(60, seed=3)
    places = np.array([30, 10, 45])
    below, above = left[10:30], left[30:45]
    variances = [(part**2).sum() / (len(part) * (len(part) - 1)) for part in (below, above)]
    assert plain.error_of_step(left, 0, places, 3) == pytest.approx(np.sqrt(sum(variances)))
    assert plain.error_of_step(left, 0, np.array([1, 10]), 2) == np.inf  # one value below it


@given(st.floats(-20, 20), st.floats(0.1, 3), st.floats(0.1, 5))
def test_errors_are_drawn_in_when_they_are_large(off, mild, more):
    far = mild + more
    kept = plain.drawn_in(off, mild, far)
    assert kept == -plain.drawn_in(-off, mild, far)
    assert 0 <= kept * np.sign(off) <= min(abs(off), mild)
    assert (kept == off) == (abs(off) <= mild)
    if abs(off) >= far:
        assert kept == 0


def test_noise_of_a_window_is_told_when_the_level_moves():
    rows = 0.3 * normal(200, 1008, seed=4) + np.linspace(0, 9, 1008) + 5 * (np.arange(1008) > 400)
    noise = [compiled.window_noise(row, 8, np.empty(1008)) for row in rows]
    assert np.median(noise) == pytest.approx(0.3, rel=0.1)
    assert np.ptp(noise) < 0.15


@pytest.mark.parametrize(("start", "size"), [(0, 12), (4, 10), (0, 1)])
def test_steady_means_are_means_when_no_window_is_far_off(start, size):
    values = 1 + 0.01 * normal(5, 124, seed=5)
    steady = np.empty((5, (124 - start) // size))
    plain.steady_means(values, start, size, 50.0, np.empty(124), steady)
    expected = values[:, start : start + size * steady.shape[1]].reshape(5, -1, size).mean(axis=2)
    np.testing.assert_allclose(steady, expected, rtol=1e-12)


@pytest.mark.parametrize("place", [0, 1, 2, 57, 118, 119])
def test_a_window_far_off_hardly_counts_when_means_are_steady(place):
    values = 1 + 0.01 * normal(1, 120, seed=6)
    quiet, spiky = np.empty((1, 10)), np.empty((1, 10))
    plain.steady_means(values, 0, 12, 5.0, np.empty(120), quiet)
    values[0, place] += 9.0
    plain.steady_means(values, 0, 12, 5.0, np.empty(120), spiky)
    np.testing.assert_allclose(spiky, quiet, atol=0.005)


def test_a_step_is_no_window_far_off_when_means_are_steady():
    values = np.repeat([[1.0, 5.0]], 60, axis=1) + 0.01 * normal(1, 120, seed=7)
    out = np.empty((1, 10))
    plain.steady_means(values, 0, 12, 5.0, np.empty(120), out)
    np.testing.assert_allclose(out, values.reshape(1, 10, 12).mean(axis=2), atol=0.005)


# the same twice: in Python and in machine code


def of_fit_rows(kind):
    design = DESIGNS["a week with its day"]
    rows = spiked(12, 84, seed=8)
    rows[:8, 40:] += 5
    rows[:4, 60:] -= 9
    results = [np.empty_like(rows), np.empty_like(rows), np.empty_like(rows), np.empty(12)]
    kind.fit_rows(
        rows, design.tables.bases[0], design.tables.inverse_lengths[0], float(design.dof), 2.5, 4.5,
        8.0, *results, np.empty(5, np.int64), np.empty(5), np.empty(84), np.empty(84),
    )  # fmt: skip
    return results


def of_scan_rows(kind):
    design = DESIGNS["a week"]
    results = [np.empty(20), np.empty(20, np.int64), np.empty(20)]
    kind.scan_rows(
        spiked(20, 84, seed=9), np.arange(20), LEVELS, design.tables.bases,
        design.tables.inverse_lengths, float(design.dof), *results, np.empty(84),
    )  # fmt: skip
    return results


def of_screen_rows(kind):
    design = DESIGNS["a week with its day"]
    heights = np.empty(10)
    kind.screen_rows(
        spiked(10, 1008, seed=10), 0, 12, design.tables.bases[0], design.tables.inverse_lengths[0],
        design.step_shapes, 0.9, np.empty(84), heights,
    )  # fmt: skip
    return [heights]


def of_steady_means(kind):
    out = np.empty((6, 84))
    kind.steady_means(spiked(6, 1011, seed=11), 3, 12, 5.0, np.empty(1011), out)
    return [out]


@pytest.mark.parametrize("results_of", [of_fit_rows, of_scan_rows, of_screen_rows, of_steady_means])
def test_machine_code_gives_what_python_gives_when_both_are_run(results_of):
    for slow, fast in zip(results_of(plain), results_of(compiled), strict=True):
        np.testing.assert_allclose(fast, slow, rtol=1e-9, atol=1e-9)


def test_a_series_with_a_gap_stands_out_when_screened():
    design = DESIGNS["a week"]
    values = normal(3, 1008)
    values[1, 500] = np.nan
    heights = np.empty(3)
    compiled.screen_rows(
        values, 0, 12, design.tables.bases[0], design.tables.inverse_lengths[0],
        design.step_shapes, 0.7, np.empty(84), heights,
    )  # fmt: skip
    np.testing.assert_array_equal(np.isnan(heights), [False, True, False])
