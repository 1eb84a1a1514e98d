from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from made_fixes import make_verification

from workbench.report import plot_explanation, plot_series, plot_verification, render_svg
from workbench.types import Explanation, Regression

HOSTILE = '$\\frac{ "><script>alert(1)</script> id="x" #2b2f35 漢字 🔥 \x00\x08 \ud800 -->'


def texts(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]


def test_series_shows_levels_change_point_and_unit():
    values = [2.0, 2.1, 1.9, 5.0, 5.1, 4.9]
    figure = plot_series(
        values, change_index=3, before=2, after=5, unit="CPU ms", title="cost of f"
    )
    (axes,) = figure.axes
    drawn = [line.get_xydata() for line in axes.lines]
    assert drawn[0][:, 1].tolist() == values[:3]
    assert drawn[1][:, 1].tolist() == values[3:]
    assert axes.get_ylabel() == "CPU ms"
    assert {"2.00", "5.00", "change point: window 3", "cost of f"} <= set(texts(render_svg(figure)))


def test_series_without_a_change_starts_from_zero():
    (axes,) = plot_series([100, 103, 99], unit="ms", title="").axes
    assert axes.get_ylim()[0] == 0
    assert len(axes.lines) == 1


@pytest.mark.parametrize("values", [[], [np.nan, np.nan]])
def test_series_without_values_says_so(values):
    assert texts(render_svg(plot_series(values, unit="ms", title=""))) == [
        "no values were measured"
    ]


def test_series_keeps_gaps_and_may_lack_a_level():
    figure = plot_series(
        [1, np.nan, 1, 3], change_index=3, before=np.nan, after=3, unit="ms", title=""
    )
    assert np.isnan(figure.axes[0].lines[0].get_ydata()).tolist() == [False, True, False]
    render_svg(figure)


@pytest.mark.parametrize("change_index", [0, 2])
def test_series_may_change_at_its_ends(change_index):
    render_svg(plot_series([1, 2], change_index=change_index, before=1, after=2, unit="", title=""))


def make_explanation(values, *, found=(), expected=None, **others) -> Explanation:
    values = np.asarray(values, dtype=np.float64)
    expected = values if expected is None else np.asarray(expected, dtype=np.float64)
    return Explanation("why", values, expected, tuple(found), **others)


def make_regression(index, low, high, *, kind="step") -> Regression:
    return Regression("R-1", "f", "cost", index, low, high, 1.0, 1.5, 0.001, kind=kind)


def test_explanation_shows_values_what_was_expected_and_where_the_change_may_be():
    values = [1, 1.1, 0.9, 1.5, 1.6, 1.4]
    expected = [1, 1, 1, 1.5, 1.5, 1.5]
    figure = plot_explanation(
        make_explanation(values, found=[make_regression(3, 2, 4)], expected=expected, title="f"),
        unit="CPU ms", scale=1e3,
    )  # fmt: skip
    (axes,) = figure.axes
    points, line, mark = axes.lines
    np.testing.assert_allclose(points.get_ydata(), np.multiply(values, 1e3))
    np.testing.assert_allclose(line.get_ydata(), np.multiply(expected, 1e3))
    assert mark.get_xdata()[0] == 2.5
    (band,) = axes.patches
    assert (band.get_x(), band.get_x() + band.get_width()) == (1.5, 4.5)
    shown = texts(render_svg(figure))
    assert {"step at window 3: +50.0 %", "f", "CPU ms", "window, oldest first"} <= {*shown}


def test_explanation_has_an_axis_of_time_where_times_are_known():
    times = pd.date_range("2026-01-01", periods=4, freq="D", tz="UTC").as_unit("us")
    found = [make_regression(2, 2, 2)]
    (axes,) = plot_explanation(make_explanation([1, 1, 2, 2], found=found, times=times)).axes
    assert axes.lines[0].get_xdata().tolist() == [20454, 20455, 20456, 20457]  # days since 1970
    assert axes.lines[2].get_xdata()[0] == 20455.5
    assert axes.get_xlabel() == "time, UTC"


def test_explanation_marks_the_changes_that_were_not_reported():
    values = [1, 1, 2, 2, 1, 1]
    explanation = make_explanation(values, found=[make_regression(2, 2, 2)], removed=(4,))
    (axes,) = plot_explanation(explanation).axes
    assert [line.get_xdata()[0] for line in axes.lines[2:]] == [3.5, 1.5]
    assert axes.get_xlabel() == "window, oldest first; dotted: a change that is no finding"


