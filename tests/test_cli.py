import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from workbench import cli
from workbench.cli import commands as cli_commands
from workbench.cli import output
from workbench.history import run_git

HEAVY = ("numpy", "pandas", "scipy", "mlflow", "langgraph", "langchain_core", "ruptures",
         "numba", "matplotlib", "duckdb", "pyarrow", "pydantic", "rich", "ipywidgets", "mcp")  # fmt: skip


def commands(group=cli.cli, path=()):
    """Yield (words, command) of every command."""
    for name, command in group.commands.items():
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


COMMANDS = dict(commands())


def test_the_commands_are_these():
    assert [" ".join(words) for words in COMMANDS] == [
        "profile", "ingest", "detect", "evaluate", "compare", "attribute", "capacity", "case", "case list", "case show", "case check",
        "case build", "lab", "mcp", "opportunities", "queue", "queue show", "report", "resume", "skills", "skills list",
        "skills show", "skills validate", "skills new", "skills match", "skills backtest", "solve", "sync", "watch", "demo",
    ]  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_and_option_is_explained(workbench, words):
    command = COMMANDS[words]
    options = [p for p in command.params if isinstance(p, click.Option)]
    assert command.help
    assert [p.name for p in options if not p.help] == []
    for flag in ("-h", "--help"):
        code, out, err = workbench(*words, flag)
        assert (code, err) == (0, "")
        assert f"workbench {' '.join(words)}" in out


def test_help_is_told_without_heavy_imports():
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom workbench.cli import cli\n"
        "for words in [], ['--version'], ['--help'], ['solve', '-h'], ['detect', '-h'], ['mcp', '-h'], ['case', 'build', '-h']:\n"
        "    assert CliRunner().invoke(cli, words).exit_code in (0, 2), words\n"
        f"print([m for m in {HEAVY} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def spoil_repository(case: Path) -> None:
    (case / "repo").mkdir()
    run_git(case / "repo", "init", "--quiet", "--initial-branch=main")
    person = ("-c", "user.name=A", "-c", "user.email=a@example.invalid")
    run_git(case / "repo", *person, "commit", "--quiet", "--allow-empty", "-m", "c")
    (case / "repo" / "dirt").touch()


CASE = {"id": "case", "service": "svc", "base": "main", "head": "main",
        "workload": {"command": ["w.py"], "paths": []}}  # fmt: skip
MISTAKES = {
    "nothing there": ("solve", "nowhere"),
    "not a case": ("solve", "empty"),
    "a file": ("solve", "broken.json"),
    "a broken case": ("solve", "bad"),
    "a dirty repository": ("solve", "case"),
    "an empty store": ("solve", "store"),
    "no such repository": ("solve", "store", "--repo", "nowhere"),
    "a repository for a case": ("solve", "case", "--repo", "."),
    "no such spec": ("case", "build", "none.json", "--out", "out"),
    "a broken spec": ("case", "build", "broken.json", "--out", "out"),
    "a list of specs": ("case", "build", "list.json", "--out", "out"),
    "something there already": ("case", "build", "good.json", "--out", "empty"),
    "an empty bank": ("demo", "--bank", "empty"),
    "no such bank": ("demo", "--bank", "nowhere"),
    "a store of another version": ("ingest", "w.py", "--store", "store", "--service", "svc"),
    "nothing to serve": ("mcp", "nowhere"),
    "no store to serve": ("mcp", "empty"),
    "no repository to serve": ("mcp", "store", "--repo", "nowhere"),
    "no store of opportunities": ("opportunities", "nowhere", "--repo", "."),
    "no code of opportunities": ("opportunities", "store", "--repo", "nowhere"),
    "no skills to serve": ("mcp", "store", "--skills", "empty", "--http"),
    "other files for a store": ("ingest", "w.py", "--store", "bad", "--service", "svc"),
}


