"""The feed dataset: a service's history over a month, and what is known of it."""

import importlib
import itertools
import json
import os
import re
import subprocess
import sys
import sysconfig
from collections import Counter
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest

from workbench.errors import CaseError, HistoryError, ParseError
from workbench.evaluate.cases.timeline import (
    Timeline,
    TimelineEvent,
    build_history,
    commit_ids,
    load_timeline,
    load_timeline_truth,
    materialise_timeline,
    patch_names,
)
from workbench.history import Repository
from workbench.store import Store

FEED = Path(__file__).parents[1] / "datasets" / "feed"
MAX_STORE_BYTES = 20_000_000
PATCH = """\
From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
From: Jun Sato <jun.sato@example.invalid>
Date: Mon, 2 Mar 2026 09:30:00 +0100
Subject: [PATCH] {subject}

Why it is so.

---
 app.py | 2 +-
 1 file changed, 1 insertion(+), 1 deletion(-)

diff --git a/app.py b/app.py
--- a/app.py
+++ b/app.py
@@ -1 +1 @@
-{before}
+{after}
"""


def make_service(folder, n_patches=2):
    (folder / "base").mkdir(parents=True)
    (folder / "base" / "app.py").write_text("x = 0\n")
    (folder / "history").mkdir()
    for i in range(n_patches):
        text = PATCH.format(subject=f"Set {i}", before=f"x = {i}", after=f"x = {i + 1}")
        (folder / "history" / f"{i + 1:03d}-set.patch").write_text(text)
    return folder


def make_timeline(*events, **told):
    start = {"service": "feed", "start": "2026-03-02T00:00:00Z", "step_minutes": 60}
    rest = {"n_windows": 20, "initial": {}, "events": events}
    return Timeline.model_validate(start | rest | told)


def commit(window, patch):
    return {"window": window, "kind": "commit", "patch": patch}


def flag(window, after, key="ranker", before=0.0):
    return {
        "window": window, "kind": "flag", "id": f"FLG-{window}", "key": key,
        "before": before, "after": after,
    }  # fmt: skip


def test_a_history_keeps_who_wrote_what_and_when(tmp_path):
    ids = build_history(make_service(tmp_path / "feed"), tmp_path / "out")
    assert list(ids) == ["", "001-set", "002-set"]
    repository = Repository(tmp_path / "out")
    assert [repository.read("app.py", ids[name]) for name in ids] == [
        "x = 0\n",
        "x = 1\n",
        "x = 2\n",
    ]
    last = repository.changes()[-1]
    assert (last.title, last.author, last.email) == (
        "Set 1",
        "Jun Sato",
        "jun.sato@example.invalid",
    )
    assert last.at == datetime.fromisoformat("2026-03-02T09:30:00+01:00")
    assert not repository.uncommitted()


def test_a_history_has_the_same_ids_whatever_the_user_set_up(tmp_path, monkeypatch):
    service = make_service(tmp_path / "feed")
    plain = build_history(service, tmp_path / "plain")
    home = tmp_path / "home"
    (home / "git").mkdir(parents=True)
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Somebody\n[core]\n\tautocrlf = true\n[commit]\n\tgpgSign = true\n"
        "[init]\n\tdefaultObjectFormat = sha256\n[am]\n\tkeepcr = true\n[mailinfo]\n\tscissors = true\n"
    )
    (home / "git" / "ignore").write_text("*.py\n")
    (home / "git" / "attributes").write_text("*.py text eol=crlf ident\n")
    for name, value in {"HOME": home, "XDG_CONFIG_HOME": home, "TZ": "Asia/Tokyo"}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("GIT_AUTHOR_DATE", "2001-01-01T00:00:00")
    previous = os.umask(0o077)
    try:
        assert build_history(service, tmp_path / "other") == plain
    finally:
        os.umask(previous)


def test_a_history_differs_where_a_patch_does(tmp_path):
    service = make_service(tmp_path / "feed")
    before = build_history(service, tmp_path / "before")
    patch = service / "history" / "002-set.patch"
    patch.write_text(patch.read_text().replace("Why it is so.", "Why it is not."))
    after = build_history(service, tmp_path / "after")
    assert [before[name] == after[name] for name in before] == [True, True, False]


def test_a_history_is_not_built_over_another(tmp_path):
    with pytest.raises(CaseError, match="expected a new folder"):
        build_history(make_service(tmp_path / "feed"), tmp_path)


