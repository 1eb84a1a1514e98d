import numpy as np
import pandas as pd
import pytest

from workbench.report import (
    interactive,
    plot_evidence,
    plot_flame,
    plot_funnel,
    plot_many,
    plot_regressions,
    plot_steps,
    plot_suspects,
    render_svg,
)
from workbench.types import Change, Detection, Feature, Ranking, Regression, Step, Suspect
from workbench.views import flame_of

HOSTILE = "$\\frac{a</text>\x00\ud800 " + "x" * 300


def regression(subject: str, before: float, after: float, **told: float) -> Regression:
    return Regression(f"id-{subject}", subject, "cost", 5, 4, 6, before, after, 1e-6, **told)


def detection(found=(), gains=(), stages=()) -> Detection:
    funnel = pd.DataFrame(stages, columns=["stage", "n_in", "n_out", "removed"])
    return Detection(tuple(found), tuple(gains), funnel, pd.DataFrame())


def suspect(title: str, probability: float, *features: Feature) -> Suspect:
    change = Change(
        "abc1234567890", title, "Ada", "ada@example.invalid", pd.Timestamp("2026-01-01")
    )
    return Suspect(change, probability, (), 0.0, features)


def texts(figure) -> str:
    axes = figure.axes[0]
    ticks = [*axes.get_xticklabels(), *axes.get_yticklabels()]
    return "\n".join(text.get_text() for text in [*axes.texts, *ticks, axes.xaxis.label])


def bars(figure) -> list[float]:
    return [round(patch.get_width(), 9) for patch in figure.axes[0].patches]


def test_a_flame_figure_has_a_box_a_path_and_names_what_is_wide():
    figure = plot_flame(flame_of({"main;parse": 6, "main;write": 3, "main;tiny": 1e-6}))
    assert sorted(bars(figure)) == [pytest.approx(1 / 3), pytest.approx(2 / 3), *[1] * 2]
    assert {"main", "parse", "write"} <= {*texts(figure).split("\n")}
    assert "tiny" not in texts(figure)


def test_a_differential_flame_figure_marks_what_is_significant():
    figure = plot_flame(flame_of({"m;a": 500, "m;b": 500}, {"m;a": 900, "m;b": 500}))
    assert "▲ a" in texts(figure)
    assert "▼ b" in texts(figure)
    assert "▲ ▼ significant" in texts(figure)


def test_deeper_rows_are_left_out_and_told():
    figure = plot_flame(flame_of({";".join(f"f{i}" for i in range(30)): 1}), max_rows=10)
    assert len(bars(figure)) == 10
    assert "21 deeper rows left out" in texts(figure)


def test_many_series_are_relative_and_those_asked_for_are_named():
    rows = pd.DataFrame(np.outer([1.0, 10.0, 0.0], np.ones(20)), index=["a", "b", "flat zero"])
    rows.iloc[1, 10:] *= 2
    figure = plot_many(rows, highlight=[1])
    line = figure.axes[0].lines[1]
    assert line.get_label() == "b"
    assert line.get_ydata()[[0, 19]].tolist() == pytest.approx([10 / 15, 20 / 15])


def test_change_points_are_marked_among_many_series():
    rows = pd.DataFrame(np.ones((3, 20)), index=["a", "b", "c"])
    found = detection([regression("a", 1.0, 2.0)], [regression("b", 2.0, 1.0)])
    axes = plot_many(rows, detection=found).axes[0]
    marks = [line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 2]
    assert marks == [4.5, 4.5]
    shaded = [(patch.get_x(), patch.get_width()) for patch in axes.patches]
    assert shaded == [(3.5, 3.0)] * 2


