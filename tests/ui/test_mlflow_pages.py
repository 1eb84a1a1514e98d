"""MLflow's own pages, as a lead sees them when evaluations were sent: arranged, and complete."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from made_results import make_results
from playwright.sync_api import expect
from ui_pages import keep_picture, wait_until
from ui_servers import serve_mlflow

from workbench.cli.evaluate import _track
from workbench.evaluate.results import load_results
from workbench.evaluate.summary import summarise
from workbench.evaluate.tracking.connect import EVALUATIONS
from workbench.evaluate.tracking.dashboard import PAGES

pytestmark = pytest.mark.filterwarnings("default")  # of what MLflow stands on
RATES = (
    {"ours": 0.6, "few": 0.5},
    {"ours": 0.8, "few": 0.5, "terse": 0.65},
    {"ours": 0.85, "few": 0.45, "terse": 0.7},
)
"""Of three evaluations, a week between two."""
N_CASES, N_FLOORS = 60, 2
N_VARIANTS = sum(len(rates) + N_FLOORS for rates in RATES)
SHOWN_AT_ONCE = 10
"""Runs whose charts MLflow draws, if nobody asks for more."""
QUIET = "; ".join(
    f"localStorage.setItem('{name}', '{value}')"
    for name, value in {
        "mlflow.assistant.panelOpen_v1": "false",
        "mlflow.assistant.fab.autoOpenedOnFirstLoad_v1": "true",
        "mlflow.detectIssues.guidanceShown_v1": "true",
    }.items()
)
"""No assistant beside the page and no dialog on it, as after a first visit."""
VIEWS = {view.name: view for view in PAGES[EVALUATIONS].views}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Return the folders of results, oldest first."""
    folder, now = tmp_path_factory.mktemp("results"), datetime.now(UTC)
    return [
        make_results(
            folder / f"r{number}", rates=rates, n_cases=N_CASES, seed=number,
            began=now - timedelta(days=7 * (len(RATES) - number)),
        )
        for number, rates in enumerate(RATES)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def server(results, tmp_path_factory):
    """Serve what `workbench sync` sent; by a process of its own, which has no browser's loop."""
    folder = tmp_path_factory.mktemp("mlflow")
    with serve_mlflow(folder) as url:
        own = {"MLFLOW_TRACKING_URI": url, "XDG_DATA_HOME": str(folder / "share")}
        command = [sys.executable, "-m", "workbench", "sync", *map(str, results)]
        done = subprocess.run(command, env=os.environ | own, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout.endswith("3 of 3 sent\n")
        assert "View run" not in done.stdout  # MLflow's own words
        yield url


@pytest.fixture(scope="module")
def open_view(server, new_page):
    """Name of a view -> a page of it; of charts a high one, where all can be seen."""

    def opened(name, height=900):
        page = new_page(width=1600, height=height)
        page.add_init_script(QUIET)
        page.goto(f"{server}/{VIEWS[name].path('1')}")
        return page

    return opened


@pytest.fixture(scope="module")
def latest(results):
    """Return how each variant did on the test half of the last evaluation, the best first."""
    rows = load_results(results[-1]).query("split == 'test'")
    return summarise(rows).sort_values("correct", ascending=False)


def cells(page, row):
    """Return the cells of a row of the table of runs: column -> text."""
    told = page.locator(f".ag-row[row-index='{row}'] .ag-cell").evaluate_all(
        "cells => cells.map(cell => [cell.getAttribute('col-id'), cell.innerText])"
    )
    return dict(told)


def table(page):
    """Return the columns of the table of runs from left to right, and its rows, as soon as all are
    there.
    """
    expect(page.get_by_text(f"{N_VARIANTS} matching runs")).to_be_visible()
    wait_until(lambda: len(cells(page, N_VARIANTS - 1)) > 10, "the last row of the table")
    columns = page.locator(".ag-header-cell").evaluate_all(
        """cells => cells
            .map(cell => [cell.getBoundingClientRect().x, cell.getAttribute('col-id')])
            .sort((one, other) => one[0] - other[0])
            .map(([_, name]) => name)"""
    )
    return columns, [cells(page, row) for row in range(N_VARIANTS)]


def test_the_table_is_of_variants_newest_first_and_the_best_on_top(open_view, latest):
    page = open_view("Variants")
    columns, rows = table(page)
    metrics = ["correct", "false_accusation", "top1", "harm_rate", "time_to_diagnosis"]
    shown = [f"metrics.`test/{name}`" for name in metrics]
    wanted = ["params.`evaluation`", *shown, "tags.`test_verdict`"]
    assert [name for name in columns if name in wanted] == wanted
    assert not {name for name in columns if name.startswith("metrics.")} - {*wanted}
    began = [row["params.`evaluation`"] for row in rows]
    assert began == sorted(began, reverse=True)
    assert len({*began}) == len(RATES)
    for row, told in zip(rows, latest.to_dict("records"), strict=False):
        for metric in metrics:
            said = row[f"metrics.`test/{metric}`"].replace("-", "nan")  # where there is none
            assert float(said) == pytest.approx(told[metric], abs=1e-4, nan_ok=True)
        assert row["attributes.`Run Name`"].endswith(f"{told['variant']} ({told['model']})")
        verdict = row["tags.`test_verdict`"]
        assert verdict in ("better", "worse", "inconclusive", "-")
        assert (verdict == "-") == (told["variant"] == "no-skills")
    right = [float(row["metrics.`test/correct`"]) for row in rows[: len(latest)]]
    assert right == sorted(right, reverse=True)
    keep_picture(page, "mlflow-variants")


def test_who_evaluates_is_told_where_to_look(server, results, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    _track(results[0])  # again: it changes nothing
    run, address = capsys.readouterr().out.splitlines()
    assert re.fullmatch("MLflow run [0-9a-f]{32}", run)
    assert address == f"all of them: {server}/{VIEWS['Variants'].path('1')}"


def test_views_are_listed_and_the_description_leads_to_them(open_view):
    page = open_view("Variants")
    expect(page.get_by_text("Which skills find the cause of a regression")).to_be_visible()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Over time").first.click()
    expect(opened.value.get_by_text("Latest of each variant")).to_be_visible()
    page.get_by_role("button", name="Variants").click()
    menu = page.get_by_role("menu")
    for name in ("Variants", "Over time", "Latest evaluations"):
        expect(menu.get_by_text(name, exact=True)).to_be_visible()


LINES = ".scatterlayer .trace"
"""Two a run, one of them what is drawn where lines are smoothed."""


def chart_of(page, section, place):
    """Return a chart of a section, both counted from 0."""
    grid = page.get_by_test_id("draggable-chart-cards-grid").nth(section)
    chart = grid.locator(".js-plotly-plot").nth(place)
    chart.scroll_into_view_if_needed()
    return chart


def test_charts_over_time_have_a_line_a_variant_and_a_point_an_evaluation(open_view):
    page = open_view("Over time", 1240)
    expect(page.get_by_text("5 matching runs")).to_be_visible()
    for place in (0, 1):
        lines = chart_of(page, 0, place)
        expect(lines.locator(f"{LINES} .point")).to_have_count(N_VARIANTS)
        expect(lines.locator(LINES)).to_have_count(2 * 5)
        expect(lines).to_contain_text(re.compile(r"20\d\d"))  # of an axis of time
        expect(chart_of(page, 1, place).locator(".bars .point")).to_have_count(5)
    keep_picture(page, "mlflow-over-time")


def test_charts_of_the_latest_have_a_bar_a_variant_and_a_curve_over_the_cases(open_view):
    page = open_view("Latest evaluations", 1240)
    expect(page.get_by_text(f"{N_VARIANTS} matching runs")).to_be_visible()
    for place, name in enumerate(("test/correct", "test/false_accusation")):
        expect(chart_of(page, 0, place).locator(".bars .point")).to_have_count(SHOWN_AT_ONCE)
        expect(page.get_by_text(name, exact=True).first).to_be_visible()
    expect(page.get_by_text("over the cases/correct", exact=True).first).to_be_visible()
    expect(chart_of(page, 1, 0).locator(LINES)).to_have_count(2 * SHOWN_AT_ONCE)
    keep_picture(page, "mlflow-latest")


def test_a_variant_has_its_numbers_in_order_and_leads_to_its_evaluation(open_view, latest):
    page = open_view("Variants")
    page.get_by_role("link", name="ours (playbook)").first.click()
    (ours,) = latest[latest["variant"] == "ours"].to_dict("records")
    said = f"test: right in {100 * ours['correct']:.1f} % of {N_CASES // 2} cases"
    expect(page.get_by_role("listitem").filter(has_text=said)).to_be_visible()
    first = page.get_by_role("row").filter(has_text=re.compile("^test/"))
    expect(first.first).to_contain_text(f"test/correct{round(ours['correct'], 4):g}")
    names = [text.split()[0] for text in first.all_inner_texts()]
    assert names[:3] == ["test/correct", "test/false_accusation", "test/top1"]
    assert page.get_by_text(re.compile(r"^Metrics \(\d+\)$")).count() == 1
    keep_picture(page, "mlflow-variant")

    page.get_by_role("link", name=f"{N_CASES} cases: ours, few, terse").click()
    expect(page.get_by_text("is right most often: in")).to_be_visible()
    page.get_by_text("Show more").first.click()
    for row in latest.to_dict("records"):
        shown = page.get_by_role("row").filter(has_text=f"{row['variant']} ({row['model']})")
        expect(shown).to_contain_text(f"{100 * row['correct']:.1f} %")
    verdicts = page.get_by_role("row").filter(
        has_text=re.compile(r"(better|worse|inconclusive) \(")
    )
    expect(verdicts).to_have_count(len(latest) - 1)
    keep_picture(page, "mlflow-evaluation")


def test_answers_have_their_scores_as_columns_and_each_its_steps(open_view):
    page = open_view("Answers")
    rows = page.get_by_role("table").last.get_by_role("row")
    expect(page.get_by_text(f"25 of {N_VARIANTS * N_CASES}")).to_be_visible()
    heads = rows.first.get_by_role("columnheader").all_inner_texts()
    assert [text for text in heads if text] == [
        "Time", "Run name", "Trace name", "correct", "false_accusation", "top1", "Duration",
        "State", "Output",
    ]  # fmt: skip
    ours = rows.filter(has_text="ours (playbook)").filter(has_text="release/c59")
    expect(ours).to_have_count(1)
    keep_picture(page, "mlflow-answers")

    ours.get_by_text("release/c59", exact=True).click()
    page.get_by_role("button", name="Assess").click()
    expect(page.get_by_text(re.compile(r"^Feedback \(\d+\)$"))).to_be_visible()
    for text in ("Looked at m:f", "rank_changes replied", "false_accusation", "reciprocal_rank"):
        expect(page.get_by_text(text, exact=True).last).to_be_visible()
    keep_picture(page, "mlflow-answer")
