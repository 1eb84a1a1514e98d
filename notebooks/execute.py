"""Build notebooks from their sources and execute them, each in a fresh kernel, top to bottom.

    python execute.py [NAME ...]

Without names it is all of them. What views show is kept too, so that a saved notebook shows them.
The lead's report is of a store that is made for it, once, in minutes: what two commands measure here.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

from workbench.cli.lab import prepare

HERE = Path(__file__).parent
LEAD, DEMONSTRATION = "05_leads_report", "demonstration.db"


def execute(source: Path, place: Path) -> nbformat.NotebookNode:
    """Return the notebook of a percent-format source with its outputs, run in a folder."""
    notebook = jupytext.read(source)
    notebook.metadata.pop("jupytext", None)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:02d}"
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": place}}).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times of day would make every run a change
    return with_plain_ids(notebook)


def with_plain_ids(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a notebook whose views are numbered, so that another run does not change their ids."""
    text = json.dumps(notebook)
    for number, found in enumerate(dict.fromkeys(re.findall(r'"([0-9a-f]{32})"', text))):
        text = text.replace(found, f"{number:032x}")
    return nbformat.from_dict(json.loads(text))


def demonstrate(place: Path) -> None:
    """Make a store of MLflow in a folder, where it has none: an evaluation, and a solve of its case."""
    if (place / DEMONSTRATION).exists():
        return
    part = place / f"{DEMONSTRATION}.part"
    part.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="workbench-demonstration-") as scratch:
        case = shutil.copytree(place / "demo", Path(scratch, "demo"), symlinks=True)
        environment = {
            **os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{part.name}", "XDG_DATA_HOME": scratch,
            "WORKBENCH_STATE": f"{scratch}/investigations.db",
        }  # fmt: skip
        for command in (
            ["evaluate", "feed/A*", "--out", f"{scratch}/results"],
            ["solve", str(case)],
        ):
            whole = [sys.executable, "-m", "workbench", *command]
            subprocess.run(whole, cwd=place, env=environment, check=True, stdout=subprocess.DEVNULL)
    part.rename(place / DEMONSTRATION)


if __name__ == "__main__":
    place = HERE.parent / "out" / "lab"
    prepare(place)
    wanted = sys.argv[1:]
    for path in sorted((HERE / "src").glob("*.py")):
        if wanted and path.stem not in wanted:
            continue
        if path.stem == LEAD:
            demonstrate(place)
            os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{DEMONSTRATION}"
        began = time.monotonic()
        nbformat.write(execute(path, place), HERE / f"{path.stem}.ipynb")
        sys.stdout.write(f"{path.stem}: executed in {time.monotonic() - began:.0f} s\n")