@pytest.mark.parametrize("arguments", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_line_and_exit_code_1(workbench, tmp_path, arguments):
    for name in ("empty", "bad", "case", "store"):
        (tmp_path / name).mkdir()
    (tmp_path / "store" / "store.json").write_text('{"version": 1}')
    (tmp_path / "bad" / "case.json").write_text("{}")
    (tmp_path / "case" / "case.json").write_text(json.dumps(CASE))
    spoil_repository(tmp_path / "case")
    spec = {"id": "a", "package": "a", "from_version": "1", "to_version": "2", "workload": "w.py"}
    (tmp_path / "w.py").touch()
    (tmp_path / "good.json").write_text(json.dumps(spec))
    (tmp_path / "list.json").write_text(json.dumps([spec]))
    (tmp_path / "broken.json").write_text("{")
    before = sorted(tmp_path.rglob("*"))
    code, out, err = workbench(*arguments)
    assert (code, out) == (1, "")
    told = [line for line in err.splitlines() if not line.startswith(("solving ", "building "))]
    assert len(told) == 1
    assert told[0].startswith("error: ")
    assert sorted(tmp_path.rglob("*")) == before


USAGE = {
    "no command at all": (),
    "no such command": ("sovle",),
    "no folder": ("solve",),
    "no such option": ("solve", "x", "--fast"),
    "two folders": ("solve", "x", "y"),
    "no out": ("case", "build", "spec.json"),
    "too few windows": ("case", "build", "spec.json", "--out", "x", "--windows", "4"),
    "no number of windows": ("case", "build", "spec.json", "--out", "x", "--windows", "many"),
    "a folder for a report": ("solve", "x", "--report", "."),
    "nothing to ingest": ("ingest", "--store", "s", "--service", "svc"),
    "no service": ("ingest", "x", "--store", "s"),
    "no such folder to watch": ("ingest", "--watch", "no", "--store", "s", "--service", "svc"),
    "no time": ("ingest", "x", "--store", "s", "--service", "svc", "--at", "soon"),
    "no store to serve": ("mcp",),
    "no repository to look at": ("opportunities", "x"),
    "a pattern that nobody knows": ("opportunities", "x", "--repo", ".", "--pattern", "luck"),
    "a port of no server": ("mcp", "x", "--port", "80"),
    "a token of no server": ("mcp", "x", "--token", "a-long-enough-token"),
    "a token that is guessed": ("mcp", "x", "--http", "--token", "secret"),
    "a token of other letters": ("mcp", "x", "--http", "--token", "é" * 20),
    "a port beyond the last": ("mcp", "x", "--http", "--port", "65536"),
    "a file for a folder": ("demo", "--out", "file"),
}


@pytest.mark.parametrize("arguments", USAGE.values(), ids=USAGE)
def test_a_wrong_call_is_exit_code_2(workbench, tmp_path, arguments):
    (tmp_path / "file").touch()
    code, out, err = workbench(*arguments)
    assert code == 2
    assert "Usage: " in out + err
    assert "Traceback" not in err


def test_the_version_is_told(workbench):
    code, out, _ = workbench("--version")
    assert code == 0
    assert out.startswith("workbench, version 0.")


def test_json_is_one_object_on_standard_output(workbench, make_store):
    store = make_store({"a": 0.2, "b": 0.2}, {"a": 0.2, "b": 0.2})
    code, out, err = workbench("solve", store.folder, "--json", "--no-track")
    assert code == 0
    summary = json.loads(out)
    assert (summary["case"], summary["diagnosis"]) == ("store", "no regression")
    assert summary["mlflow_run_id"] is None
    assert err == "solving store\n"


def test_a_solve_is_told_in_words_and_reported(workbench, make_store, tmp_path):
    store = make_store({"a": 0.2, "a;b": 0.2}, {"a": 0.2, "a;b": 0.9})
    report = tmp_path / "new" / "report.html"
    code, out, _ = workbench("solve", store.folder, "--no-track", "--report", report)
    assert code == 0
    assert "regression  b at window 20 (4" in out
    assert "culprit     nobody" in out
    assert "fix         none: no cause was named" in out
    assert report.read_text(encoding="utf-8").startswith("<!")


def test_a_solve_is_not_lost_when_it_cannot_be_tracked(workbench, make_store, monkeypatch):
    from workbench import evaluate
    from workbench.errors import WorkbenchError

    def refuse(*arguments):
        raise WorkbenchError("MLflow at x: no")

    monkeypatch.setattr(evaluate, "track", refuse)
    store = make_store({"a": 0.2, "b": 0.2}, {"a": 0.2, "b": 0.2})
    code, out, err = workbench("solve", store.folder, "--json")
    assert code == 0
    assert json.loads(out)["mlflow_run_id"] is None
    assert (
        err
        == "solving store\nnot tracked: MLflow at x: no; kept, to be sent with: workbench sync\n"
    )


def row(**changed):
    return {
        "case": "c",
        "regressions": [{"function": "m:f", "change_index": 20, "relative_delta": 1.5}],
        "cause": {"commit": "c" * 40, "functions": ["m:f"]},
        "suspects": ["a", "c" * 40],
        "fix": {"verified": True, "gain_restored": 0.9, "interval": [0.8, 1.0], "reason": ""},
    } | changed


UNMEASURED = {"verified": False, "gain_restored": None, "interval": [None, None], "reason": "no"}
EXPECTED = {"regressed": True, "commits": ["c" * 40], "candidates": 7}


@pytest.mark.parametrize(
    ("cell", "given", "wanted"),
    [
        (output._regression_cell, row(), "f at window 20 (2.5x)"),
        (output._regression_cell, row(regressions=[]), "none"),
        (
            output._regression_cell,
            row(regressions=[{"function": "f", "change_index": 3, "relative_delta": None}]),
            "f at window 3 (new)",
        ),
        (
            output._regression_cell,
            row(regressions=[{"function": "f", "change_index": 3, "relative_delta": 200}]),
            "f at window 3 (>100x)",
        ),
        (output._culprit_cell, row(), "cccccccc f"),
        (output._culprit_cell, row(cause={"commit": "c" * 40, "functions": []}), "cccccccc "),
        (output._culprit_cell, row(cause=None), "nobody"),
        (output._culprit_cell, row(expected=EXPECTED), "cccccccc f"),
        (
            output._culprit_cell,
            row(expected=EXPECTED | {"commits": ["d" * 40]}),
            "cccccccc f (another did it)",
        ),
        (output._rank_cell, row(), "?"),
        (output._rank_cell, row(expected=EXPECTED), "2 of 7"),
        (output._rank_cell, row(expected=EXPECTED, suspects=[]), "not found"),
        (output._rank_cell, row(expected=EXPECTED | {"regressed": False}), "wrong"),
        (output._rank_cell, row(expected=EXPECTED | {"regressed": False}, cause=None), "right"),
        (output._fix_cell, row(), "90% restored [80%, 100%]"),
        (output._fix_cell, row(fix=UNMEASURED), "no: no"),
        (output._fix_cell, row(fix=None, no_fix="why not"), "none: why not"),
        (output._fix_cell, row(fix=None, regressions=[]), "none needed"),
    ],
)
def test_a_cell_of_the_table_says_it_shortly(cell, given, wanted):
    assert cell(given) == wanted


def test_the_installed_program_is_this_one(tmp_path):
    program = Path(sys.executable).parent / "workbench"
    if not os.access(program, os.X_OK):
        pytest.skip("run from a tree that is not installed")
    done = subprocess.run([program, "--version"], capture_output=True, text=True,
                          cwd=tmp_path, check=False)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("workbench, version ")


def test_what_a_reviewer_gets_is_written_and_nothing_of_an_earlier_solve_left(tmp_path):
    from types import SimpleNamespace

    fix = SimpleNamespace(pull_request="# Keep it\n", diff="--- a\n+++ b\n")
    letter = cli_commands.write_fix(SimpleNamespace(fix=fix), tmp_path / "fix")
    assert letter == tmp_path / "fix" / "PULL_REQUEST.md"
    assert letter.read_text() == "# Keep it\n"
    assert (tmp_path / "fix" / "fix.patch").read_text() == "--- a\n+++ b\n"
    unverified = SimpleNamespace(pull_request="", diff="--- a\n")
    for none in (SimpleNamespace(fix=unverified), SimpleNamespace(fix=None)):
        assert cli_commands.write_fix(none, tmp_path / "fix") is None
        assert list((tmp_path / "fix").iterdir()) == []
        assert cli_commands.write_fix(none, tmp_path / "new") is None
        assert not (tmp_path / "new").exists()


def test_a_file_that_cannot_be_written_is_one_line(workbench, make_store, tmp_path):
    store = make_store({"a": 0.2, "b": 0.2}, {"a": 0.2, "b": 0.2})
    (tmp_path / "file").write_text("")
    report = tmp_path / "file" / "report.html"
    code, _, err = workbench("solve", store.folder, "--no-track", "--report", report)
    assert code == 1
    assert err.splitlines()[-1].startswith("error: ")
    assert str(tmp_path / "file") in err


def test_being_ended_cleans_up(make_store, tmp_path):
    wait = "import sys, time; sys.argv = ['workbench', 'demo']; from workbench import cli\n"
    wait += "def hang(*a, **k):\n try: print('in', flush=True); time.sleep(60)\n finally: print('out')\n"
    wait += "cli.cli.main = hang\ncli.main()\n"
    process = subprocess.Popen([sys.executable, "-c", wait], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "in\n"
    process.terminate()
    out, _ = process.communicate(timeout=30)
    assert (out, process.returncode) == ("out\n", 143)


def test_ingest_tells_what_it_added_and_what_it_rejected(workbench, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.folded").write_text("main;f 3\nmain 1\n")
    (tmp_path / "in" / "b.txt").write_text("main;f 5\n")
    (tmp_path / "in" / "series.csv").write_text("date,latency\n2026-01-01,1.5\n2026-01-02,2.5\n")
    (tmp_path / "in" / "changes.jsonl").write_text('{"id": "1", "kind": "flag", "title": "on"}\n')
    (tmp_path / "in" / "noise.bin").write_bytes(b"\x00\x01\x02")
    (tmp_path / "in" / ".hidden").write_text("x 1\n")
    arguments = ("ingest", "in", "--store", "store", "--service", "svc", "--at", "2026-01-05T12:00")
    code, out, err = workbench(*arguments)
    assert code == 1
    assert out == "store: added 1 change, 2 measurements, 2 profiles; 1 rejected\n"
    assert len(err.splitlines()) == 1
    assert err.startswith("rejected: in/noise.bin: expected a profile, series")
    (tmp_path / "in" / "noise.bin").unlink()
    code, out, err = workbench(*arguments)
    assert (code, err) == (0, "")
    assert out == "store: added nothing; 4 there already\n"


# profiles


def test_a_profile_is_shown(workbench, tmp_path):
    (tmp_path / "a.folded").write_text("main;f 3\nmain;[x] (a.py:7) 1\n")
    code, out, err = workbench("profile", "a.folded", "a.folded")
    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines() if line.strip()]
    assert lines[0] == "Profile(4 samples of stacks, samples/count: 8)"
    assert [line for line in lines if "%" in line] == [
        "6 75.0 % 6 75.0 % f",
        "2 25.0 % 2 25.0 % [x] a.py",
        "0 0.0 % 8 100 % main",
    ]


def test_neighbours_and_changes_are_shown(workbench, tmp_path):
    (tmp_path / "a.folded").write_text("main;f 300\nmain;g 100\n")
    (tmp_path / "b.folded").write_text("main;f 200\nmain;g 200\n")
    code, out, _ = workbench("profile", "a.folded", "--function", "main")
    assert code == 0
    assert "callers, samples/count" in out
    assert "<root>" in out
    code, out, _ = workbench("profile", "a.folded", "--after", "b.folded", "--rows", "1")
    rows = [line.split() for line in out.splitlines() if "%" in line and "95" not in line]
    assert rows[0][:7] == ["75.0", "%", "50.0", "%", "−25.0", "%", "−31.3"]
    assert rows[0][-2:] == ["*", "f"]
    assert len(rows) == 1


def test_a_profile_is_written_for_other_tools(workbench, tmp_path):
    (tmp_path / "a.folded").write_text("main;f 3\n")
    code, out, _ = workbench("profile", "a.folded", "--save", "a.speedscope.json")
    assert code == 0
    assert out.splitlines()[-1] == "wrote a.speedscope.json"
    assert json.loads((tmp_path / "a.speedscope.json").read_text())["profiles"][0]["weights"] == [3]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("none.folded",), "error: none.folded: expected a profile, found no such file"),
        (("a.folded", "--value-type", "cpu"), "error: expected a value type among samples/count"),
        (("a.folded", "--function", "h"), "error: expected a function of the profile, got 'h'"),
        (("a.folded", "--save", "a.xyz"), "error: a.xyz: expected a suffix among"),
    ],
)
def test_what_a_profile_cannot_answer_is_one_line(workbench, tmp_path, arguments, complaint):
    (tmp_path / "a.folded").write_text("main;f 3\n")
    code, _, err = workbench("profile", *arguments)
    assert code == 1
    assert err.startswith(complaint)
    assert len(err.splitlines()) == 1


