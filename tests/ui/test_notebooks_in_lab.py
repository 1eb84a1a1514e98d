"""The notebooks as they are opened from the folder of `workbench lab`: run, seen and used."""

import shutil

import pytest
from lead_store import COST, fill
from playwright.sync_api import expect
from ui_pages import (
    Notebook,
    brush,
    check_accessible,
    click_row,
    keep_picture,
    wait_until,
    write_notebook,
)
from ui_servers import ROOT

START, CASE, PROFILES, TUNING, VARIANTS, LEAD, MODEL = (
    "00_start_here", "01_investigate_a_regression", "02_explore_profiles", "03_tune_detection",
    "04_compare_skill_variants", "05_leads_report", "07_use_your_llm",
)  # fmt: skip
FIGURE = """from workbench.report import interactive, plot_series
canvas, clicks = interactive(plot_series([1, 1, 2, 2], unit="ms", title="read")), []
canvas.mpl_connect("button_press_event", lambda event: clicks.append(event.xdata))
canvas"""


@pytest.fixture(scope="module")
def notebook(workbench_lab, new_page):
    """Name -> the notebook, open in JupyterLab and run, once a module."""
    opened = {}

    def ran(name):
        if name not in opened:
            page = new_page(width=1400, height=1000)
            opened[name] = Notebook.open(page, workbench_lab, f"{name}.ipynb")
            opened[name].run()
        return opened[name]

    yield ran
    workbench_lab.end_sessions()


def sheet(notebook, name):
    """Open a sheet of the board, and return what is on it."""
    tabs = notebook.page.locator(".jupyter-widget-tab")
    tabs.get_by_role("tab", name=name, exact=True).click()
    shown = tabs.locator(".wb").locator("visible=true")
    expect(shown).to_have_count(1)
    return shown


def fitting(view):
    """Return what is shown when it has settled, and nothing of it sticks out to the side."""
    view.scroll_into_view_if_needed()
    view.page.wait_for_timeout(300)
    assert view.evaluate("(e) => e.scrollWidth <= e.clientWidth")
    return view


def choose_anew(case):
    """Choose the first regression; what was brushed or chosen before is gone."""
    for number in (1, 0):
        case.value(f"board.choose(board.regressions.detection.found[{number}].id)")


def check_all(notebook, theme):
    """Assert that everybody can use each view that is shown."""
    notebook.theme(theme)
    views = notebook.page.locator(".wb").locator("visible=true")
    for view in views.all():
        expect(view).to_have_attribute("data-theme", theme.lower())
        check_accessible(view)
    return views.count()


# ---- 00 ------------------------------------------------------------------------------------------


def test_a_click_in_the_first_flame_graph_is_a_python_value(notebook):
    start = notebook(START)
    graph = start.page.locator(".wb-flame").first
    click_row(graph, 0.9, 2)
    start.until("flame.selection.path.tolist()", ["main;write"])
    expect(graph.locator(".wb-status")).to_contain_text("write: 15, 15 % of all")


def test_what_is_brushed_among_the_series_is_told(notebook):
    explorer = notebook(START).page.locator(".wb-series")
    brush(explorer, 0.3, 0.6)
    expect(explorer.locator(".wb-status")).to_contain_text("windows)")
    explorer.get_by_label("Find").fill("parse")
    expect(explorer.locator("output")).to_have_text("1 of 3 series")


def test_links_lead_to_the_other_notebooks(notebook, workbench_lab):
    links = notebook(START).page.locator(".jp-RenderedMarkdown td a")
    targets = {link.get_attribute("href").split("/")[-1].split("?")[0] for link in links.all()}
    others = {path.name for path in workbench_lab.folder.glob("0[1-9]_*.ipynb")}
    assert others <= targets


# ---- 01 ------------------------------------------------------------------------------------------


def test_a_regression_that_is_chosen_is_followed_by_the_sheets(notebook):
    case = notebook(CASE)
    first, second = case.page.locator(".wb-regressions button[data-id]").all()
    for row in (second, first):
        row.click()
        case.until("board.regression.id", row.get_attribute("data-id"))
        subject = row.get_attribute("title")
        case.until("board.series.selection.name.str.split().str[0].tolist()", [subject])
    case.until("len(board.suspects.ranking.suspects) > 0", True)  # ranked in a thread
    expect(case.page.locator(".wb-regression-details")).to_contain_text(subject)


