"""The table of opportunities: as pages at any width, and its values and patches in JupyterLab."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect
from ui_pages import check_accessible, keep_picture

from workbench.types import OPPORTUNITY_STATES, Amount, Opportunity
from workbench.widgets import OpportunityBoard

LONG = "app.a_module_with_a_long_name.another_one:AClassOfThatModule.a_method_with_a_long_name_too"
HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
PATTERNS = ("deep_copy_only_read", "list_membership", "constant_pattern", "cache_candidate")


def amount(value: float) -> Amount:
    return Amount(value, value * 0.4, value * 1.7)


def one(number: int, watts: float | None = None, **told) -> Opportunity:
    saving = 0.08 / (number + 1)
    given = {
        "id": f"{number:012x}", "service": "checkout", "function": f"shop.cart:Cart.line_{number}",
        "file": "src/shop/cart.py", "line": 10 + number, "end_line": 12 + number,
        "pattern": PATTERNS[number % 4], "title": f"Hand on the object itself, in line_{number}",
        "share": 2 * saving, "saving": amount(saving),
        "watts": Amount() if watts is None else amount(watts * saving), "chance": 0.7,
        "effort_hours": 0.5, "mitigation": "drop_copy", "owner": "team-checkout",
        "state": [*OPPORTUNITY_STATES][number % 5],
        "evidence": ("16.2 % of 41,200 samples pass through these lines.",
                     "`deepcopy` copies what nobody writes to.", "The loop goes round 8 times."),
        "documents": ("How carts are priced",), "precedents": ("INC-12", "INC-40"),
        "validation": ("The tests pass.", "The workload costs at least 3 % less CPU."),
    }  # fmt: skip
    return Opportunity(**given | told)


def make_board(n: int = 8, **kwargs) -> OpportunityBoard:
    return OpportunityBoard([one(number, 2400.0) for number in range(n)], **kwargs)


LONG_ONE = one(
    0, 2e6, id="a1-" * 30, function=LONG * 2, file=f"{'folder_of_a_long_name/' * 6}cart.py",
    title=f"Do not copy in {LONG * 2}", owner="team-" + "of-many-people-" * 6, service=LONG,
    pattern="a_pattern_with_a_very_long_name_that_goes_on", evidence=("word " * 120, "x" * 400),
    state="a state that nobody knows", precedents=("P" * 200,), share=1e-6,
)  # fmt: skip
ODD = one(5, id="constructor", state="toString", mitigation="valueOf", pattern="__proto__")
BARE = Opportunity("bare", "", "f", "", 0, 0, "", "", float("nan"))
HOSTILE_ONE = one(
    1, id=HOSTILE, function=HOSTILE, file=HOSTILE, title=HOSTILE, pattern=HOSTILE, owner=HOSTILE,
    state=HOSTILE, evidence=(HOSTILE,), documents=(HOSTILE,), precedents=(HOSTILE,),
    validation=(HOSTILE,), service=HOSTILE, mitigation=HOSTILE,
)  # fmt: skip
VIEWS = {
    "opportunities": make_board(selected=["000000000000"]),
    "no opportunities": OpportunityBoard(),
    "long opportunities": OpportunityBoard([LONG_ONE, one(3), BARE], selected=[LONG_ONE.id]),
    "many opportunities": make_board(1000),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", VIEWS)
def test_a_saved_page_is_accessible_at_any_width(name, scheme, new_page, tmp_path):
    path = tmp_path / "view.html"
    VIEWS[name].to_html(path, title=name)
    for width in (400, 900, 1600):
        page = new_page(width=width, height=1000, color_scheme=scheme)
        page.goto(path.as_uri())
        view = page.locator(".wb")
        expect(view).to_have_attribute("data-theme", scheme)
        assert view.evaluate("view => view.scrollWidth <= view.clientWidth")
        scroll = view.locator(".wb-scroll")
        assert scroll.evaluate("place => place.scrollWidth <= place.clientWidth"), width
        check_accessible(page.locator("html"))
        keep_picture(page, f"{name.replace(' ', '_')}_{scheme}_{width}")


def open_board(board, new_page, tmp_path, width=1280):
    board.to_html(tmp_path / "view.html")
    page = new_page(width=width, height=1000)
    page.goto((tmp_path / "view.html").as_uri())
    return page.locator(".wb-opportunities")


def ranks(view):
    return [int(text) for text in view.locator("td.wb-o-rank").all_inner_texts()]


def test_nothing_found_is_said(new_page, tmp_path):
    view = open_board(OpportunityBoard(), new_page, tmp_path)
    expect(view.locator(".wb-empty")).to_have_text("No opportunity was found.")
    expect(view.locator("table")).to_be_hidden()
    expect(view.locator(".wb-bar")).to_be_hidden()
    expect(view.get_by_role("region", name="Chosen opportunity")).to_be_hidden()


def test_what_is_known_is_told_in_the_pane(new_page, tmp_path):
    view = open_board(make_board(), new_page, tmp_path)
    view.locator("td.wb-o-pattern").first.click()
    pane = view.get_by_role("region", name="Chosen opportunity")
    for words in (
        "Hand on the object itself, in line_0", "src/shop/cart.py:10–12",
        "open: nobody has looked at it yet", "8 % [3.2 to 13.6 %] of the service's CPU",
        "192 W [76.8 to 326]", "269 W per hour of review = 192 W × 70 % chance ÷ 0.5 h",
        "The loop goes round 8 times.", "How carts are priced", "INC-40", "The tests pass.",
        "hand on the object itself, or copy only what is written to", "team-checkout",
    ):  # fmt: skip
        expect(pane).to_contain_text(words)
    expect(pane.locator("li code").first).to_have_text("deepcopy")


def test_what_is_not_known_is_a_dash(new_page, tmp_path):
    view = open_board(OpportunityBoard([BARE], selected=["bare"]), new_page, tmp_path, 1600)
    cells = view.locator("tbody tr td")
    assert [cells.nth(place).inner_text() for place in (5, 6, 7, 10)] == ["–"] * 4
    pane = view.get_by_role("region", name="Chosen opportunity")
    expect(pane).to_contain_text("it is not known what the service draws")
    expect(pane.locator(".wb-o-bar")).to_have_count(0)


def test_without_a_kernel_the_command_is_there_to_be_copied(new_page, tmp_path):
    board = make_board(solve=print, selected=["000000000001"])
    view = open_board(board, new_page, tmp_path)
    command = "workbench solve STORE --repo DIR --opportunity 000000000001"
    expect(view.locator(".wb-r-command code")).to_have_text(command)
    expect(view.get_by_role("button", name="Make a patch")).to_have_count(0)
    view.get_by_role("button", name="Copy").click()
    expect(view.locator(".wb-r-command")).to_contain_text("Copied.")
    assert view.page.evaluate("navigator.clipboard.readText()") == command


def test_in_a_saved_notebook_it_is_shown_too(embed):
    page = embed(make_board(selected=["000000000001"]))
    expect(page.locator("tr.wb-chosen")).to_contain_text("line_1")
    expect(page.get_by_role("region", name="Chosen opportunity")).to_contain_text("INC-12")


def test_headings_sort_and_say_so(new_page, tmp_path):
    board = OpportunityBoard([replace(one(n), effort_hours=n + 1.0) for n in range(4)])
    view = open_board(board, new_page, tmp_path, 1600)
    expect(view.get_by_role("columnheader", name="Rank")).to_have_attribute(
        "aria-sort", "ascending"
    )
    heading = view.get_by_role("columnheader", name="Review")
    view.get_by_role("button", name="Review").click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    assert ranks(view) == [1, 2, 3, 4]
    view.get_by_role("button", name="Review").click()
    expect(heading).to_have_attribute("aria-sort", "descending")
    assert ranks(view) == [4, 3, 2, 1]
    view.get_by_role("button", name="Saves").click()
    assert ranks(view) == [1, 2, 3, 4]
    assert view.locator("th[aria-sort]").count() == 1


def test_where_it_is_narrow_rows_are_ordered_by_a_list(new_page, tmp_path):
    view = open_board(make_board(), new_page, tmp_path, 400)
    expect(view.get_by_role("button", name="Owner")).to_have_count(0)
    view.get_by_label("Order").select_option("place")
    assert ranks(view) == [1, 2, 3, 4, 5, 6, 7, 8]
    view.get_by_label("Order").select_option("state")
    assert ranks(view) == [3, 8, 2, 7, 1, 6, 4, 5]


def test_words_state_and_pattern_filter(new_page, tmp_path):
    view = open_board(make_board(), new_page, tmp_path)
    view.get_by_label("Find").fill("LIST member")
    assert ranks(view) == [2, 6]
    expect(view.locator(".wb-status")).to_contain_text("2 of 8 opportunities")
    view.get_by_role("combobox", name="State").select_option("fix verified")
    assert ranks(view) == [2]
    view.get_by_label("Find").fill("")
    assert ranks(view) == [2, 7]
    view.get_by_role("combobox", name="Pattern").select_option("constant_pattern")
    assert ranks(view) == [7]
    view.get_by_label("Find").fill("nothing like it")
    expect(view.locator(".wb-empty")).to_contain_text("No opportunity is like this")
    expect(view.get_by_role("combobox", name="Service")).to_have_count(0)


def test_a_thousand_are_drawn_in_parts_and_reached_by_one_key(new_page, tmp_path):
    view = open_board(make_board(1000), new_page, tmp_path)
    rows = view.locator("tbody tr")
    expect(rows).to_have_count(100)
    view.get_by_role("button", name="Show 100 more (900 left)").click()
    expect(rows).to_have_count(200)
    view.get_by_role("button", name="shop.cart:Cart.line_0", exact=True).press("End")
    expect(view.get_by_role("button", name="shop.cart:Cart.line_999", exact=True)).to_be_focused()
    expect(rows).to_have_count(1000)
    view.get_by_label("Find").fill("line_77")
    assert ranks(view) == [78, *range(771, 781)]


def test_foreign_text_is_text(new_page, tmp_path):
    view = open_board(OpportunityBoard([HOSTILE_ONE, one(2)]), new_page, tmp_path, 1600)
    view.get_by_label("Find").fill("onerror")
    view.locator("tbody td").first.click()
    pane = view.get_by_role("region", name="Chosen opportunity")
    expect(pane.locator(".wb-r-title")).to_have_text(HOSTILE)
    expect(view.locator("tr.wb-chosen")).to_have_count(1)
    assert view.locator("img, script").count() == 0


def test_names_of_what_every_object_has_are_names(new_page, tmp_path):
    view = open_board(OpportunityBoard([ODD], selected=[ODD.id]), new_page, tmp_path, 1600)
    facts = view.locator(".wb-r-facts dd")
    assert facts.first.inner_text() == "· toString"
    assert facts.nth(6).inner_text() == "valueOf"
    expect(view.locator("tr.wb-chosen")).not_to_contain_text("native code")


CELLS = (
    """import sys, threading; sys.path.insert(0, TESTS)
