"""`workbench solve --opportunity`: from what is done in vain to a patch that is reviewed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.board import OpportunityDesk
from workbench.errors import CaseError, WorkbenchError
from workbench.history import run_git
from workbench.store import Store

APP = """def work(lines):
    return sum(len(least(line)) for line in lines)


def least(line):
    words = line.split()
    words.reverse()
    return sorted(words)[0]
"""
BENCH = """import os
import app

N = {"usual": 300, "large": 500}[os.environ.get("WL_INPUTS", "usual")]


def run():
    return app.work([" ".join(str(i * k % 977) for k in range(N)) for i in range(60)])
"""
TESTS = """import app


def test_work():
    assert app.work(["ccc bb a", "dddd"]) == 5
"""
TOML = """[workload]
function = "bench:run"
held_out = [{ WL_INPUTS = "large" }]
tests = ["-m", "pytest", "-q", "test_app.py"]
"""


@pytest.fixture
def place(make_store: Callable, make_repository: Callable) -> tuple[Path, Path]:
    """A store whose service sorts for the least, and its repository."""
    stacks = {"work (app.py:2);least (app.py:8)": 3.0, "work (app.py:2);least (app.py:6)": 1.0}
    store = make_store(stacks, stacks)
    store.put("services", [{"service": "svc", "servers": 10, "watts": 300, "owner": "Ada"}])
    files = {"app.py": APP, "bench.py": BENCH, "test_app.py": TESTS, "workbench.toml": TOML}
    repository = make_repository(files, {"other.py": "x = 1\n"})
    for tag, revision in (("base", "main~1"), ("head", "main")):
        run_git(repository.folder, "tag", tag, revision)
    return store.folder, repository.folder


@pytest.fixture
def run(workbench: Callable, place: tuple[Path, Path]) -> Callable:
    """Words of a command that is done -> its JSON."""

    def run(*words):
        code, out, err = workbench(*words, "--json")
        assert code == 0, err
        return json.loads(out)

    return run


def listed(run, place):
    store, repository = place
    return run("opportunities", store, "--repo", repository, "--all")["opportunities"]


def solve(run, place, *words):
    store, repository = place
    (one,) = listed(run, place)
    told = ("--opportunity", one["id"], "--no-track", *words)
    return run("solve", store, "--repo", repository, *told)


def branches(repository):
    return run_git(repository, "branch", "--format=%(refname:short)").split()


@pytest.mark.slow
def test_a_patch_is_measured_reviewed_and_handed_over(run, workbench, place):
    store, repository = place
    made = solve(run, place, "--review")
    assert made["opportunity"]["function"] == "app:least"
    assert made["fix"]["verified"], made["fix"]["reason"]
    assert made["fix"]["saved_interval"][0] > 0.1
    assert branches(repository) == ["main"]
    assert [one["state"] for one in listed(run, place)] == ["fix verified"]
    (row,) = run("queue")
    assert (row["pattern"], row["is_verified"]) == (made["opportunity"]["pattern"], True)
    code, card, _ = workbench("queue", "show", made["investigation"])
    assert (code, "min(words)" in card) == (0, True)

    done = run("resume", made["investigation"], "--approve", "--by", "bob", "--no-track")
    assert done["fix"]["branch"] == f"workbench/saving-{made['opportunity']['id']}"
    assert branches(repository) == ["main", done["fix"]["branch"]]
    text = run_git(repository, "show", f"{done['fix']['branch']}:app.py")
    assert text == APP.replace("sorted(words)[0]", "min(words)")
    (resolved,) = listed(run, place)
    assert resolved["state"] == "resolved"
    assert resolved["saving"]["value"] > 0.1
    (past,) = Store.open(store).table("past_cases").to_dict("records")
    assert past["subject"] == "app:least"
    assert "of the cost saved" in past["mitigation"]
    letter = next(store.rglob("PULL_REQUEST.md")).read_text()
    for part in ("## What is wasted", "## Measured", "## Worth", "the whole service", "To: Ada"):
        assert part in letter


@pytest.mark.slow
def test_what_a_reviewer_rejected_is_left_the_next_time(run, place):
    _, repository = place
    made = solve(run, place, "--review")
    run("resume", made["investigation"], "--reject", "it is read by people", "--no-track")
    assert [one["state"] for one in listed(run, place)] == ["rejected"]
    again = solve(run, place)
    assert again["fix"] is None
    assert "said no to it before" in again["diagnosis"]
    assert branches(repository) == ["main"]


@pytest.mark.slow
def test_the_desk_makes_a_patch_and_takes_its_review(place, tmp_path):
    store, repository = place
    desk = OpportunityDesk(store, repository, saved=tmp_path / "desk.db")
    assert desk.queue.waiting == ()
    (one,) = desk.opportunities.opportunities
    (waits,) = desk.capacity.plan.items
    assert (waits.kind, waits.name, waits.saving.watts.is_known) == ("opportunity", one.id, True)

    desk.opportunities.make_patch(one.id).wait()
    assert [one.state for one in desk.opportunities.opportunities] == ["fix verified"]
    (waiting,) = desk.queue.waiting
    assert waiting.fix.verification.verified

    desk.queue.decide("approve", waiting.investigation, by="bob").wait()
    assert desk.queue.waiting == ()
    assert [one.state for one in desk.opportunities.opportunities] == ["resolved"]
    assert desk.outcome.fix.branch in branches(repository)
    assert desk.capacity.timeline.balances[-1].recovered.servers.value > 1


def test_a_desk_without_code_or_without_a_workload_says_so(place, make_repository):
    store, repository = place
    with pytest.raises(CaseError, match="give its repository"):
        OpportunityDesk(store)
    run_git(repository, "rm", "--quiet", "workbench.toml")
    run_git(repository, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "gone")
    desk = OpportunityDesk(store, repository)
    with pytest.raises(WorkbenchError, match="a patch cannot be made from here"):
        desk.opportunities.make_patch(desk.opportunities.opportunities[0].id)


def test_an_opportunity_that_is_not_there_is_one_line(workbench, place):
    store, repository = place
    code, _, err = workbench("solve", store, "--repo", repository, "--opportunity", "feed")
    assert code == 1
    assert "no opportunity 'feed'; there are" in err
    code, _, err = workbench("solve", store, "--opportunity", "feed")
    assert (code, "give --repo" in err) == (1, True)
