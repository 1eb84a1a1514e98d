"""Three trees run in turns, with a workload that tells its cost instead of taking it."""

import random
import time
from pathlib import Path

import pytest

from workbench.errors import PatchError
from workbench.patch.verify.bench import Bench
from workbench.patch.verify.run import Run
from workbench.patch.workspace import Workspace
from workbench.types import Workload

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
    assert bench.workload.rounds == pytest.approx(267, abs=1)
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

    with pytest.raises(InterruptedError, match="measuring the loss: 2 of 5 runs in turns"):
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
    whole = bench.try_files({"mod.py": version(0.1)})
    assert whole.complaint == ""
    assert whole.restored == pytest.approx(1.0)
    assert bench.try_files({"mod.py": version(0.15)}).restored == pytest.approx(0.5)
    assert bench.try_files({"mod.py": version(0.1, "'other'")}).restored is None
    failed = bench.try_files({"mod.py": "COST = gone\n"})
    assert failed.restored is None
    assert "NameError: name 'gone' is not defined" in failed.complaint
    bench.workspace.apply({"mod.py": version(0.11)})
    gain, turns = bench.measure(3, told.append)
    assert gain.reason == ""
    assert gain.restored == pytest.approx(0.9)
    assert gain.saved == pytest.approx(0.45)
    assert len(turns) == 3
    assert told[-1] == "verifying: 3 of 3 runs in turns, usual"


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


def test_a_loss_on_the_brink_takes_more_runs(make_repository, tmp_path):
    told, made = [], []

    def uneven(workload, folder, codes, *, rounds=None, inputs=None):
        runs = []
        for code in codes:
            made.append(code)
            cost = 0.1 + 0.002 * (7 * len(made) % 11)
            runs.append(Run(cost * (rounds or workload.rounds), rounds or workload.rounds, "same"))
        return runs

    repository = make_repository({"mod.py": "x = 1\n"}, {"mod.py": "x = 2\n"})
    with Workspace(repository, "main~1", "main") as workspace:
        bench = Bench.set_up(Workload(("wl.py",), ()), tmp_path, workspace, run=uneven)
        seen = bench.reproduce(told.append)
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


@pytest.fixture
def noisy(make_repository, tmp_path):
    """Costs of the code as it is and as edited, and their noise -> runs that a measurement made."""

    repository = make_repository({"mod.py": version(1)}, {"mod.py": version(2)})

    def measure(now: float, edited: float, noise: float) -> tuple:
        chance, said = random.Random(7), []

        def run(workload, folder, codes, *, rounds, inputs):
            costs = [edited if code.name == "fixed" else now for code in codes]
            return [Run(cost * chance.gauss(1, noise), 1, "same") for cost in costs]

        with Workspace(repository, "main", "main") as workspace:
            bench = Bench.set_up(
                Workload(("wl.py",), ()), tmp_path, workspace, run=run, n_turns=1, expected=0.02
            )
            gain, turns = bench.measure(5, said.append)
        return gain, len(turns)

    return measure


def test_a_saving_that_is_not_sure_is_measured_longer_until_it_is(noisy):
    large, n_large = noisy(1.0, 0.7, 0.01)
    small, n_small = noisy(1.0, 0.98, 0.03)
    assert (large.reason, n_large) == ("", 5)
    assert (small.reason, n_small > 15) == ("", True)
    assert small.saved_interval[0] > 0


def test_what_saves_nothing_is_not_measured_to_the_end(noisy):
    gain, n_turns = noisy(1.0, 1.05, 0.005)
    assert gain.reason.startswith("saves")
    assert n_turns <= 15
