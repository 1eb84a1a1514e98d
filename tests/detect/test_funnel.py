from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.detect import DetectConfig, detect, find_background
from workbench.errors import SignalError
from workbench.signals import function_series, stacks
from workbench.types import SERVICE, Detection, Recording, SeriesMatrix

STAGES = [
    *("screen", "significance", "localise", "went away", "seasonality"),
    *("threshold", "cost shift", "merge"),
]


def run(recording: Recording) -> Detection:
    return detect(function_series(recording), stacks=stacks(recording))


def matrix(*, metric="cost", sigma=0.02, n_each=20, seed=0, **levels):
    """Series by their levels, each held for `n_each` windows; costs add up to the service's."""
    rng = np.random.default_rng(seed)
    values = np.array([np.repeat(level, n_each) for level in levels.values()], dtype=float)
    values *= 1 + sigma * rng.standard_normal(values.shape)
    subjects = tuple(levels)
    if metric == "cost":
        values, subjects = np.vstack([values, values.sum(axis=0)]), (*subjects, SERVICE)
    return SeriesMatrix(subjects, (metric,) * len(subjects), values)


def reasons(detection, subject):
    removed = detection.removed
    return dict(removed[removed["subject"] == subject][["stage", "reason"]].to_numpy().tolist())


def self_check(detection):
    """What holds of every detection."""
    funnel, removed = detection.funnel, detection.removed
    assert list(funnel["stage"]) == STAGES
    goes_on = zip(STAGES, funnel["n_out"][:-1], funnel["n_in"][1:], strict=False)
    assert all(
        out <= into if stage == "significance" else out == into for stage, out, into in goes_on
    )
    assert (funnel["n_out"] <= funnel["n_in"]).all()
    found = detection.found + detection.gains
    assert funnel["n_out"].iloc[-1] == len(found)
    for row in funnel.itertuples():
        told = sum(int(part.split(" ", 1)[0]) for part in row.removed.split("; ") if part)
        assert told == row.n_in - row.n_out
        if row.stage in STAGES[2:]:
            assert len(removed[removed["stage"] == row.stage]) == told
    assert set(removed["stage"]) <= set(STAGES[2:])
    assert all(removed["reason"])
    assert all(r.absolute_delta > 0 for r in detection.found)
    assert all(r.absolute_delta < 0 for r in detection.gains)
    assert all(0 <= r.p_value <= 1 for r in found)
    assert all(r.delta_low <= r.absolute_delta <= r.delta_high for r in found)
    assert all(r.change_index_low <= r.change_index <= r.change_index_high for r in found)
    assert len({r.id for r in found}) == len(found)
    for side in (detection.found, detection.gains):
        assert [abs(r.absolute_delta) for r in side] == sorted(
            (abs(r.absolute_delta) for r in side), reverse=True
        )
    return detection


# what is found


def test_a_step_is_found_at_its_window_with_its_levels():
    detection = self_check(detect(matrix(f=(1, 1.5), g=(5, 5))))
    by_subject = {r.subject: r for r in detection.found}
    assert set(by_subject) == {"f", SERVICE}
    assert by_subject["f"].change_index == 20
    assert by_subject["f"].before == pytest.approx(1, rel=0.02)
    assert by_subject["f"].after == pytest.approx(1.5, rel=0.02)
    assert by_subject["f"].relative_delta == pytest.approx(0.5, rel=0.1)
    assert by_subject["f"].metric == "cost"


def test_an_improvement_is_told_as_one():
    detection = self_check(detect(matrix(f=(1.5, 0.5), g=(5, 5))))
    assert detection.found == ()
    assert {r.subject for r in detection.gains} == {"f", SERVICE}
    assert all(r.absolute_delta < 0 for r in detection.gains)


def test_a_new_function_grew_from_nothing():
    (regression,) = detect(matrix(metric="gcpu", f=(0, 0.3))).found
    assert regression.before == 0
    assert regression.relative_delta == float("inf")