def test_explanation_draws_what_is_far_off_at_the_edge_and_says_so():
    values = np.ones(500)
    values[[3, 5]], values[7], values[250:] = 1e6, -1e6, 2.0
    figure = plot_explanation(make_explanation(values, expected=np.repeat([1.0, 2.0], 250)))
    (axes,) = figure.axes
    low, high = axes.get_ylim()
    assert -1 < low < high < 4
    assert np.isfinite(axes.lines[0].get_ydata()).sum() == 497
    assert [len(line.get_xdata()) for line in axes.lines[1:3]] == [1, 2]
    told = "window, oldest first; 3 far off, drawn as triangles at the edge"
    assert axes.get_xlabel() == told


@pytest.mark.parametrize("values", [[], [np.nan, np.nan]])
def test_explanation_without_values_says_so(values):
    assert texts(render_svg(plot_explanation(make_explanation(values)))) == [
        "no values were measured"
    ]


@pytest.mark.parametrize("index", [0, 1, 3])
@pytest.mark.parametrize("kind", ["step", "drift"])
def test_explanation_keeps_gaps_and_may_change_anywhere(index, kind):
    found = [make_regression(index, 0, 3, kind=kind)]
    times = pd.DatetimeIndex(["2026-01-01"] * 4, tz="UTC")
    for at in (None, times):
        shown = plot_explanation(make_explanation([1, np.nan, 1, 1], found=found, times=at))
        render_svg(shown)


def test_explanation_shows_only_when_it_was_measured():
    values = [np.nan] * 50 + [1, 1.1, 2, 2.1] + [np.nan] * 50
    found = [make_regression(3, 2, 60)]
    figure = plot_explanation(make_explanation(values, expected=np.ones(104), found=found))
    low, high = figure.axes[0].get_xlim()
    assert 49 < low < 50
    assert 53 < high < 54
    (note,) = figure.axes[0].texts
    assert note.xy[0] == low


def test_explanation_of_one_value_is_drawn():
    render_svg(plot_explanation(make_explanation([0.0], found=[make_regression(0, 0, 0)])))


def test_explanation_leaves_out_the_middle_of_a_long_title():
    title = "begin" + "x" * 500 + "end"
    shown = plot_explanation(make_explanation([1, 2], title=title)).axes[0].get_title(loc="left")
    assert len(shown) < 100
    assert shown.startswith("begin")
    assert shown.endswith("xend")
    assert "…" in shown


def test_foreign_text_of_an_explanation_stays_text():
    svg = render_svg(plot_explanation(make_explanation([1, 2], title=HOSTILE), unit=HOSTILE))
    assert "<script" not in svg


def test_verification_marks_lower_quartiles_in_milliseconds():
    verification = make_verification(
        good=(0.01, 0.02, 0.03), bad=(0.08,), fixed=(0.021, 0.023, 0.025)
    )
    shown = texts(render_svg(plot_verification(verification)))
    assert {"15.0", "80.0", "22.0", "before", "regressed", "fixed"} <= set(shown)


def test_verification_without_runs_says_so():
    assert texts(render_svg(plot_verification(make_verification()))) == ["no runs were measured"]


def test_svg_is_equal_each_time_and_carries_no_date():
    first, second = (
        render_svg(plot_series([1, 2, 3], unit="ms", title="t"), id_prefix="one") for _ in range(2)
    )
    assert first == second
    assert "<metadata" not in first


def test_two_svgs_share_no_id():
    ids = [
        {e.get("id") for e in ElementTree.fromstring(svg).iter() if e.get("id")}
        for svg in (
            render_svg(plot_series([1, 2], unit="ms", title=""), id_prefix=name)
            for name in ("one", "two")
        )
    ]
    assert ids[0]
    assert ids[0].isdisjoint(ids[1])


def test_foreign_text_stays_text():
    svg = render_svg(plot_series([1, 2], unit=HOSTILE, title=HOSTILE), label=HOSTILE)
    expected = (
        HOSTILE.replace("\x00", "\ufffd").replace("\x08", "\ufffd").replace("\ud800", "\ufffd")
    )
    assert texts(svg).count(expected) == 2
    assert ElementTree.fromstring(svg).get("aria-label") == expected
    assert "<script" not in svg
