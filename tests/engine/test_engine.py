import json
import subprocess
import sys
from dataclasses import replace

import pytest
from receiver import receiving

from workbench.engine import Engine, Webhook, ledger_file
from workbench.engine.ledger import Ledger
from workbench.errors import CaseError, HistoryError, ParseError, PatchError, StoreError
from workbench.history import run_git
from workbench.solver import SolveOptions, resume, waiting
from workbench.store import Store

MAIN, REST = "<module> (w.py:1);main (app.py:1)", "<module> (w.py:1);rest (w.py:2)"
QUICK, DEAR = {MAIN: 0.2, REST: 0.1}, {MAIN: 0.9, REST: 0.1}
NO_FIX = SolveOptions(fix=False)


def entries(fleet):
    with Ledger(ledger_file(fleet.saved), str(fleet.store), posts=False) as ledger:
        return ledger.entries()


@pytest.mark.slow
def test_a_fix_is_verified_before_anybody_is_asked_and_nothing_is_touched_before(make_fleet):
    fleet, said = make_fleet(), []
    before = fleet.untouched()
    with receiving() as receiver:
        hook = Webhook(receiver.url)
        fleet.engine(say=said.append, webhook=hook).run(once=True)
        assert (entries(fleet), waiting(fleet.saved), said, receiver.came) == ([], [], [], [])
        fleet.grow(DEAR, 20, "v2")
        fleet.engine(say=said.append, webhook=hook).run(once=True)
        (entry,), (one,) = entries(fleet), waiting(fleet.saved)
        assert (entry.state, entry.investigation) == ("waiting", one.investigation)
        assert said[-1].endswith(f"waits for review: workbench queue show {one.investigation}")
        assert receiver.events == ["regression.found", "diagnosis.ready", "fix.verified"]
        told = json.loads(receiver.came[-1][1])
        assert told["fix"]["verified"]
        assert told["cause"]["commit"] == run_git(fleet.repo, "rev-parse", "main~5").strip()
    assert one.fix.verification.verified
    assert one.to_row(one.since)["gain_low"] > 0.5
    assert fleet.untouched() == before
    fleet.grow(DEAR, 10, "v2")  # what it was found in is kept: more windows change nothing
    fleet.engine().run(once=True)
    assert len(entries(fleet)) == 1
    done = resume(fleet.saved, one.investigation, review={"verdict": "approve", "by": "Ada"})
    assert (done.status, done.fix.diff) == ("done", one.fix.diff)
    assert "seen.add" in run_git(fleet.repo, "show", f"{done.fix.branch}:app.py")
    assert done.fix.branch in done.fix.pull_request
    assert waiting(fleet.saved) == []
    (past,) = Store.open(fleet.store).table("past_cases").to_dict("records")
    assert past["change"] == done.diagnosis.change_id  # of the store itself, not of its snapshot
    assert fleet.untouched().keys() == before.keys()
    assert run_git(fleet.repo, "rev-list", "--count", f"main..{done.fix.branch}").strip() == "1"


@pytest.mark.slow
def test_a_regression_is_investigated_once_however_often_it_is_looked_at(make_fleet):
    fleet = make_fleet(None)
    with receiving() as receiver:
        for _ in range(4):
            fleet.grow(DEAR, 5, "v2")
            fleet.engine(options=NO_FIX, webhook=Webhook(receiver.url)).run(once=True)
    (entry,), (one,) = entries(fleet), waiting(fleet.saved)
    assert entry.state == "waiting"
    assert receiver.events == ["regression.found", "diagnosis.ready"]
    assert (one.subject, one.service) == ("app:main", "svc")
    assert (one.fix, one.no_fix) == (None, "a fix was not asked for")
    assert [*fleet.saved.with_suffix(".snapshots").glob("*/*")] == [
        fleet.saved.with_suffix(".snapshots") / entry.snapshot
    ]


def test_without_new_windows_nothing_is_looked_at(make_fleet, monkeypatch):
    fleet = make_fleet(None)
    fleet.engine().run(once=True)
    monkeypatch.setattr(Store, "snapshot", None)
    fleet.engine().run(once=True)


