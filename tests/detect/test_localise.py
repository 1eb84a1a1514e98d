import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.detect import DetectConfig, detect
from workbench.detect.noise.design import Design, Layout
from workbench.errors import SignalError
from workbench.simulate import Noise, simulate_series

NOISE = Noise(day=(0, 0), week=(0, 0))
# what is not of equally long windows has no season: the null of one design is enough
RELEASES = pd.Timestamp("2026-03-02") + pd.to_timedelta(np.arange(1008) ** 2, unit="min")


def released(values):
    """Series over releases, which keep to no clock."""
    return pd.DataFrame(values, columns=RELEASES[: values.shape[1]])


def noisy(n_series, *, sigma=0.01, n_windows=1008, seed=0):
    return 1 + sigma * np.random.default_rng(seed).standard_normal((n_series, n_windows))


def told(detection):
    """What is reported of each series, without what depends on the order of series."""
    return {
        (r.series, r.change_index, r.change_index_low, r.change_index_high, r.kind,
         float(f"{r.before:.9g}"), float(f"{r.after:.9g}"))
        for r in (*detection.found, *detection.gains)
    }  # fmt: skip


# one step


@pytest.mark.parametrize("rise", [0.1, -0.1], ids=["up", "down"])
def test_a_clear_step_is_placed_exactly_when_it_begins_anywhere_in_a_block(rise):
    values, places = noisy(12), range(300, 312)
    for row, place in enumerate(places):
        values[row, place:] += rise
    detection = detect(released(values))
    found = {r.series: r for r in (*detection.found, *detection.gains)}
    assert [found[row].change_index for row in range(12)] == [*places]
    assert all((r.absolute_delta > 0) == (rise > 0) for r in found.values())
    assert all(r.absolute_delta == pytest.approx(rise, abs=0.005) for r in found.values())


def test_a_step_without_noise_is_placed_exactly_when_it_begins_anywhere_in_a_block():
    values = np.ones((12, 1008))
    for row in range(12):
        values[row, 300 + row :] = 1.5
    found = {r.series: r for r in detect(released(values)).found}
    for row in range(12):
        r = found[row]
        assert (r.change_index_low, r.change_index, r.change_index_high) == (300 + row,) * 3
        assert (r.before, r.after) == pytest.approx((1.0, 1.5), rel=1e-9)


@pytest.mark.parametrize("place", [5, 13, 20, 35])
def test_a_step_of_a_short_series_is_placed_exactly_when_it_is_clear(place):
    values = noisy(1, n_windows=40)
    values[0, place:] += 1
    detection = detect(released(values), config=DetectConfig(alerts_per_1000_series=10))
    found = [(r.change_index, r.kind) for r in detection.found]
    assert found == ([(place, "step")] if 5 < place < 35 else found)
    assert all(index == place for index, _ in found)


def test_a_step_is_placed_where_it_most_probably_is_when_it_is_small():
    simulated = simulate_series(300, event="step", relative=(0.02, 0.02), noise=NOISE, seed=3,
                                level=(0.01, 0.02))  # fmt: skip
    found = {r.series: r for r in detect(released(simulated.values)).found}
    off = [abs(r.change_index - simulated.truth["change_index"][row]) for row, r in found.items()]
    assert len(off) > 280
    assert np.mean(np.array(off) <= 12) > 0.86  # the likeliest window alone: 0.84


def test_intervals_hold_the_truth_when_steps_are_small():
    series = simulate_series(
        200, event="step", relative=(0.03, 0.03), place=(0.2, 0.8), noise=NOISE, seed=1
    )
    found = detect(released(series.values)).found
    assert len(found) >= 0.9 * 200
    truth = [series.truth.loc[r.series] for r in found]
    pairs = [*zip(found, truth, strict=True)]
    assert all(r.change_index_low <= r.change_index <= r.change_index_high for r in found)
    holds = [r.change_index_low <= t.change_index <= r.change_index_high for r, t in pairs]
    sizes = [r.delta_low <= t.absolute <= r.delta_high for r, t in pairs]
    assert np.mean(holds) >= 0.9
    assert np.mean(sizes) >= 0.9
    assert np.median([r.change_index_high - r.change_index_low for r in found]) <= 30
    assert np.median([abs(r.relative_delta - 0.03) for r in found]) <= 0.003


# more than one


