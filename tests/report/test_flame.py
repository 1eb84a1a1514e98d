import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from workbench.errors import SignalError
from workbench.report import FlameDiff
from workbench.types import Function, Recording


def paths(flame: FlameDiff) -> dict[str, tuple[float, float]]:
    """Return the cost before and after of each call path."""
    names = [flame.service]
    for parent, function in zip(flame.parents[1:], flame.node_functions[1:], strict=True):
        names.append(f"{names[parent]};{flame.functions[function].name}")
    return dict(zip(names, zip(flame.before, flame.after, strict=True), strict=True))


def check(flame: FlameDiff) -> None:
    """Assert what holds for every flame graph."""
    assert flame.parents[0] == flame.node_functions[0] == -1
    assert (flame.parents[1:] < np.arange(1, flame.n_nodes)).all()
    for side in (flame.before, flame.after):
        of_callees = np.bincount(
            flame.parents[1:], weights=side[1:], minlength=flame.n_nodes
        )  # a caller costs at least what its callees cost
        assert (of_callees <= side * (1 + 1e-9) + 1e-12).all()
    json.dumps(flame.payload(), allow_nan=False)


def test_costs_are_milliseconds_per_round(make_recording):
    recording = make_recording(
        {"main;a": 3, "main;b": 1},
        {"main;a": 2, "main;b": 6},
        cpu_seconds=[4.0, 8.0],
        work=[100.0, 100.0],
    )
    flame = FlameDiff.from_recording(recording, 1)
    check(flame)
    assert flame.unit == "CPU ms per round"
    assert paths(flame) == {
        "shop": (pytest.approx(40), pytest.approx(80)),
        "shop;main": (pytest.approx(40), pytest.approx(80)),
        "shop;main;a": (pytest.approx(30), pytest.approx(20)),
        "shop;main;b": (pytest.approx(10), pytest.approx(60)),
    }


def test_a_side_is_the_mean_over_its_measured_windows(make_recording):
    window = {"main": 5}
    recording = make_recording(
        window, window, {}, window, cpu_seconds=[1.0, np.nan, 9.0, 3.0], work=[10.0] * 4
    )
    flame = FlameDiff.from_recording(recording, 3)
    assert paths(flame)["shop;main"] == (pytest.approx(100), pytest.approx(300))


def test_costs_are_fractions_where_work_was_not_measured(make_recording):
    recording = make_recording({"main;a": 9, "main": 1}, {"main;a": 1, "main": 1})
    flame = FlameDiff.from_recording(recording, 1)
    assert flame.unit == "fraction of CPU samples"
    assert paths(flame)["shop;main;a"] == (pytest.approx(0.9), pytest.approx(0.5))
    assert flame.payload()["unit"] == "% of CPU samples"
    assert flame.payload()["after"][0] == pytest.approx(100)


def test_zero_work_counts_as_not_measured(make_recording):
    recording = make_recording({"a": 1}, {"a": 1}, cpu_seconds=[1.0, 1.0], work=[0.0, 0.0])
    assert FlameDiff.from_recording(recording, 1).unit == "fraction of CPU samples"


@pytest.mark.parametrize("change_index", [-1, 0, 2, 7])
def test_a_change_index_without_windows_on_both_sides_is_refused(make_recording, change_index):
    with pytest.raises(SignalError, match="expected 1 to 1"):
        FlameDiff.from_recording(make_recording({"a": 1}, {"a": 1}), change_index)


def test_direct_recursion_keeps_its_frames(make_recording):
    recording = make_recording({"walk;walk;walk": 2, "walk": 2}, {"walk;walk;walk": 4})
    flame = FlameDiff.from_recording(recording, 1)
    check(flame)
    assert paths(flame)["shop;walk;walk;walk"] == (pytest.approx(0.5), pytest.approx(1))
    assert flame.largest_changes() == []  # all self cost is of one function, as before


def test_siblings_stand_by_name_whatever_the_order_of_stacks(make_recording):
    recording = make_recording({"m;c": 1, "m;a": 1, "m;b": 1}, {"m;b": 1})
    names = [recording.functions[f].name for f in recording.stack_functions]
    backwards = replace(
        recording,
        functions=recording.functions[::-1],
        stack_functions=len(recording.functions) - 1 - recording.stack_functions,
    )
    assert [backwards.functions[f].name for f in backwards.stack_functions] == names
    expected = ["shop", "shop;m", "shop;m;a", "shop;m;b", "shop;m;c"]
    for each in (recording, backwards):
        assert list(paths(FlameDiff.from_recording(each, 1))) == expected


def test_stacks_may_be_100000_deep():
    depth = 100_000
    recording = Recording(
        service="deep",
        windows=pd.DataFrame({"n_samples": [5, 7]}),
        functions=(Function("even"), Function("odd")),
        stack_starts=np.array([0, depth]),
        stack_functions=np.arange(depth) % 2,
        sample_windows=np.array([0, 1]),
        sample_stacks=np.array([0, 0]),
        sample_counts=np.array([5, 7]),
    )
    flame = FlameDiff.from_recording(recording, 1)
    assert flame.n_nodes == depth + 1
    assert flame.pruned().n_nodes == depth + 1
    assert flame.after[-1] == pytest.approx(1)
    check(flame)


def test_pruning_drops_what_is_small_on_both_sides(make_recording):
    recording = make_recording(
        {"m;big": 9_000, "m;gone": 999, "m;small": 1}, {"m;big": 9_999, "m;small": 1}
    )
    flame = FlameDiff.from_recording(recording, 1)
    pruned = flame.pruned(0.001)
    check(pruned)
    assert set(paths(pruned)) == {"shop", "shop;m", "shop;m;big", "shop;m;gone"}
    assert {function.name for function in pruned.functions} == {"m", "big", "gone"}
    assert pruned.total == flame.total


def test_largest_changes_are_of_self_cost(make_recording):
    recording = make_recording({"m;a": 6, "n;a": 2, "m;b": 2}, {"m;a": 2, "n;a": 2, "m;b": 6})
    changes = FlameDiff.from_recording(recording, 1).largest_changes()
    assert {change.function.name: round(change.absolute_delta, 9) for change in changes} == {
        "a": -0.4, "b": 0.4,
    }  # fmt: skip


def test_noise_is_not_shown_in_full_colour(make_recording):
    quiet = make_recording({"m;a": 500, "m;b": 500}, {"m;a": 502, "m;b": 498})
    flame = FlameDiff.from_recording(quiet, 1)
    assert flame.limit == pytest.approx(0.05)
    loud = make_recording({"m;a": 900, "m;b": 100}, {"m;a": 100, "m;b": 900})
    assert FlameDiff.from_recording(loud, 1).limit == pytest.approx(0.8)


def test_a_recording_without_samples_has_a_total_of_zero(make_recording):
    flame = FlameDiff.from_recording(make_recording({}, {}), 1)
    assert (flame.n_nodes, flame.total) == (1, 0)
    assert flame.pruned().largest_changes() == []