def test_the_largest_is_told_first():
    detection = self_check(detect(matrix(metric="gcpu", f=(0.1, 0.2), g=(0.1, 0.4), h=(0.5, 0.2))))
    assert [r.subject for r in detection.found] == ["g", "f"]
    assert [r.subject for r in detection.gains] == ["h"]


def test_the_same_data_has_the_same_ids():
    first, second = (detect(matrix(f=(1, 2), g=(5, 5))).found for _ in range(2))
    assert first
    assert first == second
    assert all(r.id.startswith("R-") for r in first)


def test_each_of_several_steps_is_told():
    larger, smaller = detect(matrix(metric="gcpu", f=(0.2, 0.3, 0.7))).found
    assert (smaller.change_index, larger.change_index) == (20, 40)
    assert smaller.after == larger.before == pytest.approx(0.3, rel=0.05)


# what is removed, and why


def test_noise_alone_is_never_a_regression():
    rng = np.random.default_rng(2)
    values = 1 + 0.05 * rng.standard_normal((200, 40))
    for metric in ("gcpu", "cost"):
        series = SeriesMatrix(tuple(f"f{i}" for i in range(200)), (metric,) * 200, values)
        detection = self_check(detect(series))
        assert detection.found == detection.gains == ()


def test_what_went_away_is_removed_with_its_reason():
    detection = self_check(detect(matrix(metric="gcpu", n_each=12, f=(0.2, 0.5, 0.2))))
    assert detection.found == ()
    assert list(detection.removed["reason"]) == [
        "went away again", "only the end of what went away again"
    ]  # fmt: skip


def test_a_small_change_is_removed_with_its_reason():
    config = DetectConfig(min_relative=0.05)
    series = matrix(metric="gcpu", sigma=0.001, f=(0.5, 0.515), g=(0.02, 0.0295))
    detection = self_check(detect(series, config=config))
    assert reasons(detection, "f") == {"threshold": "changed by less than 5 %"}
    assert [r.subject for r in detection.found] == ["g"]
    strict = self_check(detect(series, config=replace(config, min_absolute=0.01)))
    assert reasons(strict, "g") == {"threshold": "changed by less than 1 % of the service"}
    assert detect(series, config=DetectConfig(min_relative=0.01)).found[0].subject == "f"


def test_a_change_that_chance_explains_is_removed_with_its_reason():
    series = matrix(metric="gcpu", sigma=0.05, f=(0.5, 0.6))
    strict = self_check(detect(series, alerts_per_1000_series=0.01))
    assert strict.found == ()
    told = dict(strict.funnel[["stage", "removed"]].to_numpy().tolist())
    assert told["significance"] == "1 chance alone does as much in more than 0.01 of 1,000"
    assert detect(series).found


def test_cost_that_moved_is_no_regression_and_no_improvement():
    detection = self_check(detect(matrix(f=(2, 0.01), g=(0.01, 2), h=(5, 5))))
    assert detection.found == detection.gains == ()
    assert set(reasons(detection, "f")) == set(reasons(detection, "g")) == {"cost shift"}


def test_a_rise_hidden_by_an_equal_fall_elsewhere_is_seen_where_the_total_moved():
    detection = self_check(detect(matrix(f=(1, 3), g=(3, 2), h=(5, 5))))
    assert detection.found[0].subject == "f"


def test_shares_are_judged_only_where_there_is_no_cost():
    series = matrix(f=(1, 2), g=(5, 5))
    both = SeriesMatrix(
        (*series.subjects, "f"),
        (*series.metrics, "gcpu"),
        np.vstack([series.values, series.values[:1]]),
    )
    detection = self_check(detect(both))
    assert {r.metric for r in detection.found} == {"cost"}
    assert "1 shares, judged by cost instead" in detection.funnel["removed"].iloc[0]


