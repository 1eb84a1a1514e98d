import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import PatchError
from workbench.patch.verify.measure import Bench, compare, judge
from workbench.patch.workspace import Workspace
from workbench.types import Workload


def runs(*levels, sigma=0.02, seed=0):
    """Nine interleaved runs of each version."""
    rng = np.random.default_rng(seed)
    return [level * (1 + sigma * rng.standard_normal(9)) for level in levels]


# judging


def test_a_gain_that_is_there_is_credited():
    seen = judge(*runs(1.0, 2.0, 1.1))
    assert seen.verified
    assert seen.reason == ""
    assert seen.gain_restored == pytest.approx(0.9, abs=0.05)
    assert seen.interval[0] <= seen.gain_restored <= seen.interval[1]
    assert seen.ratio_before == pytest.approx(2.0, rel=0.05)
    assert seen.ratio_after == pytest.approx(1.1, rel=0.05)
    assert (len(seen.good), len(seen.bad), len(seen.fixed)) == (9, 9, 9)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    n_held = 0
    for seed in range(100):
        low, high = judge(*runs(1.0, 1.5, 1.1, seed=seed)).interval
        n_held += low <= 0.8 <= high
    assert n_held >= 88


@pytest.mark.parametrize(
    ("fixed", "reason"),
    [(2.0, "gives back"), (1.5, "gives back 5"), (2.5, "gives back -5"), (1.3, "80% is asked for")],
)
def test_a_hollow_gain_is_not_verified(fixed, reason):
    seen = judge(*runs(1.0, 2.0, fixed, sigma=0.001))
    assert not seen.verified
    assert reason in seen.reason


def test_a_gain_within_the_noise_is_not_verified():
    n_verified = sum(
        judge(*runs(1.0, 1.02, 1.0, sigma=0.05, seed=seed)).verified for seed in range(50)
    )
    assert n_verified <= 5


def test_an_unsure_gain_says_where_its_interval_starts():
    good, bad = np.full(9, 1.0), np.full(9, 2.0)
    fixed = np.array([1.1, 1.9, 1.1, 1.9, 1.1, 1.9, 1.1, 1.9, 1.1])
    seen = judge(good, bad, fixed)
    assert not seen.verified
    assert seen.reason == "the gain is not sure: 95 % interval starts at 10%"


@given(st.floats(1e-6, 1e3))
def test_the_unit_does_not_matter(scale):
    trees = runs(1.0, 2.0, 1.1)
    as_it_is, scaled = judge(*trees), judge(*(costs * scale for costs in trees))
    assert scaled.gain_restored == pytest.approx(as_it_is.gain_restored)
    assert scaled.interval == pytest.approx(as_it_is.interval)
    assert scaled.verified == as_it_is.verified


def test_drift_of_the_machine_stays_paired():
    drift = np.linspace(1, 3, 9)
    seen = judge(1.0 * drift, 2.0 * drift, 1.1 * drift)
    assert seen.gain_restored == pytest.approx(0.9)


# reproducing


def test_a_loss_that_is_there_is_real():
    seen = compare(*runs(1.0, 1.2))
    assert seen.is_real
    assert seen.interval[0] <= seen.ratio <= seen.interval[1]
    assert seen.ratio == pytest.approx(1.2, rel=0.05)


def test_a_loss_that_is_not_there_is_seldom_real():
    assert sum(compare(*runs(1.0, 1.0, seed=seed)).is_real for seed in range(100)) <= 8


def test_what_else_the_machine_does_is_no_loss():
    good, bad = runs(1.0, 1.0, sigma=0.001)
    bad[::3] *= 2
    assert not compare(good, bad).is_real
    assert not compare(bad, good).is_real


def test_a_loss_too_small_to_matter_is_none():
    assert not compare(*runs(1.0, 1.005, sigma=0.0001)).is_real


# measuring, with a workload that tells its cost instead of taking it

REPORT = """\
import os, mod
rounds = int(os.environ["WL_REPEAT"])
print(f"WL cpu={mod.COST * rounds:.9f} wall=1 check={mod.work()}")
"""


def version(cost, work="'same'"):
    return f"COST = {cost}\n\n\ndef work():\n    return {work}\n"


@pytest.fixture
def make_bench(make_repository, tmp_path):
    """Texts of mod.py in the base and the head -> a bench."""
    (tmp_path / "wl.py").write_text(REPORT)
    open_workspaces = []

    def make(good: str, bad: str, progress=lambda text: None) -> Bench:
        repository = make_repository({"mod.py": good}, {"mod.py": bad})
        workspace = Workspace(repository, "main~1", "main").__enter__()
        open_workspaces.append(workspace)
        return Bench.set_up(Workload(("wl.py",), ()), Path(tmp_path), workspace, progress)

    yield make
    for workspace in open_workspaces:
        workspace.__exit__(None, None, None)


