"""Build notebooks from their sources and execute them, each in a fresh kernel, top to bottom.

    python execute.py [NAME ...]

Without names it is all of them. What views show is kept too, so that a saved notebook shows them.
"""

import json
import re
import sys
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

from workbench.cli.lab import prepare

HERE = Path(__file__).parent


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


if __name__ == "__main__":
    place = HERE.parent / "out" / "lab"
    prepare(place)
    wanted = sys.argv[1:]
    for path in sorted((HERE / "src").glob("*.py")):
        if wanted and path.stem not in wanted:
            continue
        began = time.monotonic()
        nbformat.write(execute(path, place), HERE / f"{path.stem}.ipynb")
        sys.stdout.write(f"{path.stem}: executed in {time.monotonic() - began:.0f} s\n")
