"""Build each notebook from its source and execute it, top to bottom, in a fresh kernel."""

import sys
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent


def execute(source: Path) -> nbformat.NotebookNode:
    """Return the notebook of a percent-format source, with its outputs."""
    notebook = jupytext.read(source)
    notebook.metadata.pop("jupytext", None)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:02d}"
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": HERE}}).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times of day would make every run a change
    return notebook


if __name__ == "__main__":
    for path in sorted((HERE / "src").glob("*.py")):
        target = HERE / f"{path.stem}.ipynb"
        nbformat.write(execute(path), target)
        sys.stdout.write(f"{target.name}: executed\n")