def test_an_infinite_value_is_an_error():
    series = matrix(metric="gcpu", f=(0.1, 0.5))
    series.values[0, 3] = np.inf
    with pytest.raises(SignalError, match="series f: expected finite .* got inf at index 3"):
        detect(series)


def test_gaps_are_bridged():
    series = matrix(metric="gcpu", f=(0.1, 0.5), g=(0.2, 0.2), h=(0.1, 0.1))
    series.values[0, [3, 4, 30]] = np.nan
    series.values[2] = np.nan
    detection = self_check(detect(series))
    assert [(r.subject, r.change_index) for r in detection.found] == [("f", 20)]


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(*[st.sampled_from([0.0, 0.01, 0.1, 0.2, 0.21, 0.5, 1.0])] * 3),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(["gcpu", "cost"]),
    st.integers(0, 9),
)
def test_the_funnel_adds_up(levels, metric, seed):
    levels = {f"f{n}": level for n, level in enumerate(levels)}
    self_check(detect(matrix(metric=metric, n_each=8, seed=seed, **levels, rest=(1, 1, 1))))


@given(st.floats(1e-6, 1e6))
@settings(max_examples=10)
def test_the_unit_of_cost_does_not_matter(scale):
    series = matrix(f=(1, 1.5), g=(5, 5))
    scaled = SeriesMatrix(series.subjects, series.metrics, series.values * scale)
    as_it_is, other = detect(series).found, detect(scaled).found
    assert [(r.id, r.change_index) for r in as_it_is] == [(r.id, r.change_index) for r in other]


# the whole way from a recording


def test_a_step_is_one_regression_with_its_callers_and_callees_merged(make_recording):
    detection = self_check(
        run(
            make_recording({"main;f;leaf": 0.2, "main;g": 0.5}, {"main;f;leaf": 0.5, "main;g": 0.5})
        )
    )
    (regression,) = detection.found
    assert regression.subject in {"f", "leaf"}
    assert regression.change_index == 20
    assert {"main", SERVICE, "f", "leaf"} == {regression.subject, *regression.merged}
    assert regression.before == pytest.approx(0.02, rel=0.1)
    assert regression.after == pytest.approx(0.05, rel=0.1)


def test_shares_are_judged_where_no_work_is_known(make_recording):
    detection = self_check(
        run(
            make_recording({"main;f": 0.1, "main;g": 0.5}, {"main;f": 0.5, "main;g": 0.5}, work=0.0)
        )
    )
    assert [r.subject for r in detection.found] == ["f"]
    assert [r.subject for r in detection.gains] == ["g"]


def test_nothing_changed_is_nothing_found(make_recording):
    costs = {"main;f": 0.2, "main;g": 0.5}
    detection = self_check(run(make_recording(costs, costs, noise=0.05)))
    assert detection.found == detection.gains == ()


def test_each_service_has_its_own_total_when_there_are_several():
    """Cost moves within `db`; at the same time all of `web` becomes dearer."""
    rng = np.random.default_rng(0)
    levels = {"web": [(1.0, 1.4), (1.0, 1.0)], "db": [(1.0, 1.4), (1.0, 0.6)]}
    rows = {}
    for service, functions in levels.items():
        for name, level in zip("ab", functions, strict=True):
            noise = 1 + 0.01 * rng.standard_normal(40)
            rows[service, "cost", name] = np.repeat(level, 20) * noise
        rows[service, "cost", SERVICE] = rows[service, "cost", "a"] + rows[service, "cost", "b"]
    frame = pd.DataFrame(rows).T.rename_axis(["service", "metric", "subject"])
    told = detect(frame)
    assert [(r.service, r.subject) for r in told.found if r.subject != SERVICE] == [("web", "a")]
    (reason,) = told.removed[told.removed["series"] == ("db", "cost", "a")]["reason"]
    assert reason.startswith("cost moved between functions")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"lower_is_worse": "throughput"}, "lower_is_worse as names of metrics, got 'throughput'"),
        ({"min_relative": float("nan")}, "min_relative as a number of 0 or more, got nan"),
        ({"alerts_per_1000_series": -1}, "got -1"),
        ({"alerts_per_1000_series": 0}, "above 0, got 0"),
        ({"min_watts": "a"}, "min_watts as a number"),
        ({"total_ratio": float("nan")}, "total_ratio as a number"),
        ({"service_watts": {"shop": "x"}}, "service_watts as a number"),
        ({"same_change": -3}, "same_change as a number"),
        ({"lower_is_worse": [["a"]]}, "names of metrics"),
    ],
)
def test_a_configuration_that_means_nothing_is_refused(options, told):
    with pytest.raises(SignalError, match=told):
        DetectConfig(**options)


