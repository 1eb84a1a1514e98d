import pickle
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ProfileError
from workbench.ingest import read
from workbench.profile import ProfileBuilder, ValueType
from workbench.types import Function

STACKS = st.lists(
    st.tuples(st.lists(st.sampled_from("abcd"), max_size=6), st.integers(0, 1000)), max_size=8
)


def make(*lines):
    return read("".join(f"{line}\n" for line in lines).encode(), format="folded")


def made(stacks):
    return make(*(f"{';'.join(stack)} {count}" for stack, count in stacks))


def table(frame, *columns):
    return [tuple(row) for row in frame[list(columns)].itertuples(index=False)]


# who costs what


def test_the_top_counts_a_function_once_a_stack():
    top = make("main;f 3", "main;f;g;f 4", " 1", "main;f 2").top()
    assert table(top, "function", "self", "total") == [("f", 9, 9), ("main", 0, 9), ("g", 0, 4)]
    assert table(top, "self_ratio", "total_ratio") == [(0.9, 0.9), (0.0, 0.9), (0.0, 0.4)]
    assert table(make("main;f 3", "g 1").top(1, by="total"), "function") == [("main",)]


@given(STACKS)
def test_self_times_and_what_stands_on_no_function_are_the_total(stacks):
    profile = made(stacks)
    top = profile.top()
    empty = sum(count for stack, count in stacks if not stack)
    assert top["self"].sum() + empty == profile.totals["samples/count"]
    assert (top["total"] >= top["self"]).all()
    expected = {f: sum(c for s, c in stacks if f in s) for f in "abcd"}
    found = dict(table(top, "function", "total"))
    assert found == {f: total for f, total in expected.items() if total}


def test_the_order_is_one_of_two():
    with pytest.raises(ProfileError, match="expected by='self' or by='total', got 'cost'"):
        make("a 1").top(by="cost")


# who calls whom


def test_callers_and_callees_count_a_stack_once_for_each():
    profile = make("main;f 3", "main;f;g;f 4", "f 2")
    callers, callees = profile.callers("f"), profile.callees("f")
    assert table(callers, "function", "value") == [("main", 7), ("g", 4), ("<root>", 2)]
    assert table(callees, "function", "value") == [("<self>", 9), ("g", 4)]
    assert list(callers["ratio"]) == [7 / 9, 4 / 9, 2 / 9]


def test_a_function_is_meant_by_name_subject_or_itself():
    profile = make("run (a/b.py:1) 1", "run (c.py:2) 2")
    assert profile.callers("run")["value"].sum() == 3
    assert profile.callers("a.b:run")["value"].sum() == 1
    assert profile.callers(Function("run", "c.py"))["value"].sum() == 2
    with pytest.raises(ProfileError, match="expected a function .* got 'rum'; close to it: run"):
        profile.callers("rum")


# parts of it


def test_a_filter_keeps_samples_and_their_labels():
    builder = ProfileBuilder(ValueType("cpu", "nanoseconds"))
    main, work = builder.frame("main", "app.py"), builder.frame("work", "lib/w.py")
    builder.sample(builder.stack([main]), 1, labels={"thread": "t1", "size": 8})
    builder.sample(builder.stack([main, work]), 2, labels={"thread": "t2"})
    builder.sample(builder.stack([]), 4)
    profile = builder.build()
    assert profile.filter().totals == profile.totals == {"cpu/nanoseconds": 7}
    assert profile.filter("^wo").totals == {"cpu/nanoseconds": 2}
    assert profile.filter(file=r"\.py$").totals == {"cpu/nanoseconds": 3}
    assert profile.filter("main", file="lib").n_samples == 0  # some frame has to match both
    assert profile.filter(without="work").totals == {"cpu/nanoseconds": 5}
    assert profile.filter(labels={"thread": "t2"}).labels.to_pylist() == [
        {"sample": 0, "key": "thread", "text": "t2", "number": None, "unit": ""}
    ]
    assert profile.filter(labels={"size": 8}).totals == {"cpu/nanoseconds": 1}
    assert profile.filter(labels={"size": "8"}).n_samples == 0
    assert profile.filter("work").n_stacks == 1


def test_a_pattern_that_is_none_is_told():
    with pytest.raises(ProfileError, match=r"expected a regular expression, got '\('"):
        make("a 1").filter("(")


def test_the_focus_begins_with_the_outermost_call():
    inside = make("main;f;g;f 4", "main;f 2", "f;f 1", "main 8").focus("f")
    assert table(inside.to_pandas(), "stack", "samples/count") == [
        ("f;g;f", 4),
        ("f", 2),
        ("f;f", 1),
    ]


@given(STACKS)
def test_what_is_in_focus_costs_what_the_function_does(stacks):
    profile = made([*stacks, (["a"], 1)])
    inside = profile.focus("a")
    assert inside.totals["samples/count"] == dict(table(profile.top(), "function", "total"))["a"]
    assert all(inside.stack(s)[0].name == "a" for s in range(inside.n_stacks))


