import statistics
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, expect
from ui_pages import ROW_PX, check_accessible, keep_picture, wait_until

from workbench.widgets import FlameGraph

STACKS = {"main;parse;read": 6, "main;parse": 1, "main;write": 3, "main;walk;walk;read": 2}
MAIN, PARSE, WRITE, WALK, READ, WALK_AGAIN, READ_BELOW = range(1, 8)
AT = {MAIN: (0.5, 1), PARSE: (0.3, 2), WRITE: (0.7, 2), WALK: (0.9, 2), READ: (0.2, 3)}
"""Of each node, where it is: a part of the width, and a row."""
BEFORE = {"main;parse;read": 6000, "main;write": 3000, "main;stay": 1000}
AFTER = {"main;parse;read": 8000, "main;write": 1000, "main;stay": 1000}
CELLS = (
    "import time\nfrom workbench.widgets import FlameGraph\nseen = []",
    f"""one = FlameGraph({STACKS}, title="one")
one.observe(lambda change: seen.append([1000 * time.time(), change["new"]]), "selected")
one""",
    f'two = FlameGraph({BEFORE}, {AFTER}, title="two")\ntwo',
)


@dataclass
class Graph:
    """A flame graph as it is seen."""

    view: Locator

    def canvas(self, n=0):
        return self.view.locator("canvas").nth(n)

    def click(self, ratio, row, *, n=0, **options):
        canvas = self.canvas(n)
        place = {"x": ratio * canvas.bounding_box()["width"], "y": (row + 0.5) * ROW_PX}
        canvas.click(position=place, **options)

    def pick(self, node, **options):
        self.click(*AT[node], **options)

    def press(self, *keys):
        for key in keys:
            self.canvas().press(key)

    def choose(self, label, value):
        self.view.get_by_role("combobox", name=label).select_option(value)

    def colour(self, ratio, row):
        """Return red, green and blue of a place at the upper edge of a row, where no letters are."""
        return self.canvas().evaluate(
            """(canvas, [ratio, y]) => {
              const at = [ratio * canvas.width, y * devicePixelRatio, 1, 1];
              return [...canvas.getContext("2d").getImageData(...at).data].slice(0, 3);
            }""",
            [ratio, row * ROW_PX + 1],
        )

    @property
    def status(self):
        return self.view.locator(".wb-status")

    @property
    def whole(self):
        return self.view.get_by_role("button", name="Whole graph")


@pytest.fixture(scope="module")
def lab(open_notebook):
    return open_notebook(*CELLS)


@pytest.fixture
def graphs(lab):
    """Run the notebook anew: one side, and two."""
    lab.page.set_viewport_size({"width": 1280, "height": 1000})
    lab.theme("Light")
    lab.run()
    views = lab.page.locator(".wb-flame")
    expect(views).to_have_count(2)
    for n in range(2):
        expect(views.nth(n).locator("canvas")).to_be_visible()
    return [Graph(views.nth(n)) for n in range(2)]


@pytest.fixture
def one(graphs):
    return graphs[0]


@pytest.fixture
def two(graphs):
    return graphs[1]


# ---- in JupyterLab -------------------------------------------------------------------------------


def test_a_click_selects_and_zooms(lab, one):
    expect(one.whole).to_be_disabled()
    one.pick(WRITE)
    lab.until("one.selected", [WRITE])
    assert lab.value("one.selection.path.tolist()") == ["main;write"]
    expect(one.status).to_have_text("write: 3, 25 % of all")
    expect(one.whole).to_be_enabled()
    keep_picture(lab.page, "lab_selected")


def test_a_thin_tower_has_no_room_until_it_is_zoomed_into(lab, one):
    tower = "main;thin;" + ";".join(f"f{n}" for n in range(15))
    lab.value(f"setattr(one, 'flame', FlameGraph({{'main;wide': 4000, {tower!r}: 4}}).flame)")
    box = one.view.locator(".wb-flame-view")
    wait_until(lambda: box.bounding_box()["height"] == 3 * ROW_PX, "as high as what is wide")
    assert box.evaluate("(box) => box.scrollHeight") == 18 * ROW_PX
    one.canvas().press("ArrowDown")
    one.press("ArrowDown", "ArrowRight", "Enter")
    wait_until(lambda: box.bounding_box()["height"] == 18 * ROW_PX, "as high as the tower")
    one.press("Escape")
    wait_until(lambda: box.bounding_box()["height"] == 3 * ROW_PX, "as before")


