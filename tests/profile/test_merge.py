import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ProfileError
from workbench.ingest import read
from workbench.profile import CallGraph, ProfileBuilder, ValueType

ROWS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(["a", "b (x.py:1)", "b (x.py:2)", "c_[k]"]), max_size=4),
        st.integers(0, 99),
    ),
    max_size=6,
)


def made(rows):
    return read("".join(f"{';'.join(s)} {c}\n" for s, c in rows).encode(), format="folded")


def content(profile):
    """What is in a profile, whatever the order."""
    rows = profile.to_pandas().astype(str).apply(tuple, axis=1)
    return sorted(rows), sorted(profile.top().astype(str).apply(tuple, axis=1)), profile.totals


@given(ROWS, ROWS, ROWS)
def test_merging_commutes_and_associates(a, b, c):
    a, b, c = map(made, (a, b, c))
    assert content(a.merge(b)) == content(b.merge(a))
    assert content(a.merge(b).merge(c)) == content(a.merge(b, c))
    assert content(a.merge()) == content(a)


@given(ROWS, ROWS)
def test_a_merged_profile_holds_all_rows_over_distinct_stacks(a, b):
    merged = made(a).merge(made(b))
    assert merged.n_samples == len(a) + len(b)
    assert merged.n_stacks == len({tuple(stack) for stack, _ in (*a, *b)})
    assert merged.functions.num_rows == len({*map(str, merged.functions.to_pylist())})


def test_labels_and_times_come_along():
    def profile(thread, time_ns, duration_s):
        builder = ProfileBuilder(ValueType("samples", "count"))
        builder.sample(builder.stack([builder.frame("f")]), 1, labels={"thread": thread})
        return builder.build(time_ns=time_ns, duration_s=duration_s)

    merged = profile("a", 5, 1.5).merge(profile("b", 3, None), profile("c", None, 2.0))
    assert list(merged.to_pandas()["thread"]) == ["a", "b", "c"]
    assert (merged.time_ns, merged.duration_s) == (3, 3.5)


def test_graphs_of_calls_add_up():
    def graph(callee, seconds):
        builder = ProfileBuilder(ValueType("time", "seconds"))
        for name in ("main", callee):
            builder.sample(builder.stack([builder.frame(name)]), seconds)
        values = np.array([2 * seconds, seconds]), np.array([seconds])
        ends = np.array([0], np.int32), np.array([1], np.int32)
        return builder.build(graph=CallGraph((values[0],), *ends, (values[1],)))

    merged = graph("f", 1.0).merge(graph("g", 2.0), graph("f", 4.0))
    top = merged.top(by="total")[["function", "self", "total"]]
    assert top.values.tolist() == [["main", 7, 14], ["f", 5, 5], ["g", 2, 2]]
    assert merged.callees("main")[["function", "value"]].values.tolist() == [
        ["<self>", 7], ["f", 5], ["g", 2],
    ]  # fmt: skip
    assert len(merged.graph.callers) == 2
    called = ProfileBuilder(ValueType("time", "seconds"))
    called.sample(called.stack([called.frame("f")]), 2.0)
    nothing = np.empty(0, np.int32)
    alone = called.build(graph=CallGraph((np.array([2.0]),), nothing, nothing, (np.empty(0),)))
    assert merged.merge(alone).callers("f")[["function", "value"]].values.tolist() == [
        ["main", 5], ["<root>", 2],
    ]  # fmt: skip
    with pytest.raises(ProfileError, match="expected stacks alone or graphs alone"):
        merged.merge(ProfileBuilder(ValueType("time", "seconds")).build())


def test_profiles_of_other_value_types_are_refused():
    heap = ProfileBuilder(ValueType("space", "bytes")).build()
    with pytest.raises(ProfileError, match="expected value types samples/count .* got space/bytes"):
        made([]).merge(heap)
