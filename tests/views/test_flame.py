import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ProfileError, SignalError
from workbench.ingest import read
from workbench.profile import Profile
from workbench.types import Function, Recording
from workbench.views import Flame, diff_flame, flame_of, recording_flame
from workbench.views.columns import flame_columns, in_text
from workbench.views.flame_svg import flame_svg


def costs(flame: Flame) -> dict[str, tuple[float, float]]:
    """Return the cost before and after of each call path."""
    before = flame.after if flame.before is None else flame.before
    paths = [";".join(f.name for f in flame.path(node)) for node in range(flame.n_nodes)]
    return dict(zip(paths, zip(before, flame.after, strict=True), strict=True))


def check(flame: Flame) -> None:
    """Assert what holds for every flame graph."""
    assert flame.parent[0] == flame.function[0] == -1
    assert (flame.parent[1:] < np.arange(1, flame.n_nodes)).all()
    assert (np.diff(flame.parent) >= 0).all()  # siblings stand side by side
    depths = flame.depths()
    assert (depths[1:] == depths[flame.parent[1:]] + 1).all()
    assert (np.diff(depths) >= 0).all()
    siblings = flame.parent[1:-1] == flame.parent[2:]
    assert (flame.largest[1:-1] >= flame.largest[2:])[siblings].all()
    for side in (flame.before, flame.after):
        if side is not None:  # a caller costs at least what its callees cost
            of_callees = np.bincount(flame.parent[1:], side[1:], minlength=flame.n_nodes)
            assert (of_callees <= side * (1 + 1e-9) + 1e-12).all()
    json.dumps(in_text(flame_columns(flame)), allow_nan=False)
    assert flame_svg(flame).startswith("<svg")


stacks = st.lists(st.sampled_from("abc"), min_size=0, max_size=6).map(";".join)


@given(st.dictionaries(stacks, st.integers(0, 50), max_size=20))
def test_every_stack_is_in_the_tree_and_all_adds_up(folded):
    flame = flame_of(folded)
    check(flame)
    assert flame.after[0] == sum(folded.values())
    assert flame.own(flame.after).sum() == pytest.approx(flame.after[0])
    for stack, value in folded.items():
        if value:
            path = ";".join(name for name in stack.split(";") if name)
            whole = sum(v for s, v in folded.items() if f"{s};".startswith(f"{path};") or not path)
            assert costs(flame)[path][1] == whole


@given(st.dictionaries(stacks, st.integers(1, 50), min_size=1, max_size=12))
def test_nothing_changes_from_a_profile_to_itself(folded):
    flame = flame_of(folded, folded)
    check(flame)
    assert flame.delta == pytest.approx(np.zeros(flame.n_nodes))
    assert not flame.is_significant.any()


def test_what_the_reader_of_a_profile_told_is_in_the_tree(make_profile):
    flame = flame_of(make_profile("main;parse 3", "main;parse_[k] 1"), title="svc")
    assert (flame.title, flame.unit) == ("svc", "count")
    check(flame)


def test_of_two_profiles_shares_are_compared_and_tested():
    before = {"main;a": 500, "main;b": 500, "main;c": 1}
    after = {"main;a": 1500, "main;b": 501, "main;d": 1}
    flame = flame_of(before, after)
    check(flame)
    assert flame.unit == "share"
    assert costs(flame)["main;a"] == (pytest.approx(500 / 1001), pytest.approx(1500 / 2002))
    table = flame.table().set_index("path")
    assert table.is_significant.to_dict() == {
        "main": False, "main;a": True, "main;b": True, "main;c": False, "main;d": False,
    }  # fmt: skip
    assert np.isnan(table.q_value["main;d"])  # too small to be tested


def test_noise_is_seldom_called_significant():
    rng = np.random.default_rng(1)
    chances = rng.dirichlet(np.ones(60))
    drawn = [
        {f"main;f{i}": int(n) for i, n in enumerate(rng.multinomial(20_000, chances))}
        for _ in range(40)
    ]
    flames = [flame_of(*pair) for pair in zip(drawn[::2], drawn[1::2], strict=True)]
    assert sum(flame.is_significant.any() for flame in flames) <= 3


def test_replicates_tell_how_much_runs_differ(make_profile):
    rng = np.random.default_rng(2)

    def run(mean: float) -> Profile:
        n = int(max(rng.normal(mean, 0.25 * mean), 1))
        return make_profile(f"main;a {n}", "main;b 1000")

    sides = [[run(400) for _ in range(6)], [run(500) for _ in range(6)]]
    assert not diff_flame(*sides).is_significant.any()
    alone = flame_of(
        make_profile("main;a 400", "main;b 1000"), make_profile("main;a 500", "main;b 1000")
    )
    assert alone.is_significant.any()  # one run each is taken for independent events


def test_functions_that_moved_to_another_line_are_the_same(make_profile):
    before = make_profile("main (app.py:1);f (app.py:10) 5")
    after = make_profile("main (app.py:1);f (app.py:90) 5")
    assert flame_of(before, after).n_nodes == 3