def test_a_history_needs_a_base(tmp_path):
    with pytest.raises(CaseError, match="expected a folder base"):
        build_history(tmp_path, tmp_path / "out")


def test_a_patch_that_does_not_apply_is_told(tmp_path):
    service = make_service(tmp_path / "feed")
    (service / "history" / "001-set.patch").unlink()
    with pytest.raises(HistoryError, match="git am"):
        build_history(service, tmp_path / "out")


def test_ids_of_another_repository_are_refused(tmp_path):
    service = make_service(tmp_path / "feed")
    build_history(service, tmp_path / "out")
    (service / "history" / "002-set.patch").unlink()
    with pytest.raises(CaseError, match="expected 2 commits, found 3"):
        commit_ids(service, tmp_path / "out")


def test_a_history_is_built_once(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "workbench.evaluate.cases.timeline.cache_folder", lambda: tmp_path / "cache"
    )
    service = make_service(tmp_path / "feed")
    told = []
    first = materialise_timeline(service, told.append)
    (service / "base" / ".pytest_cache").mkdir()
    (service / "base" / ".pytest_cache" / "README.md").write_text("not of the service")
    assert materialise_timeline(service, told.append) == first
    assert told == ["building the history of feed"]
    (service / "base" / "app.py").write_text("x = 0\n\n")
    (service / "base" / "__pycache__").mkdir()
    with pytest.raises(HistoryError):
        materialise_timeline(service)
    assert [path.name for path in first.parent.iterdir()] == [first.name]


def test_a_state_is_what_was_set_last():
    timeline = make_timeline(
        flag(2, 0.1), commit(3, "001-a"), flag(3, 0.5), commit(7, "002-b"),
        initial={"flags": {"ranker": 0.0, "other": 1.0}, "data": {"users": 5}},
    )  # fmt: skip
    states = [timeline.state(window) for window in (0, 2, 3, 8)]
    assert [state.runtime["flags"]["ranker"] for state in states] == [0.0, 0.1, 0.5, 0.5]
    assert [state.patch for state in states] == ["", "", "001-a", "002-b"]
    assert states[-1].runtime["flags"]["other"] == 1.0
    assert timeline.initial["flags"]["ranker"] == 0.0


def test_an_experiment_runs_until_it_ends():
    arms = {"control": 0.5, "treatment": 0.5}
    event = {"window": 2, "kind": "experiment", "id": "EXP-1", "arms": arms, "end_window": 5}
    timeline = make_timeline(event)
    running = [timeline.state(window).runtime["experiments"] for window in (1, 2, 4, 5)]
    assert running == [{}, {"EXP-1": arms}, {"EXP-1": arms}, {}]


def test_what_nobody_knows_reaches_the_state():
    hidden = [("data", "users", 9), ("traffic", "page_factor", 2), ("interpreter", "gc", [100])]
    events = [{"window": 1, "kind": kind, "key": key, "after": to} for kind, key, to in hidden]
    state = make_timeline(*events, traffic={"zipf": 1.0}).state(1)
    assert state.runtime["data"] == {"users": 9}
    assert state.traffic == {"zipf": 1.0, "page_factor": 2}
    assert state.interpreter == {"gc": [100]}


def test_an_event_alone_is_told_from_what_came_with_it():
    timeline = make_timeline(
        commit(1, "001-a"), commit(4, "002-b"), flag(4, 0.5), commit(4, "003-c")
    )
    before, after = timeline.around(2)
    assert before.patch == after.patch == "002-b"
    assert (before.runtime["flags"], after.runtime["flags"]) == ({}, {"ranker": 0.5})
    before, after = timeline.around(1)
    assert (before.patch, after.patch) == ("001-a", "002-b")
    assert before.runtime == after.runtime


def test_the_steps_of_a_rollout_are_one_change():
    timeline = make_timeline(
        flag(1, 0.1), commit(2, "001-a"), flag(3, 0.5), flag(4, 1.0, "other"), flag(5, 1.0)
    )
    before, after = timeline.around(0, 4)
    assert (before.patch, after.patch) == ("", "")
    assert (before.runtime["flags"], after.runtime["flags"]) == ({}, {"ranker": 1.0})


@pytest.mark.parametrize("kind", ["commit", "flag", "experiment", "traffic"])
def test_an_event_names_what_changed(kind):
    with pytest.raises(ValueError, match=f"expected a {kind} to name what changed"):
        TimelineEvent(window=0, kind=kind)


