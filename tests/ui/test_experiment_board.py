import pandas as pd
import pytest
from playwright.sync_api import expect
from ui_pages import check_accessible, keep_picture

from workbench.widgets import ExperimentBoard

LONG = "a-variant-of-the-skills-with-a-name-that-is-longer-than-anybody-would-give-it"
MAKE = f"""import pandas as pd
def make_results(variants, n_cases=12, n_epochs=1, **columns):
    rows = []
    for number, variant in enumerate(variants):
        for case in range(n_cases):
            for epoch in range(n_epochs):
                right = (case * 7 + number * 3 + epoch * number) % 5 != 0
                steps = ["Looked at app:slow", "Called rank_changes", "rank_changes replied", "Called get_change"]
                rows.append(dict(
                    case=f"shop/A{{case:02}}-hidden", variant=variant, model="m", epoch=epoch, service=f"shop:{{case % 3}}",
                    case_kind=["commit", "flag", "commit"][case % 3], case_size=["5 to 10 %", "10 to 20 %"][case % 2],
                    correct=float(right), top1=float(right) if case < 8 else None, false_accusation=float(not right),
                    seconds=0.1 * (number + 1) + 0.01 * case, time_to_diagnosis=0.1 * (number + 1) if right else 36000.0,
                    said_change_id=f"B-{{case}}" if right else "",
                    said_confidence=(case * 5 % 11) / 11, said_skill="deep-copies",
                    said_steps=steps + ["Reached a diagnosis" if right else "Abstained"], said_failure=""))
    return pd.DataFrame(rows).assign(**columns)
def make_comparisons(*told):
    return pd.DataFrame([dict(variant=variant, model="m", measure="correct", verdict=verdict, difference=0.052,
        low=-0.011, high=0.093, p_value=p_value, detectable=0.063, needed=61) for variant, verdict, p_value in told])
results = make_results(["old", "new", {LONG!r}, "no-skills"])
comparisons = make_comparisons(("new", "inconclusive", 0.2), ({LONG!r}, "better", 0.01), ("no-skills", "worse", 0.0001))
"""
CELLS = (
    f"{MAKE}from workbench.widgets import ExperimentBoard\nboard = ExperimentBoard(results, comparisons)\nboard",
    "many = ExperimentBoard(make_results(['old', 'new'], 442, 3))\nmany",
    """halves = ExperimentBoard(pd.concat([
    make_results(['old', 'new', 'no-skills'], split='test'),
    make_results(['old', 'no-skills'], 5, split='train').assign(case=lambda rows: 'x' + rows['case']),
]))
halves""",
)
made: dict = {}
exec(MAKE, made)  # the same in the kernel and here
RESULTS, COMPARISONS, make_results = (made[n] for n in ("results", "comparisons", "make_results"))
FIRST = "shop/A00-hidden"


@pytest.fixture(scope="module")
def lab(open_notebook):
    return open_notebook(*CELLS)


@pytest.fixture
def boards(lab):
    """Run the notebook anew."""
    lab.page.set_viewport_size({"width": 1500, "height": 1400})
    lab.theme("Light")
    lab.run()
    found = lab.page.locator(".wb-experiment")
    expect(found).to_have_count(3)
    lab.until("[board.chosen, board.measure, board.case]", ["new", "correct", ""])
    expect(part(found.first, "Variants").locator(".wb-e-chosen")).to_contain_text("new")
    return found


@pytest.fixture
def board(boards):
    return boards.first


def part(board, name):
    return board.get_by_role("region", name=name, exact=True)


def row(board, case):
    return board.locator(f"tr[data-id='{case}']")


def opener(board, case):
    return row(board, case).locator("button.wb-e-open")


def cases(board):
    return [one.get_attribute("data-id") for one in board.locator("tr[data-id]").all()]


