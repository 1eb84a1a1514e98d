import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from workbench.detect import DetectConfig, detect
from workbench.errors import SignalError
from workbench.types import SERVICE, SeriesMatrix, Stacks


def detect_stacks(before, after, **options):
    """Cost of each stack before and after -> what is detected."""
    courses = {s: [before.get(s, 0), after.get(s, 0)] for s in sorted({*before, *after})}
    return detect_courses(courses, **options)


def detect_courses(courses, *, n_each=20, noise=None, sigma=0.01, seed=0, config=None):
    """Levels of each stack, one after the other -> what is detected; `noise` is the service's."""
    rng = np.random.default_rng(seed)
    stacks = [*courses]
    values = np.repeat(np.array([*courses.values()], dtype=float), n_each, axis=1)
    values *= 1 + sigma * rng.standard_normal(values.shape)
    functions = sorted({name for stack in stacks for name in stack.split(";")})
    frames = [["", *stack.split(";")] for stack in stacks]
    depths = np.array([[f.index(name) if name in f else 0 for f in frames] for name in functions])
    total = values.sum(axis=0)
    if noise:
        total = total * (1 + noise * rng.standard_normal(total.shape))
    subjects = (*functions, SERVICE)
    rows = np.vstack([(depths > 0) @ values, total])
    series = SeriesMatrix(subjects, ("cost",) * len(subjects), rows)
    stacks_ = Stacks(tuple(functions), sparse.csr_array(depths), sparse.csr_array(values))
    return detect(series, stacks=stacks_, config=config)


def told(detection, subject):
    removed = detection.removed
    return list(removed[removed["subject"] == subject]["reason"])


def names(detection):
    """All that is told to have regressed, merged or not."""
    return {name for r in detection.found for name in (r.subject, *r.merged)}


def test_a_move_within_a_caller_is_seen_where_the_total_is_too_noisy_to_show_it():
    rest = {"main;rest": 60}
    for seed in range(8):
        detection = detect_stacks(
            {"main;f;old": 3, "main;f": 5} | rest, {"main;f;new": 3, "main;f": 5} | rest,
            noise=0.05, seed=seed,
        )  # fmt: skip
        assert "new" not in {r.subject for r in detection.found}
        (reason,) = told(detection, "new")
        assert reason == "cost moved within a caller, whose own cost did not move with it"


def test_what_grew_in_its_caller_too_is_no_shift():
    detection = detect_stacks(
        {"main;f;old": 3, "main;rest": 20}, {"main;f;new": 9, "main;rest": 20}
    )
    assert detection.found[0].is_sure
    assert {"new"} & {detection.found[0].subject, *detection.found[0].merged}


def test_cost_does_not_come_from_what_has_another_name_now():
    # `new` is `old` by its other name, in a caller that stayed as it was; f grew by as much
    rest = {"main;rest": 60, "main;kept;more": 2}
    for seed in range(4):
        detection = detect_stacks(
            {"main;kept;old": 3, "main;f": 1} | rest, {"main;kept;new": 3, "main;f": 4} | rest,
            noise=0.01, seed=seed,
        )  # fmt: skip
        assert names(detection) & {"f", "new"} == {"f"}
        assert told(detection, "new")[0].startswith("cost moved")


def test_cost_that_moved_is_told_where_something_else_became_dearer_at_once():
    rest = {"main;rest": 60}
    for seed in range(4):
        detection = detect_stacks(
            {"main;x;old": 3, "main;B": 1} | rest, {"main;y;new": 3, "main;B": 4} | rest, seed=seed
        )
        assert sum(r.absolute_delta for r in detection.found) == pytest.approx(3, rel=0.1)


def test_cost_does_not_come_from_what_has_another_name_in_a_part_that_stayed():
    # all but f is too noisy to tell; `kept` is not, and has `old` in it by another name
    before = {"main;kept;old": 3, "main;kept;more": 2, "main;f": 1, "main;rest": 900}
    renamed = {"main;kept;new": 3, "main;kept;more": 2, "main;f": 4, "main;rest": 900}
    moved = {"main;kept;more": 2, "main;f": 4, "main;rest": 900}
    for seed in range(4):
        options = {"seed": seed, "config": DetectConfig(total_ratio=1.01)}
        assert told(detect_stacks(before, renamed, **options), "f") == []
        assert "cost moved from" in told(detect_stacks(before, moved, **options), "f")[0]