@pytest.mark.parametrize(
    ("levels", "places"),
    [((1.0, 1.05, 1.15), (250, 600)), ((1.2, 1.05, 1.0), (301, 607)), ((1.0, 1.3, 1.2), (200, 800))],
    ids=["up and up", "down and down", "up and part of it down"],
)  # fmt: skip
def test_two_steps_are_both_found_when_a_series_has_them(levels, places):
    values = noisy(4)
    first, last = places
    values += levels[0] - 1
    values[:, first:] += levels[1] - levels[0]
    values[:, last:] += levels[2] - levels[1]
    detection = detect(released(values))
    for row in range(4):
        changes = sorted(
            (r for r in (*detection.found, *detection.gains) if r.series == row),
            key=lambda r: r.change_index,
        )
        assert [r.change_index for r in changes] == pytest.approx([*places], abs=1)
        seen = (changes[0].before, changes[0].after, changes[1].before, changes[1].after)
        expected = (levels[0], levels[1], levels[1], levels[2])
        assert seen == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize("seed", range(5))
def test_a_small_step_is_found_when_noise_is_larger_later(seed):
    values = noisy(8, seed=seed)
    values[0, 250:] += 0.012
    values[0, 500:] += 0.5
    values[0, 500:] *= 1 + 0.2 * np.random.default_rng(seed).standard_normal(508)
    found = detect(released(values)).found
    assert [r.series for r in found] == [0, 0]
    small = min(found, key=lambda r: r.change_index)
    assert abs(small.change_index - 250) <= 12
    assert small.delta_low < 0.012 < small.delta_high


def of_levels(*levels, lower_is_worse=()):
    """Levels, with the window in which each ends -> changes reported, as (window, sign)."""
    values = noisy(3)
    start = 0
    for end, level in levels:
        values[1, start:end] += level
        start = end
    frame = released(values)
    frame.index = ["a", "b", "c"]
    config = DetectConfig(lower_is_worse=frozenset(lower_is_worse))
    detection = detect(frame, config=config)
    assert all(r.subject == "b" for r in (*detection.found, *detection.gains))
    return [[r.change_index for r in part] for part in (detection.found, detection.gains)]


@pytest.mark.parametrize("sign", [1, -1])
def test_what_was_better_for_longer_than_before_regressed_when_that_ends(sign):
    worse = () if sign > 0 else ("b",)
    best_long = of_levels((200, 0.1 * sign), (700, 0), (1008, 0.1 * sign), lower_is_worse=worse)
    assert best_long == [[700], []]
    best_briefly = of_levels((500, 0.1 * sign), (700, 0), (1008, 0.1 * sign), lower_is_worse=worse)
    assert best_briefly == [[], []]


def test_levels_that_alternate_are_no_regression():
    high_and_low = (180, 0.1), (370, 0.0), (580, 0.1), (780, 0.0), (1008, 0.1)
    assert of_levels(*high_and_low) == [[], []]


def test_stairs_that_end_where_they_began_are_no_regression():
    assert of_levels((400, 0.2), (500, 0.1), (650, 0.0), (800, 0.1), (1008, 0.2)) == [[], []]


def test_a_rise_that_was_undone_is_no_dip_of_what_follows():
    levels = (200, 0.1), (400, 0.0), (600, 0.1), (800, 0.0), (1008, 0.06)
    assert of_levels(*levels) == [[800], [200]]


@pytest.mark.parametrize("height", [0.1, -0.1])
def test_what_came_and_went_is_removed_with_its_reason(height):
    values = noisy(3)
    values[1, 400:560] += height
    detection = detect(released(values))
    assert told(detection) == set()
    removed = detection.removed
    assert list(removed["series"]) == [1, 1]
    assert list(removed["change_index"]) == [400, 560]
    assert set(removed["stage"]) == {"went away"}
    assert list(removed["reason"]) == [
        "went away again", "only the end of what went away again"
    ]  # fmt: skip


@pytest.mark.parametrize("place", [973, 996], ids=["three blocks", "one block"])
def test_a_step_waits_when_it_has_hardly_begun(place):
    values = noisy(1)
    values[0, place:] += 0.2
    assert told(detect(released(values))) == set()


# drifts


