import numpy as np
import pandas as pd
import pytest

from workbench.detect import detect
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


@pytest.mark.parametrize("found", [[3], ["R-1"], [None], "R-1", 3])
def test_what_is_no_regression_is_refused(found):
    with pytest.raises(SignalError, match="expected (a Detection, or )?regressions, got"):
        RegressionBoard(found)


@pytest.mark.parametrize("found", [pd.DataFrame({"id": ["R-1"]}), pd.DataFrame()])
def test_a_table_is_no_detection(found):
    with pytest.raises(SignalError, match="expected what `detect` returns, or `found` of it"):
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
    assert (board.explanation, board.explained) == ("because of s1", "R-slow")
    assert board._told["funnel"] == [
        {"stage": "screen", "n_in": 9, "n_out": 1, "removed": "8 flat"}
    ]


@pytest.mark.parametrize(
    ("unit", "units"),
    [
        ("", ["seconds", ""]),
        ("bytes", ["bytes", "bytes"]),
        ({"rss": "bytes"}, ["seconds", "bytes"]),
    ],
    ids=["none", "one", "by metric"],
)
def test_units_are_of_all_or_of_each_metric(unit, units):
    grown = Regression("R-2", "app:keep", "rss", 12, 11, 13, 1e6, 2e6, 1e-5)
    board = RegressionBoard([regression("slow"), grown], unit=unit)
    assert [row["unit"] for row in board._told["rows"]] == units
    assert all(f"<td>{one}</td>" in board.still()["text/html"] for one in units)
    assert board._told["rows"][0]["quantity"] == "CPU time per unit of work"


@pytest.mark.parametrize("unit", [3, {"cost": 3}])
def test_what_is_no_unit_is_refused(unit):
    with pytest.raises(SignalError, match="unit.*: expected a text.*, got"):
        RegressionBoard([regression("slow")], unit=unit)


def test_two_of_one_id_are_refused():
    with pytest.raises(SignalError, match="expected ids that differ, got 'R-slow' twice"):
        RegressionBoard([regression("slow"), regression("slow")])


def test_numbers_of_numpy_and_those_not_known_are_in_a_page_and_a_table():
    index, cost = np.int64(12), np.float64(0.01)
    odd = Regression("R-1", "a", "cost", index, index, index, cost, cost * 0.99999999, 1e-5)
    lost = Regression("R-2", "b", "cost", 12, 11, 13, float("nan"), 1.0, 1e-5)
    board = RegressionBoard([odd, lost])
    assert '"change_index":12' in board.to_html()
    assert "<td>0 %</td>" in board.still()["text/html"]
    assert "<td>–</td>" in board.still()["text/html"]


def test_a_saved_notebook_shows_a_table_of_escaped_text():
    still = RegressionBoard([regression("<b>")]).still()
    assert still["text/plain"] == "1 regression, 0 improvements"
    assert "app:&lt;b&gt;" in still["text/html"]
    assert "+20.0 %" in still["text/html"]


def test_a_function_of_a_library_is_said_to_be_in_one_of_ones_own():
    rows = RegressionBoard(
        [regression("copy"), regression("own")], under={"R-copy": "app:load"}
    )._told["rows"]
    assert [row["under"] for row in rows] == ["app:load", ""]


def test_series_may_be_whatever_series_are():
    frame = pd.DataFrame({"slow": np.r_[np.ones(12), np.full(8, 2.0)], "other": np.ones(20)})
    (row,) = RegressionBoard(detect(frame).found, series=frame, unit="ms")._told["rows"]
    assert (row["subject"], row["unit"], row["series_change"]) == ("slow", "ms", 12)


@pytest.mark.parametrize(
    ("unit", "told"),
    [("", "seconds"), ("bytes", "bytes"), ({"cost": "bytes"}, "bytes"), ({"gcpu": "x"}, "seconds")],
)
def test_the_unit_is_what_the_user_says_else_that_of_the_metric(unit, told):
    values = {"app:slow": np.r_[np.full(12, 0.010), np.full(8, 0.012)]}
    for series in (
        None,
        values,
        SeriesMatrix(("app:slow",), ("cost",), np.array([*values.values()])),
    ):
        board = RegressionBoard([regression("slow")], series=series, unit=unit)
        assert board._told["rows"][0]["unit"] == told


def test_series_without_windows_have_no_picture():
    (row,) = RegressionBoard([regression("slow")], series={"app:slow": []})._told["rows"]
    assert "series" not in row