def test_with_roots_at_the_bottom_what_is_clicked_stays_in_sight(lab, one):
    tower = ";".join(f"f{n}" for n in range(60))
    lab.value(f"setattr(one, 'flame', FlameGraph({{{tower!r}: 5, 'f0;g': 1}}).flame)")
    one.choose("Roots", "up")
    box = one.view.locator(".wb-flame-view")
    tall = 61 * ROW_PX - box.bounding_box()["height"]
    wait_until(lambda: box.evaluate("(box) => box.scrollTop") == tall, "the roots are seen")
    box.evaluate("(box) => { box.scrollTop = 300; }")
    one.click(0.4, 5)
    expect(one.whole).to_be_enabled()
    lab.page.wait_for_timeout(500)  # what settles after the move
    assert box.evaluate("(box) => box.scrollTop") == 300
    one.press("Escape")
    wait_until(lambda: box.evaluate("(box) => box.scrollTop") == tall, "the roots again")


def test_a_shift_click_selects_more_and_again_less(lab, one):
    one.pick(PARSE, modifiers=["Shift"])
    one.pick(WRITE, modifiers=["Shift"])
    lab.until("one.selected", [PARSE, WRITE])
    one.pick(PARSE, modifiers=["Shift"])
    lab.until("one.selected", [WRITE])
    expect(one.whole).to_be_disabled()


def test_what_python_selects_is_framed(lab, one):
    ratio, row = AT[WRITE]
    plain = one.colour(ratio, row)
    lab.value("one.set_trait('selected', [3])")
    wait_until(lambda: one.colour(ratio, row) != plain, "a frame around the node")


def test_python_hears_of_a_click_soon(lab, one):
    lab.page.evaluate("""addEventListener("pointerup", () => {
      window.clickedAt = performance.timeOrigin + performance.now();
    }, { capture: true })""")
    took_ms = []
    for turn in range(10):
        one.pick((PARSE, WRITE)[turn % 2])
        wait_until(lambda: lab.value("len(seen)") > len(took_ms), "what Python observed")
        took_ms.append(lab.value("seen[-1][0]") - lab.page.evaluate("clickedAt"))
        one.press("Escape")
    print(
        f"\nclick to Python: median {statistics.median(took_ms):.1f} ms, worst {max(took_ms):.1f} ms"
    )
    assert 0 < statistics.median(took_ms) < 1000


def test_search_counts_what_matches_and_enter_selects_it(lab, one):
    search = one.view.get_by_label("Find")
    search.fill("READ")
    expect(one.view.locator("output")).to_have_text("2 paths, 66.7 %")
    search.press("Enter")
    lab.until("one.selected", [READ, READ_BELOW])
    search.fill("nothing of that name")
    expect(one.view.locator("output")).to_have_text("none")
    search.fill("")
    expect(one.view.locator("output")).to_have_text("")


def test_the_keyboard_goes_everywhere(lab, one):
    one.press("ArrowDown", "ArrowDown")
    expect(one.status).to_contain_text("parse: 7")
    one.press("ArrowRight")
    expect(one.status).to_contain_text("write: 3")
    one.press(" ")
    lab.until("one.selected", [WRITE])
    one.press("Enter")
    expect(one.whole).to_be_enabled()
    one.press("Escape")
    expect(one.whole).to_be_disabled()
    one.press("ArrowUp")
    expect(one.status).to_contain_text("main: 12")
    one.press("/")
    expect(one.view.get_by_label("Find")).to_be_focused()


def test_c_copies_the_stack(lab, one):
    one.pick(READ)
    one.press("c")
    expect(one.status).to_have_text("Copied a stack of 3 functions.")
    assert lab.page.evaluate("navigator.clipboard.readText()") == "main;parse;read"


def test_s_shows_callers_and_callees_and_back(one):
    one.pick(PARSE)
    one.press("s")
    expect(one.view.locator("canvas")).to_have_count(2)
    expect(one.canvas(0)).to_have_attribute("aria-label", "Callers of parse")
    expect(one.canvas(1)).to_have_attribute("aria-label", "Callees of parse")
    one.press("s")
    expect(one.view.locator("canvas")).to_have_count(1)


def test_callers_select_the_calls_that_come_by_way_of_them(lab, one):
    one.pick(READ)
    one.view.get_by_role("button", name="Callers and callees").click()
    one.click(0.3, 2)  # parse, above read, which stands at the bottom
    lab.until("one.selected", [READ])
    one.press("Escape")
    one.pick(PARSE)
    lab.until("one.selected", [PARSE])


def test_a_node_of_merged_recursion_is_all_calls_that_it_stands_for(lab, one):
    one.view.get_by_label("Merge recursion").check()
    one.pick(WALK)
    lab.until("one.selected", [WALK, WALK_AGAIN])
    one.press("Escape")
    one.view.get_by_label("Merge recursion").uncheck()
    one.pick(WALK)
    lab.until("one.selected", [WALK])


def test_roots_can_stand_at_the_bottom(lab, one):
    one.choose("Roots", "up")
    one.click(0.7, 2)
    lab.until("one.selected", [WRITE])
    one.press("Escape")
    one.click(0.7, 3)
    lab.until("one.selected", [MAIN])


