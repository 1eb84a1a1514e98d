import numpy as np
import pytest
from scipy import sparse

from workbench.detect import detect
from workbench.detect.noise.design import Layout
from workbench.detect.stages.scopes import block_means
from workbench.detect.stages.traffic import Traffic
from workbench.simulate import FleetConfig, simulate_fleet
from workbench.types import SeriesMatrix, Stacks

N = 240
LAYOUT = Layout(N, 4, 4)
USUAL = {f"main;{entry};{entry}{i}": 1 + i / 4 for entry in "ab" for i in range(6)}


def make_service(*events, usual=USUAL, sigma=0.01, seed=0):
    """Shares of stacks; an event is what a stack's name begins with, a window and a factor."""
    rng = np.random.default_rng(seed)
    costs = np.array([[cost] * N for cost in usual.values()])
    costs *= 1 + sigma * rng.standard_normal(costs.shape)
    for beginning, at, factor in events:
        costs[[stack.startswith(beginning) for stack in usual], at:] *= factor
    shares = costs / costs.sum(axis=0)
    functions = sorted({name for stack in usual for name in stack.split(";")})
    frames = [["", *stack.split(";")] for stack in usual]
    depths = np.array([[f.index(name) if name in f else 0 for f in frames] for name in functions])
    series = SeriesMatrix(
        tuple(functions), ("gcpu",) * len(functions), (depths > 0).astype(float) @ shares
    )
    return series, Stacks(tuple(functions), sparse.csr_array(depths), sparse.csr_array(shares))


def detect_events(*events, **options):
    series, stacks = make_service(*events, **options)
    return detect(series, stacks=stacks)


def traffic_of(stacks):
    return Traffic(stacks, block_means(stacks.values, LAYOUT))


def told(detection, subject):
    removed = detection.removed
    return list(removed[removed["subject"] == subject]["reason"])


def names(regressions):
    return {name for r in regressions for name in (r.subject, *r.merged)}


def test_more_traffic_at_an_entry_point_is_no_regression_and_elsewhere_no_improvement():
    detection = detect_events(("main;a", 120, 1.3))
    assert detection.found == () == detection.gains
    (reason,) = told(detection, "a3")
    assert reason.startswith("everything reached from a rose by 1")
    assert reason.endswith("traffic, not code")
    (reason,) = told(detection, "b3")
    assert reason.startswith("everything reached from b fell by")


def test_what_grew_alone_of_all_that_its_entry_point_reaches_is_a_regression():
    detection = detect_events(("main;a;a2", 120, 1.3))
    assert [r.subject for r in detection.found] == ["a2"]
    assert not any("traffic" in reason for reason in told(detection, "a2"))


def test_a_regression_amid_more_traffic_is_told_apart_from_it():
    detection = detect_events(("main;a", 120, 1.2), ("main;a;a2", 120, 1.6))
    assert "a2" in names(detection.found)
    assert not names(detection.found) & {"a0", "a1", "a3", "a4", "a5"}


def test_where_one_function_is_most_of_an_entry_point_its_growth_is_no_traffic():
    usual = USUAL | {"main;a;a2": 60.0}
    detection = detect_events(("main;a;a2", 120, 1.3), usual=usual)
    assert "a2" in names(detection.found)


def test_where_one_function_fell_that_all_else_is_a_larger_part_is_no_regression():
    usual = {f"main;{entry};{entry}{i}": 1 + i / 4 for entry in "ab" for i in range(24)}
    n_told = n_removed = 0
    for seed in range(3):
        detection = detect_events(
            ("main;b;b5", 120, 0.5), usual=usual | {"main;b;b5": 8.0}, sigma=0.04, seed=seed
        )
        assert "b5" in names(detection.gains)
        n_told += len(names(detection.found))
        n_removed += detection.removed["reason"].str.endswith("traffic, not code").sum()
    assert n_told < n_removed / 3


def test_two_functions_do_not_tell_of_traffic():
    usual = {"main;a;x": 4.0, "main;b;y": 6.0}
    assert not traffic_of(make_service(usual=usual)[1]).is_known
    detection = detect_events(("main;a", 120, 1.3), usual=usual)
    assert "x" in names(detection.found)