def test_a_callee_with_other_callers_is_not_taken_for_a_caller():
    # `lib` holds all of f's growth and fell elsewhere; f grew, and all that contains it
    detection = detect_stacks(
        {"main;f;lib": 1, "other;g;lib": 6, "other;rest": 9},
        {"main;f;lib": 5, "other;g;lib": 3, "other;rest": 11},
    )
    assert told(detection, "f") == []
    assert "f" in names(detection)


@pytest.mark.parametrize(("noise", "n_sure"), [(0.001, {8}), (0.1, {0, 1, 2, 3})])
def test_a_rise_is_sure_where_the_total_shows_it_beyond_doubt(noise, n_sure):
    before, after = {"main;f": 2, "main;rest": 60}, {"main;f": 4.5, "main;rest": 60}
    seen = [detect_stacks(before, after, noise=noise, seed=s).found for s in range(8)]
    assert sum(map(bool, seen)) > 2
    assert sum(any(r.is_sure for r in found) for found in seen) in n_sure


def test_without_stacks_only_the_total_is_asked():
    values = np.vstack([np.repeat([0.0, 3.0], 20), np.repeat([9.0, 9.0], 20)])
    values += 0.01 * np.random.default_rng(0).standard_normal(values.shape)
    detection = detect(SeriesMatrix(("f", SERVICE), ("cost", "cost"), values))
    assert detection.found == ()
    assert "the service's total did not move with it" in told(detection, "f")[0]


@pytest.mark.parametrize(
    ("ratio", "found"), [(1.0, set()), (1.05, {"new"}), (1.5, {"new", "moved"})]
)
def test_what_an_experiment_told_of_the_total_decides(ratio, found):
    before = {"one;rest": 30, "two;rest": 30, "one;was": 9}
    after = {"one;rest": 30, "two;rest": 30, "two;moved": 9, "two;new": 4}
    for seed in range(4):
        config = DetectConfig(total_ratio=ratio)
        detection = detect_stacks(before, after, noise=0.1, seed=seed, config=config)
        assert names(detection) & {"new", "moved"} == found
        assert all(r.is_sure for r in detection.found)


def test_what_the_total_cannot_tell_is_kept_open_where_that_is_asked_for():
    before, after = {"main;f": 2, "main;rest": 60}, {"main;f": 4.5, "main;rest": 60}
    seeds = range(12)
    strict = [detect_stacks(before, after, noise=0.1, seed=s) for s in seeds]
    open_ = [
        detect_stacks(before, after, noise=0.1, seed=s, config=DetectConfig(keep_open=True))
        for s in seeds
    ]
    assert sum(bool(d.found) for d in strict) < sum(bool(d.found) for d in open_)
    assert any(not r.is_sure for d in open_ for r in d.found)


def test_the_total_is_asked_beside_what_came_and_went():
    courses = {"main;rest": [60] * 6, "main;g": [1, 10, 1, 10, 1, 1], "main;f": [2] * 5 + [5]}
    detection = detect_courses(courses, n_each=10, noise=0.01)
    assert names(detection) & {"f", "g"} == {"f"}
    assert detection.found[0].is_sure


N = 240


def detect_shares(*events, noise_of_big=0.004, seed=0):
    """Detect in a service whose stacks changed: an event is a stack, a window and a new cost."""
    usual = {f"main;{e};{e}{i}": 2.0 + i for e in "ab" for i in range(8)} | {"main;a;big": 60.0}
    rng = np.random.default_rng(seed)
    costs = np.array([[cost] * N for cost in usual.values()])
    for stack, at, cost in events:
        costs[list(usual).index(stack), at:] = cost
    sigma = np.where([stack.endswith("big") for stack in usual], noise_of_big, 0.01)
    costs *= 1 + sigma[:, np.newaxis] * rng.standard_normal(costs.shape)
    shares = costs / costs.sum(axis=0)
    functions = sorted({name for stack in usual for name in stack.split(";")})
    frames = [["", *stack.split(";")] for stack in usual]
    depths = np.array([[f.index(name) if name in f else 0 for f in frames] for name in functions])
    rows = (depths > 0).astype(float) @ shares
    series = SeriesMatrix(tuple(functions), ("gcpu",) * len(functions), rows)
    stacks = Stacks(tuple(functions), sparse.csr_array(depths), sparse.csr_array(shares))
    return detect(series, stacks=stacks)