@pytest.mark.slow
def test_a_later_change_of_the_same_series_is_another_regression(make_fleet):
    fleet = make_fleet(None)
    fleet.grow(DEAR, 20, "v2")
    fleet.engine(options=NO_FIX).run(once=True)
    fleet.grow({MAIN: 2.7, REST: 0.1}, 20, "v2")
    fleet.engine(options=NO_FIX).run(once=True)
    assert [entry.found.subject for entry in entries(fleet)] == ["app:main", "app:main"]
    assert len({entry.investigation for entry in entries(fleet)}) == 2


@pytest.mark.slow
def test_what_fails_is_kept_with_its_reason_and_stops_nothing_else(make_fleet):
    fleet = make_fleet(None)
    fleet.grow(DEAR, 20, "v2")
    fleet.grow(QUICK, 20, "nowhere", "lost")
    fleet.grow(DEAR, 20, "nowhere", "lost")
    said = []
    for _ in range(4):
        fleet.engine(options=NO_FIX, say=said.append, retry_s=(0.0, 0.0)).run(once=True)
    states = {entry.found.service: entry for entry in entries(fleet)}
    assert (states["svc"].state, states["lost"].state) == ("waiting", "failed")
    assert "nowhere" in states["lost"].reason
    assert states["lost"].n_starts == 3
    assert [one.service for one in waiting(fleet.saved)] == ["svc"]
    assert len([line for line in said if "failed: " in line]) == 1


def test_what_nobody_expected_is_kept_too(make_fleet, monkeypatch):
    fleet = make_fleet(None)
    fleet.grow(DEAR, 20, "v2")
    monkeypatch.setattr("workbench.engine.engine.solve", lambda *_, **__: {}["what"])
    fleet.engine(options=NO_FIX).run(once=True)
    assert [(entry.state, entry.reason) for entry in entries(fleet)] == [
        ("new", "KeyError: 'what'")
    ]


def test_what_ends_the_engine_each_time_is_given_up(make_fleet):
    fleet = make_fleet(None)
    fleet.grow(DEAR, 20, "v2")

    def stop(_):
        engine.stop()

    engine = fleet.engine(say=stop)
    engine.run(once=True)  # found, and ended before it was begun
    with Ledger(ledger_file(fleet.saved), str(fleet.store), posts=False) as ledger:
        (entry,) = ledger.entries()
        for _ in range(20):
            ledger.begin(entry.number)
    fleet.engine(options=NO_FIX).run(once=True)
    assert [entry.state for entry in entries(fleet)] == ["failed"]
    assert entries(fleet)[0].reason == "the engine ended 20 times while it was at this"


@pytest.mark.slow
def test_it_ends_at_the_next_step_and_goes_on_from_there(make_fleet, monkeypatch):
    fleet, n_steps = make_fleet(None), []
    fleet.grow(DEAR, 20, "v2")
    engine = fleet.engine(options=NO_FIX)
    check = engine._check

    def stop_at_the_fourth(step):
        n_steps.append(step)
        if len(n_steps) == 4:
            engine.stop()
        check(step)

    monkeypatch.setattr(engine, "_check", stop_at_the_fourth)
    engine.run(every_s=3600.0)
    assert len(n_steps) == 4
    assert [(entry.state, entry.n_starts) for entry in entries(fleet)] == [("running", 1)]
    fleet.engine(options=NO_FIX).run(once=True)
    assert [entry.state for entry in entries(fleet)] == ["waiting"]
    assert len(waiting(fleet.saved)) == 1


@pytest.mark.slow
def test_one_engine_watches_a_store_and_a_dead_one_none(make_fleet):
    fleet = make_fleet(None)
    holds = (
        "import sys, time\nfrom pathlib import Path\nfrom workbench.engine.engine import _only_one\n"
        "with _only_one(Path(sys.argv[1])):\n    print('holds', flush=True)\n    time.sleep(600)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", holds, str(fleet.store)], stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout.readline() == b"holds\n"
        with pytest.raises(StoreError, match="another engine watches this store"):
            fleet.engine().run(once=True)
        process.kill()
    fleet.engine().run(once=True)


