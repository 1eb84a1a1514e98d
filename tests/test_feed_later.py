"""The later history of the feed dataset: commits on top of its last, and what is known of them."""

import ast
import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from workbench.evaluate.cases.timeline import TimelineState, load_timeline, patch_names
from workbench.history import Repository, run_git

FEED = Path(__file__).parents[1] / "datasets" / "feed"
LATER = FEED / "later"
TRUTH = json.loads((LATER / "truth.json").read_text(encoding="utf-8"))
IDS = [entry["id"] for entry in TRUTH["opportunities"]]
MODULES = ("building", "serving", "validate", "running", "load")


@pytest.fixture(scope="module")
def scripts():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(LATER))
        yield importlib.import_module
    for name in MODULES:
        sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def built(scripts, tmp_path_factory):
    out = tmp_path_factory.mktemp("later") / "repository"
    ids = scripts("building").build_later(out)
    return Repository(out), ids


@pytest.fixture(scope="module")
def code(built, tmp_path_factory):
    repository, ids = built
    out = tmp_path_factory.mktemp("code") / "last"
    run_git(
        repository.folder,
        "worktree",
        "add",
        "--quiet",
        "--detach",
        str(out),
        list(ids.values())[-1],
    )
    return out


def functions(text):
    found = set()

    def walk(node, names):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                found.add(".".join([*names, child.name]))
                walk(child, [*names, child.name])

    walk(ast.parse(text), [])
    return found


def test_the_patches_follow_the_main_history(built):
    _, ids = built
    names = [*patch_names(FEED), *patch_names(LATER)]
    assert names == sorted(names)
    assert list(ids) == ["", *names]
    assert 20 <= len(patch_names(LATER)) <= 26


def test_there_are_enough_of_different_kinds():
    entries = TRUTH["opportunities"]
    assert len(IDS) == len(set(IDS)) >= 14
    assert len({entry["pattern"] for entry in entries}) >= 10
    assert 4 <= len(TRUTH["decoys"]) <= 6
    assert {entry["patch"] for entry in entries} <= set(patch_names(LATER))
    assert len({entry["patch"] for entry in entries}) == len(entries)


def test_patterns_are_explained():
    text = (LATER / "README.md").read_text(encoding="utf-8")
    assert {entry["pattern"] for entry in TRUTH["opportunities"]} <= set(
        re.findall(r"`(\w+)`", text)
    )


def test_functions_are_where_the_truth_says(code):
    for entry in [*TRUTH["opportunities"], *TRUTH["decoys"]]:
        for place in [entry, *entry.get("acceptable", [])]:
            text = (code / place["file"]).read_text(encoding="utf-8")
            assert place["function"] in functions(text), (entry["id"], place)


def test_a_commit_brings_the_function_that_is_to_be_mended(built):
    for entry in TRUTH["opportunities"]:
        patch = (LATER / "history" / f"{entry['patch']}.patch").read_text(encoding="utf-8")
        assert f"+++ b/{entry['file']}" in patch, entry["id"]


def test_every_fix_applies_to_the_last_commit(code):
    names = sorted(IDS + [entry["id"] for entry in TRUTH["doubtful"]])
    assert sorted(path.stem for path in (LATER / "reference").iterdir()) == names
    for name in names:
        run_git(code, "apply", "--check", str(LATER / "reference" / f"{name}.patch"))


def test_savings_are_what_was_planned():
    for entry in TRUTH["opportunities"]:
        for told in (entry["saving"], entry["held_out"]):
            assert told["low"] <= told["ratio"] <= told["high"], entry["id"]
            assert told["high"] < 0.995 or told["endpoint_high"] < 0.985, entry["id"]


def test_texts_tell_nothing_of_what_is_known():
    words = r"(?i)\b(planted|decoy|inefficien\w*|slow\w*|optimi[sz]\w*|wasteful)\b"
    for path in (LATER / "history").glob("*.patch"):
        text = path.read_text(encoding="utf-8")
        added = [line for line in text.splitlines() if not line.startswith(("-", " "))]
        assert not [line for line in added if re.search(words, line) and "train" not in line], path


@pytest.fixture(scope="module")
def checkouts(scripts, tmp_path_factory):
    return scripts("building").LaterCheckouts(tmp_path_factory.mktemp("checkouts"))


def service_tests(folder):
    pins = (folder / "requirements.txt").read_text(encoding="utf-8").split()
    paths = [folder, *(FEED / "deps" / pin.replace("==", "-") for pin in pins)]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize("is_fixed", [False, True], ids=["last", "fixed"])
def test_the_service_passes_its_own_tests(checkouts, is_fixed):
    done = service_tests(checkouts.fixed(IDS) if is_fixed else checkouts.last())
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_replies_are_the_same_with_all_fixes(scripts, checkouts, tmp_path, seed):
    running = scripts("running")
    state = TimelineState("", dict(load_timeline(FEED).initial))
    checks = []
    for code in (checkouts.last(), checkouts.fixed(IDS)):
        stub = SimpleNamespace(folder=lambda patch, code=code: code)
        run, _ = running.serve(stub, state, running.Load(400, seed), tmp_path)
        checks.append(run.check)
    assert checks[0] == checks[1]