def save_timeline(folder, timeline):
    text = timeline if isinstance(timeline, str) else timeline.model_dump_json()
    (folder / "timeline.json").write_text(text)


@pytest.mark.parametrize(
    ("events", "fault"),
    [
        ([commit(1, "001-set")], "each patch to be deployed once"),
        ([commit(1, "002-set"), commit(2, "001-set")], "each patch to be deployed once"),
        ([commit(3, "001-set"), commit(2, "002-set")], "oldest first"),
    ],
)
def test_a_timeline_that_does_not_fit_its_history_is_told(tmp_path, events, fault):
    service = make_service(tmp_path / "feed")
    save_timeline(service, make_timeline(*events))
    with pytest.raises(ParseError, match=fault):
        load_timeline(service)


@pytest.mark.parametrize(
    ("text", "fault"),
    [("{", "expected JSON"), ("{}", r"\$\.service"), ('{"events": [{"x": 1}]}', r"\$\.service")],
)
def test_a_timeline_that_is_none_is_told(tmp_path, text, fault):
    service = make_service(tmp_path / "feed")
    save_timeline(service, text)
    with pytest.raises(ParseError, match=fault):
        load_timeline(service)


def test_a_folder_without_truth_is_told(tmp_path):
    with pytest.raises(ParseError, match=r"truth\.json"):
        load_timeline_truth(tmp_path)


# The dataset itself


@cache
def timeline():
    return load_timeline(FEED)


@cache
def truth():
    return load_timeline_truth(FEED)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    out = tmp_path_factory.mktemp("feed") / "repository"
    return out, build_history(FEED, out)


def events_by_change():
    return {event.change: event for event in timeline().events if event.change}


def test_the_history_is_long_and_deterministic(built, tmp_path):
    out, ids = built
    assert build_history(FEED, tmp_path / "again") == ids
    assert len(ids) > 150
    emails = {change.email for change in Repository(out).changes()}
    assert len(emails) >= 7
    assert all(re.fullmatch(r"[a-z]+\.[a-z]+@example\.invalid", email) for email in emails)


def test_commits_come_before_their_deploy(built):
    out, ids = built
    changes = {change.id: change for change in Repository(out).changes()}
    moments = [changes[ids[name]].at for name in patch_names(FEED)]
    assert moments == sorted(moments)
    for event in timeline().events:
        if event.kind == "commit":
            age = timeline().at(event.window) - changes[ids[event.patch]].at
            assert 0 < age.total_seconds() < 3 * 86_400


def test_changes_have_one_name_each_and_lie_on_the_time_axis():
    names = [event.change for event in timeline().events if event.change]
    assert max(Counter(names).values()) == 1
    assert 700 <= timeline().n_windows <= 800
    assert all(event.window < timeline().n_windows for event in timeline().events)
    deploys = Counter(event.window for event in timeline().events if event.kind == "commit")
    assert max(deploys.values()) <= 8
    for event in timeline().events:
        assert event.kind in {"commit", "data", "traffic", "interpreter"} or event.author


def test_values_go_on_where_they_were_left():
    """What a change says was there before is what the last one left."""
    for i, event in enumerate(timeline().events):
        if event.kind in {"flag", "config"}:
            part = "flags" if event.kind == "flag" else "settings"
            before, after = timeline().around(i)
            defaults = json.loads((FEED / "base" / "config" / f"{part}.json").read_text())
            assert (defaults | before.runtime[part]).get(event.key, event.before) == event.before
            assert after.runtime[part][event.key] == event.after != event.before


def test_the_truth_speaks_of_every_change_once():
    told = [name for cause in truth().planted for name in cause.changes]
    told += [change.change for change in truth().innocent]
    assert Counter(told) == Counter(list(events_by_change()))


def test_enough_is_planted_and_of_many_kinds():
    planted = truth().planted
    assert len(planted) >= 28
    assert len({cause.category for cause in planted}) >= 12
    kinds = Counter(cause.kind for cause in planted)
    assert set(kinds) == {"commit", "flag", "config", "experiment", "dependency"}
    assert kinds["commit"] <= 0.7 * len(planted)
    assert len(truth().hidden) >= 4
    decoys = {change.decoy_for for change in truth().innocent if change.decoy_for}
    assert decoys <= {cause.id for cause in planted}
    assert len(decoys) >= 2 / 3 * len(planted)
    assert 5 <= sum(change.is_injection for change in truth().innocent) <= 10


