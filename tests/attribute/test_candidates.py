"""What took effect when."""

import pandas as pd
import pytest

from workbench.attribute import arm_costs, recorded_changes, within
from workbench.store.schema import RECORD_TABLES
from workbench.types import Records

WINDOWS = pd.DataFrame({"at": pd.date_range("2026-01-05", periods=6, freq="h", tz="UTC")})


def records(changes=(), experiments=()):
    def table(name, rows):
        frame = pd.DataFrame(list(rows), columns=RECORD_TABLES[name].names)
        for column in ("at", "start", "end"):
            if column in frame:
                frame[column] = pd.to_datetime(frame[column], utc=True)
        return frame.astype({c: object for c in ("files", "arms") if c in frame}).where(
            frame.notna(), None
        )

    told = {"changes": changes, "experiments": experiments}
    return Records(**{name: table(name, told.get(name, ())) for name in Records.__slots__})


def flag(change_id, hour, before, after, **more):
    at = f"2026-01-05T{hour:02d}:30Z"
    return {"id": change_id, "kind": "flag", "at": at, "title": "t", "author": "Ada", "key": "fast",
            "before": before, "after": after, "detail": "", "service": ""} | more  # fmt: skip


def test_a_flag_takes_effect_in_the_next_window_and_knows_its_steps():
    rows = [flag("F-1", 1, "0", "0.5"), flag("F-2", 3, "0.5", "1")]
    first, second = recorded_changes(records(rows), WINDOWS)
    assert (first.window, second.window) == (2, 4)
    assert first.rollout == second.rollout == ((0, 0.0), (2, 0.5), (4, 1.0))
    assert (first.key, first.before, first.after) == ("fast", "0", "0.5")


@pytest.mark.parametrize(("minute", "window"), [(0, 2), (2, 2), (29, 2), (30, 3), (59, 3)])
def test_a_window_ran_with_what_was_set_in_its_first_half(minute, window):
    row = flag("F-1", 1, "0", "1") | {"at": f"2026-01-05T02:{minute:02d}Z"}
    (found,) = recorded_changes(records([row]), WINDOWS)
    assert (found.window, found.rollout[-1][0]) == (window, window)


def test_a_setting_has_no_rollout_and_a_commit_is_read_from_the_repository():
    rows = [flag("S-1", 1, "10", "20", kind="config"), flag("c0ffee", 1, "", "", kind="commit")]
    (setting,) = recorded_changes(records(rows), WINDOWS)
    assert (setting.kind, setting.rollout) == ("config", ())


def test_an_experiment_begins_with_its_first_window():
    row = {"id": "EXP-1", "service": "", "title": "New order", "start": "2026-01-05T02:00Z",
           "end": None, "arms": ["control", "treatment"]}  # fmt: skip
    (found,) = recorded_changes(records(experiments=[row]), WINDOWS)
    assert (found.kind, found.window, found.key) == ("experiment", 2, "EXP-1")
    assert found.after == "control, treatment"


def test_what_came_after_the_recording_is_in_no_window():
    (found,) = recorded_changes(records([flag("F-1", 23, "0", "1")]), WINDOWS)
    assert found.window is None
    assert within([found], 0, 99) == []


@pytest.mark.parametrize(("low", "high", "n"), [(2, 4, 2), (3, 4, 1), (5, 9, 0)])
def test_candidates_are_those_within(low, high, n):
    rows = [flag("F-1", 1, "0", "0.5"), flag("F-2", 3, "0.5", "1")]
    assert len(within(recorded_changes(records(rows), WINDOWS), low, high)) == n


def result(arm, n, mean, metric="cpu_ms"):
    return {"experiment": "EXP-1", "arm": arm, "metric": metric, "n": n, "mean": mean}


def test_arms_add_what_they_cost_beyond_the_control():
    rows = [result("new", 30, 4.0), result("control", 60, 2.0), result("control", 10, 2.0),
            result("new", 0, 99.0), result("new", 50, 7.0, "clicks")]  # fmt: skip
    told = records()
    object.__setattr__(told, "experiment_results", pd.DataFrame(rows))
    assert arm_costs(told) == {"EXP-1": pytest.approx(0.3)}
    assert arm_costs(records()) == {}