def one_series(before, after, *, sigma=0.01, n_each=150):
    rng = np.random.default_rng(0)
    values = np.repeat([before, after], n_each) + sigma * rng.standard_normal(2 * n_each)
    return values[np.newaxis]


def test_what_was_almost_nothing_before_is_new():
    values = one_series(0.0, 2.0)
    (regression,) = detect(values).found
    assert regression.before == 0
    assert regression.relative_delta == float("inf")


def test_changes_below_zero_are_relative_to_the_size_of_the_level():
    values = one_series(-100.0, -80.0, sigma=1)
    (regression,) = detect(values).found
    row = regression.to_row()
    assert 0.19 < row["relative_delta_low"] < 0.2 < row["relative_delta_high"] < 0.21


@pytest.mark.parametrize("name", ["qps", "throughput"])
def test_a_fall_is_the_regression_where_lower_is_worse(name):
    values = one_series(100.0, 90.0, sigma=1)
    frame = pd.DataFrame(values, index=pd.Index([name], name="subject"))
    config = DetectConfig(lower_is_worse=["qps", "throughput"])
    assert [r.subject for r in detect(frame, config=config).found] == [name]


def test_a_step_near_the_start_is_told_as_one():
    values = one_series(1.0, 2.0)[:, 146:]
    detection = detect(values)
    assert detection.found == ()
    assert "too few to tell a level by" in detection.removed["reason"].iloc[0]


def test_a_background_of_another_length_is_refused():
    with pytest.raises(SignalError, match="over the 300 windows of the background, got 200"):
        detect(np.ones((3, 200)), background=find_background(one_series(1, 2)))


def test_a_share_of_the_service_is_asked_only_of_what_has_one():
    config = DetectConfig(min_share=0.01)
    assert detect(one_series(0.010, 0.015, sigma=1e-4), config=config).found


def test_what_is_explained_follows_changes_that_were_not_reported():
    levels = np.repeat([10.0, 12, 16, 12], 75)
    values = levels + 0.1 * np.random.default_rng(0).standard_normal(300)
    detection = detect(values[np.newaxis])
    assert [r.change_index for r in detection.found] == [75]
    explained = detection.explain(0)
    assert len(explained.removed) == 2
    np.testing.assert_allclose(explained.removed, [150, 225], atol=1)
    np.testing.assert_allclose(explained.expected[160:220], 16, atol=0.1)


def test_what_was_little_before_is_not_new():
    values = one_series(0.08, 10.0, sigma=1.0)
    values[:, :150] = 0.08
    (regression,) = detect(values).found
    assert regression.before == pytest.approx(0.08, abs=0.05)
    assert regression.before != 0


def test_a_function_that_is_called_throughput_is_judged_by_its_metric():
    index = pd.MultiIndex.from_tuples([("seconds", "throughput")], names=["metric", "subject"])
    frame = pd.DataFrame(one_series(1.0, 1.1), index=index)
    assert [r.subject for r in detect(frame).found] == ["throughput"]


def test_intervals_of_what_is_below_zero_are_explained_in_order():
    detection = detect(one_series(-10.0, -8.0, sigma=0.1))
    assert "(+19.8%, 95 % interval +19.6% to +20.1%)" in str(detection.explain(0))