def test_a_variant_that_is_chosen_is_looked_at_in_every_part(lab, board):
    before = cases(board)
    part(board, "Variants").get_by_role("button", name="no-skills").click()
    lab.until("board.chosen", "no-skills")
    expect(part(board, "Variants").locator(".wb-e-chosen")).to_contain_text("no-skills")
    expect(part(board, "Cases that differ").locator("th.wb-e-said").last).to_have_text("no-skills")
    expect(board.locator(".wb-e-keys")).to_contain_text("no-skills")
    expect(board.locator(".wb-e-legend [aria-pressed=true]")).to_have_text("no-skills")
    assert cases(board) != before
    assert cases(board) == lab.value("board.differing['case'].tolist()")
    board.locator(".wb-e-legend").get_by_role("button", name="new").click()
    lab.until("board.chosen", "new")


def test_arrows_choose_the_next_variant_and_keep_the_focus(lab, board):
    table = part(board, "Variants")
    table.get_by_role("button", name="new").press("ArrowUp")
    lab.until("board.chosen", "old")
    expect(table.get_by_role("button", name="old")).to_be_focused()
    expect(board).to_contain_text("old is the baseline: choose another variant")
    lab.page.keyboard.press("ArrowDown")
    lab.page.keyboard.press("ArrowDown")
    lab.until("board.chosen", LONG)


def test_a_verdict_is_told_in_words_with_what_would_have_been_seen(board):
    rows = part(board, "Variants").locator("tbody tr")
    expect(rows.nth(0)).to_contain_text("baseline")
    expect(rows.nth(1)).to_contain_text("inconclusive")
    expect(rows.nth(1)).to_contain_text("+5.2 pp (−1.1 to +9.3 pp), p 0.2")
    expect(rows.nth(1)).to_contain_text("would be seen: 6.3 pp; 61 cases would decide 10 pp")
    expect(rows.nth(2)).to_contain_text("▲ better")
    expect(rows.nth(2)).not_to_contain_text("would be seen")
    expect(rows.nth(3)).to_contain_text("▼ worse")


def test_a_measure_is_chosen_by_its_heading_and_by_the_list(lab, board):
    name = "median time to diagnosis"
    part(board, "Variants").get_by_role("button", name=name).click()
    lab.until("board.measure", "time_to_diagnosis")
    expect(board.get_by_label("Measure")).to_have_value("time_to_diagnosis")
    expect(part(board, "Strata").get_by_role("columnheader", name=name)).to_be_visible()
    expect(row(board, FIRST)).to_contain_text("never")
    expect(row(board, FIRST)).to_contain_text("200 ms")
    expect(row(board, FIRST)).to_contain_text("better")
    board.get_by_label("Measure").select_option("false_accusation")
    lab.until("board.measure", "false_accusation")
    expect(part(board, "Variants").locator("tbody tr").nth(1)).to_contain_text("not compared")


def test_a_stratum_is_chosen_and_few_cases_are_marked(lab, board):
    strata = part(board, "Strata")
    assert [one.inner_text() for one in strata.locator("tbody th").all()] == ["commit", "flag"]
    expect(strata.locator("tbody tr").nth(1).locator(".wb-e-few")).to_be_visible()
    expect(strata.locator("tbody tr").nth(0).locator(".wb-e-few")).to_have_count(0)
    board.get_by_label("By").select_option("size")
    lab.until("board.stratum", "size")
    board.get_by_label("Order").select_option("name")
    assert [one.inner_text() for one in strata.locator("tbody th").all()] == ["5 to 10 %", "10 to 20 %"]  # fmt: skip
    expect(strata.locator("tbody tr").first.locator(".wb-e-barline")).to_have_count(2)