def test_a_drift_is_told_as_one_when_others_are_steady():
    drifts = simulate_series(
        20, event="drift", relative=(0.15, 0.3), place=(0.2, 0.5), noise=NOISE
    )  # fmt: skip
    others = simulate_series(100, noise=NOISE, seed=9)
    detection = detect(released(np.vstack([drifts.values, others.values])))
    found = {r.series: r for r in detection.found if r.series < 20}
    assert len(found) >= 18
    assert np.mean([r.kind == "drift" for r in found.values()]) >= 0.9
    truth = drifts.truth.loc[[*found]]
    begins = np.array([r.change_index for r in found.values()])
    assert np.median(np.abs(begins - truth["change_index"])) <= 24
    holds = [
        r.change_index_low <= truth["change_index"][row] <= r.change_index_high
        for row, r in found.items()
    ]
    assert np.mean(holds) >= 0.8
    grown = np.array([r.relative_delta for r in found.values()])
    np.testing.assert_allclose(grown, truth["relative"], rtol=0.25)


def test_a_step_is_no_drift_when_it_is_one():
    series = simulate_series(40, event="step", relative=(0.05, 0.3), noise=NOISE, seed=3)
    found = detect(released(series.values)).found
    assert sum(r.kind == "drift" for r in found) <= 1


# what changes nothing


@settings(max_examples=8)
@given(st.permutations(range(12)))
def test_the_order_of_series_changes_nothing(order):
    values = noisy(12, n_windows=40)
    values[3, 18:] += 0.1
    values[5, 25:] -= 0.2
    frame = released(values)
    assert {series for series, *_ in told(detect(frame))} == {3, 5}
    assert told(detect(frame.iloc[list(order)])) == told(detect(frame))