@pytest.mark.slow
def test_rounds_are_chosen_so_that_the_loss_can_be_seen(make_bench):
    bench = make_bench(version(0.001), version(0.003))
    assert bench.workload.rounds == pytest.approx(100, abs=1)
    assert bench.good_cost == pytest.approx(0.001)
    assert bench.bad_cost == pytest.approx(0.003)
    assert bench.check == "same"
    assert bench.has_loss


@pytest.mark.slow
def test_who_is_told_may_end_the_measuring_between_two_runs(make_bench):
    told = []

    def tell(text):
        told.append(text)
        if "2 of 5" in text:
            raise InterruptedError(text)

    with pytest.raises(InterruptedError, match="measuring the loss: 2 of 5 interleaved runs"):
        make_bench(version(0.001), version(0.003), tell)
    assert len(told) == 3


@pytest.mark.slow
def test_there_may_be_no_loss(make_bench):
    assert not make_bench(version(0.2), version(0.1)).has_loss


@pytest.mark.slow
def test_an_output_that_varies_by_itself_cannot_be_kept(make_bench):
    with pytest.raises(PatchError, match="the workload's check value varies by itself"):
        make_bench(version(0.1), version(0.2, "__import__('time').time_ns()"))


@pytest.mark.slow
def test_an_edit_is_tried_and_verified_by_what_it_does(make_bench):
    bench = make_bench(version(0.1), version(0.2))
    told = []
    assert bench.try_files({"mod.py": version(0.1)}).restored == pytest.approx(1.0)
    assert bench.try_files({"mod.py": version(0.15)}).restored == pytest.approx(0.5)
    assert bench.try_files({"mod.py": version(0.1, "'other'")}).restored is None
    failed = bench.try_files({"mod.py": "COST = gone\n"})
    assert failed.restored is None
    assert "NameError: name 'gone' is not defined" in failed.complaint
    seen = bench.verify({"mod.py": version(0.11)}, 3, told.append)
    assert seen.verified
    assert seen.gain_restored == pytest.approx(0.9)
    assert told[-1] == "verifying: 3 of 3 interleaved runs"


@pytest.mark.slow
def test_an_edit_that_fails_says_at_which_stage(make_bench):
    bench = make_bench(version(0.1), version(0.2))
    for path, text, stages, reason in (
        ("../out.py", "", (False, False, False), "inside the repository"),
        ("mod.py", "def f(:\n", (True, False, False), "mod.py:1: "),
        ("mod.py", "COST = gone\n", (True, True, False), "name 'gone' is not defined"),
        ("mod.py", version(0.1, "'other'"), (True, True, False), "'same' became 'other'"),
    ):
        seen = bench.verify({path: text}, 3, lambda told: None)
        assert (seen.applied, seen.compiled, seen.same_output) == stages
        assert not seen.verified
        assert reason in seen.reason


@pytest.mark.slow
def test_a_loss_is_reproduced_by_running(make_bench):
    told = []
    seen = make_bench(version(0.1), version(0.13)).reproduce(told.append)
    assert seen.is_real
    assert seen.ratio == pytest.approx(1.3)
    assert len(seen.good) == len(seen.bad) == 5
    assert told == []  # the runs of the set-up were enough


@pytest.mark.slow
def test_no_loss_is_not_reproduced(make_bench):
    seen = make_bench(version(0.1), version(0.1)).reproduce(lambda told: None)
    assert not seen.is_real
    assert len(seen.good) == 5


@pytest.mark.slow
def test_a_loss_on_the_brink_takes_more_runs(make_bench, tmp_path):
    told = []
    uneven = (
        "import pathlib\n"
        f"runs = pathlib.Path({str(tmp_path / 'runs')!r})\n"
        "n = len(runs.read_text()) if runs.exists() else 0\n"
        "runs.write_text('x' * (n + 1))\n"
        "COST = 0.1 + 0.002 * (7 * n % 11)\n\n\ndef work():\n    return 'same'\n"
    )
    seen = make_bench(uneven, uneven + "# slower?\n").reproduce(told.append)
    assert not seen.is_real
    assert len(seen.good) > 5
    assert told[-1].startswith(f"reproducing: {len(seen.good)} of at most 12")


@pytest.mark.slow
def test_an_edit_that_never_ends_is_given_up(make_bench):
    bench = make_bench(version(0.1), version(0.2))
    began = time.monotonic()
    trial = bench.try_files({"mod.py": "while True:\n    pass\n"})
    assert trial.restored is None
    assert "did not finish" in trial.complaint
    assert time.monotonic() - began < 20