def test_traffic_is_what_most_of_an_entry_point_did():
    _, stacks = make_service(("main;a", 120, 1.3), ("main;a;a2", 60, 3.0))
    traffic = traffic_of(stacks)
    assert [stacks.subjects[row] for row in traffic.entries] == ["a", "b"]
    before, after = traffic.curves[:, 16:30].mean(axis=1), traffic.curves[:, 30:].mean(axis=1)
    assert (after / before)[0] / (after / before)[1] == pytest.approx(1.3, rel=0.01)
    left = np.asarray(traffic.taken_out(block_means(stacks.values, LAYOUT)).toarray())
    steps = left[:, 30:].mean(axis=1) / left[:, 16:30].mean(axis=1)
    assert steps == pytest.approx(np.ones(len(steps)), abs=0.01)


def seen_as(service, stacks, values, *, rest=0.0):
    """The service with other values of its stacks; where it rests its series have `rest`."""
    values = values / np.maximum(values.sum(axis=0), 1e-12)
    rows = (stacks.depths > 0).astype(float) @ values
    rows[:, values.sum(axis=0) == 0] = rest
    metrics = service.metrics
    return detect(
        SeriesMatrix(service.subjects, metrics, rows),
        stacks=Stacks(stacks.subjects, stacks.depths, sparse.csr_array(values)),
    )


@pytest.mark.parametrize("rest", [0.0, np.nan])
def test_windows_in_which_a_service_rested_do_not_hide_traffic(rest):
    for seed in range(3):
        service, stacks = make_service(("main;a", 120, 1.3), seed=seed)
        values = stacks.values.toarray()
        values[:, 40:43] = 0
        detection = seen_as(service, stacks, values, rest=rest)
        assert len(names((*detection.found, *detection.gains))) <= 1


def test_an_endpoint_that_began_is_no_gain_of_the_others():
    usual = {f"main;a;a{i}": 1 + i / 4 for i in range(6)}
    usual |= {f"main;b;b{i}": 1 + i / 4 for i in range(10)}
    for seed in range(3):
        service, stacks = make_service(usual=usual, seed=seed)
        values = stacks.values.toarray()
        values[[stack.startswith("main;b") for stack in usual], :120] = 0
        detection = seen_as(service, stacks, values)
        assert not {name for name in names(detection.gains) if name.startswith("a")}


def test_rarely_seen_functions_do_not_silence_the_others():
    usual = USUAL | {f"main;a;rare{i}": 1e-9 for i in range(20)}
    service, stacks = make_service(("main;a", 120, 1.3), usual=usual)
    values = stacks.values.toarray()
    seen = np.random.default_rng(1).poisson(0.01, (20, N))
    values[len(USUAL) :] = 1e-4 * seen
    detection = seen_as(service, stacks, values)
    assert detection.found == () == detection.gains


@pytest.mark.parametrize("factor", [0.7, 1.5])
def test_where_one_of_few_functions_changed_the_others_did_not(factor):
    for seed in range(6):
        detection = detect_events(("main;a;a2", 120, factor), seed=seed)
        changed = names(detection.found if factor > 1 else detection.gains)
        others = names(detection.gains if factor > 1 else detection.found)
        assert "a2" in changed
        assert changed <= {"a", "a2", "main"}
        assert others == set()


def test_traffic_that_began_from_nothing_is_not_divided_by():
    _, stacks = make_service(("main;a", 0, 0.0), seed=1)
    values = stacks.values.toarray()
    values[:6, 120:] = 0.05
    values[0] = 0.05  # one function alone was there before
    stacks = Stacks(stacks.subjects, stacks.depths, sparse.csr_array(values))
    traffic = traffic_of(stacks)
    assert np.isfinite(traffic.taken_out(block_means(stacks.values, LAYOUT)).toarray()).all()


def test_in_a_fleet_traffic_moves_nothing_but_itself():
    only = {"regressions": 0, "improvements": 0, "cost_shifts": 0, "transients": 0, "drifts": 0}
    config = FleetConfig(traffic_shifts=1, relative=(0.1, 0.3), **only)
    n_alone = n_known = 0
    for seed in range(4):
        (service,) = simulate_fleet(config, seed=seed).services
        alone, known = detect(service.series), detect(service.series, stacks=service.stacks)
        n_alone += len(names((*alone.found, *alone.gains)))
        n_known += len(names((*known.found, *known.gains)))
    assert n_known < n_alone / 10