@pytest.mark.parametrize(
    ("before", "after", "side"),
    [({"a": 0}, {"a": 1}, "before"), ({"a": 1}, {}, "after"), ({"a": 5}, {"a": -1}, "after")],
    ids=["zero", "empty", "negative"],
)
def test_a_side_that_adds_up_to_nothing_is_refused(before, after, side):
    with pytest.raises(ProfileError, match=f"more than 0 in the profile {side}, got"):
        flame_of(before, after)


def test_negative_values_are_refused():
    with pytest.raises(ProfileError, match=r"expected samples/count of 0 or more to draw, got -3"):
        flame_of({"a": 5, "b": -3})


def test_no_samples_make_a_root_alone():
    flame = flame_of({})
    check(flame)
    assert (flame.n_nodes, flame.after[0]) == (1, 0)
    assert flame.pruned().largest_changes().empty


def test_costs_are_milliseconds_per_round(make_windows):
    recording = make_windows(
        {"main;a": 3, "main;b": 1},
        {"main;a": 2, "main;b": 6},
        cpu_seconds=[4.0, 8.0],
        work=[100.0, 100.0],
    )
    flame = recording_flame(recording, 1)
    check(flame)
    assert flame.unit == "CPU ms per round"
    assert costs(flame) == {
        "": (pytest.approx(40), pytest.approx(80)),
        "main": (pytest.approx(40), pytest.approx(80)),
        "main;a": (pytest.approx(30), pytest.approx(20)),
        "main;b": (pytest.approx(10), pytest.approx(60)),
    }


def test_a_side_is_the_mean_over_its_measured_windows(make_windows):
    window = {"main": 5}
    recording = make_windows(
        window, window, {}, window, cpu_seconds=[1.0, np.nan, 9.0, 3.0], work=[10.0] * 4
    )
    assert costs(recording_flame(recording, 3))["main"] == (pytest.approx(100), pytest.approx(300))


def test_costs_are_shares_where_work_was_not_measured(make_windows):
    recording = make_windows({"main;a": 9, "main": 1}, {"main;a": 1, "main": 1})
    flame = recording_flame(recording, 1)
    assert flame.unit == "share"
    assert costs(flame)["main;a"] == (pytest.approx(0.9), pytest.approx(0.5))


def test_zero_work_counts_as_not_measured(make_windows):
    recording = make_windows({"a": 1}, {"a": 1}, cpu_seconds=[1.0, 1.0], work=[0.0, 0.0])
    assert recording_flame(recording, 1).unit == "share"


def test_windows_tell_which_paths_changed(make_windows):
    rng = np.random.default_rng(3)
    windows = [
        {"main;a": int(rng.poisson(300 if w < 12 else 420)), "main;b": int(rng.poisson(700))}
        for w in range(24)
    ]
    n_samples = [float(sum(window.values())) for window in windows]  # each is a millisecond
    recording = make_windows(*windows, cpu_seconds=n_samples, work=[1000.0] * 24)
    table = recording_flame(recording, 12).table().set_index("path")
    assert table.is_significant.to_dict() == {"main": True, "main;a": True, "main;b": False}


def test_too_few_windows_test_nothing(make_windows):
    assert recording_flame(make_windows({"a": 1}, {"a": 2}, {"a": 2}), 1).q_value is None


@pytest.mark.parametrize("change_index", [-1, 0, 2, 7])
def test_a_change_index_without_windows_on_both_sides_is_refused(make_windows, change_index):
    with pytest.raises(SignalError, match="expected 1 to 1"):
        recording_flame(make_windows({"a": 1}, {"a": 1}), change_index)


def test_direct_recursion_keeps_its_frames(make_windows):
    recording = make_windows({"walk;walk;walk": 2, "walk": 2}, {"walk;walk;walk": 4})
    flame = recording_flame(recording, 1)
    check(flame)
    assert costs(flame)["walk;walk;walk"] == (pytest.approx(0.5), pytest.approx(1))
    assert flame.largest_changes().empty  # all own cost is of one function, as before


def test_siblings_stand_by_cost_then_by_name_whatever_the_order_of_stacks(make_windows):
    recording = make_windows({"m;c": 2, "m;a": 1, "m;b": 1}, {"m;c": 2, "m;b": 1, "m;a": 1})
    backwards = replace(
        recording,
        functions=recording.functions[::-1],
        stack_functions=len(recording.functions) - 1 - recording.stack_functions,
    )
    for each in (recording, backwards):
        assert [*costs(recording_flame(each, 1))] == ["", "m", "m;c", "m;a", "m;b"]


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
    flame = recording_flame(recording, 1)
    assert flame.n_nodes == depth + 1
    assert flame.pruned().n_nodes == depth + 1
    assert flame.after[-1] == pytest.approx(1)
    check(flame)


def test_pruning_drops_what_is_small_on_both_sides(make_windows):
    recording = make_windows(
        {"m;big": 9_000, "m;gone": 999, "m;small": 1}, {"m;big": 9_999, "m;small": 1}
    )
    flame = recording_flame(recording, 1)
    pruned = flame.pruned(0.001)
    check(pruned)
    assert set(costs(pruned)) == {"", "m", "m;big", "m;gone"}
    assert {function.name for function in pruned.functions} == {"m", "big", "gone"}
    assert pruned.after[0] == flame.after[0]