def test_changes_that_nobody_committed_are_waited_for(make_fleet):
    fleet, said = make_fleet(None), []
    fleet.grow(DEAR, 20, "v2")
    (fleet.repo / "dirt").touch()
    with pytest.raises(CaseError, match="expected a clean repository, found uncommitted .* dirt"):
        fleet.engine().run(once=True)

    def tidy(text):
        said.append(text)
        (fleet.repo / "dirt").unlink(missing_ok=True)
        if "waits" in text:
            engine.stop()

    engine = fleet.engine(options=NO_FIX, say=tidy)
    engine.run(every_s=0.01)
    assert said[0].startswith("not looked: ")
    assert [entry.state for entry in entries(fleet)] == ["waiting"]


def test_what_is_not_as_it_should_be_is_said_at_once(make_fleet, tmp_path):
    fleet = make_fleet('[workload]\nfunction = "nowhere:run"\n')
    with pytest.raises(
        ParseError, match=r"workbench\.toml @ workload\.function: expected nowhere\.py"
    ):
        fleet.engine()
    with pytest.raises(StoreError, match=r"expected a store, found no store\.json"):
        Engine(tmp_path, fleet.repo, fleet.saved)
    with pytest.raises(HistoryError, match="found no such folder"):
        Engine(fleet.store, tmp_path / "nowhere", fleet.saved)
    with pytest.raises(ParseError, match="expected a file"):
        fleet.engine(workload=tmp_path / "none.toml")
    assert not fleet.saved.parent.exists()


@pytest.mark.slow
def test_a_rejected_fix_is_none(make_fleet):
    fleet = make_fleet(None)
    fleet.grow(DEAR, 20, "v2")
    fleet.engine(options=replace(NO_FIX)).run(once=True)
    (one,) = waiting(fleet.saved)
    said = {"verdict": "reject", "why": "it was the traffic"}
    rejected = resume(fleet.saved, one.investigation, review=said)
    assert (rejected.cause, rejected.fix, waiting(fleet.saved)) == (None, None, [])
    fleet.grow(DEAR, 5, "v2")
    fleet.engine(options=NO_FIX).run(once=True)
    assert waiting(fleet.saved) == []


@pytest.mark.slow
def test_several_are_investigated_at_once_and_worth_is_told_where_it_is_known(make_fleet):
    fleet = make_fleet(None)
    fleet.grow(DEAR, 20, "v2")
    for service in ("one", "two"):
        fleet.grow(QUICK, 20, "v1", service)
        fleet.grow(DEAR, 20, "v2", service)
    Store.open(fleet.store).put("services", [{"service": "one", "servers": 10.0, "watts": 300.0}])
    with receiving() as receiver:
        fleet.engine(options=NO_FIX, n_jobs=3, webhook=Webhook(receiver.url)).run(once=True)
    assert [entry.state for entry in entries(fleet)] == ["waiting"] * 3
    found = {one.service: one for one in waiting(fleet.saved)}
    assert sorted(found) == ["one", "svc", "two"]
    assert found["svc"].watts is None
    share = (found["one"].after - found["one"].before) / 0.03  # of 0.3 s of CPU for 10 units
    assert found["one"].watts == pytest.approx(3000 * share, rel=0.05)
    assert sorted(receiver.events) == ["diagnosis.ready"] * 3 + ["regression.found"] * 3


@pytest.mark.slow
def test_a_fix_is_measured_against_what_ran_just_before_the_change(make_fleet, monkeypatch):
    fleet, asked = make_fleet(), []
    run_git(fleet.repo, "tag", "v0", "main~2")
    fleet.n_windows = -20
    fleet.grow({MAIN: 0.5, REST: 0.1}, 20, "v0")  # it had been dear before, and was mended
    fleet.n_windows = 20
    fleet.grow(DEAR, 20, "v2")

    def no_fix(repository, weaves, base, head, *_, **__):
        asked.append((base, head))
        raise PatchError("it is broken")

    monkeypatch.setattr("workbench.solver.regression_fixing.find_fix", no_fix)
    fleet.engine().run(once=True)
    assert asked == [("v1", "v2")]
    (one,) = waiting(fleet.saved)  # who is asked is told why there is none
    assert (one.fix, one.no_fix) == (None, "it could not be made: it is broken")