def test_what_arms_add_does_not_depend_on_the_unit():
    told = records()
    rows = [
        result(arm, 10, mean * scale, metric)
        for metric, scale in (("cpu_ms", 1.0), ("cpu_seconds", 1e-3))
        for arm, mean in (("control", 2.0), ("new", 3.0))
    ]
    object.__setattr__(told, "experiment_results", pd.DataFrame(rows))
    assert arm_costs(told) == {"EXP-1": pytest.approx(0.25)}


@pytest.mark.parametrize(
    ("values", "reach"),
    [
        (("0", "10%", "1"), (0, 0.1, 1)),
        (("off", "0.1", "on"), (0, 0.1, 1)),
        (("0 %", "10 %", "100 %"), (0, 0.1, 1)),
        (("0", "10", "100"), (0, 0.1, 1)),
        (("0", "1", "100"), (0, 0.01, 1)),
        (("disabled", "10 %", "50"), (0, 0.1, 0.5)),
        (("true", "0.5", "false"), (1, 0.5, 0)),
    ],
)
def test_a_flag_tells_its_reach_in_several_ways(values, reach):
    rows = [flag("F-1", 1, *values[:2]), flag("F-2", 3, *values[1:])]
    (found, _) = recorded_changes(records(rows), WINDOWS)
    assert found.rollout == tuple(zip((0, 2, 4), reach, strict=True))


@pytest.mark.parametrize("value", ["dark", "-1", "250", "nan%"])
def test_a_flag_whose_values_are_no_reach_has_no_rollout(value):
    (found,) = recorded_changes(records([flag("F-1", 1, "0", value)]), WINDOWS)
    assert found.rollout == ()


def test_a_flag_that_was_on_long_before_begins_on():
    rows = [flag("F-1", 1, "0", "1") | {"at": "2025-03-01T00:00Z"}, flag("F-2", 3, "1", "0")]
    first, second = recorded_changes(records(rows), WINDOWS)
    assert first.window is None
    assert first.rollout == second.rollout == ((0, 1.0), (4, 0.0))


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("declared", "control"), [(["New", "Control"], "Control"), (["b", "a"], "b"), (None, "c")]
)
def test_arms_are_compared_with_the_control_in_whatever_order(declared, control, order):
    other = "x" if declared is None else next(arm for arm in declared if arm != control)
    rows = [result(control, 50, 2.0), result(other, 50, 3.0)][:: order if declared else 1]
    told = records(experiments=[
        {"id": "EXP-1", "service": "", "title": "", "start": "2026-01-05T02:00Z", "end": None,
         "arms": declared},
    ])  # fmt: skip
    object.__setattr__(told, "experiment_results", pd.DataFrame(rows))
    assert arm_costs(told) == {"EXP-1": pytest.approx(0.25)}


def test_what_arms_tell_of_something_else_than_cpu_time_does_not_count():
    told = records()
    rows = [
        result("control", 9, 5.0, "cpu_throttled_periods"),
        result("new", 9, 1.0, "cpu_throttled_periods"),
    ]
    object.__setattr__(told, "experiment_results", pd.DataFrame(rows))
    assert arm_costs(told) == {}


def test_what_was_long_before_the_recording_began_is_in_no_window():
    old = flag("F-1", 0, "0", "1") | {"at": "2024-01-01T00:00Z"}
    just_before = flag("F-2", 0, "0", "1") | {"at": "2026-01-04T23:30Z"}
    assert [c.window for c in recorded_changes(records([old, just_before]), WINDOWS)] == [None, 0]


def test_a_setting_of_the_name_of_a_flag_has_no_rollout():
    rows = [flag("F-1", 1, "1", "0"), flag("S-1", 3, "5", "6", kind="config")]
    assert [bool(c.rollout) for c in recorded_changes(records(rows), WINDOWS)] == [True, False]
