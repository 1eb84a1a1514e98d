"""JupyterLab on the notebooks, with a case to investigate that is ready."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from workbench.errors import WorkbenchError

_PACKAGE = Path(__file__).parents[1]
_FIRST = "00_start_here.ipynb"
_OVERRIDES = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
    "@jupyterlab/notebook-extension:tracker": {"autoStartDefaultKernel": True},
}
"""Of JupyterLab's settings: no question before the first cell, and nothing asked of the network."""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default="workbench-lab")
@click.option("--port", type=click.IntRange(1, 65535), help="[default: a free one]")
@click.option("--browser/--no-browser", default=True, help="Open it in the browser.")
def lab(folder: Path, port: int | None, browser: bool) -> None:
    """Open the notebooks in JupyterLab, with a case to investigate.

    FOLDER is made where it is not there; notebooks that are in it already are left as they are.
    """
    prepare(folder)
    click.echo(f"{folder}: open {_FIRST} first; Ctrl-C ends it")
    command = [
        sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.resolve()}",
        f"--LabApp.default_url=/lab/tree/{_FIRST}", "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
    ]  # fmt: skip
    command += [] if browser else ["--no-browser"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"] if port else []
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    sys.stdout.flush()
    os.execve(sys.executable, command, _environment(folder))


def prepare(folder: Path) -> None:
    """Put the notebooks, and the case that they investigate, into a folder."""
    from workbench.evaluate.cases import demo_case

    material = find_material(_PACKAGE)
    folder.mkdir(parents=True, exist_ok=True)
    for notebook in notebooks_of(material):
        if not (folder / notebook.name).exists():
            _copy_trusted(notebook, folder / notebook.name)
    if not (folder / "demo").exists():
        demo_case(material / "datasets" / "feed", folder / "demo")


def find_material(package: Path) -> Path:
    """Return where the notebooks and their case are: inside the package, else beside it."""
    places = (package / "_lab", package.parent)
    for place in places:
        if notebooks_of(place) and (place / "datasets" / "feed" / "timeline.json").is_file():
            return place
    looked = " or ".join(str(place) for place in places)
    raise WorkbenchError(
        f"expected the notebooks and the data of their case in {looked}, found none: install the "
        "workbench anew, from its wheel or from a checkout"
    )


def notebooks_of(material: Path) -> list[Path]:
    """Return the notebooks by their number."""
    return sorted((material / "notebooks").glob("[0-9]*.ipynb"))


def _copy_trusted(notebook: Path, out: Path) -> None:
    """Copy a notebook of ours, and have Jupyter trust what it shows before it is run."""
    import nbformat
    from nbformat.sign import NotebookNotary

    content = nbformat.read(notebook, as_version=4)
    nbformat.write(content, out)
    notary = NotebookNotary()
    notary.sign(content)
    notary.store.close()


def _environment(folder: Path) -> dict[str, str]:
    """Return an environment in which JupyterLab takes our defaults, and the user's settings."""
    settings = folder.resolve() / ".jupyter" / "labconfig"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "default_setting_overrides.json").write_text(
        json.dumps(_OVERRIDES), encoding="utf-8"
    )
    known = os.environ.get("JUPYTER_CONFIG_PATH", "")
    paths = [str(settings.parent), *([known] if known else [])]
    return {**os.environ, "JUPYTER_CONFIG_PATH": os.pathsep.join(paths)}