from dataclasses import replace
from test_opportunity_board import make_board, one
from workbench.errors import PatchError
go, asked = threading.Event(), []
def solve(opportunity):
    asked.append(opportunity.id[-1])
    while opportunity.id.endswith("0") and not go.wait(0.01):
        board.task.tell("trying an edit", 0.25)
    if opportunity.id.endswith("1"):
        raise PatchError("no edit saves what was expected")
    return replace(opportunity, state="fix verified")
board = make_board(solve=solve)
board""",
    "free = make_board(150)\nfree",
)


@pytest.fixture(scope="module")
def notebook(open_notebook, request):
    folder = repr(str(request.path.parent))
    return open_notebook(*(cell.replace("TESTS", folder) for cell in CELLS))


@pytest.fixture
def lab(notebook):
    """Run the notebook anew."""
    notebook.page.set_viewport_size({"width": 1500, "height": 1000})
    notebook.run()
    views = notebook.page.locator(".wb-opportunities")
    expect(views).to_have_count(2)
    notebook.until("[len(asked), board.selected, free.selected]", [0, [], []])
    expect(views.first.locator("tr.wb-chosen")).to_have_count(0)
    return notebook


@pytest.fixture
def board(lab):
    return lab.page.locator(".wb-opportunities").first


@pytest.fixture
def free(lab):
    return lab.page.locator(".wb-opportunities").nth(1)


def name(view, number):
    return view.get_by_role("button", name=f"shop.cart:Cart.line_{number}", exact=True)


def test_what_is_chosen_reaches_python(lab, free):
    name(free, 3).click()
    lab.until("[one.function for one in [free.opportunity]]", ["shop.cart:Cart.line_3"])
    name(free, 3).press("ArrowDown")
    lab.until("free.selection['function'].tolist()", ["shop.cart:Cart.line_4"])
    expect(name(free, 4)).to_be_focused()
    lab.page.keyboard.press("Shift+ArrowDown")
    lab.until("free.selection['rank'].tolist()", [5, 6])
    name(free, 8).click(modifiers=["Control"])
    lab.until("free.selection['rank'].tolist()", [5, 6, 9])
    name(free, 6).click(modifiers=["Shift"])
    lab.until("free.selection['rank'].tolist()", [5, 6, 9, 8, 7])
    expect(free.locator(".wb-r-pane")).to_contain_text("The last of 5 that are chosen.")


def test_letters_leave_the_cells_alone(lab, free):
    cells = lab.page.locator(".jp-Notebook .jp-Cell").count()
    name(free, 0).click()
    lab.page.keyboard.press("x")
    lab.until("free.selected", [])
    for key in "dd":
        lab.page.keyboard.press(key)
    assert lab.page.locator(".jp-Notebook .jp-Cell").count() == cells


def test_what_python_chooses_and_sets_anew_is_shown(lab, free):
    free.get_by_label("Find").fill("line_1")
    lab.value(f"setattr(free, 'selected', ['{149:012x}'])")
    expect(free.locator("tr.wb-chosen")).to_contain_text("line_149")
    lab.value("setattr(free, 'opportunities', free.opportunities[140:])")
    expect(free.locator("tbody tr")).to_have_count(10)
    expect(free.locator("tr.wb-chosen")).to_contain_text("line_149")
    expect(free.get_by_label("Find")).to_have_value("line_1")
    lab.value("setattr(free, 'opportunities', ())")
    expect(free.locator(".wb-empty")).to_have_text("No opportunity was found.")
    expect(free.locator(".wb-r-pane")).to_be_hidden()


def test_without_solve_the_command_is_shown(lab, free):
    name(free, 0).click()
    expect(free.locator(".wb-r-command")).to_contain_text("--opportunity 000000000000")
    expect(free.get_by_role("button", name="Make a patch")).to_have_count(0)


def test_a_patch_is_made_with_its_progress(lab, board):
    name(board, 0).click()
    board.get_by_role("button", name="Make a patch").click()
    expect(board.locator(".wb-task")).to_contain_text("25 % · trying an edit")
    expect(board.locator(".wb-r-action")).to_be_focused()  # else letters would be commands
    expect(board.get_by_role("button", name="Make a patch")).to_be_disabled()
    expect(board.locator("tr[data-id='000000000000']")).to_contain_text("patch under way")
    keep_picture(board, "opportunities_under_way")
    check_accessible(board)
    name(board, 2).click()
    expect(board.locator(".wb-r-action")).to_contain_text("another one is under way")
    lab.value("go.set()")
    expect(board.locator("tr[data-id='000000000000']")).to_contain_text("fix verified")
    name(board, 0).click()
    expect(board.locator(".wb-r-action")).to_contain_text("✓ Done.")
    expect(board.get_by_role("button", name="Make a patch again")).to_be_enabled()
    expect(board.locator(".wb-task")).to_be_hidden()
    lab.until("[board.opportunity.state, [*board.results], asked]",
              ["fix verified", ["000000000000"], ["0"]])  # fmt: skip


def test_what_fails_is_told_once(lab, board):
    name(board, 1).click()
    board.get_by_role("button", name="Make a patch").click()
    told = "No patch was made: no edit saves what was expected"
    expect(board.get_by_role("alert")).to_have_text(told)
    expect(board.locator(".wb-task")).to_be_hidden()
    check_accessible(board)
    keep_picture(board, "opportunities_failed")
    name(board, 2).click()
    expect(board.get_by_role("alert")).to_have_count(0)


def test_cancel_ends_it(lab, board):
    name(board, 0).click()
    board.get_by_role("button", name="Make a patch").click()
    board.get_by_role("button", name="Cancel").click()
    expect(board.locator(".wb-r-action")).to_contain_text("Cancelled; no patch was made.")
    lab.until("[board.task.state, board.results]", ["cancelled", {}])


def test_in_dark_jupyterlab_it_is_dark_and_accessible(lab, free):
    name(free, 0).click()
    lab.theme("Dark")
    expect(free).to_have_attribute("data-theme", "dark")
    check_accessible(free)
    keep_picture(free, "opportunities_lab_dark")
    lab.theme("Light")
