import json
import os

import nbformat
import pytest
from click.testing import CliRunner
from nbformat.sign import NotebookNotary

from workbench.cli import cli
from workbench.cli.lab import find_material, prepare
from workbench.errors import WorkbenchError
from workbench.solver import open_case


@pytest.fixture(autouse=True)
def _own_jupyter(monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))


def test_a_folder_gets_trusted_notebooks_and_a_case(tmp_path):
    folder = tmp_path / "new" / "lab"
    prepare(folder)
    names = sorted(path.name for path in folder.glob("*.ipynb"))
    assert names[0] == "00_start_here.ipynb"
    assert len(names) >= 5
    assert open_case(folder / "demo").service == "feed"
    notary = NotebookNotary()
    for name in names:
        assert notary.check_signature(nbformat.read(folder / name, as_version=4)), name
    notary.store.close()


def test_what_a_person_changed_in_it_stays(tmp_path):
    prepare(tmp_path / "lab")
    mine = tmp_path / "lab" / "00_start_here.ipynb"
    mine.write_text("mine", encoding="utf-8")
    (tmp_path / "lab" / "demo" / "mark").touch()
    prepare(tmp_path / "lab")
    assert mine.read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "lab" / "demo" / "mark").exists()


def test_jupyter_is_started_on_the_folder(tmp_path, monkeypatch):
    seen = {}

    def start(program, arguments, environment):
        seen.update(arguments=arguments, environment=environment)

    monkeypatch.setattr(os, "execve", start)
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/theirs")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli, ["lab", "here", "--no-browser", "--port", "8123"])
    assert done.exit_code == 0, done.output
    assert f"--ServerApp.root_dir={tmp_path / 'here'}" in seen["arguments"]
    assert {"--no-browser", "--ServerApp.port=8123"} <= {*seen["arguments"]}
    first, theirs = seen["environment"]["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert theirs == "/theirs"
    settings = json.loads(
        (tmp_path / "here/.jupyter/labconfig/default_setting_overrides.json").read_text("utf-8")
    )
    assert first == str(tmp_path / "here" / ".jupyter")
    news = settings["@jupyterlab/apputils-extension:notification"]
    assert news == {"fetchNews": "false", "checkForUpdates": False}


def test_a_port_that_is_none_is_refused():
    done = CliRunner().invoke(cli, ["lab", "--port", "99999"])
    assert done.exit_code == 2
    assert "99999" in done.output


def test_where_notebooks_and_data_are_missing_one_error_says_what_to_do(tmp_path):
    (tmp_path / "workbench" / "_lab" / "notebooks").mkdir(parents=True)
    (tmp_path / "workbench" / "_lab" / "notebooks" / "00_start_here.ipynb").touch()
    with pytest.raises(WorkbenchError, match="notebooks and the data of their case in .*_lab or"):
        find_material(tmp_path / "workbench")
    data = tmp_path / "workbench" / "_lab" / "datasets" / "feed"
    data.mkdir(parents=True)
    (data / "timeline.json").touch()
    assert find_material(tmp_path / "workbench") == tmp_path / "workbench" / "_lab"