def test_a_case_opens_to_both_traces_with_the_step_at_which_they_part(lab, board):
    opener(board, FIRST).press("Enter")
    lab.until("board.case", FIRST)
    expect(opener(board, FIRST)).to_have_attribute("aria-expanded", "true")
    parting = board.locator(".wb-e-parting")
    expect(parting).to_contain_text("parts here 5")
    expect(parting).to_contain_text("Abstained")
    expect(parting).to_contain_text("Reached a diagnosis")
    expect(board.locator(".wb-e-detail")).to_contain_text("named nobody")
    expect(board.locator(".wb-e-detail code")).to_have_text("B-0")
    expect(board.locator(".wb-e-traces tbody tr")).to_have_count(5)
    expect(row(board, FIRST)).to_contain_text("step 5")
    keep_picture(board, "experiment_open")
    row(board, cases(board)[1]).locator("td.wb-e-outcome").click()
    lab.until("board.case", cases(board)[1])
    expect(board.locator(".wb-e-detail")).to_have_count(1)
    opener(board, cases(board)[1]).click()
    lab.until("board.case", "")
    expect(board.locator(".wb-e-detail")).to_have_count(0)


def test_cases_are_selected_by_click_and_by_key(lab, board):
    first, second, *_ = cases(board)
    row(board, first).locator("input").click()
    lab.until("board.selection['case'].tolist()", [first])
    assert lab.value("board.case") == ""
    opener(board, first).press("ArrowDown")
    expect(opener(board, second)).to_be_focused()
    lab.page.keyboard.press("x")
    lab.until("board.selected", [first, second])
    expect(part(board, "Cases that differ").locator(".wb-e-chosen")).to_have_count(2)
    expect(board.locator(".wb-status")).to_contain_text("2 selected")
    row(board, first).locator("input").click()
    lab.until("board.selected", [second])


def test_what_is_selected_and_no_longer_differs_is_let_go(lab, board):
    kept, gone = [
        next(one for one in lab.value("board.differing['case'].tolist()") if (one in other) == is_in)
        for other in [lab.value("ExperimentBoard(results, chosen='no-skills').differing['case'].tolist()")]
        for is_in in (True, False)
    ]  # fmt: skip
    for case in (kept, gone):
        row(board, case).locator("input").click()
    lab.until("board.selected", [kept, gone])
    part(board, "Variants").get_by_role("button", name="no-skills").click()
    lab.until("[board.chosen, board.selected]", ["no-skills", [kept]])
    expect(row(board, kept).locator("input")).to_be_checked()


def test_cases_are_found_by_words_and_by_outcome(lab, board):
    everything = cases(board)
    board.get_by_label("Find").fill("a00 commit")
    assert cases(board) == [FIRST]
    expect(board.locator(".wb-status")).to_have_text(f"1 of {len(everything)} cases")
    board.get_by_label("Find").fill("nothing like it")
    expect(board.locator(".wb-empty")).to_contain_text("No case is like this.")
    board.get_by_label("Find").fill("")
    board.get_by_label("Show").select_option("solved")
    outcomes = part(board, "Cases that differ").locator("td.wb-e-outcome").all_inner_texts()
    assert {one.strip() for one in outcomes} == {"▲ solved"}
    wanted = "int((board.differing['outcome'] == 'solved').sum())"
    assert len(outcomes) == lab.value(wanted) < len(everything)


def test_what_python_chooses_is_shown_even_where_words_leave_it_out(lab, board):
    board.get_by_label("Find").fill("nothing like it")
    lab.value(f"setattr(board, 'case', {FIRST!r})")
    expect(board.locator(".wb-e-detail")).to_have_count(1)
    expect(board.get_by_label("Find")).to_have_value("")
    lab.value("board.set_trait('chosen', 'no-skills')")
    expect(part(board, "Variants").locator(".wb-e-chosen")).to_contain_text("no-skills")
    lab.value("board.set_trait('stratum', 'service')")
    expect(board.get_by_label("By")).to_have_value("service")
    lab.value("board.set_trait('measure', 'top1')")
    expect(board.get_by_label("Measure")).to_have_value("top1")
    lab.value("board.set_trait('selected', [board.differing['case'].iloc[0]])")
    expect(part(board, "Cases that differ").locator(".wb-e-chosen")).to_have_count(1)


def test_a_case_on_which_both_are_the_same_is_said_to_be(lab, board):
    same = lab.value("sorted({*results['case']} - {*board.differing['case']})[0]")
    lab.value(f"setattr(board, 'case', {same!r})")
    expect(board.locator(".wb-status")).to_contain_text(f"both are the same on {same}")