def test_planted_causes_are_where_the_timeline_has_them():
    events = events_by_change()
    for cause in truth().planted:
        assert cause.window == events[cause.changes[0]].window
        assert cause.culprit_functions
        if cause.kind == "experiment":
            assert cause.end_window == events[cause.changes[0]].end_window
        elif cause.undone_by:
            assert cause.end_window == events[cause.undone_by].window
        if cause.end_window is not None:
            assert cause.end_window - cause.window >= 10


def test_causes_lie_apart():
    """No cause begins or ends in the windows in which another is looked for."""
    causes = sorted((c.window, c.end_window, c.id) for c in [*truth().planted, *truth().hidden])
    for (_, end, name), (begins, _, following) in itertools.pairwise(causes):
        assert begins - end >= 7, (name, following)


def test_a_cause_has_company():
    """What began with it, or shortly before or after, could be the cause as well."""
    known = [event.window for event in timeline().events if event.change]
    n_near = [
        sum(abs(window - cause.window) <= 3 for window in known)
        for cause in [*truth().planted, *truth().hidden]
    ]
    assert min(n_near) >= 3
    assert sum(n_near) / len(n_near) >= 6


def test_a_decoy_lies_near_what_it_hides():
    planted = {cause.id: cause for cause in truth().planted}
    events = events_by_change()
    for change in truth().innocent:
        if change.decoy_for:
            cause = planted[change.decoy_for]
            windows = [events[name].window for name in cause.changes]
            assert min(abs(events[change.change].window - window) for window in windows) <= 2


def test_culprits_are_functions_of_the_service(built):
    out, ids = built
    repository = Repository(out)
    events = events_by_change()
    for cause in truth().planted:
        state = timeline().state(events[cause.changes[-1]].window)
        for name, file in (*cause.culprit_functions, *cause.regresses):
            commit = ids[state.patch]
            text = repository.find(file, commit) or read_library(repository, file, commit)
            assert re.search(rf"\b(def|class) {re.escape(name.split('.')[-1])}\b", text), (
                cause.id,
                name,
            )


def read_library(repository, file, commit):
    pins = repository.read("requirements.txt", commit).split()
    folders = [FEED / "deps" / pin.replace("==", "-") / file for pin in pins]
    folders.append(Path(sysconfig.get_path("stdlib")) / file)
    return next(path.read_text(encoding="utf-8") for path in folders if path.is_file())


def measured(entries):
    missing = [entry for entry in entries if entry.effect is None]
    assert not missing, f"{len(missing)} are not measured: make -C datasets/feed validate"
    return entries


def test_planted_and_hidden_causes_cost_what_was_planned():
    for cause in measured([*truth().planted, *truth().hidden]):
        assert 1 < cause.effect.low <= cause.effect.ratio <= cause.effect.high
        assert 1.03 < cause.effect.ratio < 1.4, cause.id


def test_decoys_cost_nothing():
    for change in measured([change for change in truth().innocent if change.decoy_for]):
        assert abs(change.effect.ratio - 1) <= 0.015, change.change


def test_texts_tell_nothing_of_what_is_planted():
    texts = [path.read_text(encoding="utf-8") for path in (FEED / "history").glob("*.patch")]
    assert not [text for text in texts if re.search(r"(?i)\b(planted|decoy|culprit)\b", text)]
    for event in timeline().events:
        assert not re.search(r"(?i)\b(planted|decoy|culprit)\b", event.title)


def service_tests(code):
    pins = (code / "requirements.txt").read_text(encoding="utf-8").split()
    paths = [code, *(FEED / "deps" / pin.replace("==", "-") for pin in pins)]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=code,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize("is_head", [False, True], ids=["base", "head"])
def test_the_service_passes_its_own_tests(built, is_head, tmp_path):
    out, ids = built
    from workbench.history import run_git

    commit = list(ids.values())[-1 if is_head else 0]
    run_git(out, "worktree", "add", "--quiet", "--detach", str(tmp_path / "code"), commit)
    done = service_tests(tmp_path / "code")
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.fixture
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(FEED))
    names = ("running", "load", "record", "validate")
    yield lambda name: importlib.import_module(name)
    for name in names:
        sys.modules.pop(name, None)


def test_requests_are_the_same_for_the_same_seed(scripts):
    load = scripts("load")
    first, again, other = (load.make_requests({}, 300, seed) for seed in (1, 1, 2))
    assert first == again != other
    mix = Counter(request.operation for request in first)
    assert mix == Counter(request.operation for request in other)
    assert set(mix) == set(load.MIX)


