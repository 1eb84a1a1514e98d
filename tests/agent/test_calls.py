import numpy as np
import pytest

from workbench.agent.calls import Calls
from workbench.types import Function

COSTS = np.array([1.0, 2.0, 4.0, 8.0])
STACKS = (("main", "a", "b"), ("main", "a", "b", "a"), ("main", "c"), ("main",))


def make_calls(*stacks):
    names = sorted({name for stack in stacks for name in stack})
    frames = [names.index(name) for stack in stacks for name in stack]
    owners = [number for number, stack in enumerate(stacks) for _ in stack]
    return Calls(tuple(names), np.array(frames, int), np.array(owners, int), len(stacks))


@pytest.fixture
def calls():
    return make_calls(*STACKS)


def costs_of(calls, matrix, costs=COSTS):
    values = matrix @ costs
    return {name: float(value) for name, value in zip(calls.subjects, values, strict=True) if value}


def test_a_subject_is_counted_once_in_each_stack(calls):
    assert costs_of(calls, calls.holding) == {"main": 15, "a": 3, "b": 3, "c": 4}


def test_the_last_frame_has_the_cost_itself(calls):
    assert costs_of(calls, calls.leaves) == {"main": 8, "a": 2, "b": 1, "c": 4}


def test_what_is_below_leaves_out_callers(calls):
    assert costs_of(calls, calls.below(calls.places["b"])) == {"a": 2, "b": 3}
    assert costs_of(calls, calls.below(calls.places["main"])) == costs_of(calls, calls.holding)


def test_the_leaves_of_a_subject_are_those_of_its_stacks(calls):
    assert costs_of(calls, calls.leaves_of(calls.places["a"])) == {"a": 2, "b": 1}


def test_callers_and_callees_stand_next_to_it(calls):
    a = calls.places["a"]
    assert costs_of(calls, calls.next_to(a, "callers")) == {"main": 3, "b": 2}
    assert costs_of(calls, calls.next_to(a, "callees")) == {"b": 3}


def test_who_calls_itself_is_no_caller_of_its_own():
    calls = make_calls(("f", "f", "g"))
    assert costs_of(calls, calls.next_to(0, "callers"), np.ones(1)) == {}
    assert costs_of(calls, calls.next_to(0, "callees"), np.ones(1)) == {"g": 1}


def test_entry_points_stand_below_what_everything_goes_through():
    calls = make_calls(("run", "serve", "cart", "sum"), ("run", "serve", "pay"), ("gc",))
    costs = np.array([60.0, 38.0, 2.0])
    assert costs_of(calls, calls.entry_points(costs, most=0.9), costs) == {"cart": 60, "pay": 38}
    flat = costs_of(calls, calls.entry_points(costs, most=0.99), costs)
    assert flat == {"run": 98, "gc": 2}


def test_functions_of_one_subject_are_one(ledger):
    from dataclasses import replace

    recording = ledger.recording
    twice = tuple(
        Function("total", "shop/app.py", line=9) if f.name == "loop" else f
        for f in recording.functions
    )
    calls = Calls.of(replace(recording, functions=twice))
    assert len(calls.subjects) == 4
    total = calls.holding[[calls.places["shop.app:total"]]].toarray().ravel()
    assert total.tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize("stacks", [((),), ((), ("a",)), (("a",), ())])
def test_stacks_may_be_empty(stacks):
    calls = make_calls(*stacks)
    costs = np.ones(len(stacks))
    assert costs_of(calls, calls.leaves, costs) == costs_of(calls, calls.holding, costs)
    assert calls.entry_points(costs, most=0.9).shape == (len(calls.subjects), len(stacks))