def test_long_work_beside_the_board_is_shown_and_can_be_cancelled(notebook):
    case = notebook(CASE)
    count = (
        "[task.tell(f'{n} of 900', n / 900) or __import__('time').sleep(0.01) for n in range(900)]"
    )
    case.value(f"board._ranking.latest('Counting', lambda task: {count}, print)")
    bar = case.page.locator(".wb-progress").locator("visible=true")
    expect(bar).to_have_count(1)
    expect(bar).to_contain_text("Counting")
    expect(bar).to_contain_text("of 900")
    check_accessible(bar)
    bar.get_by_role("button", name="Cancel").click()
    expect(bar.get_by_role("status")).to_contain_text("Counting was cancelled after")
    choose_anew(case)
    expect(bar).to_have_count(0)


def test_windows_that_are_brushed_are_shown_as_a_flame_graph(notebook):
    case = notebook(CASE)
    explorer = sheet(case, "Series")
    brush(explorer, 0.55, 0.75)
    wait_until(lambda: case.value("board.series.window"), "windows that are brushed")
    first, end = case.value("board.series.window")
    case.until("board.flame.flame.title", f"windows {first} to {end - 1}")
    graph = sheet(case, "Flame graph")
    expect(graph.locator("canvas")).to_be_visible()


def test_a_function_of_the_flame_graph_is_shown_with_its_code(notebook):
    case = notebook(CASE)
    choose_anew(case)
    graph = sheet(case, "Flame graph")
    click_row(graph, 0.2, 8)
    subject = wait_until(lambda: case.value("board.flame.selection.function.tolist()"))[0]
    case.until("board.source.source.title.split(':')[1]", subject)
    source = sheet(case, "Source")
    expect(source).to_contain_text(f"def {subject}")


def test_a_suspect_opens_with_its_evidence_and_its_diff(notebook):
    case = notebook(CASE)
    table = sheet(case, "Suspects")
    table.locator("button.wb-open").first.click()
    expect(table.locator(".wb-diff-add").first).to_be_visible()
    expect(table.locator(".wb-features tbody tr").first).to_be_visible()


@pytest.fixture
def tall_case(notebook):
    """Show the investigated case with room for pictures of whole sheets."""
    case, usual = notebook(CASE), notebook(CASE).page.viewport_size
    case.page.evaluate("jupyterapp.commands.execute('application:toggle-left-area')")
    case.page.set_viewport_size({"width": 1440, "height": 1700})
    yield case
    case.theme("Light")
    case.page.evaluate("jupyterapp.commands.execute('application:toggle-left-area')")
    case.page.set_viewport_size(usual)


def test_the_board_and_its_sheets_fit_where_they_are_shown(tall_case):
    case = tall_case
    choose_anew(case)
    graph = sheet(case, "Flame graph")
    case.value("board.flame.set_trait('selected', [])")
    if (whole := graph.get_by_role("button", name="Whole graph")).is_enabled():
        whole.click()
    keep_picture(fitting(graph), "flame")
    explorer = sheet(case, "Series")
    explorer.get_by_label("with change points").check()
    brush(explorer, 0.6, 0.75)
    keep_picture(fitting(explorer), "series")
    explorer.get_by_label("with change points").uncheck()
    case.value("board.suspects.set_trait('height', 1100)")
    suspects = sheet(case, "Suspects")
    first = suspects.locator("button.wb-open").first
    if first.get_attribute("aria-expanded") == "false":
        first.click()
    expect(suspects.locator(".wb-diff-add").first).to_be_visible()
    keep_picture(fitting(suspects), "suspects")
    choose_anew(case)
    sheet(case, "Investigation")
    output = case.page.locator(".jp-OutputArea-output", has=case.page.locator(".wb-regressions"))
    keep_picture(fitting(output), "board")
    case.theme("Dark")
    keep_picture(output, "dark")


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_everybody_can_use_each_sheet(notebook, theme):
    case = notebook(CASE)
    for name in ("Series", "Flame graph", "Suspects", "Source", "Fix", "Investigation"):
        sheet(case, name)
        assert check_all(case, theme) == 2
    case.theme("Light")


# ---- 02, 03, 07 ----------------------------------------------------------------------------------


def test_a_cell_that_was_profiled_is_a_flame_graph(notebook):
    profiles = notebook(PROFILES)
    graph = profiles.page.locator(".wb-flame").last
    click_row(graph, 0.2, 1)
    expect(graph.locator(".wb-status")).to_contain_text("<cell>")
    assert profiles.value("cell.top(1).function.tolist()")


