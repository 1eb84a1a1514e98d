"""Graphs of calls: cProfile and callgrind count calls and see no stacks."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import compiled
from workbench.errors import ProfileError
from workbench.profile import CallGraph, ProfileBuilder, ValueType, graphs


def table(frame, *columns):
    return [tuple(row) for row in frame[list(columns)].itertuples(index=False)]


def graph_profile():
    """Main calls f (3 calls, 6 s of 9) and g; f calls g."""
    builder = ProfileBuilder(ValueType("time", "seconds"))
    for name, own in (("main", 3.0), ("f", 2.0), ("g", 4.0)):
        builder.sample(builder.stack([builder.frame(name)]), own)
    arrays = np.array([9.0, 5.0, 4.0]), np.array([5.0, 1.0, 3.0])
    return builder.build(
        graph=CallGraph(
            (arrays[0],), np.array([0, 0, 1], np.int32), np.array([1, 2, 2], np.int32), (arrays[1],)
        )
    )


def test_a_graph_tells_what_calls_tell():
    profile = graph_profile()
    top = profile.top(by="total")
    assert table(top, "function", "self", "total") == [("main", 3, 9), ("f", 2, 5), ("g", 4, 4)]
    assert table(profile.callers("g"), "function", "value") == [("f", 3), ("main", 1)]
    assert table(profile.callees("f"), "function", "value") == [("g", 3), ("<self>", 2)]
    assert table(profile.callers("main"), "function", "value") == [("<root>", 9)]


def test_a_graph_is_not_asked_for_stacks():
    profile = graph_profile()
    for question in (profile.tree, lambda: profile.focus("f"), lambda: profile.save("x.pprof")):
        with pytest.raises(ProfileError, match="found a graph of calls"):
            question()


def test_a_part_of_a_graph_is_its_functions_and_the_calls_between_them():
    part = graph_profile().filter("^f$|g")
    assert table(part.top(by="total"), "function", "self", "total") == [("f", 2, 5), ("g", 4, 4)]
    assert table(part.callers("g"), "function", "value") == [("f", 3), ("<root>", 1)]
    assert part.totals == {"time/seconds": 6}
    assert table(part.tree(estimate=True).to_pandas(), "depth", "function", "self", "total") == [
        (0, "", 0, 6), (1, "f", 2, 5), (1, "g", 1, 1), (2, "g", 3, 3),
    ]  # fmt: skip
    found = part.diff(part, before_replicates=[part], after_replicates=[part])
    assert found["before"].tolist() == [5 / 9, 4 / 9]
    assert part.top(by="total")["total_ratio"].tolist() == [5 / 9, 4 / 9]
    with pytest.raises(ProfileError, match="to filter by labels, found a graph"):
        part.filter(labels={"thread": "a"})
    without = graph_profile().filter(without="g")
    assert table(without.callees("f"), "function", "value") == [("<self>", 2)]
    assert without.totals == {"time/seconds": 5}


def test_a_graph_of_one_recursive_function_has_a_tree():
    builder = ProfileBuilder(ValueType("time", "seconds"))
    builder.sample(builder.stack([builder.frame("fib")]), 4.0)
    itself = np.array([0], np.int32)
    graph = CallGraph((np.array([4.0]),), itself, itself, (np.array([3.0]),))
    tree = builder.build(graph=graph).tree(estimate=True).to_pandas()
    assert table(tree, "function", "total") == [("", 4), ("fib", 4)]


def test_an_estimated_tree_splits_what_a_function_does_among_its_callers():
    tree = graph_profile().tree(estimate=True)
    assert tree.is_estimate
    calls = replace(
        graph_profile(),
        graph=replace(graph_profile().graph, inclusive=(np.array([3.0, 2.0, 4.0]),)),
    )
    with pytest.raises(ProfileError, match="expected a cost that callers have of their callees"):
        calls.tree(estimate=True)
    frame = tree.to_pandas()
    assert table(frame, "depth", "function", "total") == [
        (0, "", 9), (1, "main", 9), (2, "f", 5), (2, "g", 1), (3, "g", 3),
    ]  # fmt: skip
    assert frame["self"].sum() == 9


def counted(*stacks):
    """What a profiler that counts calls tells of stacks with their seconds."""
    builder = ProfileBuilder(ValueType("time", "seconds"))
    own, inclusive, edges = {}, {}, {}
    for stack, seconds in stacks:
        own[stack[-1]] = own.get(stack[-1], 0) + seconds
        for name in {*stack}:
            inclusive[name] = inclusive.get(name, 0) + seconds
        for pair in {*pairwise(stack)}:
            edges[pair] = edges.get(pair, 0) + seconds
    for name in inclusive:
        builder.sample(builder.stack([builder.frame(name)]), float(own.get(name, 0)))
    number = {name: row for row, name in enumerate(inclusive)}
    ends = np.array([[number[a], number[b]] for a, b in edges], np.int32).reshape(-1, 2)
    return builder.build(
        graph=CallGraph(
            (np.array([*inclusive.values()], float),),
            ends[:, 0].copy(),
            ends[:, 1].copy(),
            (np.array([*edges.values()], float),),
        )
    )


@given(
    st.lists(
        st.tuples(st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=6), st.integers(1, 9)),
        min_size=1, max_size=9,
    )
)  # fmt: skip
def test_in_an_estimated_tree_every_function_has_what_it_has_in_the_graph(stacks):
    """Also where functions call themselves, and each other in circles."""
    profile = counted(*((tuple(stack), seconds) for stack, seconds in stacks))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graphs, "SMALLEST_SHARE", 0.0)
        tree = profile.tree(estimate=True).to_pandas()
    assert tree["total"][0] == pytest.approx(sum(seconds for _, seconds in stacks))
    found = tree[tree["depth"] > 0].groupby("function")["self"].sum().to_dict()
    own = profile.top().set_index("function")["self"].to_dict()
    assert {name: value for name, value in found.items() if value} == pytest.approx(
        {name: value for name, value in own.items() if value}
    )
    assert (tree["total"] >= 0).all()


def test_recursion_is_one_node_of_an_estimated_tree():
    profile = counted(
        (("main", "f"), 3), (("main", "f", "f"), 2), (("main", "f", "f", "f"), 1),
        (("main", "f", "g"), 1), (("main", "f", "f", "f", "g"), 3), (("main", "f", "h", "f"), 2),
    )  # fmt: skip
    tree = profile.tree(estimate=True).to_pandas()
    assert table(tree, "depth", "function", "self", "total") == [
        (0, "", 0, 12), (1, "main", 0, 12), (2, "f", 8, 12), (3, "g", 4, 4),
    ]  # fmt: skip


def test_a_function_that_is_called_back_began_nowhere_else():
    profile = counted((("main", "g", "f"), 4), (("main", "g", "f", "g"), 3), (("f",), 1))
    assert table(profile.callers("g"), "function", "value") == [("main", 7), ("f", 3)]
    lone = counted((("f", "g"), 5), (("f", "g", "f"), 3), (("f",), 2))
    assert table(lone.callers("f"), "function", "value") == [("<root>", 10), ("g", 3)]
    assert table(lone.callers("g"), "function", "value") == [("f", 8)]


def test_how_often_a_recursive_function_was_called_is_told_by_its_callers():
    calls = np.array([1.0, 465.0])
    ends = np.array([0, 1], np.int32), np.array([1, 1], np.int32)
    builder = ProfileBuilder(ValueType("calls", "count"))
    for name, n in zip(("main", "fib"), calls, strict=True):
        builder.sample(builder.stack([builder.frame(name)]), n)
    profile = builder.build(graph=CallGraph((calls,), *ends, (np.array([1.0, 464.0]),)))
    assert table(profile.callers("fib"), "function", "value") == [("fib", 464), ("main", 1)]


def test_what_functions_of_one_name_call_of_each_other_counts_once():
    builder = ProfileBuilder(ValueType("time", "seconds"))
    for name, line, own in (("main", 1, 60.0), ("__init__", 10, 2.0), ("__init__", 50, 38.0)):
        builder.sample(builder.stack([builder.location(builder.function(name, "a.py", line))]), own)
    profile = builder.build(
        graph=CallGraph(
            (np.array([100.0, 40.0, 38.0]),), np.array([0, 1], np.int32),
            np.array([1, 2], np.int32), (np.array([40.0, 38.0]),),
        )
    )  # fmt: skip
    assert table(profile.diff(profile), "function", "before") == [("main", 1), ("__init__", 0.4)]
    assert table(profile.callers("__init__"), "function", "value", "ratio") == [
        ("main", 40, 1), ("__init__", 38, 38 / 40),
    ]  # fmt: skip


def test_a_part_is_compared_by_its_share_of_the_program():
    """The library was quicker to 1 s from 7 s, so what is left has a larger share."""

    def program(library):
        return counted((("main",), 1), (("main", "mid"), 2), (("main", "mid", "lib"), library))

    before, after = (program(seconds).filter(without="lib") for seconds in (7, 1))
    assert table(before.diff(after), "function", "before", "after") == [
        ("mid", 0.9, 0.75), ("main", 1, 1),
    ]  # fmt: skip
    assert before.top(by="total")["self_ratio"].tolist() == [0.1, 0.2]
    merged = before.merge(after)
    assert merged.top(by="total")["total_ratio"].tolist() == [1, 12 / 14]


def test_a_part_that_lacks_callees_has_no_tree():
    with pytest.raises(ProfileError, match="found a part of one: no tree of it can be told"):
        graph_profile().filter(without="g").tree(estimate=True)


def test_compiled_loops_unfold_as_plain_ones_do(monkeypatch):
    rng = np.random.default_rng(0)
    stacks = [
        (tuple(map(str, rng.integers(0, 60, rng.integers(1, 12)))), int(rng.integers(1, 9)))
        for _ in range(150)
    ]
    profile = counted(*stacks, *((("x", f"y{n}"), 1) for n in range(1500)))
    plain = profile.tree(estimate=True).to_pandas()
    monkeypatch.setattr(compiled, "ENOUGH", 0)
    assert profile.tree(estimate=True).to_pandas().equals(plain)
    assert len(plain) > 1500


def test_what_is_too_small_to_be_followed_is_put_together(monkeypatch):
    profile = counted(*((("main", f"f{n}"), 1) for n in range(2000)))
    monkeypatch.setattr(graphs, "SMALLEST_SHARE", 1e-3)
    tree = profile.tree(estimate=True).to_pandas()
    assert table(tree, "depth", "function", "self", "total") == [
        (0, "", 0, 2000), (1, "main", 0, 2000), (2, "<others>", 2000, 2000),
    ]  # fmt: skip


def test_a_tree_of_too_many_paths_is_cut(monkeypatch):
    """Each of 300 calls into a ring of 300 goes on all the way round."""
    ring = [f"f{n}" for n in range(300)]
    profile = counted(*((("main", *ring[n:], *ring[:n]), 1) for n in range(300)))
    whole = profile.tree(estimate=True)
    assert whole.n_nodes > 80_000
    monkeypatch.setattr(graphs, "MOST_NODES", 1000)
    cut = profile.tree(estimate=True)
    assert 1000 <= cut.n_nodes < 3000
    assert cut.total_values[0] == pytest.approx(whole.total_values[0])
    assert (cut.self_values >= 0).all()
    own = profile.top().set_index("function")["self"]
    found = cut.to_pandas().groupby("function")["self"].sum()
    assert (found.reindex(own.index).fillna(0) <= own + 1e-9).all()


@pytest.mark.parametrize(
    ("told", "complaint"),
    [
        ({"callees": np.array([1, 2, 3], np.int32)}, "callees of 0 to 2, got 1 to 3"),
        ({"callers": np.array([-1, 0, 1], np.int32)}, "callers of 0 to 2, got -1 to 1"),
        ({"callers": np.array([0], np.int32)}, "edge_values in 1 columns of 1"),
        ({"inclusive": (np.ones(2),)}, "inclusive in 1 columns of 3"),
        ({"edge_values": ()}, "edge_values in 1 columns of 3 int64 or float64, got "),
        ({"part_of": ()}, "part_of of 1, got 0"),
    ],
)
def test_a_graph_has_to_fit_its_functions(told, complaint):
    profile = graph_profile()
    with pytest.raises(ProfileError, match=complaint):
        replace(profile, graph=replace(profile.graph, **told))