@settings(max_examples=12)
@given(st.integers(-300, 300), st.sampled_from([40, 1008]))
def test_the_unit_changes_nothing_but_the_levels(exponent, n_windows):
    values = noisy(6, n_windows=n_windows)
    values[2, n_windows // 2 :] += 0.1
    values[4, n_windows // 3 :] -= 0.1
    scale = 2.0**exponent
    one, other = detect(released(values)), detect(released(values * scale))
    for side in ("found", "gains"):
        for r, scaled in zip(getattr(one, side), getattr(other, side), strict=True):
            assert (r.id, r.series, r.kind) == (scaled.id, scaled.series, scaled.kind)
            assert (r.change_index_low, r.change_index_high) == (
                scaled.change_index_low, scaled.change_index_high
            )  # fmt: skip
            assert (scaled.before / scale, scaled.after / scale) == pytest.approx(
                (r.before, r.after), rel=1e-9
            )
            assert scaled.p_value == pytest.approx(r.p_value, rel=1e-6)
    assert len(one.found) == len(one.gains) == 1


def test_up_and_down_change_places_when_series_are_turned_over():
    values = noisy(5)
    values[0, 333:] += 0.1
    values[1, 666:] -= 0.1
    one, other = detect(released(values)), detect(released(10 - values))
    assert [(r.series, r.change_index) for r in one.found] == [(0, 333)]
    assert [(r.series, r.change_index) for r in one.found] == [
        (r.series, r.change_index) for r in other.gains
    ]
    assert [(r.series, r.change_index) for r in one.gains] == [
        (r.series, r.change_index) for r in other.found
    ]


# explain


@pytest.fixture(scope="module")
def detection():
    """Of four series: a step, what went away, a step too small to matter, and nothing."""
    values = noisy(4)
    values[0, 400:] += 0.1
    values[1, 400:560] += 0.1
    values[2] = 1 + (values[2] - 1) / 20
    values[2, 500:] += 0.003
    frame = released(values)
    frame.index = pd.Index(["up", "away", "small", "steady"])
    return detect(frame)


def test_a_reported_series_is_explained_with_its_place_and_fit(detection):
    explained = detection.explain("up")
    assert explained.text.startswith("Reported as a regression: a step at window 400 (")
    assert [r.series for r in explained.found] == ["up"]
    assert explained.expected.shape == explained.values.shape == (1008,)
    np.testing.assert_allclose(explained.expected[:400], 1.0, atol=0.003)
    np.testing.assert_allclose(explained.expected[400:], 1.1, atol=0.003)
    assert str(explained) == explained.text
    assert explained.title == "up"
    assert list(explained.times) == [*RELEASES.tz_localize("UTC")]


@pytest.mark.parametrize(
    ("series", "stage", "reason"),
    [("away", "went away", "went away again"), ("small", "threshold", "less than 0.5 %")],
)
def test_a_removed_series_is_explained_with_its_stage(detection, series, stage, reason):
    explained = detection.explain(series)
    assert f"removed by the stage “{stage}”" in explained.text
    assert reason in explained.text
    assert explained.found == ()
    assert explained.expected.shape == (1008,)
    left = explained.values - explained.expected
    assert left.std() < 0.011


def test_a_steady_series_is_explained_with_what_stood_out_most(detection):
    explained = detection.explain("steady")
    assert explained.text.startswith("Not reported: its likeliest step is at window ")
    assert "the budget is 0.001" in explained.text
    assert "Judged by means of 12 windows, beside no season" in explained.text
    assert explained.found == ()
    assert explained.expected.shape == (1008,)


def test_a_series_of_zeros_is_explained_when_it_never_changes():
    values = noisy(2, n_windows=40)
    values[1] = 0.0
    explained = detect(released(values)).explain(1)
    assert explained.text.startswith("Not reported: it never changes.")
    np.testing.assert_array_equal(explained.expected, np.zeros(40))


def test_a_series_that_is_not_there_is_named_when_asked_for(detection):
    with pytest.raises(
        SignalError, match="expected a series of this detection, such as 'up', got 'other'"
    ):
        detection.explain("other")


@pytest.mark.parametrize(("n_windows", "block"), [(60, 1), (400, 4), (1008, 12)])
def test_every_drift_that_is_looked_for_begins_inside_the_series(n_windows, block):
    ramps = Design(Layout(n_windows, block, 4), ()).ramps
    assert ramps
    assert all(0 < first < last < n_windows // block for first, last in ramps)


@pytest.mark.parametrize("rises", [(3, -2, 4), (3, 3, 3), (20, -10, 20)], ids=str)
@pytest.mark.parametrize("n_rows", [1, 5])
def test_several_steps_are_seen_when_series_are_few(rises, n_rows):
    values = 100 + np.random.default_rng(0).standard_normal((n_rows, 1008))
    for number, rise in enumerate(rises, start=1):
        values[:, 252 * number :] += rise
    detection = detect(released(values))
    assert {r.series for r in (*detection.found, *detection.gains)} == {*range(n_rows)}


def test_a_drift_is_one_when_a_season_of_the_week_could_carry_it():
    made = simulate_series(60, event="drift", relative=(0.1, 0.1), n_windows=4032, seed=4)
    detection = detect(made.values, alerts_per_1000_series=10)
    assert len(detection.gains) == 0
    assert sum(r.kind == "drift" for r in detection.found) > 0.8 * len(detection.found)


def test_a_change_may_have_been_in_the_gap_that_it_ends():
    values = noisy(3)
    values[0, 430:] += 0.1
    values[0, 400:460] = np.nan
    (r,) = detect(released(values)).found
    assert r.change_index_low <= 401
    assert r.change_index_low <= 430 <= r.change_index_high


def test_a_drift_is_explained_as_a_rise_that_takes_time():
    made = simulate_series(5, event="drift", relative=(0.3, 0.3), n_windows=4032, seed=4,
                           noise=NOISE, level=(0.05, 0.1), place=(0.3, 0.4))  # fmt: skip
    steady = simulate_series(100, n_windows=4032, seed=5, noise=NOISE).values
    detection = detect(np.vstack([made.values, steady]))
    drift = next(r for r in detection.found if r.kind == "drift")
    expected = detection.explain(drift.series).expected
    rises = np.diff(expected[drift.change_index + 200 : 3800 : 400])
    assert (rises > 0).all()
    assert rises.max() < 2 * rises.min()


def test_a_share_is_explained_by_what_is_judged_instead():
    values = noisy(2, n_windows=60)
    keys = pd.MultiIndex.from_tuples([("cost", "f"), ("gcpu", "f")], names=["metric", "subject"])
    told = detect(pd.DataFrame(values, keys)).explain(("gcpu", "f"))
    assert "share of what is judged by its cost" in str(told)


def test_a_series_is_explained_by_its_subject_where_only_one_has_it():
    index = pd.MultiIndex.from_tuples(
        [("shop", "f"), ("shop", "g"), ("search", "g")], names=["service", "subject"]
    )
    values = np.random.default_rng(0).normal(10, 0.1, (3, 200))
    detection = detect(pd.DataFrame(values, index=index))
    assert detection.explain("f").title == str(("shop", "f"))
    with pytest.raises(SignalError, match=r"one of .*'search', 'g'.*'shop', 'g'.*, got 'g'"):
        detection.explain("g")
    with pytest.raises(SignalError, match=r"such as \('shop', 'f'\), got 'h'"):
        detection.explain("h")
