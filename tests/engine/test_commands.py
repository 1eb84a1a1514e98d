import json
import os
import signal
import subprocess
import sys

import pytest

from workbench.solver import waiting

MAIN, REST = "<module> (w.py:1);main (app.py:1)", "<module> (w.py:1);rest (w.py:2)"
QUICK, DEAR = {MAIN: 0.2, REST: 0.1}, {MAIN: 0.9, REST: 0.1}


@pytest.mark.slow
def test_what_regressed_is_queued_shown_and_reviewed(workbench, make_fleet):
    fleet = make_fleet(None)
    fleet.grow(DEAR, 20, "v2")
    watch = ("watch", fleet.store, "--repo", fleet.repo, "--once")
    code, out, err = workbench(*watch)
    assert (code, err) == (0, "")
    assert [line.split()[2] for line in out.splitlines()] == ["app:main", "app:main"]
    (row,) = json.loads(workbench("queue", "--json")[1])
    assert (row["subject"], row["no_fix"]) == (
        "app:main",
        "there is no workload to measure one with",
    )
    name = row["investigation"]
    _, table, _ = workbench("queue")
    assert name in table
    assert "no fix" in table
    _, card, _ = workbench("queue", "show", name)
    assert card.splitlines()[-1] == f"workbench resume {name} --approve, or --reject WHY"
    assert "evidence    " in card
    told = json.loads(workbench("queue", "show", name, "--json")[1])
    assert told["evidence"][0]["reply"]
    assert workbench("queue", "show", "nobody")[0] == 1
    code, out, _ = workbench("resume", name, "--approve", "--no-track")
    assert code == 0
    assert workbench("queue")[1] == "nothing waits for a review\n"
    assert workbench(*watch)[1] == ""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(make_fleet, tmp_path, number):
    fleet = make_fleet(None)
    state = tmp_path / "kept.db"
    command = [sys.executable, "-m", "workbench", "watch", str(fleet.store), "--repo",
               str(fleet.repo), "--every", "0.2", "--state", str(state)]  # fmt: skip
    fleet.grow(DEAR, 20, "v2")
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    ) as process:
        assert "new" in process.stdout.readline()
        process.send_signal(number)
        out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "ending at the next step\n")
    again = subprocess.run([*command, "--once"], capture_output=True, text=True, check=True)
    assert (out + again.stdout).count("waits for review") == len(waiting(state)) == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--webhook", "ftp://x"), "webhook: expected an http or https address, got 'ftp://x'"),
        (("--workload", "none.toml"), "none.toml: expected a file"),
    ],
    ids=["no address", "no workload"],
)
def test_a_wrong_option_of_watch_is_one_line(workbench, make_fleet, arguments, complaint):
    fleet = make_fleet(None)
    code, out, err = workbench("watch", fleet.store, "--repo", fleet.repo, *arguments)
    assert (code, out) == (1, "")
    assert err.startswith(f"error: {complaint}")
    assert err.count("\n") == 1


def test_a_solve_of_a_store_takes_the_workload_that_the_repository_names(workbench, make_fleet):
    fleet = make_fleet('[workload]\ncommand = ["bench/none.py"]\n')
    fleet.grow(DEAR, 20, "v2")
    solve = ("solve", fleet.store, "--repo", fleet.repo, "--no-track")
    code, _, err = workbench(*solve)
    assert code == 1
    assert "workbench.toml @ workload.command: expected 'bench/none.py'" in err
    named = fleet.folder / "mine.toml"
    named.write_text('[workload]\nfunction = "w:run"\n')
    (fleet.folder / "w.py").write_text("def run():\n    return None\n")
    code, _, err = workbench(*solve, "--workload", named, "--service", "svc")
    assert code == 1
    assert "expected a function that returns what it worked out" in err
    code, _, err = workbench("solve", fleet.store, "--service", "other")
    assert "expected one of ['svc'], got 'other'" in err
