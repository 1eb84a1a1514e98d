import numpy as np
import pytest

from workbench.signals import function_series, incidence, stack_costs
from workbench.types import SERVICE


def test_recursion_counts_once_and_cost_is_share_times_cpu_per_round(make_recording):
    recording = make_recording({"a;f;f": 0.3, "a": 0.1}, {"a;f;f": 0.3}, n_windows=3, noise=0.0)
    series = function_series(recording)
    gcpu = series.row("f", "gcpu")
    np.testing.assert_allclose(gcpu, [0.75] * 3 + [1.0] * 3)
    np.testing.assert_allclose(series.row(SERVICE, "cost"), [0.04] * 3 + [0.03] * 3)
    np.testing.assert_allclose(series.row("f", "cost"), gcpu * series.row(SERVICE, "cost"))
    assert incidence(recording).max() == 1
    np.testing.assert_allclose(stack_costs(recording).sum(axis=0), series.row(SERVICE, "cost"))


def test_a_missing_series_is_named(make_recording):
    with pytest.raises(KeyError, match="no series cost of nobody"):
        function_series(make_recording({"a": 1}, {"a": 1}, n_windows=2)).row("nobody", "cost")