def test_risk_is_read_at_any_coverage_by_pointer_and_by_key(lab, board):
    plot = board.get_by_role("slider")
    expect(plot).to_have_attribute("aria-valuenow", "100")
    right = lab.value("results[results['variant'] == 'new']['correct'].mean()")
    assert f"new {100 * (1 - right):.1f} % wrong" in plot.get_attribute("aria-valuetext")
    plot.press("PageDown")
    expect(plot).to_have_attribute("aria-valuenow", "90")
    expect(board.locator(".wb-e-at")).to_have_text("Risk at 90 %")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    lab.page.mouse.move(box["x"] + 46 + (box["width"] - 58) / 2, box["y"] + 60)
    expect(board.locator(".wb-e-at")).to_have_text("Risk at 50 %")
    board.get_by_text("Risk at every tenth").click()
    tenths = part(board, "Risk at every tenth of coverage")
    expect(tenths.locator("tbody tr")).to_have_count(10)
    shown = board.locator(".wb-e-legend td.wb-e-risk").all_inner_texts()
    assert tenths.locator("tbody tr").nth(4).locator("td").all_inner_texts() == shown


def test_epochs_are_counted_and_many_cases_are_reached_by_one_key(lab, boards):
    many = boards.nth(1)
    expect(many.locator("tr[data-id]")).to_have_count(50)
    expect(many.locator("tr[data-id]").first).to_contain_text("of 3")
    many.get_by_role("button", name="Show 50 more").click()
    expect(many.locator("tr[data-id]")).to_have_count(100)
    last = lab.value("many.differing['case'].iloc[-1]")
    opener(many, cases(many)[0]).press("End")
    expect(opener(many, last)).to_be_focused()


def test_each_half_is_looked_at_by_itself(lab, boards):
    halves = boards.nth(2)
    expect(halves).to_contain_text("3 variants, 12 cases of the test half")
    opener(halves, cases(halves)[0]).click()
    part(halves, "Variants").get_by_role("button", name="no-skills").click()
    chooser = halves.get_by_label("Half of the bank")
    chooser.select_option("train")
    lab.until("[halves.half, halves.chosen, halves.case]", ["train", "no-skills", ""])
    expect(halves).to_contain_text("2 variants, 5 cases of the train half")
    assert all(name.startswith("x") for name in cases(halves))
    lab.value("setattr(halves, 'half', 'test')")
    expect(chooser).to_have_value("test")
    expect(part(halves, "Variants").locator("tbody tr")).to_have_count(3)
    part(halves, "Variants").get_by_role("button", name="new").click()
    lab.until("halves.chosen", "new")
    chooser.select_option("train")  # where there is no such variant
    lab.until("halves.chosen", "no-skills")
    keep_picture(halves, "experiment_halves")


def test_hundreds_of_cases_are_drawn_at_once(new_page, tmp_path):
    results = make_results(["old", "new", "a", "b", "c", "d"], 442, 3)
    ExperimentBoard(results).to_html(tmp_path / "view.html")
    name, took = "performance.getEntriesByName('wb-experiment-first-frame')", []
    for _ in range(3):  # the machine may be busy with something else
        page = new_page()
        page.goto((tmp_path / "view.html").as_uri())
        page.wait_for_function(f"() => {name}.length")
        took.append(page.evaluate(f"{name}[0].duration"))
    assert min(took) < 300, f"{min(took):.0f} ms"


