import numpy as np
import pytest

from workbench.detect.noise.background import Background, make_layout
from workbench.detect.noise.calibrate import Prior
from workbench.detect.noise.design import Design
from workbench.detect.stages.localise import Candidate
from workbench.detect.stages.moves import blocks_between, judge_blocks, measure
from workbench.detect.stages.sweep import loops

N = 1008
BACKGROUND = Background(Design(make_layout(N), ()), Prior(0.0, 0.1))
BLOCK = BACKGROUND.design.layout.block


def candidate(at, *, delta=1.0, kind="step"):
    return Candidate(0, at, at, at, 10.0, 10.0 + delta, 0.1, 0.001, 0, N, 10.0 + delta, kind)


def blocks(*events, sigma=0.1, n_rows=40, seed=0):
    """Rows at 10 with steps; an event is a window and a size."""
    windows = np.full(N, 10.0)
    for at, size in events:
        windows[at:] += size
    means = windows.reshape(-1, BLOCK).mean(axis=1)
    return means + sigma * np.random.default_rng(seed).standard_normal((n_rows, len(means)))


def moved(rows, c, places=()):
    return measure(judge_blocks(rows, BACKGROUND), c, BACKGROUND, np.array(places, np.int64))


def test_a_step_is_measured_with_an_error_that_holds():
    moves = moved(blocks((504, 1.0), n_rows=400), candidate(504))
    off = (moves.sizes - 1) / moves.errors
    assert abs(off.mean()) < 0.2
    assert 0.85 < off.std() < 1.2
    assert moves.before == pytest.approx(np.full(400, 10), abs=0.1)


def test_nothing_is_no_move():
    moves = moved(blocks(n_rows=400), candidate(504))
    assert (np.abs(moves.sizes) > 3 * moves.errors).mean() < 0.02


@pytest.mark.parametrize("places", [[], [300]])
def test_a_step_elsewhere_is_not_taken_for_one(places):
    moves = moved(blocks((300, 1.0)), candidate(504), places)
    assert (np.abs(moves.sizes) > 3 * moves.errors).mean() < 0.1


def test_a_step_is_measured_beside_what_came_and_went():
    background = Background(Design(make_layout(46), ()), Prior(0.0, 0.1))
    rows = 10 + 0.1 * np.random.default_rng(0).standard_normal((400, 46))
    rows[:, 16:27] += 0.3  # neither end of it stands out alone
    rows[:, 36:] += 0.2
    c = Candidate(0, 36, 36, 36, 10.0, 10.2, 0.1, 0.001, 0, 46, 10.2)
    moves = measure(judge_blocks(rows, background), c, background, np.array([16, 27]))
    off = (moves.sizes - 0.2) / moves.errors
    assert abs(off.mean()) < 0.3
    assert 0.85 < off.std() < 1.3


def test_a_gradual_rise_is_not_taken_for_a_step():
    rise = [(at, 2.0 / 40) for at in range(204, 804, 15)]
    moves = moved(blocks(*rise), candidate(504))
    assert np.abs(moves.sizes).mean() < 0.3
    drift = moved(blocks(*rise), candidate(204, kind="drift"))
    assert (drift.sizes > 10 * drift.errors).all()


def test_moves_point_where_the_candidate_went():
    rows = blocks((504, -1.0))
    assert moved(rows, candidate(504, delta=-1.0)).sizes.mean() == pytest.approx(1, abs=0.05)
    assert moved(rows, candidate(504, delta=1.0)).sizes.mean() == pytest.approx(-1, abs=0.05)


def test_what_cannot_be_told_from_another_step_has_no_bound():
    rows = blocks((504, 5.0), n_rows=1, sigma=0.01)
    same = moved(rows, candidate(504), [504])
    assert same.sizes[0] == pytest.approx(5, abs=0.1) or np.isinf(same.errors[0])


def test_many_places_leave_what_stands_out():
    places = np.arange(24, 984, 8)
    moves = moved(blocks((504, 1.0)), candidate(504), places)
    assert np.median(moves.sizes) == pytest.approx(1, abs=0.2)
    assert (moves.dof > 40).all()


@pytest.mark.parametrize("start", [0, 5])
def test_before_a_change_in_the_first_block_is_that_block(start):
    assert blocks_between(start, 7, BACKGROUND.design.layout) == (0, 1)
    moves = moved(blocks(), candidate(7))
    assert np.isfinite(moves.before).all()


def test_rows_without_noise_are_measured_exactly():
    moves = moved(blocks((504, 1.0), sigma=0), candidate(504))
    assert moves.sizes == pytest.approx(np.ones(40))
    assert (moves.errors < 1e-6).all()


def test_machine_code_gives_what_python_gives_when_both_are_run():
    rng = np.random.default_rng(0)
    rows, columns, ramps = rng.normal(size=(5, 40)), rng.normal(size=(3, 40)), np.ones((1, 40))
    rows[:3] += 4 * columns[0] + columns[2]
    results = []
    for kind in (loops.plain, loops.compiled):
        found = np.empty(5), np.empty(5), np.empty(5, np.int64)
        kind.measure_steps(
            rows, columns, ramps, np.array([0, -1, -1, 0, -1]), 40, 9.0, 1e-3, np.empty((5, 5)),
            np.empty((5, 5)), np.empty(5), np.empty(5, np.int64), *found,
        )  # fmt: skip
        results.append(found)
    for slow, fast in zip(*results, strict=True):
        np.testing.assert_allclose(fast, slow, rtol=1e-9)
