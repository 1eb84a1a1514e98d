import ast
import importlib
import re
import runpy
import time
from pathlib import Path

import jupytext
import nbformat
import pytest

from workbench import widgets
from workbench.cli.lab import prepare

FOLDER = Path(__file__).parents[2] / "notebooks"
SOURCES = sorted((FOLDER / "src").glob("*.py"))
EXECUTE = runpy.run_path(str(FOLDER / "execute.py"))
SLACK = 3
"""Of the minute that a notebook may take on a quiet machine."""
DOCUMENTED = {
    *("workbench.solver", "workbench.types", "workbench.errors", "workbench.intake"),
    *("workbench.studio", "workbench.capacity"),
}
"""Modules that are public as a whole: they have no `__all__` of their own."""

each_notebook = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)


def cells_of(source):
    """Return (kind, text) of each cell of a source."""
    return [(cell.cell_type, cell.source) for cell in jupytext.read(source).cells]


def code_of(source):
    """Parse the code of a source, without what only a notebook understands."""
    texts = [text for kind, text in cells_of(source) if kind == "code"]
    return ast.parse("\n".join(re.sub(r"(?m)^[%!].*$", "pass", text) for text in texts))


def read_executed(source):
    path = FOLDER / f"{source.stem}.ipynb"
    assert path.is_file(), f"{path.name} is missing: run `make notebooks`"
    return nbformat.read(path, as_version=4)


def test_every_notebook_has_a_source():
    assert SOURCES
    assert {path.stem for path in FOLDER.glob("*.ipynb")} <= {path.stem for path in SOURCES}


@each_notebook
def test_notebook_and_source_hold_the_same_cells(source):
    seen = [(cell.cell_type, cell.source) for cell in read_executed(source).cells]
    assert seen == cells_of(source), f"{source.stem}: run `make notebooks`"


@each_notebook
def test_outputs_are_those_of_one_run_without_error(source):
    notebook = read_executed(source)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert outputs
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output.text for output in outputs if output.get("name") == "stderr"]


@each_notebook
def test_views_that_are_kept_are_drawn_as_they_are_now(source):
    """A style that is kept would be that of every view of its kind in the page."""
    kept = read_executed(source).metadata["widgets"]["application/vnd.jupyter.widget-state+json"]
    states = [item["state"] for item in kept["state"].values()]
    views = {view.__name__: view for view in map(widgets.__dict__.get, widgets.__all__)}
    for state in states:
        if name := state.get("_anywidget_id"):
            view = views[name.split(".")[-1]]
            assert (state["_esm"], state["_css"]) == (view._esm, view._css), "run `make notebooks`"


@each_notebook
def test_a_notebook_tells_nothing_of_the_machine_it_ran_on(source):
    text = (FOLDER / f"{source.stem}.ipynb").read_text(encoding="utf-8")
    assert not re.search(r"/(home|root|Users|tmp)/", text)


@each_notebook
def test_a_notebook_asks_one_question_and_answers_it(source):
    cells = cells_of(source)
    kind, first = cells[0]
    assert kind == "markdown"
    assert first.startswith("# ")
    assert "?" in first
    assert len([1 for kind, _ in cells if kind == "code"]) <= 20
    assert "## The answer" in [text.split("\n")[0] for kind, text in cells if kind == "markdown"]


@each_notebook
def test_a_notebook_imports_only_public_names(source):
    imported = 0
    for node in ast.walk(code_of(source)):
        if isinstance(node, ast.Import):
            assert not [a.name for a in node.names if a.name.split(".")[0] == "workbench"]
        elif isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "workbench":
            module = importlib.import_module(node.module)
            public = getattr(module, "__all__", None)
            assert public or node.module in DOCUMENTED, f"{node.module} is not public"
            for alias in node.names:
                imported += 1
                assert not alias.name.startswith("_")
                assert hasattr(module, alias.name)
                assert public is None or alias.name in public, f"{node.module}.{alias.name}"
    assert imported


@each_notebook
def test_a_notebook_keeps_its_logic_elsewhere(source):
    for node in ast.walk(code_of(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            assert node.end_lineno - node.lineno < 5, f"{source.name}: a long {type(node).__name__}"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Make a folder as `workbench lab` does."""
    folder = tmp_path_factory.mktemp("lab")
    prepare(folder)
    return folder


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.filterwarnings("default")
@each_notebook
def test_the_notebook_runs_from_top_to_bottom_within_a_minute(source, place):
    began = time.monotonic()
    notebook = EXECUTE["execute"](source, place)
    seconds = time.monotonic() - began
    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == cells_of(source)
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert seconds < 60 * SLACK, f"{source.stem} took {seconds:.0f} s"
