import runpy
from pathlib import Path

import jupytext
import nbformat
import pytest

HERE = Path(__file__).parents[2] / "notebooks"
SOURCES = sorted((HERE / "src").glob("*.py"))
assert SOURCES


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_notebook_is_its_source_with_outputs(source):
    notebook = nbformat.read(HERE / f"{source.stem}.ipynb", as_version=4)
    wanted = [(c.cell_type, c.source) for c in jupytext.read(source).cells]
    assert [(c.cell_type, c.source) for c in notebook.cells] == wanted
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not [o for cell in code for o in cell.outputs if o.output_type == "error"]


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_notebook_runs_from_top_to_bottom(source):
    execute = runpy.run_path(str(HERE / "execute.py"))["execute"]
    assert execute(source).cells
