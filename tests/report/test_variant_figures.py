"""What the figures of an evaluation draw, and what they say in place of a picture."""

from xml.etree import ElementTree

import pandas as pd
import pytest

from workbench.measures import NO_SKILLS, rate_of, risk_curve
from workbench.report import plot_risk, plot_variants, render_svg
from workbench.report.style import BEFORE, MUTED

HOSTILE = '$\\frac{ "><script>alert(1)</script> \x00 -->'


def make_summary(*names):
    return pd.DataFrame([
        {"variant": name, "model": "m", "n_cases": 40, "correct": 0.75, "correct_n": 40,
         "false_accusation": 0.05, "false_accusation_n": 40}
        for name in names
    ])  # fmt: skip


def texts(figure):
    root = ElementTree.fromstring(render_svg(figure))
    return [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]


def test_each_variant_has_both_rates_with_their_intervals_and_floors_are_grey():
    figure = plot_variants(make_summary("ours", NO_SKILLS), title="40 cases")
    seen = texts(figure)
    assert {"ours (m)", f"{NO_SKILLS} (m)", "75 %", "5 %", "40 cases"} <= {*seen}
    first = next(line for line in figure.axes[0].lines if line.get_color() == BEFORE)
    assert first.get_xdata() == pytest.approx(list(rate_of(30, 40)[1:3]))
    assert sum(line.get_color() == MUTED for line in figure.axes[0].lines) == 4


def test_a_curve_has_its_area_beside_its_name():
    curves = {
        "ours (m)": risk_curve([0.9, 0.5], [1, 0]), f"{NO_SKILLS} (none)": risk_curve([0.5], [0]),
        "silent (m)": risk_curve([], []),
    }  # fmt: skip
    figure = plot_risk(curves)
    seen = texts(figure)
    assert {"ours (m), 0.250", f"{NO_SKILLS} (none), 1.000"} <= {*seen}
    assert not any("silent" in text for text in seen)
    assert [line.get_color() for line in figure.axes[0].lines] == [BEFORE, MUTED]


def test_a_solver_without_a_fault_is_drawn_too():
    assert plot_risk({"ours (m)": risk_curve([0.9], [1])}).axes[0].get_ylim()[1] > 0


def test_nothing_to_draw_is_said_and_names_are_no_markup():
    assert "nothing was evaluated" in texts(plot_variants(make_summary()))
    assert "no answer tells how sure it is" in texts(plot_risk({}))
    plot_variants(make_summary(HOSTILE))
    assert "<script>" not in render_svg(plot_risk({HOSTILE: risk_curve([0.5], [0])}))


def test_more_than_can_be_drawn_are_counted():
    seen = texts(plot_variants(make_summary(*(f"v{n}" for n in range(23)))))
    assert any("3 more not drawn" in text for text in seen)