def test_lines_can_be_forgotten():
    profile = make("f (a.py:1);g (a.py:5) 1", "f (a.py:2);g (a.py:5) 2")
    assert (profile.n_stacks, profile.by_function().n_stacks) == (2, 1)
    assert profile.by_function().totals == profile.totals
    assert table(profile.by_function().top(), "function", "total") == [("g", 3), ("f", 3)]


# a value of several


def test_values_are_asked_for_by_name():
    builder = ProfileBuilder(ValueType("objects", "count"), ValueType("space", "bytes"))
    builder.sample(builder.stack([builder.frame("f")]), 2, 640)
    profile = builder.build(default_value=1)
    assert table(profile.top(), "self") == [(640,)]
    assert table(profile.top(value_type="objects"), "self") == [(2,)]
    assert table(profile.top(value_type="objects/count"), "self") == [(2,)]
    with pytest.raises(
        ProfileError, match="expected a value type among objects/count, space/bytes"
    ):
        profile.values("cpu")


# rows


def test_rows_are_as_recorded():
    frame = make("main;f 3", " 1", "main;f 2").to_pandas()
    assert table(frame, "stack", "function", "samples/count") == [
        ("main;f", "f", 3), ("", "", 1), ("main;f", "f", 2),
    ]  # fmt: skip


def test_arrays_cannot_be_written_to():
    profile = make("a;b 1")
    for array in (profile.stack_starts, profile.stack_locations, profile.stack_functions,
                  profile.sample_stacks, profile.values()):  # fmt: skip
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 9


# what does not fit


@pytest.mark.parametrize(
    ("told", "complaint"),
    [
        ({"default_value": 2}, "expected a default value type that there is, got 2 of 1"),
        ({"value_types": (), "sample_values": ()}, "got 0 of 0"),
        ({"sample_values": (np.array([1.0, np.nan]),)}, "expected values that are finite"),
        ({"sample_values": (np.full(2, 1e308),)}, "and add up to a finite number"),
        ({"sample_stacks": np.zeros(2)}, "sample_stacks as a row of integers, got .* float64"),
        ({"labels": pa.table({"sample": [0]})}, "expected labels of sample, key, text"),
        (
            {"sample_values": (np.ones(3),)},
            r"values in 1 columns of 2 int64 or float64, got \(3,\) f",
        ),
        ({"sample_values": (np.ones(2, np.uint64),)}, r"got \(2,\) uint64"),
        ({"sample_stacks": np.array([0, 7], np.int32)}, "sample_stacks of 0 to 1, got 0 to 7"),
        ({"stack_locations": np.array([0, 1, -1], np.int32)}, "stack_locations of 0 to 2, got -1"),
        ({"stack_starts": np.array([0, 3, 2])}, "expected stack_starts that rise from 0 to 3"),
    ],
)
def test_arrays_have_to_fit_each_other(told, complaint):
    with pytest.raises(ProfileError, match=complaint):
        replace(make("main;f 3", "g 2"), **told)


def test_a_profile_stays_as_it_is():
    profile = make("main;f 3", "g 2")
    for copy in (profile, pickle.loads(pickle.dumps(profile)), deepcopy(profile)):
        assert copy.top().equals(profile.top())
        for array in (copy.leaves, copy.stack_functions, copy.stack_starts, *copy.sample_values):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0


def test_negative_values_are_not_laid_out():
    with pytest.raises(ProfileError, match="samples/count of 0 or more to lay out, got -10"):
        replace(make("a;b 1", "a;c 1"), sample_values=(np.array([-10, 13]),)).tree().flame()


def test_a_label_may_be_text_here_and_a_number_there():
    builder = ProfileBuilder(ValueType("n", "count"))
    stack = builder.stack([builder.frame("f")])
    for told in ("x", 2**60 + 1):
        builder.sample(stack, np.int64(2**60 + 1), labels={"id": told, "number": 2**60 + 1})
    profile = builder.build()
    frame = profile.to_pandas()
    assert frame["id"].tolist() == ["x", 2**60 + 1]
    assert frame["number"].tolist() == [2**60 + 1] * 2
    assert profile.totals == {"n/count": 2**61 + 2}
    for wrong in (True, 1.5):
        with pytest.raises(ProfileError, match="expected a text or a whole number for the label"):
            profile.filter(labels={"id": wrong})
    with pytest.raises(ProfileError, match="expected a number of functions of 0 or more, got -1"):
        profile.top(-1)


def test_questions_about_something_else_are_refused():
    profile = make("a;b 1")
    for question, complaint in (
        (
            lambda: profile.callers(["a"]),
            r"expected a function, its name or its subject, got \['a'",
        ),
        (lambda: profile.merge([profile]), "expected profiles to merge, got list"),
        (lambda: profile.diff("later.pb.gz"), "expected profiles to compare, got str"),
    ):
        with pytest.raises(ProfileError, match=complaint):
            question()


def test_the_names_in_a_subject_are_not_without_end():
    assert Function.names_in("pkg.mod:Cls.f") == ["pkg.mod:Cls.f", "Cls.f"]
    assert len(Function.names_in("x:" * 200_000)) < 100