EMPTY = {
    "alone": (RESULTS[RESULTS["variant"] == "old"], "There is one variant alone"),
    "same": (
        pd.concat([make_results(["old"]), make_results(["old"], variant="new")]),
        "new and old do not differ in “right” on any case.",
    ),
    "bare": (RESULTS[["case", "variant", "correct"]], "The results tell no strata of cases."),
}
VIEWS = {
    "full": lambda: ExperimentBoard(RESULTS, COMPARISONS, case=FIRST, selected=[FIRST]),
    "long": lambda: ExperimentBoard(RESULTS, COMPARISONS, chosen=LONG, stratum="service"),
    "failed": lambda: ExperimentBoard(RESULTS.assign(said_failure="the model did not answer"), case=FIRST),
    **{name: lambda given=given: ExperimentBoard(given) for name, (given, _) in EMPTY.items()},
}  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", VIEWS)
def test_everybody_can_use_it_at_any_width(name, scheme, new_page, tmp_path):
    VIEWS[name]().to_html(tmp_path / "view.html", title=name)
    for width in (400, 800, 1600):
        page = new_page(width=width, height=900, color_scheme=scheme)
        page.goto((tmp_path / "view.html").as_uri())
        view = page.locator(".wb-experiment")
        expect(view).to_have_attribute("data-theme", scheme)
        expect(part(view, "Variants").locator("tbody tr").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        check_accessible(page.locator("html"))
        keep_picture(page, f"experiment_{name}_{scheme}_{width}")


@pytest.mark.parametrize("name", EMPTY)
def test_nothing_to_show_is_said(name, new_page):
    page = new_page()
    page.set_content(VIEWS[name]().to_html())
    expect(page.locator(".wb-experiment")).to_contain_text(EMPTY[name][1])
    expect(page.locator(".wb-experiment")).not_to_contain_text("NaN")


def test_a_saved_page_is_as_live_as_a_notebook(new_page):
    board = ExperimentBoard(RESULTS, COMPARISONS, case=FIRST)
    same = {*ExperimentBoard(RESULTS, chosen="no-skills").differing["case"]}
    board.selected = [next(case for case in board.differing["case"] if case not in same)]
    page = new_page()
    page.set_content(board.to_html())
    view = page.locator(".wb-experiment")
    expect(view.locator(".wb-e-detail")).to_have_count(1)
    expect(view.locator(".wb-status")).to_contain_text("1 selected")
    part(view, "Variants").get_by_role("button", name="no-skills").click()
    expect(part(view, "Cases that differ").locator("th.wb-e-said").last).to_have_text("no-skills")
    expect(view.locator(".wb-status")).not_to_contain_text("selected")
    opener(view, cases(view)[-1]).click()
    expect(view.locator(".wb-e-parting")).to_have_count(1)


@pytest.mark.parametrize(("width", "columns"), [(400, 3), (600, 5), (1280, 6)])
def test_traces_go_over_all_columns_that_there_is_room_for(new_page, width, columns):
    page = new_page(width=width)
    page.set_content(ExperimentBoard(make_results(["old", "new"], 60)).to_html())
    view = page.locator(".wb-experiment")
    opener(view, cases(view)[9]).click()  # the list is as high as it may be, and stays so
    expect(view.locator(".wb-e-detail > td")).to_have_attribute("colspan", str(columns))
    expect(opener(view, cases(view)[9])).to_be_in_viewport()


def test_steps_that_are_the_same_are_folded_away_until_asked_for(new_page):
    steps = [[f"Called tool {i}" for i in range(9)] + [variant] for variant in RESULTS["variant"]]
    page = new_page()
    page.set_content(ExperimentBoard(RESULTS.assign(said_steps=steps), case=FIRST).to_html())
    traces = page.locator(".wb-e-traces tbody tr")
    expect(traces).to_have_count(4)  # the button, two that are the same, and the parting one
    page.get_by_role("button", name="Show steps 1 to 7, which are the same").click()
    expect(traces).to_have_count(10)
    expect(traces.nth(0)).to_contain_text("Called tool 0")
    expect(traces.nth(9)).to_contain_text("parts here 10")


def test_failures_are_told_with_their_reason(new_page):
    page = new_page()
    page.set_content(VIEWS["failed"]().to_html())
    view = page.locator(".wb-experiment")
    expect(part(view, "Variants").locator("tbody tr").first).to_contain_text(
        "! 12 of 12 answers failed"
    )
    expect(row(view, FIRST)).to_contain_text("failed: the model did not answer")
    expect(view.locator(".wb-e-detail")).to_contain_text("failed: the model did not answer")
