import numpy as np
import pandas as pd
import pytest

from workbench.detect import detect, find_background
from workbench.errors import SignalError
from workbench.types import SERVICE, SeriesParts


def in_parts(frame, n_at_once=50):
    return SeriesParts(
        read=lambda: (frame[i : i + n_at_once] for i in range(0, len(frame), n_at_once)),
        sample=lambda: frame[:: max(1, len(frame) // 256)],
        names=lambda: iter([frame.index]),
    )


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    values = 0.01 * (1 + 0.05 * rng.standard_normal((330, 400)))
    values[40, 200:] *= 1.1
    values[299, 300:] *= 0.9
    values[7, 50] = values[301, 20:50] = np.nan
    index = pd.MultiIndex.from_product([["web", "db", "ads"], ["gcpu"], range(110)],
                                       names=["service", "metric", "subject"])  # fmt: skip
    return pd.DataFrame(values, index, pd.date_range("2026-01-01", periods=400, freq="h"))


@pytest.mark.parametrize("n_at_once", [1, 50, 329, 1000])
def test_parts_give_what_all_series_at_once_do(frame, n_at_once):
    whole = detect(frame, background=find_background(frame))
    found = detect(in_parts(frame, n_at_once), background=find_background(frame))
    assert [r.series for r in found.found] == [("web", "gcpu", 40)]
    assert [r.series for r in found.gains] == [("ads", "gcpu", 79)]
    pd.testing.assert_frame_equal(found.regressions, whole.regressions)
    pd.testing.assert_frame_equal(found.improvements, whole.improvements)
    pd.testing.assert_frame_equal(found.removed, whole.removed)
    assert list(found.funnel["n_out"]) == list(whole.funnel["n_out"])
    for series in (("web", "gcpu", 40), ("db", "gcpu", 3), ("ads", "gcpu", 81)):
        assert str(found.explain(series)) == str(whole.explain(series))
    with pytest.raises(SignalError, match="such as .*'web', 'gcpu', 40.*, got 'x'"):
        found.explain("x")


def test_a_share_is_not_judged_where_another_part_has_the_cost():
    rng = np.random.default_rng(0)
    values = 1 + 0.05 * rng.standard_normal((80, 200))
    values[[20, 60, 61], 100:] *= 1.5
    names = [("gcpu", f"f{row}") for row in range(40)] + [("cost", f"f{row}") for row in range(39)]
    frame = pd.DataFrame(values, pd.MultiIndex.from_tuples(
        [*names, ("cost", SERVICE)], names=["metric", "subject"]))  # fmt: skip
    frame.loc[("cost", SERVICE)] = frame.loc["cost"].sum()
    found = detect(in_parts(frame, 20))
    assert {("cost", "f20"), ("cost", "f21")} <= {r.series for r in found.found}
    assert {r.metric for r in found.found} == {"cost"}
    assert "39 shares, judged by cost instead" in found.funnel["removed"].iloc[0]


def test_what_goes_wrong_in_a_part_is_said_once(frame):
    spoiled = frame.copy()
    spoiled.iloc[200, 5] = np.inf
    with pytest.raises(SignalError, match="expected finite values, .* got inf at index 5"):
        detect(in_parts(spoiled))
    with pytest.raises(SignalError, match="expected a series with at least 10 values, found none"):
        detect(in_parts(frame.iloc[:, :9]))


def test_no_more_than_a_few_parts_are_held(frame):
    alive = most = 0

    class Part(pd.DataFrame):
        def __del__(self):
            nonlocal alive
            alive -= 1

    def read():
        nonlocal alive, most
        for i in range(0, len(frame), 5):
            alive += 1
            most = max(most, alive)
            yield Part(frame[i : i + 5])

    whole = in_parts(frame)
    detect(SeriesParts(read, whole.sample, whole.names))
    assert most <= 2 * 8 + 2
