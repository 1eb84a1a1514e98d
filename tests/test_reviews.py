"""What a person says of a diagnosis, by command, and what becomes of it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from host_server import AT, TOKEN, HostServer

from workbench.agent.tools import call_tool
from workbench.history import run_git
from workbench.solver import open_case, open_investigation
from workbench.store import Store

FAST = """def main(n):
    seen = set()
    for i in range(n):
        seen.add(i % 900)
    return len(seen)
"""
SLOW = FAST.replace("set()", "[]").replace(
    "        seen.add(i % 900)", "        if i % 900 not in seen:\n            seen.append(i % 900)"
)
WORKLOAD = """import os, time
import app
begin = time.process_time()
for _ in range(int(os.environ["WL_REPEAT"])):
    check = app.main(6000)
used = time.process_time() - begin
print(f"WL cpu={used:.6f} wall={used:.6f} check={check}")
"""
CASE = {"id": "case", "service": "svc", "base": "main~2", "head": "main",
        "workload": {"command": ["w.py"], "paths": [], "rounds": 1}}  # fmt: skip


@pytest.fixture
def case(make_store: Callable, make_repository: Callable, tmp_path: Path) -> Path:
    """A case in which the second of three commits made `main` slow."""
    folder = tmp_path / "case"
    folder.mkdir()
    owners = {"CODEOWNERS": "*.py @bob\n"}
    make_repository({"app.py": FAST, **owners}, {"app.py": SLOW}, {"other.py": "x = 1\n"},
                    name="case/repo")  # fmt: skip
    stack, other = "<module> (w.py:1);main (app.py:1)", "<module> (w.py:1);rest (w.py:2)"
    make_store({stack: 0.2, other: 0.1}, {stack: 0.9, other: 0.1}, name="case/store")
    (folder / "w.py").write_text(WORKLOAD)
    (folder / "case.json").write_text(json.dumps(CASE))
    return folder


@pytest.fixture
def culprit(case: Path) -> str:
    return run_git(case / "repo", "rev-parse", "main~1").strip()


@pytest.fixture
def run(workbench: Callable) -> Callable:
    """Words of a command that is done -> its JSON."""

    def run(*words):
        code, out, err = workbench(*words, "--no-track", "--json")
        assert code == 0, err
        return json.loads(out)

    return run


@pytest.fixture
def waiting(run: Callable, case: Path) -> str:
    """An investigation that waits for a review, and would make no fix."""
    return run("solve", case, "--review", "--no-fix")["investigation"]


def past_cases(case: Path) -> list[dict]:
    return Store.open(case / "store").table("past_cases").to_dict("records")


def test_a_diagnosis_is_approved_by_command(run, waiting, culprit, case):
    done = run("resume", waiting, "--approve", "--by", "ada")
    assert done["review"] == {"verdict": "approve", "by": "ada"}
    assert (done["cause"]["commit"], done["no_fix"]) == (culprit, "a fix was not asked for")
    assert past_cases(case) == []  # nothing was mended


def test_a_diagnosis_is_put_right_by_command(run, waiting, case):
    other = run_git(case / "repo", "rev-parse", "main").strip()
    done = run("resume", waiting, "--edit", f"change_id={other[:12]}", "--edit", "category=config",
               "--edit", "functions=app:main", "--edit", "mitigation=revert")  # fmt: skip
    assert done["review"]["verdict"] == "edit"
    assert (done["cause"]["commit"], done["category"]) == (other, "config")
    assert done["diagnosis"] == f"{other[:12]} did it, says a reviewer."


def test_a_diagnosis_is_rejected_by_command_and_found_by_the_next(run, waiting, case, culprit):
    done = run("resume", waiting, "--reject", "it was the traffic", "--by", "ada")
    assert (done["cause"], done["fix"]) == (None, None)
    (kept,) = past_cases(case)
    assert kept["cause"].startswith("rejected: it was the traffic. It was: ")
    assert kept["subject"] == "app:main"
    assert kept["title"].startswith("app:main: cost +3")
    assert kept["change"] == ""
    assert kept["mitigation"].startswith("nothing was done; proposed was ")
    again = run("solve", case, "--no-fix")
    assert again["cause"]["commit"] == culprit  # what was rejected once is no verdict on the next
    found = similar_cases(case)
    assert [one["cause"] for one in found] == [kept["cause"]]


def similar_cases(case):
    investigation = open_investigation(open_case(case))
    regression = {"regression_id": investigation.detection.found[0].id}
    return json.loads(call_tool("similar_cases", investigation, regression))["cases"]


def test_a_past_case_is_kept_once(run, waiting, case):
    run("resume", waiting, "--reject", "no")
    segments = sorted(path.name for path in (case / "store" / "segments").iterdir())
    assert run("resume", waiting)["review"]["verdict"] == "reject"
    assert sorted(path.name for path in (case / "store" / "segments").iterdir()) == segments


def test_a_store_that_cannot_be_written_is_told_and_it_is_kept_later(
    workbench, waiting, case, monkeypatch
):
    def full(self, path, data):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("workbench.store.segments.Segments.put", full)
        code, out, err = workbench("resume", waiting, "--reject", "no", "--no-track")
    assert code == 0
    assert "diagnosis   Rejected: no. It was: " in out
    (line,) = [line for line in err.splitlines() if line.startswith("warning: ")]
    assert "is no past case yet: [Errno 28] No space left on device" in line
    assert past_cases(case) == []
    assert workbench("resume", waiting, "--no-track")[0] == 0
    assert len(past_cases(case)) == 1


REFUSED = {
    "a reason with --open": ("--reject", "no", "--open", "github"),
    "a step with --open": ("--step", "3", "--open", "github"),
    "steps with --open": ("--steps", "--open", "github"),
    "no investigation": ("--open", "github"),
    "another host": ("--open", "gitea"),
}


@pytest.mark.parametrize("words", REFUSED.values(), ids=REFUSED)
def test_what_does_not_go_with_opening_is_a_wrong_call(workbench, words):
    which = () if words == REFUSED["no investigation"] else ("case-1",)
    code, out, err = workbench("resume", *which, *words)
    assert code == 2
    assert "Usage: " in err


@pytest.fixture
def told(workbench: Callable) -> Callable:
    """Words of a command that fails -> its one line."""

    def told(*words):
        code, out, err = workbench(*words, "--no-track")
        assert (code, out) == (1, "")
        lines = [line for line in err.splitlines() if not line.startswith("resuming ")]
        assert len(lines) == 1, err
        return lines[0]

    return told


def test_without_an_approval_nothing_is_opened(told, run, waiting, case, monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    line = told("resume", waiting, "--open", "github")
    assert f"{waiting} waits for a review: nothing is opened before --approve or --edit" in line
    run("resume", waiting, "--reject", "no")
    assert "is rejected: nothing is opened for it" in told("resume", waiting, "--open", "github")
    unasked = run("solve", case, "--no-fix")["investigation"]
    line = told("resume", unasked, "--open", "github")
    assert f"{unasked} went on without a review: nothing is opened that nobody approved" in line


def test_what_was_approved_before_it_ran_again_is_no_approval_of_what_came_then(
    told, run, waiting, monkeypatch
):
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    run("resume", waiting, "--approve")
    last = run("resume", waiting, "--steps")[-1]["step"]
    again = run("resume", waiting, "--step", last, "--skill", "lost-cache")
    assert (again["review"], again["no_fix"][:22]) == (None, "it waits for review: w")
    line = told("resume", waiting, "--open", "github")
    assert "waits for a review: nothing is opened before" in line


def test_where_nothing_can_be_opened_the_approval_is_not_taken(
    told, run, waiting, case, monkeypatch
):
    for name in ("GITHUB_TOKEN", "GH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    words = ("resume", waiting, "--approve", "--open", "github")
    assert "expected a remote to push to, named origin, found none" in told(*words)
    run_git(case / "repo", "remote", "add", "origin", "https://host.example/acme/shop.git")
    assert "expected a token for github in GITHUB_TOKEN or GH_TOKEN" in told(*words)
    assert run("resume", waiting)["no_fix"].startswith("it waits for review")


def test_an_approval_without_a_fix_opens_nothing(told, waiting, case, monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    run_git(case / "repo", "remote", "add", "origin", "https://host.example/acme/shop.git")
    line = told("resume", waiting, "--approve", "--open", "github")
    assert "has no verified fix to open a pull request for: a fix was not asked for" in line


@pytest.fixture
def host(case: Path, tmp_path: Path, monkeypatch):
    for name in ("GH_TOKEN", "GITHUB_API_URL", "CI_SERVER_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    monkeypatch.setenv("GITLAB_TOKEN", TOKEN)
    repo = case / "repo"
    run_git(tmp_path, "init", "--bare", "--quiet", "host.git")
    run_git(repo, "push", "--quiet", str(tmp_path / "host.git"), "main:trunk")
    with HostServer(tmp_path / "host.git") as host:
        run_git(repo, "remote", "add", "origin", f"{host.url}/acme/shop.git")
        run_git(repo, "remote", "set-url", "--push", "origin", str(host.bare))
        host.authors[run_git(repo, "rev-parse", "main~1").strip()] = "ada"
        yield host


@pytest.mark.slow
def test_an_approved_fix_is_opened_once_and_told_everywhere(
    workbench, run, told, case, culprit, host, tmp_path
):
    Store.open(case / "store").put(
        "services", [{"service": "svc", "servers": 40.0, "watts": 300.0, "owner": "team-svc"}]
    )
    (tmp_path / "worth.toml").write_text(
        '[default]\nservers = 400\nprice_per_kwh = 0.1\ncurrency = "EUR"\n'
    )
    kept = run("solve", case, "--review", "--assumptions", "worth.toml")["investigation"]
    fixed = run("resume", kept, "--approve", "--by", "ada")
    assert fixed["fix"]["verified"]
    assert fixed["opened"] is None
    letter = (case / "fix" / "PULL_REQUEST.md").read_text()
    assert "To: Ada Keller <ada@example.invalid>\nCc: @bob\n" in letter
    assert "|  | servers | watts | EUR a year |" in letter
    assert "- Servers of a service: 400.\n- Power of a server: 300 W.\n" in letter

    host.fault = ("POST .*", 403, {"message": "not today"})
    line = told("resume", kept, "--open", "github")
    assert line.endswith(
        f"not today; the fix is kept, to try again: workbench resume {kept} --open github"
    )
    assert run("resume", kept) | {"seconds": 0} == fixed | {"seconds": 0}

    host.fault = None
    done = run("resume", kept, "--open", "github")
    url = "https://host.example/acme/shop/pull/1"
    assert done["opened"] == {
        "host": "github", "url": url, "at": AT.replace("Z", "+00:00"), "asked": ["@ada", "@bob"],
        "not_asked": [], "is_new": True,
    }  # fmt: skip
    assert host.opened[0]["title"] == letter.partition("\n")[0].removeprefix("# ")
    assert host.opened[0]["body"].strip() == letter.partition("\n")[2].strip()
    assert run_git(host.bare, "rev-parse", done["fix"]["branch"]) == run_git(case / "repo", "rev-parse", done["fix"]["branch"])  # fmt: skip

    host.calls.clear()
    code, out, err = workbench(
        "resume", kept, "--open", "github", "--no-track", "--report", "r.html"
    )
    assert code == 0
    assert f"request     {url} (opened 2026-11-27 22:00, asked @ada, @bob)" in out
    assert f'<a href="{url}">' in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert (host.calls, len(host.opened)) == ([], 1)
    for path in [tmp_path / "investigations.db", *case.rglob("*")]:
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes()

    (past,) = past_cases(case)
    assert past["change"] == culprit
    assert past["mitigation"].endswith("of the loss restored")
    assert past["cause"] == done["diagnosis"]


@pytest.mark.slow
def test_an_approval_and_a_merge_request_go_in_one_command(run, case, host):
    kept = run("solve", case, "--review")["investigation"]
    done = run("resume", kept, "--edit", "category=quadratic", "--open", "gitlab")
    assert done["opened"]["url"] == "https://host.example/acme/shop/-/merge_requests/1"
    assert done["opened"]["asked"] == ["@ada", "@bob"]
    assert host.opened[0]["target_branch"] == "trunk"