def test_replicates_may_have_other_value_types_beside(workbench, tmp_path):
    for name, text in (("a", "main;f 3\n"), ("b", "main;f 2\nmain;g 1\n"), ("c", "main;g 4\n")):
        (tmp_path / f"{name}.folded").write_text(text)
    code, out, err = workbench("profile", "a.folded", "b.folded", "--after", "c.folded")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()[:3]] == ["before", "before", "after"]
    assert out.splitlines()[1].startswith("before  b.folded: Profile(")
    code, out, err = workbench("profile", "c.folded", "--after", "a.folded", "b.folded", "--rows", "1")  # fmt: skip
    assert (code, err) == (0, "")
    sides = [line.split()[:2] for line in out.splitlines()[:3]]
    assert sides == [["before", "c.folded:"], ["after", "a.folded:"], ["after", "b.folded:"]]
    for words in (("--after=a.folded", "b.folded"), ("--after", "a.folded", "--after", "b.folded")):
        assert workbench("profile", "c.folded", *words, "--rows", "1")[1] == out
    code, _, err = workbench(
        "profile", "c.folded", "--after", "a.folded", "--rows", "1", "b.folded"
    )
    assert (code, "expected FILES before --after, got b.folded after it" in err) == (2, True)
    code, _, err = workbench("profile", "--after", "a.folded", "b.folded")
    assert (code, "Missing argument 'FILES...'" in err) == (2, True)
    code, _, err = workbench("profile", "a.folded", "--after")
    assert (code, "Option '--after' requires an argument" in err) == (2, True)
    code, _, err = workbench("profile", "a.folded", "--after", "c.folded", "--save", "x.folded")
    assert code == 2
    assert "expected --function and --save without --after" in err


def test_names_do_not_command_the_terminal(tmp_path):
    (tmp_path / "a.folded").write_text("\x1b[31mred;größe 3\n")
    run = subprocess.run(
        [sys.executable, "-m", "workbench", "profile", str(tmp_path / "a.folded")],
        capture_output=True, check=True, env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert b"\x1b" not in run.stdout
    assert b"?[31mred" in run.stdout
    assert b"gr??e" in run.stdout