def test_largest_changes_are_of_own_cost(make_windows):
    recording = make_windows({"m;a": 6, "n;a": 2, "m;b": 2}, {"m;a": 2, "n;a": 2, "m;b": 6})
    changes = recording_flame(recording, 1).largest_changes()
    assert dict(zip(changes.subject, changes.delta.round(9), strict=True)) == {
        "a:a": -0.4,
        "b:b": 0.4,
    }


def test_noise_is_not_shown_in_full_colour(make_windows):
    quiet = make_windows({"m;a": 500, "m;b": 500}, {"m;a": 502, "m;b": 498})
    assert recording_flame(quiet, 1).limit == pytest.approx(0.05)
    loud = make_windows({"m;a": 900, "m;b": 100}, {"m;a": 100, "m;b": 900})
    assert recording_flame(loud, 1).limit == pytest.approx(0.8)


def test_a_graph_of_calls_is_drawn_as_an_estimate(tmp_path):
    import cProfile

    from workbench.ingest import read

    recorder = cProfile.Profile()
    recorder.runcall(sorted, range(3000), key=lambda value: -value)
    recorder.dump_stats(tmp_path / "run.pstats")
    profile = read(tmp_path / "run.pstats")
    flame = flame_of(profile)
    check(flame)
    assert flame.is_estimate
    both = flame_of(profile, profile)
    check(both)
    assert both.is_estimate
    assert both.q_value is None  # nothing was sampled: there is no noise to tell from
    assert both.n_nodes == flame.n_nodes


def test_a_browser_reads_the_verdicts_that_python_has():
    q_value = np.array([np.nan, 1.0, 0.0562, 0.0501, 0.05, 0.0499, 0.0447, 1e-3, 1e-200, 0.0])
    n = len(q_value)
    flame = replace(
        flame_of({f"f{i}": 10 + i for i in range(n - 1)}, {f"f{i}": 20 for i in range(n - 1)}),
        q_value=q_value,
    )
    told = np.frombuffer(flame_columns(flame)["columns"]["significance"]["data"], np.uint16)
    assert ((told >> 15) == 1).tolist() == flame.is_significant.tolist()
    assert flame.is_significant.sum() == 5
    steps = (told & 0x7FFF).astype(float)
    assert steps[0] == 0
    assert 10 ** (-(steps[1:8] - 1) / 1000) == pytest.approx(q_value[1:8], rel=2e-3)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8])
def test_noise_that_lasts_is_seldom_called_significant(rho):
    rng = np.random.default_rng(4)
    flames = [recording_flame(noisy_recording(rng, rho), 15) for _ in range(40)]
    assert sum(flame.is_significant.any() for flame in flames) <= 6


def noisy_recording(rng: np.random.Generator, rho: float, n_windows: int = 30, n: int = 30):
    """Return windows of one law, in which what makes a share large lasts into the next."""
    noise = rng.standard_normal((n, n_windows))
    for window in range(1, n_windows):
        noise[:, window] *= np.sqrt(1 - rho**2)
        noise[:, window] += rho * noise[:, window - 1]
    shares = rng.dirichlet(np.ones(n))[:, None] * np.exp(0.1 * noise)
    counts = [rng.multinomial(2000, share / share.sum()) for share in shares.T]
    stacks, windows = np.nonzero(np.array(counts).T)
    return Recording(
        "noisy",
        pd.DataFrame({"n_samples": [2000] * n_windows}),
        tuple(Function(f"f{i}") for i in range(n)),
        np.arange(n + 1),
        np.arange(n),
        windows,
        stacks,
        np.array(counts).T[stacks, windows],
    )


def test_a_path_that_does_not_vary_is_tested_by_its_counts(make_windows):
    windows = [{"m;a": 500, "m;b": 500}] * 6 + [{"m;a": 700, "m;b": 300}] * 6
    table = recording_flame(make_windows(*windows), 6).table().set_index("path")
    assert table.is_significant.to_dict() == {"m": False, "m;a": True, "m;b": True}


def test_numbers_that_count_nothing_are_not_tested():
    assert flame_of({"a": 0.6, "b": 0.4}, {"a": 0.1, "b": 0.9}).q_value is None
    assert flame_of({"a": 6, "b": 4.0}, {"a": 1, "b": 9}).q_value is not None


def test_a_flame_graph_says_what_its_values_are_of(make_profile):
    assert flame_of(make_profile("a 3")).of == "samples/count"
    assert flame_of(make_profile("a 3"), make_profile("a 4")).of == "samples/count"


def test_what_each_side_adds_up_to_is_told_beside_shares():
    shown = diff_flame([_folded("a 3\nb 1"), _folded("a 5\nb 1")], [_folded("a 9\nb 3")])
    assert shown.wholes == (5.0, 12.0)
    assert shown.n_profiles == (2, 1)
    assert flame_columns(shown)["wholes"] == [5.0, 12.0]
    assert "in all +140.0 %" in flame_svg(shown)
    assert flame_of({"a": 1}).wholes is None


def _folded(text):
    return read(text.encode(), format="folded")
