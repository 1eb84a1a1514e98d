import numpy as np
import pytest

from workbench.attribute.calls import NewCalls


def told(growth):
    """Caller and callee of the calls that began, with what each added; and those in place."""
    calls = NewCalls(growth)
    names = [function.name for function in growth.functions]
    found = {}
    for kind in (calls.added, calls.added_in_place):
        parts = {}
        for stack in np.flatnonzero((calls.callers >= 0) & (kind > 0)):
            pair = names[calls.callers[stack]], names[calls.callees[stack]]
            parts[pair] = parts.get(pair, 0) + kind[stack]
        found[len(found)] = {pair: pytest.approx(size) for pair, size in parts.items()}
    return found[0], found[1]


REST = {"main;rest": 50, "main;a;x": 4, "main;b": 1}


def test_a_new_call_is_of_its_caller(make_growth):
    growth = make_growth(REST, REST | {"main;b;x": 2, "main;b;x;y": 1})
    assert told(growth) == ({("b", "x"): 3}, {})
    calls = NewCalls(growth)
    assert (calls.callers[growth.delta == 0] == -1).all()
    assert (calls.callees[growth.delta == 0] == -1).all()


def test_what_was_called_before_is_no_new_call(make_growth):
    assert told(make_growth(REST, REST | {"main;a;x": 9})) == ({}, {})


def test_a_call_that_only_moved_adds_nothing(make_growth):
    growth = make_growth(REST, {"main;rest": 50, "main;a;h;x": 4, "main;b": 1})
    assert told(growth) == ({}, {})


def test_what_became_dearer_beneath_a_moved_call_is_in_place(make_growth):
    growth = make_growth(REST, {"main;rest": 50, "main;a;h;x": 7, "main;b": 1})
    assert told(growth) == ({("a", "h"): 3}, {("a", "h"): 3})


def test_what_became_dearer_many_times_beneath_a_moved_call_is_in_place(make_growth):
    growth = make_growth(REST, {"main;rest": 50, "main;a;h;x": 90, "main;b": 1})
    assert told(growth) == ({("a", "h"): 86}, {("a", "h"): 86})


def test_a_trace_of_another_call_that_is_gone_does_not_make_a_new_one_old(make_growth):
    before = {"main;rest": 50, "main;setup;x": 0.01, "main;handle": 5}
    after = {"main;rest": 50, "main;setup": 0.01, "main;handle": 5, "main;handle;x": 10}
    assert told(make_growth(before, after)) == ({("handle", "x"): 9.99}, {})


def test_a_new_call_beneath_a_moved_one_is_of_its_own_caller(make_growth):
    before = {"main;rest": 50, "main;a;x": 4, "main;a;x;old": 6}
    after = {"main;rest": 50, "main;a;h;x": 4, "main;a;h;x;old": 6, "main;a;h;x;fresh;deep": 5}
    assert told(make_growth(before, after)) == ({("x", "fresh"): 5}, {})


def test_a_new_call_of_a_function_that_was_taken_out_is_its_own(make_growth):
    before = {"main;rest": 50, "main;a;x": 4, "main;a;y": 3}
    after = {"main;rest": 50, "main;a;h;x": 4, "main;a;h;y": 3, "main;a;h;fresh": 5}
    assert told(make_growth(before, after)) == ({("h", "fresh"): 5}, {})


def test_a_callback_is_called_for_who_handed_it_over(make_growth):
    before = {"main;rest": 50, "main;load;cache": 4}
    growth = make_growth(before, before | {"main;load;cache;load;parse": 5})
    assert told(growth) == ({("load", "load"): 5}, {})


def test_a_call_from_elsewhere_is_found_though_its_pairs_are_known(make_growth):
    before = {"main;rest": 50, "main;a;x": 4, "main;b;a": 3}
    assert told(make_growth(before, before | {"main;b;a;x": 5})) == ({("a", "x"): 5}, {})
