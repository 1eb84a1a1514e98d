"""What the figures of a lead's report draw, and what they say in place of a picture."""

from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from lead_record import (
    ASSUMPTIONS,
    SINCE,
    UNTIL,
    make_evaluations,
    make_record,
    make_skills,
    make_solves,
)

from workbench.capacity import Assumptions, ServiceAssumptions, capacity_ledger
from workbench.measures import rate_of
from workbench.report import (
    plot_accuracy,
    plot_capacity,
    plot_skills,
    plot_time_to_diagnosis,
    render_svg,
)
from workbench.report.lead.times import times_to_diagnosis
from workbench.types import Ledger, TrackRecord

HOSTILE = '$\\frac{ "><script>alert(1)</script> \x00 -->'
EMPTY = TrackRecord(SINCE, UNTIL, "")


def texts(figure) -> list[str]:
    root = ElementTree.fromstring(render_svg(figure))
    return [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]


def lines(figure, colour):
    return [line for line in figure.axes[0].lines if line.get_color() == colour]


def test_accuracy_has_a_line_a_variant_each_labelled():
    evaluations = make_evaluations()
    seen = texts(plot_accuracy(evaluations))
    assert {"skills", "skills of main", "short instructions", "no skills"} <= set(seen)


def test_a_line_joins_evaluations_of_the_same_cases_only():
    evaluations = make_evaluations(4).query("variant == 'skills'")
    joined = plot_accuracy(evaluations.assign(bank="a"))
    apart = plot_accuracy(evaluations.assign(bank=["a", "a", "b", "b"]))
    lengths = [[len(line.get_xdata()) for line in f.axes[0].lines] for f in (joined, apart)]
    assert lengths == [[4], [2, 2, 2]]  # the third marks the change
    assert any("other cases" in text for text in texts(apart))
    assert not any("other cases" in text for text in texts(joined))


@pytest.mark.parametrize(
    ("measure", "column"), [("right", "n_right"), ("accused wrongly", "n_accused_wrongly")]
)
def test_accuracy_draws_the_rate_and_its_interval(measure, column):
    evaluations = make_evaluations(3).query("variant == 'skills'")
    axes = plot_accuracy(evaluations, measure=measure).axes[0]
    rates = [
        rate_of(k, n) for k, n in zip(evaluations[column], evaluations["n_cases"], strict=True)
    ]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [rate.ratio for rate in rates])
    (band,) = axes.collections
    edges = band.get_paths()[0].vertices[:, 1]
    assert edges.min() == pytest.approx(min(rate.low for rate in rates))
    assert edges.max() == pytest.approx(max(rate.high for rate in rates))


def test_a_single_evaluation_is_a_point_with_its_interval():
    axes = plot_accuracy(make_evaluations(1).query("variant == 'skills'")).axes[0]
    interval, point = axes.lines
    assert len(point.get_xdata()) == 1
    assert np.ptp(interval.get_ydata()) > 0
    assert not axes.collections


def test_points_of_a_single_evaluation_do_not_hide_each_other():
    axes = plot_accuracy(make_evaluations(1)).axes[0]
    places = [line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 1]
    assert len(set(places)) == 5
    assert [label.get_text() for label in axes.get_xticklabels()] == ["2026-04-01"]


def test_accuracy_is_of_the_most_telling_half():
    train = make_evaluations(3, split="train").assign(n_right=1)
    test = make_evaluations(3)
    both = plot_accuracy(pd.concat([train, test]))
    alone = plot_accuracy(test)
    assert [line.get_ydata().tolist() for line in both.axes[0].lines] == [
        line.get_ydata().tolist() for line in alone.axes[0].lines
    ]


def test_of_many_variants_the_rest_is_counted():
    rows = pd.concat(
        [make_evaluations(2).query("not is_floor").assign(variant=f"v{i}") for i in range(100)]
    )
    assert any("96 more in the table" in text for text in texts(plot_accuracy(rows)))


