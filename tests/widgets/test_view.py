import pandas as pd
import pytest
import traitlets

from workbench.errors import ToolError, WorkbenchError
from workbench.types import Step
from workbench.widgets import AgentView, ExperimentBoard, FlameGraph, SeriesExplorer, SuspectTable

RESULTS = pd.DataFrame({"case": ["a"], "variant": ["v"], "correct": [1.0]})
MADE = {
    "experiment": lambda **told: ExperimentBoard(RESULTS, **told),
    "flame": lambda **told: FlameGraph({"main": 1}, **told),
    "series": lambda **told: SeriesExplorer([1, 2], **told),
    "suspects": lambda **told: SuspectTable([{"change": "a", "probability": 1.0}], **told),
}


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_a_misspelt_argument_is_refused(make):
    with pytest.raises(TypeError, match=r"got 'hieght'; did you mean 'height'\?"):
        make(hieght=300)
    with pytest.raises(TypeError, match="expected arguments that it has, got 'colour_of_sky'$"):
        make(colour_of_sky="blue")


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_a_height_that_shows_nothing_is_refused(make):
    with pytest.raises(traitlets.TraitError, match="should not be less than 80, .* -5"):
        make(height=-5)
    assert make(height=300).height == 300


def test_a_page_needs_a_folder(tmp_path):
    view = FlameGraph({"main": 1})
    assert view.to_html(tmp_path / "a.html").is_file()
    with pytest.raises(
        WorkbenchError, match=r"x\.html: expected a folder .* to write into, found none"
    ):
        view.to_html(tmp_path / "none" / "x.html")


@pytest.mark.parametrize("steps", [None, 3, [None], [Step("a", "b", "", 0.0, 0.0), "c"]])
def test_what_is_no_step_is_refused(steps):
    with pytest.raises(ToolError, match="steps: expected steps of an investigation, got"):
        AgentView(steps)
    view = AgentView([])
    with pytest.raises(ToolError, match="steps: expected steps of an investigation, got"):
        view.steps = steps