def test_a_selection_among_the_profiles_reaches_python(notebook):
    profiles = notebook(PROFILES)
    graph = profiles.page.locator(".wb-flame").nth(1)
    graph.get_by_label("Find").fill("deepcopy")
    click_row(graph, 0.1, 2)
    profiles.until("flame.selection.function.tolist()", ["main"])
    brush(profiles.page.locator(".wb-series"), 0.1, 0.3)
    wait_until(lambda: profiles.value("explorer.window") != [12, 15], "another window")
    assert profiles.value("explorer.brushed.shape[1]") == profiles.value(
        "explorer.window[1] - explorer.window[0]"
    )


def test_a_notebook_can_be_run_again(notebook):
    profiles = notebook(PROFILES)
    profiles.run()
    expect(profiles.page.locator(".wb-flame")).to_have_count(4)


def test_regressions_are_filtered_and_chosen(notebook):
    tuning = notebook(TUNING)
    board = tuning.page.locator(".wb-regressions")
    rows = board.locator("button[data-id]")
    subject = rows.nth(2).get_attribute("title")
    board.get_by_label("Find").fill(subject)
    expect(rows).to_have_count(1)
    rows.first.click()
    tuning.until("board.selection.subject.tolist()", [subject])
    expect(board.locator(".wb-regression-details")).to_contain_text("Reported as a regression")
    board.get_by_label("Find").fill("")
    board.get_by_label("Show").select_option("improvement")
    assert rows.count() == tuning.value("len(found.gains)")
    board.get_by_label("Show").select_option("regression")


def test_a_claim_leads_to_the_step_that_holds_it(notebook):
    model = notebook(MODEL)
    view = model.page.locator(".wb-agent")
    view.locator("button.wb-claim").first.click()
    step = wait_until(lambda: model.value("view.selected_step"))
    expect(view.locator(".wb-steps > li").nth(step).locator("mark").first).to_be_visible()
    cited = model.value("trajectory.diagnosis.evidence[0].call_id")
    assert model.value(f"view.steps[{step}].call_id") == cited


@pytest.mark.parametrize("theme", ["Light", "Dark"])
@pytest.mark.parametrize(
    ("name", "n_views"),
    [(START, 3), (PROFILES, 5), (TUNING, 2), (VARIANTS, 1), (LEAD, 1), (MODEL, 2)],
)
def test_everybody_can_use_each_view(notebook, name, n_views, theme):
    assert check_all(notebook(name), theme) == n_views
    notebook(name).theme("Light")


# ---- 04 ------------------------------------------------------------------------------------------


@pytest.fixture
def experiment(notebook):
    """Show the board of the variants as it was made, alone: nothing is open or selected."""
    compared = notebook(VARIANTS)
    compared.value("board.set_trait('chosen', 'changed')")
    compared.value("board.set_trait('case', '')")
    compared.value("board.set_trait('selected', [])")
    board = compared.page.locator(".wb-experiment")
    board.scroll_into_view_if_needed()
    return compared, board


def part(board, name):
    return board.get_by_role("region", name=name, exact=True)


def test_a_variant_that_is_clicked_is_looked_at(experiment):
    compared, board = experiment
    part(board, "Variants").get_by_role("button", name="no-skills").click()
    compared.until("board.chosen", "no-skills")
    shown = [row.get_attribute("data-id") for row in board.locator("tr[data-id]").all()]
    assert shown == compared.value("board.differing['case'].tolist()")
    part(board, "Variants").get_by_role("button", name="changed").click()
    compared.until("board.chosen", "changed")
    lost = "board.differing.query(\"outcome == 'lost'\")['case'].str[-3:].tolist()"
    assert {"A10", "A11", "A14", "A16"} <= {*compared.value(lost)}  # arms and flags alone


def test_cases_are_told_apart_by_another_stratum(experiment):
    compared, board = experiment
    compared.value("board.set_trait('stratum', 'size')")
    board.get_by_label("By").select_option("kind")
    compared.until("board.stratum", "kind")
    kinds = part(board, "Strata").locator("tbody th").all_inner_texts()
    assert {*kinds} == {*compared.value("bank.table(cases)['kind'].tolist()")}


