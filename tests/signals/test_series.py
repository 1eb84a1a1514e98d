import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import SignalError
from workbench.signals import (
    depths,
    function_series,
    incidence,
    quiet_windows,
    stack_costs,
    window_costs,
)
from workbench.store import Store, WindowProfile
from workbench.types import SERVICE, Function, Recording


def recording_of(*windows, work=10.0, cpu_seconds=2.0):
    """Windows, each {stack: count} -> a recording, without a store."""
    stacks = sorted({stack for window in windows for stack in window})
    frames = [stack.split(";") for stack in stacks]
    names = sorted({name for stack in frames for name in stack})
    triples = [
        (w, stacks.index(s), n) for w, window in enumerate(windows) for s, n in window.items()
    ]
    columns = np.array(triples, dtype=np.int64).reshape(-1, 3).T
    n_windows = len(windows)
    return Recording(
        service="svc",
        windows=pd.DataFrame(
            {"work": np.resize(work, n_windows), "cpu_seconds": np.resize(cpu_seconds, n_windows)}
        ),
        functions=tuple(map(Function, names)),
        stack_starts=np.cumsum([0, *map(len, frames)]),
        stack_functions=np.array([names.index(n) for s in frames for n in s], dtype=np.int64),
        sample_windows=columns[0], sample_stacks=columns[1], sample_counts=columns[2],
    )  # fmt: skip


def test_gcpu_is_the_share_of_samples_whose_stack_holds_the_function():
    series = function_series(recording_of({"a;f": 3, "a;g": 1}, {"a;f": 1, "a;g": 1, "h": 2}))
    np.testing.assert_array_equal(series.row("a", "gcpu"), [1.0, 0.5])
    np.testing.assert_array_equal(series.row("f", "gcpu"), [0.75, 0.25])
    np.testing.assert_array_equal(series.row("h", "gcpu"), [0.0, 0.5])


def test_recursion_counts_once():
    recording = recording_of({"a;f;f;a;f": 1, "a": 1})
    np.testing.assert_array_equal(function_series(recording).row("f", "gcpu"), [0.5])
    np.testing.assert_array_equal(incidence(recording).toarray(), [[1, 1], [0, 1]])


def test_a_function_stands_where_it_is_outermost(make_recording):
    recording = make_recording({"a;b;a;c": 1, "b": 1, "c;b;b": 1}, {})
    names = [f.name for f in recording.functions]
    stacks = [";".join(f.name for f in recording.stack(s)) for s in range(recording.n_stacks)]
    found = depths(recording).toarray()
    for row, name in enumerate(names):
        for column, stack in enumerate(stacks):
            frames = ["", *stack.split(";")]
            assert found[row, column] == (frames.index(name) if name in frames else 0)
    np.testing.assert_array_equal(found > 0, incidence(recording).toarray())


def test_cost_is_the_share_of_the_cpu_time_that_a_round_took():
    series = function_series(recording_of({"a;f": 1, "a": 1}, {"a": 1}, cpu_seconds=[2.0, 3.0]))
    np.testing.assert_allclose(series.row(SERVICE, "cost"), [0.2, 0.3])
    np.testing.assert_allclose(series.row("f", "cost"), [0.1, 0.0])
    np.testing.assert_allclose(series.row("a", "cost"), [0.2, 0.3])


@pytest.mark.parametrize("unknown", [math.nan, math.inf, 0.0, -1.0])
def test_there_is_no_cost_where_any_window_lacks_its_work(unknown):
    recording = recording_of({"a;f": 1, "a": 3}, {"a": 1}, work=[1.0, unknown])
    assert window_costs(recording) is None
    assert set(function_series(recording).metrics) == {"gcpu"}
    np.testing.assert_allclose(stack_costs(recording).toarray(), [[0.75, 1.0], [0.25, 0.0]])


def test_there_is_no_cost_where_cpu_time_was_not_measured():
    assert window_costs(recording_of({"a": 1}, cpu_seconds=math.nan)) is None


@given(
    st.lists(
        st.dictionaries(
            st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map(";".join),
            st.integers(1, 10**12), min_size=1, max_size=4,
        ),
        min_size=1, max_size=4,
    )
)  # fmt: skip
def test_shares_are_within_0_and_1_and_stacks_add_up_to_the_service(windows):
    recording = recording_of(*windows)
    series = function_series(recording)
    gcpu = series.values[[metric == "gcpu" for metric in series.metrics]]
    assert gcpu.min() >= 0
    assert gcpu.max() <= 1
    np.testing.assert_allclose(stack_costs(recording).sum(axis=0), series.row(SERVICE, "cost"))
    inclusive = incidence(recording) @ stack_costs(recording)
    cost = series.values[len(recording.functions) : 2 * len(recording.functions)]
    np.testing.assert_allclose(inclusive.toarray(), cost, atol=1e-12)


def test_a_window_without_samples_is_named():
    with pytest.raises(SignalError, match="svc: window 1 has no samples"):
        function_series(recording_of({"a": 1}, {}, {"a": 1}))


def test_a_recording_without_windows_is_refused():
    with pytest.raises(SignalError, match="svc: expected windows, found none"):
        function_series(recording_of())


def test_a_missing_series_is_named():
    with pytest.raises(KeyError, match="no series cost of nobody"):
        function_series(recording_of({"a": 1})).row("nobody", "cost")


def test_series_are_rows_of_a_frame():
    frame = function_series(recording_of({"a": 1}, {"a": 1})).to_pandas()
    assert list(frame.index) == [("a", "gcpu"), ("a", "cost"), (SERVICE, "cost")]
    assert frame.shape == (3, 2)


def test_series_of_a_store_are_in_order_of_time(tmp_path, make_profile):
    store = Store.create(tmp_path / "store")
    for hour in (3, 1, 2):
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
        profile = make_profile(f"main (a/b.py:1);f {hour}", f"main (a/b.py:9) {4 - hour}")
        store.add_all([WindowProfile(profile, "svc", "v1", at, 1.0, hour)])
    series = function_series(store.recording())
    np.testing.assert_allclose(series.row("f", "gcpu"), [0.25, 0.5, 0.75])
    np.testing.assert_allclose(series.row("a.b:main", "cost"), [1.0, 2.0, 3.0])


def test_windows_that_the_machine_disturbed_are_told(make_store):
    recording = make_store({"a": 1.0}, {"a": 2.0}, n_windows=8, noise=0.01).recording()
    disturbed = [1, 2, 9]
    cpu = recording.windows["cpu_seconds"].to_numpy(copy=True)
    cpu[disturbed] *= 1.5
    changed = replace(recording, windows=recording.windows.assign(cpu_seconds=cpu))
    assert np.flatnonzero(~quiet_windows(changed, 8)).tolist() == disturbed
    assert quiet_windows(recording, 8).all()


def test_half_of_the_windows_are_quiet_whatever_they_cost(make_store):
    recording = make_store({"a": 1.0}, {"a": 1.0}, n_windows=8).recording()
    spread = replace(recording, windows=recording.windows.assign(cpu_seconds=2.0 ** np.arange(16)))
    quiet = quiet_windows(spread, 6)
    assert (quiet[:6].sum(), quiet[6:].sum()) == (3, 5)


def test_without_work_all_windows_count_as_quiet(make_store):
    recording = make_store({"a": 1.0}, {"a": 9.0}, work=float("nan")).recording()
    assert quiet_windows(recording, 20).all()
