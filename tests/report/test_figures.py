from xml.etree import ElementTree

import numpy as np
import pytest

from workbench.report import plot_series, plot_verification, render_svg
from workbench.types import Verification

HOSTILE = '$\\frac{ "><script>alert(1)</script> id="x" #2b2f35 漢字 🔥 \x00\x08 \ud800 -->'


def make_verification(**values) -> Verification:
    return Verification(applied=True, compiled=True, same_output=True, **values)


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
