import numpy as np
import pytest
from scipy import sparse

from workbench.detect import detect
from workbench.simulate import FleetConfig, simulate_fleet
from workbench.types import SERVICE, SeriesMatrix, Stacks


def detect_stacks(before, after, *, extra=(), n_each=20, sigma=0.01):
    """Cost of each stack before and after -> what is detected among its functions."""
    rng = np.random.default_rng(0)
    stacks = sorted({*before, *after})
    values = np.array(
        [[before.get(s, 0)] * n_each + [after.get(s, 0)] * n_each for s in stacks], dtype=float
    )
    values *= 1 + sigma * rng.standard_normal(values.shape)
    functions = [*extra, *sorted({name for stack in stacks for name in stack.split(";")})]
    frames = [["", *stack.split(";")] for stack in stacks]
    depths = np.array([[f.index(name) if name in f else 0 for f in frames] for name in functions])
    subjects = (*(name.partition("@")[0] for name in functions), SERVICE)
    series = SeriesMatrix(
        subjects, ("cost",) * len(subjects), np.vstack([(depths > 0) @ values, values.sum(axis=0)])
    )
    names = subjects[:-1]
    return detect(series, stacks=Stacks(names, sparse.csr_array(depths), sparse.csr_array(values)))


def test_callers_and_callees_are_told_once():
    (regression,) = detect_stacks(
        {"main;f;leaf": 1, "main;g": 5}, {"main;f;leaf": 3, "main;g": 5}
    ).found
    assert {regression.subject, *regression.merged} == {"main", "f", "leaf", SERVICE}
    assert regression.subject in {"f", "leaf"}


def test_the_deepest_that_carries_most_of_the_growth_stands_for_all():
    (regression,) = detect_stacks(
        {"main;f;x": 1, "main;f;y": 1}, {"main;f;x": 3, "main;f;y": 1.01}
    ).found
    assert regression.subject == "x"
    assert {"main", "f"} <= set(regression.merged)


def test_callees_that_are_called_as_much_more_often_are_told_once():
    (regression,) = detect_stacks(
        {"main;f;x": 3, "main;f;y": 1, "main;g": 5}, {"main;f;x": 6, "main;f;y": 2, "main;g": 5}
    ).found
    assert {"x", "y"} < {regression.subject, *regression.merged}


def test_a_caller_stands_for_callees_none_of_which_carries_most():
    parts = {f"main;f;part{n}": 1 for n in range(5)}
    detection = detect_stacks(parts | {"main;g": 5}, dict.fromkeys(parts, 2) | {"main;g": 5})
    assert detection.found[0].subject == "f"


def test_two_causes_in_one_window_are_two_regressions():
    detection = detect_stacks(
        {"main;f": 1, "main;g": 1, "main;h": 5}, {"main;f": 4, "main;g": 3, "main;h": 5}
    )
    assert {r.subject for r in detection.found} == {"f", "g"}
    assert detection.funnel["n_out"].iloc[-1] == len(detection.found)


def test_a_regression_and_an_improvement_are_never_merged():
    detection = detect_stacks(
        {"main;f": 1, "main;g": 6, "main;h": 5}, {"main;f": 8, "main;g": 4, "main;h": 5}
    )
    (regression,) = detection.found
    assert regression.subject == "f"
    assert "g" not in regression.merged


def test_functions_of_one_name_in_two_files_do_not_mix_up_the_others():
    # `pkg.py` became `pkg/__init__.py`: two functions, one subject
    stacks = {"main;f;leaf": 1, "main;g": 5}
    plain = detect_stacks(stacks, stacks | {"main;f;leaf": 3})
    twice = detect_stacks(stacks, stacks | {"main;f;leaf": 3}, extra=("same@1", "same@2"))
    assert [(r.subject, set(r.merged)) for r in twice.found] == [
        (r.subject, set(r.merged)) for r in plain.found
    ]


@pytest.mark.parametrize("subject", ["f", "leaf", "main"])
def test_without_stacks_nothing_is_merged(subject):
    values = np.repeat([[1.0, 2.0]], 20, axis=1) * (
        1 + 0.01 * np.random.default_rng(0).standard_normal((1, 40))
    )
    (regression,) = detect(SeriesMatrix((subject,), ("cost",), values)).found
    assert regression.merged == ()


def detect_shares(costs, n_windows=1008):
    """Detect in shares of stacks, each with its cost by window."""
    rng = np.random.default_rng(0)
    stacks = list(costs)
    values = np.array([np.broadcast_to(costs[stack], n_windows) for stack in stacks])
    values = values * (1 + 0.01 * rng.standard_normal(values.shape))
    values /= values.sum(axis=0)
    functions = sorted({name for stack in stacks for name in stack.split(";")})
    frames = [["", *stack.split(";")] for stack in stacks]
    depths = np.array([[f.index(name) if name in f else 0 for f in frames] for name in functions])
    series = SeriesMatrix(
        tuple(functions), ("gcpu",) * len(functions), (depths > 0).astype(float) @ values
    )
    stacks_ = Stacks(tuple(functions), sparse.csr_array(depths), sparse.csr_array(values))
    return detect(series, stacks=stacks_)


def test_seasons_of_callers_do_not_hide_that_they_grew_with_a_callee():
    config = FleetConfig(traffic_shifts=0, relative=(0.1, 0.3))
    for seed in (0, 4, 16):
        fleet = simulate_fleet(config, seed=seed)
        (service,) = fleet.services
        holds = (service.stacks.depths > 0).toarray()
        row = {subject: i for i, subject in enumerate(service.stacks.subjects)}
        found = detect(service.series, stacks=service.stacks, changes=service.changes).found
        for event in fleet.truth[fleet.truth["kind"] == "regression"].itertuples():
            callers = {
                name for name, i in row.items() if (holds[i] >= holds[row[event.subject]]).all()
            }
            near = [r for r in found if abs(r.change_index - event.change_index) <= 12]
            assert sum(r.subject in callers for r in near) == 1


def test_what_is_called_in_two_places_stands_for_both_its_callers():
    step = np.where(np.arange(1008) < 500, 1.0, 1.5)
    costs = {f"main;a;a{i}": np.full(1008, 3.0 + i) for i in range(6)}
    costs |= {f"main;b;b{i}": np.full(1008, 4.0 + i) for i in range(6)}
    costs |= {"main;a;p;f": 5 * step, "main;a;p": np.full(1008, 0.3)}
    costs |= {
        "main;b;q;f": 4 * step,
        "main;b;q": np.full(1008, 0.3),
        "main;b;q;f;g": np.full(1008, 3.0),
    }
    (regression,) = detect_shares(costs).found
    assert regression.subject == "f"
    assert {"p", "q"} <= {*regression.merged}