def test_colours_tell_less_and_more(two):
    places = {"parse": (0.3, 2), "write": (0.85, 2)}
    more, less = (two.colour(*places[name]) for name in ("parse", "write"))
    assert more[0] > more[2] + 60, f"parse takes more, in orange: {more}"
    assert less[2] > less[0] + 60, f"write takes less, in blue: {less}"
    expect(two.view.locator(".wb-flame-key")).to_contain_text("▲ ▼ significant; grey")
    two.choose("Colour", "package")
    wait_until(lambda: two.colour(*places["parse"]) != more, "another colour")
    expect(two.view.locator(".wb-flame-key")).not_to_contain_text("significant")


def test_widths_are_of_the_side_that_is_chosen(lab, two):
    two.click(0.75, 2)
    lab.until("two.selection.function.tolist()", ["parse"])
    two.press("Escape")
    two.choose("Width", "before")
    two.click(0.75, 2)
    lab.until("two.selection.function.tolist()", ["write"])
    expect(two.status).to_contain_text("30 % → 10 %; −20 pp (−66.7 %); significant")


def saved(graph, format):
    with graph.view.page.expect_download() as waiting:
        graph.view.get_by_role("combobox", name="Save as").select_option(format)
    return waiting.value.suggested_filename, waiting.value.path().read_bytes()


def test_the_graph_is_saved_as_files(one):
    name, svg = saved(one, "svg")
    assert name == "one.svg"
    assert svg.startswith(b"<svg")
    assert svg.count(b"<rect") == 1 + 8
    name, png = saved(one, "png")
    assert name == "one.png"
    assert png.startswith(b"\x89PNG")
    assert len(png) > 2000
    name, folded = saved(one, "folded")
    assert name == "one.folded"
    stacks = dict(line.rsplit(" ", 1) for line in folded.decode().splitlines())
    assert {stack: float(value) for stack, value in stacks.items()} == STACKS


def test_another_flame_takes_the_place_of_what_is_shown(lab, one):
    lab.value("one.set_trait('flame', two.flame)")
    expect(one.view).to_have_attribute("aria-label", "Flame graph of two")
    one.click(0.3, 2)
    lab.until("one.selection.function.tolist()", ["parse"])


def test_keys_in_the_graph_do_nothing_to_the_notebook(lab, one):
    one.press("x", "d", "d", "a", "b", "m")
    one.view.get_by_role("combobox", name="Roots").press("b")
    one.pick(WRITE)
    one.whole.press("x")
    expect(lab.page.locator(".jp-Notebook .jp-Cell")).to_have_count(len(CELLS))
    expect(lab.page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(len(CELLS))


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_it_is_as_the_notebook_is_and_can_be_read(lab, graphs, theme):
    lab.theme(theme)
    for graph in graphs:
        expect(graph.view).to_have_attribute("data-theme", theme.lower())
        graph.click(0.3, 2)
        check_accessible(graph.view)
    bright = [sum(graph.colour(0.99, 3)) > 384 for graph in graphs]  # of what is behind the nodes
    assert bright[0] == (theme == "Light")
    keep_picture(lab.page, f"lab_{theme.lower()}")


def test_a_narrow_window_shows_all_controls(lab, graphs):
    lab.page.set_viewport_size({"width": 640, "height": 1000})
    for graph in graphs:
        wait_until(lambda g=graph: g.canvas().bounding_box()["width"] < 400, "a narrower picture")
        over = graph.view.evaluate("view => view.scrollWidth - view.clientWidth")
        assert over <= 0, f"{over} px are beyond the edge"
    keep_picture(lab.page, "lab_narrow")


# ---- elsewhere -----------------------------------------------------------------------------------


def test_notebook_7_shows_it_and_a_click_reaches_python(open_notebook):
    notebook = open_notebook(*CELLS[:2], in_lab=False)
    notebook.run()
    graph = Graph(notebook.page.locator(".wb-flame"))
    graph.pick(WRITE)
    notebook.until("one.selected", [WRITE])
    keep_picture(notebook.page, "notebook_7")


def test_the_plain_widget_manager_shows_it_without_a_kernel(embed):
    widget = FlameGraph(STACKS, title="one")
    widget.selected = [WRITE]
    page = embed(widget)
    graph = Graph(page.locator(".wb-flame"))
    expect(graph.canvas()).to_be_visible()
    graph.pick(PARSE)
    expect(graph.status).to_have_text("parse: 7, 58.3 % of all")
    check_accessible(graph.view)
    keep_picture(page, "plain_manager")


@pytest.fixture
def open_file(new_page, tmp_path):
    def opened(widget, **options):
        page = new_page(**options)
        path = tmp_path / "flame.html"
        widget.to_html(path)
        page.goto(path.as_uri())
        return page, Graph(page.locator(".wb-flame"))

    return opened


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1600])
def test_the_file_works_by_itself(open_file, theme, width):
    page, graph = open_file(FlameGraph(BEFORE, AFTER), width=width, color_scheme=theme)
    expect(graph.view).to_have_attribute("data-theme", theme)
    graph.click(0.3, 2)
    expect(graph.status).to_contain_text("parse: 60 % → 80 %")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    check_accessible(page.locator("body"))
    keep_picture(page, f"file_{theme}_{width}")


