from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from workbench.simulate import FleetConfig, Noise, simulate_fleet

QUIET = Noise(n_samples=None, load=(0, 0), day=(0, 0), week=(0, 0), spikes_per_1000_windows=0)
NOTHING = {
    "regressions": 0, "improvements": 0, "cost_shifts": 0, "transients": 0, "drifts": 0,
    "traffic_shifts": 0,
}  # fmt: skip
FIELDS = {
    "regression": "regressions", "improvement": "improvements", "cost shift": "cost_shifts",
    "transient": "transients", "drift": "drifts", "traffic shift": "traffic_shifts",
}  # fmt: skip
SEEDS = range(12)


def quiet_events(kind, **config):
    """Of fleets without noise in which one thing of a kind happens: service, and its truth."""
    for seed in SEEDS:
        fleet = simulate_fleet(
            FleetConfig(n_functions=40, n_windows=200, noise=QUIET,
                        **(NOTHING | {FIELDS[kind]: 1} | config)),
            seed=seed,
        )  # fmt: skip
        for event in fleet.truth.itertuples():
            yield fleet.services[0], event


def holds(service, subject):
    """Which stacks hold a subject."""
    stacks = service.stacks
    return stacks.depths[[stacks.subjects.index(subject)]].toarray()[0] > 0


@pytest.mark.parametrize("noise", [Noise(), QUIET], ids=["noisy", "quiet"])
def test_the_root_is_the_whole_service_when_all_sorts_of_things_happen(noise):
    fleet = simulate_fleet(FleetConfig(n_services=2, n_functions=40, n_windows=100, noise=noise))
    for service in fleet.services:
        root = service.series.row(service.series.subjects[0], "gcpu")
        np.testing.assert_allclose(root, 1, rtol=1e-12)
        assert holds(service, service.series.subjects[0]).all()


def test_series_are_their_stacks_added_up_when_there_is_noise():
    fleet = simulate_fleet(FleetConfig(n_services=2, n_functions=40, n_windows=100), seed=3)
    for service in fleet.services:
        stacks = service.stacks
        dense = (stacks.depths.toarray() > 0) @ stacks.values.toarray()
        np.testing.assert_allclose(service.series.values, dense, rtol=1e-12)
        assert service.series.subjects == stacks.subjects
        assert len({*stacks.subjects}) == 40
        assert set(service.series.metrics) == {"gcpu"}
        assert ((dense >= 0) & (dense <= 1 + 1e-12)).all()


def test_stacks_are_whole_when_their_depths_are_counted():
    stacks = simulate_fleet(FleetConfig(n_functions=60, n_windows=60)).services[0].stacks
    for depths in stacks.depths.toarray().T:
        own = np.sort(depths[depths > 0])
        np.testing.assert_array_equal(own, np.arange(1, len(own) + 1))


def test_samples_are_whole_numbers_when_a_window_has_some():
    noise = Noise(n_samples=700)
    fleet = simulate_fleet(FleetConfig(n_functions=40, n_windows=60, noise=noise))
    counts = fleet.services[0].stacks.values.toarray() * 700
    np.testing.assert_allclose(counts, np.rint(counts), atol=1e-9)
    np.testing.assert_allclose(counts.sum(axis=0), 700)


def test_nothing_moves_when_nothing_happens():
    config = FleetConfig(n_functions=40, n_windows=60, noise=QUIET, **NOTHING)
    fleet = simulate_fleet(config)
    values = fleet.services[0].series.values
    np.testing.assert_allclose(values, np.repeat(values[:, :1], 60, axis=1), rtol=1e-12)
    assert len(fleet.truth) == 0
    assert {"service", "kind", "subject", "change_index", "change_id"} <= {*fleet.truth.columns}
    assert len(fleet.services[0].changes) >= 12 * 3  # deployed, and harmless


@pytest.mark.parametrize("kind", ["regression", "improvement", "cost shift", "traffic shift"])
def test_a_step_of_a_fleet_is_what_its_truth_says_when_there_is_no_noise(kind):
    n = 0
    for service, event in quiet_events(kind):
        values = service.series.row(event.subject, "gcpu")
        before, after = values[: event.change_index], values[event.change_index :]
        np.testing.assert_allclose(before, before[0], rtol=1e-12)
        np.testing.assert_allclose(after, after[0], rtol=1e-12)
        assert after[0] - before[0] == pytest.approx(event.absolute, rel=1e-9)
        assert after[0] / before[0] - 1 == pytest.approx(event.relative, rel=1e-9)
        assert (event.absolute > 0) == (kind != "improvement")
        assert event.end == 200
        n += 1
    assert n == len(SEEDS)


def test_a_transient_of_a_fleet_is_back_when_it_has_ended():
    for service, event in quiet_events("transient"):
        values = service.series.row(event.subject, "gcpu")
        is_up = np.zeros(200, bool)
        is_up[event.change_index : event.end] = True
        assert 2 <= event.end - event.change_index <= 36
        np.testing.assert_allclose(values[~is_up], values[0], rtol=1e-12)
        np.testing.assert_allclose(values[is_up] - values[0], event.absolute, rtol=1e-9)


