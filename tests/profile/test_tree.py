import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workbench.compiled import ENOUGH
from workbench.ingest import read
from workbench.profile.loops import loops

STACKS = st.lists(
    st.tuples(st.lists(st.sampled_from("abcd"), max_size=6), st.integers(0, 1000)), max_size=8
)


def made(stacks):
    text = "".join(f"{';'.join(stack)} {count}\n" for stack, count in stacks)
    return read(text.encode(), format="folded")


def paths(tree):
    """The tree as {path of names: (self, total)}."""
    frame = tree.to_pandas()
    found = {}
    for row in frame.itertuples():
        path, node = [], row.node
        while node > 0:
            path.append(frame.at[node, "function"])
            node = frame.at[node, "parent"]
        found[tuple(reversed(path))] = (frame.at[row.node, "self"], frame.at[row.node, "total"])
    return found


@given(STACKS)
def test_every_prefix_of_a_stack_is_a_node(stacks):
    tree = made(stacks).tree()
    expected = {}
    for stack, count in stacks:
        for depth in range(len(stack) + 1):
            own, total = expected.get(tuple(stack[:depth]), (0, 0))
            expected[tuple(stack[:depth])] = (own + count * (depth == len(stack)), total + count)
    assert paths(tree) == (expected or {(): (0, 0)})


@given(STACKS)
def test_rectangles_lie_within_their_parents_side_by_side(stacks):
    profile = made(stacks)
    tree, flame = profile.tree(), profile.tree().flame().to_pandas()
    assert list(flame["node"]) == list(range(tree.n_nodes))
    ends = flame["x"] + flame["width"]
    for node in range(1, tree.n_nodes):
        parent = tree.parent[node]
        assert flame.at[node, "x"] >= flame.at[parent, "x"] - 1e-9
        assert ends[node] <= ends[parent] + 1e-9
        siblings = [n for n in range(1, tree.n_nodes) if tree.parent[n] == parent and n != node]
        assert all(ends[node] <= flame.at[n, "x"] + 1e-9 or ends[n] <= flame.at[node, "x"] + 1e-9
                   for n in siblings)  # fmt: skip


def test_small_rectangles_are_left_out_with_all_below_them():
    flame = made([(["a"], 90), (["b", "c"], 9), (["d"], 1)]).tree().flame(smallest=0.05).to_pandas()
    assert list(flame["width"]) == [1.0, 0.9, 0.09, 0.09]
    assert list(flame["x"]) == [0.0, 0.0, 0.9, 0.9]


def test_a_tree_of_nothing_is_its_root():
    flame = made([]).tree().flame()
    assert flame.to_pylist() == [
        {"node": 0, "function": -1, "depth": 0, "x": 0.0, "width": 0.0, "self": 0.0}
    ]


def test_a_stack_a_hundred_thousand_deep_is_one_path():
    names = [f"f{n % 1000}" for n in range(100_000)]
    profile = made([(names, 3), (names[:50_000], 1)])
    tree = profile.tree()
    assert tree.n_nodes == 100_001
    assert int(tree.depth.max()) == 100_000
    assert tree.total_values[0] == 4
    assert len(profile.top()) == 1000
    assert profile.focus("f1").n_samples == 2
    assert tree.flame().num_rows == 100_001


def test_compiled_loops_do_what_plain_ones_do():
    rng = np.random.default_rng(0)
    starts = np.concatenate(([0], np.cumsum(rng.integers(0, 9, 4000)))).astype(np.int64)
    functions = rng.integers(0, 12, starts[-1]).astype(np.int32)
    functions[: starts[2000]] = np.sort(functions[: starts[2000]])
    assert loops.over(ENOUGH) is loops.compiled
    for compiled, plain in zip(
        loops.compiled.grow_tree(starts, functions), loops.plain.grow_tree(starts, functions),
        strict=True,
    ):  # fmt: skip
        assert np.array_equal(compiled, plain)
    weights = rng.random(4000)
    totals = []
    for run in (loops.compiled, loops.plain):
        totals.append(np.zeros(12))
        run.add_inclusive(starts, functions, weights, np.full(12, -1, np.int32), totals[-1])
    assert np.array_equal(*totals)


def test_what_is_large_is_shown_by_its_size():
    profile = made([(["a", "b"], 3)])
    assert repr(profile) == "Profile(1 samples of stacks, samples/count: 3)"
    assert repr(profile.tree()) == "Tree(3 nodes, samples/count: 3)"