def test_labels_keep_apart():
    rows = pd.concat(
        [make_evaluations(2).query("variant == 'skills'").assign(variant=f"v{i}") for i in range(4)]
    )
    figure = plot_accuracy(rows)
    heights = sorted(text.xy[1] for text in figure.axes[0].texts)
    low, high = figure.axes[0].get_ylim()
    assert min(np.diff(heights)) >= 0.07 * (high - low)
    assert heights[-1] <= high


def test_times_have_marks_and_a_curve_a_group():
    seen = texts(plot_time_to_diagnosis(times_to_diagnosis(make_record(), "skills")))
    assert {"30 min", "10 h", "evaluations, n = 196", "solves, n = 48"} <= set(seen)


def test_a_curve_of_times_goes_to_the_part_that_was_diagnosed():
    times = pd.DataFrame(
        {"group": "solves", "seconds": [60.0, 120.0, 9e6], "is_diagnosed": [True, True, False]}
    )
    curve = plot_time_to_diagnosis(times).axes[0].lines[-1]
    assert curve.get_ydata().tolist() == pytest.approx([0, 1 / 3, 2 / 3, 2 / 3])
    assert curve.get_xdata()[1:3].tolist() == [60, 120]


def test_capacity_draws_known_services_and_counts_the_rest():
    record = make_record()
    ledger = capacity_ledger(record, ASSUMPTIONS)
    figure = plot_capacity(ledger)
    bars = sorted(bar.get_width() for bar in figure.axes[0].patches)
    known = [
        part.servers.value
        for row in ledger.services
        for part in (row.recovered, row.open)
        if part.servers.is_known
    ]
    assert bars == pytest.approx(sorted(known))
    seen = texts(figure)
    assert {"feed", "checkout", "■ recovered", "■ open"} <= set(seen)
    assert any("1 more not known" in text for text in seen)


def test_capacity_of_money_says_the_currency():
    ledger = capacity_ledger(make_record(), ASSUMPTIONS)
    figure = plot_capacity(ledger, quantity="money_per_year")
    assert figure.axes[0].get_xlabel().startswith("EUR a year")


def test_skills_have_their_rate_that_without_and_the_uplift():
    skills = make_skills(1).assign(n_cases=10, n_right=4, n_right_without=6, n_helped=1, n_harmed=3)
    figure = plot_skills(skills)
    interval, without, right = figure.axes[0].lines
    rate = rate_of(4, 10)
    assert interval.get_xdata() == pytest.approx([rate.low, rate.high])
    assert (without.get_xdata()[0], right.get_xdata()[0]) == (0.6, 0.4)
    assert "−20" in texts(figure)


def test_of_many_skills_the_rest_is_counted():
    assert any("380 more" in text for text in texts(plot_skills(make_skills(400))))


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (plot_accuracy(EMPTY.evaluations), "nothing was evaluated"),
        (plot_time_to_diagnosis(times_to_diagnosis(EMPTY)), "nothing was diagnosed"),
        (plot_capacity(Ledger()), "of no service it is known what its solves are worth"),
        (plot_skills(EMPTY.skills), "no skill decided a case"),
    ],
    ids=["accuracy", "times", "capacity", "skills"],
)
def test_where_there_is_nothing_a_figure_says_so(figure, said):
    assert texts(figure) == [said]


def test_foreign_names_stay_text():
    evaluations = make_evaluations(2).assign(variant=HOSTILE, model=HOSTILE)
    solves = make_solves(4, ("diagnosed",)).assign(service=HOSTILE)
    told = Assumptions(ServiceAssumptions(10, 300, price_per_kwh=1, currency="$ $\\frac"))
    ledger = capacity_ledger(make_record(solves=solves), told)
    for figure in (
        plot_accuracy(evaluations),
        plot_capacity(ledger, quantity="money_per_year"),
        plot_skills(make_skills(3).assign(skill=HOSTILE)),
        plot_time_to_diagnosis(
            pd.DataFrame({"group": [HOSTILE], "seconds": [9.0], "is_diagnosed": [True]})
        ),
    ):
        svg = render_svg(figure)
        ElementTree.fromstring(svg)
        assert "<script" not in svg