def test_a_drift_of_a_fleet_has_its_size_when_it_ends():
    for service, event in quiet_events("drift"):
        values = service.series.row(event.subject, "gcpu")
        np.testing.assert_allclose(values[: event.change_index + 1], values[0], rtol=1e-12)
        assert (np.diff(values[event.change_index :]) > 0).all()
        assert values[-1] - values[0] == pytest.approx(event.absolute, rel=1e-9)
        assert values[-1] / values[0] - 1 == pytest.approx(event.relative, rel=1e-9)


def test_what_holds_both_ends_of_a_cost_shift_does_not_move_when_there_is_no_noise():
    n_below_root = 0
    for service, event in quiet_events("cost shift"):
        moved = service.stacks.values.toarray()
        moved = np.abs(moved[:, -1] - moved[:, 0]) > 1e-12
        assert moved.any()
        for subject in service.series.subjects:
            if holds(service, subject)[moved].all():
                values = service.series.row(subject, "gcpu")
                np.testing.assert_allclose(values, values[0], rtol=1e-12)
                n_below_root += subject != service.series.subjects[0]
        source = service.series.row(event.other, "gcpu")
        assert source[-1] < source[0]
    assert n_below_root >= len(SEEDS) / 2


def test_a_regression_of_a_fleet_makes_all_else_a_smaller_part_when_there_is_no_noise():
    for service, event in quiet_events("regression"):
        values = service.stacks.values.toarray()
        grew = values[:, -1] > values[:, 0]
        assert (grew <= holds(service, event.subject)).all()
        ratios = values[~grew, -1] / values[~grew, 0]
        np.testing.assert_allclose(ratios, ratios[0], rtol=1e-12)
        assert ratios[0] < 1


def test_changes_touch_what_they_did_something_to_when_a_fleet_has_many():
    fleet = simulate_fleet(FleetConfig(n_services=4, n_windows=200), seed=5)
    changes = {change.id: change for service in fleet.services for change in service.changes}
    assert len(changes) == sum(len(service.changes) for service in fleet.services)
    start = fleet.services[0].series.windows["at"].iloc[0]
    n_told = 0
    for event in fleet.truth.itertuples():
        if event.kind not in {"regression", "improvement", "cost shift"}:
            assert event.change_id == ""
            continue
        change = changes[event.change_id]
        touched = {function.subject for function in change.functions}
        assert {event.subject, event.other} - {""} <= touched
        assert change.at == start + timedelta(minutes=10) * event.change_index
        assert change.id.startswith(event.service)
        n_told += 1
    assert n_told == 4 * (3 + 1 + 3)
    assert fleet.truth["change_id"].replace("", None).dropna().is_unique


def test_nothing_happens_twice_to_a_function_when_a_fleet_has_many_events():
    fleet = simulate_fleet(FleetConfig(n_windows=200, n_services=3), seed=6)
    own = fleet.truth[fleet.truth["kind"] != "traffic shift"]
    for _, events in own.groupby("service"):
        subjects = [*events["subject"], *events["other"][events["other"] != ""]]
        assert len(subjects) == len({*subjects})
    counts = fleet.truth.groupby("kind").size().to_dict()
    assert counts == {
        "regression": 9, "improvement": 3, "cost shift": 9, "transient": 9, "drift": 3,
        "traffic shift": 3,
    }  # fmt: skip


def test_events_are_away_from_both_ends_when_a_fleet_is_drawn():
    truth = simulate_fleet(FleetConfig(n_services=5, n_functions=60, n_windows=200)).truth
    assert truth["change_index"].between(25, 174).all()


def test_services_are_independent_when_a_fleet_has_several():
    config = FleetConfig(n_services=3, n_functions=40, n_windows=200)
    fleet = simulate_fleet(config, seed=8)
    fewer = simulate_fleet(FleetConfig(n_services=1, n_functions=40, n_windows=200), seed=8)
    assert [service.name for service in fleet.services] == ["service-0", "service-1", "service-2"]
    np.testing.assert_array_equal(
        fleet.services[0].series.values, fewer.services[0].series.values
    )  # fmt: skip
    first, second, third = (s.stacks.values.toarray().mean(axis=1) for s in fleet.services)
    n = min(len(first), len(second), len(third))
    alike = np.corrcoef([first[:n], second[:n], third[:n]])[np.triu_indices(3, 1)]
    assert (np.abs(alike) < 0.5).all()
    shapes = [events["change_index"].tolist() for _, events in fleet.truth.groupby("service")]
    assert shapes[0] != shapes[1] != shapes[2] != shapes[0]


def test_a_fleet_is_the_same_when_the_seed_is():
    config = FleetConfig(n_services=2, n_functions=40, n_windows=100)
    first, same, other = (simulate_fleet(config, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first.truth, same.truth)
    for service, twin in zip(first.services, same.services, strict=True):
        np.testing.assert_array_equal(service.series.values, twin.series.values)
        np.testing.assert_array_equal(
            service.stacks.values.toarray(), twin.stacks.values.toarray()
        )  # fmt: skip
        assert service.changes == twin.changes
    assert not first.truth["absolute"].isin(other.truth["absolute"]).any()


def test_windows_keep_to_the_clock_when_they_are_of_another_length():
    config = FleetConfig(n_functions=40, n_windows=60, window=timedelta(hours=1))
    windows = simulate_fleet(config).services[0].series.windows["at"]
    assert windows.iloc[0] == pd.Timestamp("2026-03-02", tz="UTC")
    assert (windows.diff().dropna() == pd.Timedelta(hours=1)).all()
    assert windows.iloc[0].day_name() == "Monday"
