import numpy as np
import pandas as pd
import pytest

from workbench.errors import SignalError
from workbench.types import Detection, Explanation, Regression, SeriesMatrix
from workbench.widgets import RegressionBoard


def regression(name: str, before: float = 0.010, after: float = 0.012, **told) -> Regression:
    return Regression(f"R-{name}", f"app:{name}", "cost", 12, 11, 13, before, after, 1e-5, **told)


def test_what_is_chosen_is_a_table_and_can_be_observed():
    board, seen = RegressionBoard([regression("slow"), regression("fresh", 0.0)]), []
    board.observe(lambda change: seen.append(change["new"]["subject"].tolist()), "selection")
    board.selected = ["R-fresh"]
    assert board.regression.subject == "app:fresh"
    board.selected = []
    assert board.regression is None
    assert seen == [["app:fresh"], []]


def test_an_id_that_there_is_not_is_refused():
    board = RegressionBoard([regression("slow")])
    with pytest.raises(SignalError, match="no regression 'R-other'; there are R-slow"):
        board.selected = ["R-other"]
    assert board.selected == []


@pytest.mark.parametrize("found", [[3], ["R-1"], [None]])
def test_what_is_no_regression_is_refused(found):
    with pytest.raises(SignalError, match="expected regressions, got"):
        RegressionBoard(found)


def test_numbers_that_are_not_known_are_told_as_such():
    told = RegressionBoard([regression("fresh", 0.0)])._told["rows"][0]
    assert (told["before"], told["low"], told["watts"]) == (0.0, None, None)
    assert told["at"] == ""


def test_a_row_has_a_small_picture_of_its_series():
    values = np.concatenate([np.full(300, 1.0), np.full(700, 2.0)])[None]
    series = SeriesMatrix(("app:slow",), ("cost",), values)
    long = Regression("R-1", "app:slow", "cost", 300, 300, 300, 1.0, 2.0, 1e-9)
    told = RegressionBoard([long], series=series)._told["rows"][0]
    shown = np.frombuffer(told["series"]["data"], np.float32)
    assert len(shown) <= 120
    assert shown[: told["series_change"]].tolist() == [1.0] * told["series_change"]
    assert shown[told["series_change"] + 1 :].min() == 2.0
    assert "series" not in RegressionBoard([regression("other")], series=series)._told["rows"][0]


def test_why_it_was_reported_is_told_when_it_is_chosen():
    found = regression("slow", series="s1")
    funnel = pd.DataFrame(
        [("screen", 9, 1, "8 flat")], columns=["stage", "n_in", "n_out", "removed"]
    )
    explainer = lambda detection, key: Explanation(f"because of {key}", np.ones(1), np.ones(1), ())  # noqa: E731
    board = RegressionBoard(Detection((found,), (), funnel, pd.DataFrame(), explainer))
    assert board.explanation == ""
    board.selected = ["R-slow"]
    assert board.explanation == "because of s1"
    assert board._told["funnel"] == [
        {"stage": "screen", "n_in": 9, "n_out": 1, "removed": "8 flat"}
    ]


def test_a_saved_notebook_shows_a_table_of_escaped_text():
    still = RegressionBoard([regression("<b>")]).still()
    assert still["text/plain"] == "1 regressions, 0 improvements"
    assert "app:&lt;b&gt;" in still["text/html"]
    assert "+20.0%" in still["text/html"]
