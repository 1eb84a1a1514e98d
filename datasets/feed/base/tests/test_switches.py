import pytest
from feed.experiments import CONTROL, Experiments
from feed.flags import Flags
from feed.metrics import Metrics
from feed.settings import Settings


def test_flags_are_on_for_their_share_of_users():
    flags = Flags({"x": 0.3})
    on = sum(flags.is_on("x", user) for user in range(5_000)) / 5_000
    assert abs(on - 0.3) < 0.03


def test_a_larger_share_keeps_the_users_of_the_smaller():
    small, large = Flags({"x": 0.1}), Flags({"x": 0.5})
    assert all(large.is_on("x", user) for user in range(500) if small.is_on("x", user))


def test_flags_are_all_or_nothing_at_the_ends():
    flags = Flags({"all": 1.0, "none": 0.0})
    assert flags.is_on("all", 1)
    assert not flags.is_on("none", 1)
    assert not flags.is_on("never heard of", 1)
    assert "all" in flags.enabled(1)


def test_experiments_share_users_out():
    experiments = Experiments({"EXP-1": {"control": 0.5, "treatment": 0.5}})
    arms = [experiments.arm("EXP-1", user) for user in range(4_000)]
    assert abs(arms.count("treatment") / 4_000 - 0.5) < 0.03
    assert experiments.arms_of(1) == {"EXP-1": experiments.arm("EXP-1", 1)}


def test_who_is_in_no_arm_is_in_control():
    experiments = Experiments({"EXP-1": {"treatment": 0.0}})
    assert experiments.arm("EXP-1", 1) == CONTROL
    assert experiments.arm("EXP-2", 1) == CONTROL


def test_settings_have_defaults_and_refuse_what_they_do_not_know():
    assert Settings({"pool_ttl_seconds": 5}).number("pool_ttl_seconds") == 5
    with pytest.raises(KeyError, match="pool_tll"):
        Settings({"pool_tll": 5})


def test_metrics_count_and_sort_into_buckets():
    metrics = Metrics()
    metrics.increment("a", 2)
    metrics.increment("a")
    for value in (0.5, 7, 5_000):
        metrics.observe("h", value)
    assert metrics.count("a") == 3
    assert metrics.snapshot() == {"a": 3}
    assert metrics._histograms["h"][0] == metrics._histograms["h"][-1] == 1


def test_app_counts_requests(client):
    client.data("HomeTimeline")
    client.ask("Profile", userId=10_000)
    metrics = client.app.services.metrics
    assert metrics.count("requests.HomeTimeline") == 1
    assert metrics.count("errors.404") == 1