@pytest.fixture(scope="module")
def _shared_page(new_page):
    return new_page()


@pytest.fixture
def file(_shared_page, tmp_path):
    """Widget -> the view in a page of its own, quickly."""

    def opened(widget):
        widget.to_html(tmp_path / "flame.html")
        _shared_page.goto((tmp_path / "flame.html").as_uri())
        return Graph(_shared_page.locator(".wb-flame"))

    return opened


def test_the_wheel_zooms_and_dragging_pans(file):
    graph = file(FlameGraph(STACKS))
    page, box = graph.view.page, graph.canvas().bounding_box()
    paper = graph.colour(0.7, 3)  # nothing is below write
    page.mouse.move(box["x"] + 1, box["y"] + 30)
    page.mouse.wheel(0, -300)
    expect(graph.whole).to_be_disabled()  # a plain wheel is the page's
    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    page.keyboard.up("Control")
    expect(graph.whole).to_be_enabled()
    wait_until(lambda: graph.colour(0.98, 3) != paper, "read over the whole width")
    page.mouse.down()
    page.mouse.move(box["x"] - 0.9 * box["width"], box["y"] + 30, steps=5)
    page.mouse.up()
    wait_until(lambda: graph.colour(0.6, 3) == paper, "what is right of read")
    expect(graph.status).to_have_text("")  # a drag is no click


def test_keys_zoom_and_pan(file):
    graph = file(FlameGraph(STACKS))
    paper = graph.colour(0.7, 3)
    graph.press("+", "+")  # 37.5 % to 62.5 %
    wait_until(lambda: graph.colour(0.45, 3) != paper == graph.colour(0.55, 3), "the end of read")
    graph.press("Shift+ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft")
    wait_until(lambda: graph.colour(0.98, 3) != paper, "read alone")
    graph.press("-", "-")
    expect(graph.whole).to_be_disabled()


def test_the_keyboard_brings_deep_rows_into_view(file):
    graph = file(FlameGraph({";".join(f"f{n}" for n in range(100)): 1}, height=200))
    place = graph.view.locator(".wb-flame-view")
    assert place.evaluate("place => place.clientHeight") <= 200
    graph.press(*["ArrowDown"] * 60)
    expect(graph.status).to_contain_text("f59: 1")
    top = place.evaluate("place => place.scrollTop")
    assert top <= 60 * ROW_PX < top + 200
    graph.canvas().click(position={"x": 50, "y": 100})
    expect(graph.status).to_contain_text(f"f{int((top + 100) // ROW_PX) - 1}: 1")


def test_what_the_pointer_is_at_is_told_and_stays_in_the_window(file):
    graph = file(FlameGraph({f"main;{'long_name_' * 60}": 1}))
    graph.canvas().hover(position={"x": 1200, "y": 2.5 * ROW_PX})
    tip = graph.view.locator(".wb-tip")
    expect(tip).to_contain_text("long_name_")
    box = tip.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1280
    graph.view.get_by_label("Find").hover()
    expect(tip).to_be_hidden()


def test_with_motion_a_zoom_glides_to_its_end(open_file):
    _, graph = open_file(FlameGraph(STACKS), reduced_motion="no-preference")
    paper = graph.colour(0.7, 3)  # nothing is below write
    assert graph.colour(0.98, 3) != paper
    graph.pick(WRITE)
    wait_until(lambda: graph.colour(0.02, 3) == paper == graph.colour(0.98, 3), "write alone")
    graph.click(0.02, 2)
    expect(graph.status).to_contain_text("write")


def test_where_nothing_was_measured_that_is_said(open_file):
    page, graph = open_file(FlameGraph({"main;parse": 0}))
    expect(graph.status).to_have_text("Nothing was measured.")
    check_accessible(page.locator("body"))
    keep_picture(page, "file_empty")


def test_foreign_names_stay_text(open_file):
    name = "<img src=x onerror=alert(1)>&amp"
    page, graph = open_file(FlameGraph({f"main;{name}": 1}, title="<b>bold</b>"))
    graph.click(0.5, 2)
    expect(graph.status).to_contain_text(name)
    assert page.locator("img, b").count() == page.locator(".wb-tip b").count()
    with page.expect_download() as waiting:
        graph.view.get_by_role("combobox", name="Save as").select_option("svg")
    assert "<img" not in waiting.value.path().read_text(encoding="utf-8")
