import json
import subprocess
import sys

from workbench.cli import cli


def workbench(*arguments, cwd):
    code = "import sys; from workbench.cli import main; sys.argv[0] = 'workbench'; main()"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


def test_help_is_told_without_heavy_imports(tmp_path):
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom workbench.cli import cli\n"
        "assert CliRunner().invoke(cli, ['solve', '--help']).exit_code == 0\n"
        "print([m for m in ('numpy', 'pandas', 'mlflow', 'langgraph', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert all(command.help for command in cli.commands.values())


def test_a_mistake_is_one_line_and_exit_code_1(tmp_path):
    (tmp_path / "bad.json").write_text("{")
    for arguments in (
        ("solve", "nowhere"),
        ("case", "build", "bad.json", "--out", "x"),
        ("demo", "--bank", "."),
    ):
        done = workbench(*arguments, cwd=tmp_path)
        assert done.returncode == 1, arguments
        assert done.stderr.startswith("error: ") or done.stderr.count("error: ") == 1
        assert "Traceback" not in done.stderr
    assert workbench("solve", cwd=tmp_path).returncode == 2


def test_json_is_one_object_on_standard_output(make_store, tmp_path):
    store = make_store({"a": 0.2, "b": 0.2}, {"a": 0.2, "b": 0.2})
    done = workbench("solve", store.folder, "--json", "--no-track", cwd=tmp_path)
    assert json.loads(done.stdout)["diagnosis"] == "no regression"