def test_a_case_that_differs_opens_with_both_ways_and_is_selected(experiment):
    compared, board = experiment
    row = board.locator("tr[data-id]").first
    case = row.get_attribute("data-id")
    row.locator("button.wb-e-open").click()
    compared.until("board.case", case)
    expect(board.locator(".wb-e-parting")).to_be_visible()
    expect(board.locator(".wb-e-traces tbody tr")).not_to_have_count(0)
    row.locator("input").click()
    compared.until("board.selection['case'].tolist()", [case])
    compared.until("board.selected", [case])
    compared.page.set_viewport_size({"width": 1400, "height": 1900})
    board.scroll_into_view_if_needed()
    keep_picture(fitting(board), "variants_board")
    compared.page.set_viewport_size({"width": 1400, "height": 1000})


def test_the_answer_is_that_of_the_comparison(notebook):
    compared = notebook(VARIANTS)
    better, worse = compared.value("[int(correct.n_better), int(correct.n_worse)]")
    assert (better, worse) == (
        compared.value("int((board.differing.outcome == 'solved').sum())"),
        compared.value("int((board.differing.outcome == 'lost').sum())"),
    )
    answer = compared.page.locator(".jp-OutputArea-output").last
    expect(answer).to_contain_text(f"{better} cases better and {worse} worse of 12")
    expect(answer).to_contain_text(compared.value("correct.verdict"))


# ---- 05 ------------------------------------------------------------------------------------------


def test_what_is_tracked_later_is_in_the_leads_report(notebook, workbench_lab, tmp_path):
    lead = notebook(LEAD)
    report = lead.page.frame_locator(".wb-page iframe")
    expect(report.locator("main")).to_contain_text("Nothing was evaluated and nothing was solved")
    home = workbench_lab.folder.parent
    fill("", home / "share", tmp_path)
    lead.page.get_by_label("Period").select_option("the last year")
    lead.until("since.value", 365)
    expect(report.locator(".tiles")).to_contain_text("answered right")
    assert "servers recovered" in lead.value("page.page")
    lead.value("setattr(assumed[0], 'value', 2000)")
    expect(report.locator(".tiles")).to_contain_text(f"{2000 * COST:.0f}")
    lead.page.set_viewport_size({"width": 1400, "height": 7200})
    keep_picture(lead.page.locator(".wb-page"), "lead_in_lab")
    lead.page.set_viewport_size({"width": 1400, "height": 1000})


# ---- beside the notebooks ------------------------------------------------------------------------


def test_a_figure_can_be_clicked(workbench_lab, new_page):
    write_notebook(workbench_lab.folder / "figure.ipynb", FIGURE)
    figure = Notebook.open(new_page(), workbench_lab, "figure.ipynb")
    figure.run()
    canvas = figure.page.locator(".jupyter-matplotlib-canvas-div canvas").last
    expect(canvas).to_be_visible()
    assert figure.value("clicks") == []
    box = canvas.bounding_box()
    canvas.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    (clicked,) = wait_until(lambda: figure.value("clicks"), "a click that Python heard of")
    assert 0 < clicked < 3


@pytest.mark.parametrize(("name", "n_views"), [(START, 3), (CASE, 2), (VARIANTS, 1), (LEAD, 1)])
def test_a_notebook_shows_its_views_before_it_is_run(workbench_lab, new_page, name, n_views):
    copy = f"saved_{name}.ipynb"  # as it came: JupyterLab saves what it ran without its widgets
    shutil.copy(ROOT / "notebooks" / f"{name}.ipynb", workbench_lab.folder / copy)
    saved = Notebook.open(new_page(width=1400, height=1000), workbench_lab, copy)
    shown = saved.page.locator(".wb").locator("visible=true")
    expect(shown).to_have_count(n_views)
    assert not saved.value(
        "{'FlameGraph', 'Board', 'ExperimentBoard', 'PageView'} & {*globals()} != set()"
    )


def test_the_board_is_there_in_notebook_7(workbench_lab, new_page):
    copy = "classic.ipynb"
    shutil.copy(workbench_lab.folder / f"{CASE}.ipynb", workbench_lab.folder / copy)
    case = Notebook.open(new_page(), workbench_lab, copy, in_lab=False)
    case.run()
    case.until("board.agent.status", "waits for review")
    expect(case.page.locator(".wb-agent").get_by_role("button", name="Approve")).to_be_enabled()
    case.page.locator(".wb-regressions button[data-id]").nth(1).click()
    case.until("board.regression.id == board.regressions.detection.found[1].id", True)