def test_regressions_have_intervals_and_what_is_new_an_arrow():
    found = [
        regression("slow", 1.0, 1.5, delta_low=0.4, delta_high=0.6),
        regression("fresh", 0.0, 3.0, delta_low=2.0, delta_high=4.0),
    ]
    gain = regression("quick", 1.0, 0.8, delta_low=-0.3, delta_high=-0.1)
    figure = plot_regressions(detection(found, [gain]))
    told = texts(figure)
    for expected in ("slow cost", "fresh cost", "quick cost", "+50.0 %", "new", "−20.0 %"):
        assert expected in told
    spans = [line.get_xdata() for line in figure.axes[0].lines if len(line.get_xdata()) == 2]
    assert pytest.approx([0.4, 0.6]) in [[*span] for span in spans]


def test_the_funnel_tells_what_came_in_and_what_was_let_through():
    figure = plot_funnel(detection(stages=[("screen", 1200, 30, {}), ("merge", 30, 2, {})]))
    assert bars(figure) == [1200, 30, 30, 2]
    assert "30 of 1,200" in texts(figure)


def test_suspects_end_with_none_of_these():
    ranking = Ranking(tuple(suspect(f"t{i}", 0.08) for i in range(10)), 0.2)
    figure = plot_suspects(ranking, n=3)
    assert bars(figure) == [0.08] * 3 + [pytest.approx(0.56), 0.2]
    assert "7 others together" in texts(figure)
    assert "none of these" in texts(figure)


def test_evidence_stands_on_both_sides_of_nothing():
    features = [Feature("a", 1.0, -0.2, "it came late"), Feature("b", 1.0, 2.0, "it grew there")]
    figure = plot_evidence(suspect("t", 0.9, *features))
    assert bars(figure) == [2.0, -0.2]
    assert {"it grew there", "+2.00", "−0.20"} <= {*texts(figure).split("\n")}


def test_steps_stand_where_they_were():
    steps = [
        Step("triage", "Looked", "", 0.0, 0.3, ""),
        Step("tool", "Called x", "", 0.3, 0.1, "c1"),
    ]
    figure = plot_steps(steps)
    assert [(p.get_x(), p.get_width()) for p in figure.axes[0].patches] == [(0, 0.3), (0.3, 0.1)]


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (plot_flame(flame_of({})), "no samples"),
        (plot_many(pd.DataFrame()), "no values were measured"),
        (plot_regressions(detection()), "nothing regressed and nothing improved"),
        (plot_funnel(detection()), "nothing was looked at"),
        (plot_evidence(suspect("t", 0.5)), "no evidence was weighed"),
        (plot_steps([]), "no step was made"),
    ],
    ids=["flame", "many", "regressions", "funnel", "evidence", "steps"],
)
def test_where_there_is_nothing_to_show_that_is_said(figure, said):
    assert said in texts(figure)


@pytest.mark.parametrize(
    "figure",
    [
        plot_flame(flame_of({f"main;{HOSTILE.replace(';', '')}": 1}, title=HOSTILE), title=HOSTILE),
        plot_suspects(Ranking((suspect(HOSTILE, 0.5),), 0.5), title=HOSTILE),
        plot_evidence(suspect("t", 0.5, Feature("a", 1.0, 1.0, HOSTILE)), title=HOSTILE),
        plot_steps([Step("tool", HOSTILE, "", 0.0, 1.0, "")], title=HOSTILE),
        plot_regressions(detection([regression(HOSTILE, 1.0, 2.0)]), title=HOSTILE),
    ],
    ids=["flame", "suspects", "evidence", "steps", "regressions"],
)
def test_foreign_text_is_drawn_as_it_is(figure):
    svg = render_svg(figure)
    assert "</text>" not in svg.replace("</text>", "", svg.count("<text"))
    assert "\x00" not in svg


@pytest.mark.filterwarnings("ignore:Passing unrecognized arguments:DeprecationWarning")  # ipympl
def test_a_figure_can_be_made_interactive():
    figure = plot_steps([])
    canvas = interactive(figure)
    assert canvas.figure is figure
    assert canvas.manager is not None