def test_traffic_shifts_to_what_it_is_told(scripts):
    load = scripts("load")
    mix = load.MIX | {"Search": 10 * load.MIX["Search"]}
    shifted = load.make_requests({"mix": mix}, 300, 1)
    plain = load.make_requests({}, 300, 1)
    n_searches = [sum(r.operation == "Search" for r in told) for told in (plain, shifted)]
    assert n_searches[1] > 3 * n_searches[0]


def test_records_tell_of_flags_and_not_of_what_nobody_knows(scripts):
    record = scripts("record")
    hidden = {"window": 3, "kind": "traffic", "key": "mix", "after": {}}
    experiment = {"window": 3, "kind": "experiment", "id": "EXP-1", "arms": {"control": 1.0}}
    told = make_timeline(commit(1, "001-a"), flag(2, 0.5), hidden, experiment)
    rows = list(record.change_rows(told))
    assert [(row["id"], row["key"], row["before"], row["after"]) for row in rows] == [
        ("FLG-2", "ranker", "0.0", "0.5")
    ]


@pytest.mark.slow
def test_versions_of_libraries_are_told_with_their_commit(scripts, tmp_path, monkeypatch):
    monkeypatch.setattr("workbench.evaluate.cases.timeline.cache_folder", lambda: tmp_path)
    record = scripts("record")
    checkouts = scripts("running").Checkouts(tmp_path)
    rows = list(record.dependency_rows(timeline(), checkouts))
    assert Counter(row["key"] for row in rows) == {"wirefmt": 3, "tokenlib": 3, "shardmap": 3}
    told = {row["id"] for row in rows}
    causes = [cause for cause in truth().planted if cause.kind == "dependency"]
    assert {checkouts.ids[cause.changes[0]] for cause in causes} < told
    first = next(row for row in rows if row["key"] == "wirefmt")
    assert (first["before"], first["after"]) == ("1.3.0", "1.3.1")


@pytest.mark.slow
def test_a_state_is_served_and_counted(scripts, tmp_path, monkeypatch):
    monkeypatch.setattr("workbench.evaluate.cases.timeline.cache_folder", lambda: tmp_path)
    running = scripts("running")
    experiment = next(event for event in timeline().events if event.kind == "experiment")
    state = timeline().state(experiment.window)
    served = [
        running.serve(running.Checkouts(tmp_path), state, running.Load(200, seed), tmp_path)
        for seed in (1, 1, 2)
    ]
    checks = [run.check for run, _ in served]
    assert checks[0] == checks[1] != checks[2]
    _, results = served[0]
    assert sum(part["requests"] for part in results["operations"].values()) == 200
    assert all(part["cpu_ms"] > 0 for part in results["operations"].values())
    arms = results["experiments"][experiment.id]
    assert sum(arm["n"] for arm in arms.values()) == 200
    assert all(arm["low"] < arm["mean"] < arm["high"] for arm in arms.values())


def test_a_planted_cause_without_effect_and_a_costly_decoy_are_faults(scripts):
    validate = scripts("validate")
    effect = validate.Effect(ratio=1.02, low=0.99, high=1.05, n_pairs=7)
    cause = truth().planted[0]
    decoy = next(change for change in truth().innocent if change.decoy_for)
    effects = {cause.id: effect, decoy.change: effect}
    found = validate.faults([cause, decoy], effects)
    assert list(found) == [cause.id, decoy.change]
    sure = effect.model_copy(update={"low": 1.01, "ratio": 1.012})
    assert not validate.faults([cause, decoy], dict.fromkeys(effects, sure))


def test_the_store_holds_every_window_and_is_small():
    assert (
        sum(p.stat().st_size for p in (FEED / "store").rglob("*") if p.is_file()) <= MAX_STORE_BYTES
    )
    store = Store.open(FEED / "store")
    windows = store.windows("feed")
    assert len(windows) == timeline().n_windows
    assert list(windows["at"]) == [timeline().at(i) for i in range(timeline().n_windows)]
    changes = store.table("changes")
    kept = {event.id for event in timeline().events if event.kind in {"flag", "config"}}
    assert set(changes["id"][changes["kind"] != "dependency"]) == kept
    experiments = {event.id for event in timeline().events if event.kind == "experiment"}
    assert set(store.table("experiments")["id"]) == experiments
    names = store.recording("feed").functions
    assert not [function.file for function in names if function.file.startswith("/")]