def test_where_cost_came_from_is_seen_in_one_function_where_its_caller_is_too_noisy():
    for seed in range(4):
        detection = detect_shares(
            ("main;a;a0", 120, 2.2), ("main;a;a3", 120, 4.8), noise_of_big=0.04, seed=seed
        )
        assert "a0" not in names(detection)
        assert told(detection, "a0") == ["cost moved from a3, within a caller"]


def test_what_fell_at_another_time_is_not_where_cost_came_from():
    for seed in range(4):
        detection = detect_shares(("main;a;a0", 120, 2.2), ("main;a;a3", 90, 4.8), seed=seed)
        assert "a0" in names(detection)


@pytest.mark.parametrize("fall", [0.4, 1.7, 2.0])
def test_what_fell_by_less_or_by_more_is_not_where_cost_came_from(fall):
    for seed in range(4):
        detection = detect_shares(("main;a;a0", 120, 3.0), ("main;a;a7", 120, 9 - fall), seed=seed)
        assert "a0" in names(detection)


def test_what_fell_gradually_all_along_is_not_where_cost_came_from():
    fall = [("main;a;a7", at, 9 - 0.6 * (at - 30) / 180) for at in range(30, 211)]
    for seed in range(4):
        detection = detect_shares(("main;a;a0", 120, 2.3), *fall, noise_of_big=0.04, seed=seed)
        assert "a0" in names(detection)


def test_cost_does_not_move_between_entry_points():
    detection = detect_shares(("main;a;a0", 120, 2.4), ("main;b;b3", 120, 4.6))
    assert "a0" in names(detection)


@pytest.mark.parametrize("rows", [[-1], [0, 1, -1]], ids=["the total", "all"])
def test_a_gap_in_the_total_hides_no_regression(rows):
    rng = np.random.default_rng(0)
    values = np.array([np.repeat([1.0, 1.5], 20), np.ones(40)]) * (
        1 + 0.01 * rng.standard_normal((2, 40))
    )
    values = np.vstack([values, values.sum(axis=0)])
    values[rows, 10] = np.nan
    series = SeriesMatrix(("a", "b", SERVICE), ("cost",) * 3, values)
    assert "a" in {r.subject for r in detect(series).found}


def test_stacks_are_of_one_service():
    """Two services have the same functions; the stacks are those of the first."""
    rng = np.random.default_rng(1)
    names, level = ("main", "a", "b"), np.repeat([1.0, 1.5], 20)
    costs = {
        "web": [2 * np.ones(40), np.ones(40), np.ones(40)],
        "db": [1 + level, level, np.ones(40)],
    }
    rows = {
        (service, "cost", name): row * (1 + 0.005 * rng.standard_normal(40))
        for service, of in costs.items()
        for name, row in zip(names, of, strict=True)
    }
    frame = pd.DataFrame(rows).T.rename_axis(["service", "metric", "subject"])
    depths = sparse.csr_array(np.array([[1, 1], [2, 0], [0, 2]]))
    own = sparse.csr_array(np.ones((2, 40)))
    told = detect(frame, stacks=Stacks(names, depths, own, "web"))
    assert {(r.service, r.subject) for r in told.found} == {("db", "main"), ("db", "a")}


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (lambda d, v: (d[:1], v), r"depths of 2 functions in 2 stacks, got shape \(1, 2\)"),
        (lambda d, v: (d.toarray(), v), "as sparse arrays"),
        (lambda d, v: (d, v * np.nan), "expected finite values of stacks"),
    ],
)
def test_stacks_that_do_not_fit_together_are_refused(wrong, complaint):
    depths = sparse.csr_array(np.array([[1, 1], [2, 0]]))
    values = sparse.csr_array(np.ones((2, 40)))
    with pytest.raises(SignalError, match=complaint):
        Stacks(("main", "a"), *wrong(depths, values))
    series = SeriesMatrix(("main", "a"), ("cost",) * 2, np.ones((2, 30)))
    with pytest.raises(SignalError, match="over the 30 windows of the series, got 40"):
        detect(series, stacks=Stacks(("main", "a"), depths, values))
