"""How fast the widgets are in the browser that people have, each figure beside its target.

    python benchmarks/widgets.py [--nodes 1000000]

Needs Chromium and the packages of the extra `dev`. Times are of the clock, on this machine.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

import numpy as np
from deep import deep_tree
from playwright.sync_api import Browser, Page
from rich.console import Console
from rich.table import Table

from workbench.views import Flame, flame_of
from workbench.views.columns import flame_columns
from workbench.widgets import FlameGraph

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "ui"))

from ui_pages import Notebook, wait_until, write_notebook  # noqa: E402
from ui_servers import (  # noqa: E402
    JupyterServer,
    chromium_path,
    open_browser,
    serve_jupyter,
)

N_CLICKS = 30
N_MOVES = 60
PEER_NODES = 100_000
_FRAMES = """() => {
  const at = [];
  const note = (now) => { at.push(now); noting = requestAnimationFrame(note); };
  let noting = requestAnimationFrame(note);
  window.endFrames = () => {
    cancelAnimationFrame(noting);
    return at.slice(1).map((now, i) => now - at[i]);
  };
}"""
_FIRST_FRAME = "performance.getEntriesByName('wb-flame-first-frame')[0]"


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured."""

    what: str
    value: float
    unit: str
    target: float = float("nan")


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--nodes", type=int, default=1_000_000)
    n_nodes = parser.parse_args().nodes
    if chromium_path() is None:
        print("SKIPPED: how fast the widgets are (no Chromium here: apt-get install chromium)")
        return
    with (
        tempfile.TemporaryDirectory() as name,
        serve_jupyter(Path(name)) as server,
        open_browser() as browser,
    ):
        figures = [
            *flame_in_lab(browser, server, n_nodes),
            *flame_as_file(browser, Path(name), n_nodes),
        ]
    show(f"Flame graph of {n_nodes:,} call paths in Chromium {browser.version}", figures)


def show(title: str, figures: list[Figure]) -> None:
    """Print what was measured."""
    table = Table(title=title, title_justify="left")
    for name in ("what", "measured", "target", ""):
        table.add_column(name, justify="left" if name in {"what", ""} else "right")
    for figure in figures:
        has_target = figure.target == figure.target
        target = f"{figure.target:g} {figure.unit}" if has_target else ""
        told = ("met" if figure.value <= figure.target else "missed") if has_target else ""
        table.add_row(figure.what, f"{figure.value:.1f} {figure.unit}", target, told)
    Console(width=118).print(table)


def new_page(browser: Browser) -> Page:
    """Open an empty page of ordinary size."""
    return browser.new_page(viewport={"width": 1440, "height": 1000})


# ---- in JupyterLab -------------------------------------------------------------------------------


def flame_in_lab(browser: Browser, server: JupyterServer, n_nodes: int) -> list[Figure]:
    """Show it in a notebook, zoom, pan, and select."""
    cells = (
        f"import sys, time\nsys.path.insert(0, {str(HERE)!r})\nfrom deep import deep_tree\n"
        "from workbench.widgets import FlameGraph\n"
        f"tree = deep_tree({n_nodes})\nFlameGraph({{'main': 1}})\nseen = []",
        "begun = time.perf_counter()\nflame = FlameGraph(tree)\n"
        "python_ms = 1000 * (time.perf_counter() - begun)\n"
        "flame.observe(lambda _: seen.append(1000 * time.time()), 'selection')\nflame",
    )
    write_notebook(server.folder / "flame.ipynb", *cells)
    notebook = Notebook.open(new_page(browser), server, "flame.ipynb")
    page = notebook.page
    run_next(page)
    wait_until(lambda: notebook.value("'seen' in globals()"), "the tree")
    cell_ms = page.evaluate(f"""async () => {{
      const begun = performance.now();
      await jupyterapp.commands.execute('notebook:run-cell-and-select-next');
      while (!{_FIRST_FRAME}) await new Promise(requestAnimationFrame);
      const frame = {_FIRST_FRAME};
      return frame.startTime + frame.duration - begun;
    }}""")
    frame_ms = page.evaluate(f"{_FIRST_FRAME}.duration")
    sizes = "sum(len(c['data']) for c in flame._flame['columns'].values())"
    return [
        Figure("payload", notebook.value(sizes) / 1e6, "MB", 20),
        Figure("Python: the widget of a tree, the first time", notebook.value("python_ms"), "ms"),
        Figure("first frame, from the data being there", frame_ms, "ms", 300),
        Figure("first frame, from the cell being run (Python besides)", cell_ms, "ms"),
        *frame_figures(page),
        *click_figures(notebook),
    ]  # fmt: skip


def run_next(page: Page) -> None:
    """Run the cell that is active, and make the next one so."""
    page.evaluate("jupyterapp.commands.execute('notebook:run-cell-and-select-next')")


def frame_figures(page: Page) -> list[Figure]:
    """Zoom by the wheel in and out, drag sideways, and see how long frames take."""
    canvas = page.locator(".wb-flame canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None, "the canvas is not shown"
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.6)

    def zoom() -> None:
        page.keyboard.down("Control")
        for move in range(N_MOVES):
            page.mouse.wheel(0, -60 if move < 0.75 * N_MOVES else 60)
        page.keyboard.up("Control")

    def pan() -> None:
        x, y = box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.5
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x - box["width"] * 0.8, y - 60, steps=N_MOVES)
        page.mouse.up()

    return [*frames(page, "zoom", zoom), *frames(page, "pan", pan)]


def frames(page: Page, what: str, act: Callable[[], None]) -> list[Figure]:
    """Return how long the frames take while something is done."""
    canvas = page.locator(".wb-flame canvas")
    before = canvas.screenshot()
    page.evaluate(_FRAMES)
    act()
    intervals_ms = page.evaluate("endFrames()")
    assert canvas.screenshot() != before, f"{what}: the picture is the same as before"
    median_ms = statistics.median(intervals_ms)
    return [
        Figure(f"{what}: frame, median of {len(intervals_ms)}", median_ms, "ms", 33),
        Figure(f"{what}: frame, worst", max(intervals_ms), "ms"),
    ]


def click_figures(notebook: Notebook) -> list[Figure]:
    """Click nodes, and see when Python has the table of them."""
    page = notebook.page
    canvas = page.locator(".wb-flame canvas")
    page.evaluate("""addEventListener("pointerup", () => {
      window.clickedAt = performance.timeOrigin + performance.now();
    }, { capture: true })""")
    took_ms: list[float] = []
    for turn in range(N_CLICKS):
        canvas.press("Escape")
        canvas.click(position={"x": 40 + 3 * turn, "y": 9 + 18 * (1 + turn % 6)})
        wait_until(lambda: notebook.value("len(seen)") > len(took_ms), "a selection in Python")
        took_ms.append(notebook.value("seen[-1]") - page.evaluate("clickedAt"))
    median_ms = statistics.median(took_ms)
    return [
        Figure(f"selection, browser to Python, median of {N_CLICKS}", median_ms, "ms", 100),
        Figure("selection, worst", max(took_ms), "ms"),
    ]


# ---- as a file, beside what one would use instead ------------------------------------------------


def flame_as_file(browser: Browser, folder: Path, n_nodes: int) -> list[Figure]:
    """Open the whole tree as one file, and a part of it as SVG."""
    flame = flame_of(deep_tree(n_nodes))
    rates = np.random.default_rng(0).random(flame.n_nodes)
    compared = replace(flame, before=0.9 * flame.after, q_value=rates)
    _, ours_ms = opened(browser, FlameGraph(flame), folder / "flame.html")
    frame_ms, _ = opened(browser, FlameGraph(compared), folder / "compared.html")
    columns = flame_columns(compared)["columns"].values()
    begun = time.perf_counter()
    (folder / "peer.html").write_text(as_svg(flame, PEER_NODES), encoding="utf-8")
    peer_python_ms = 1000 * (time.perf_counter() - begun)
    page = new_page(browser)
    page.goto((folder / "peer.html").as_uri(), wait_until="commit")
    peer_ms = page.evaluate("""async () => {
      const isLoaded = () => document.readyState === "complete";
      while (!isLoaded()) await new Promise((then) => setTimeout(then, 1));
      for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
      return performance.now();
    }""")
    page.close()
    shown = f"{min(PEER_NODES, flame.n_nodes):,}"
    sizes = [(folder / name).stat().st_size / 1e6 for name in ("flame.html", "peer.html")]
    return [
        Figure("differential: payload", sum(len(c["data"]) for c in columns) / 1e6, "MB", 20),
        Figure("differential: first frame, from the data being there", frame_ms, "ms", 300),
        Figure("as one file: size", sizes[0], "MB"),
        Figure("as one file: opened, until the first frame", ours_ms, "ms"),
        Figure(f"peer, SVG of the {shown} costliest paths: size", sizes[1], "MB"),
        Figure(f"peer, SVG of the {shown} costliest paths: Python", peer_python_ms, "ms"),
        Figure(f"peer, SVG of the {shown} costliest paths: opened, until painted", peer_ms, "ms"),
    ]


def opened(browser: Browser, widget: FlameGraph, path: Path) -> tuple[float, float]:
    """Return how long the first frame takes, and when it is there, ms, of a widget as a file."""
    widget.to_html(path)
    page = new_page(browser)
    page.goto(path.as_uri())
    page.wait_for_function(_FIRST_FRAME)
    frame_ms, shown_ms = page.evaluate(
        f"[{_FIRST_FRAME}.duration, {_FIRST_FRAME}.startTime + {_FIRST_FRAME}.duration]"
    )
    page.close()
    return frame_ms, shown_ms


def as_svg(flame: Flame, n_most: int) -> str:
    """Return the costliest nodes as flame graph tools draw them: a group, title and box each."""
    width_px, row_px = 1400, 18
    depths = flame.depths()
    chosen = np.sort(np.argsort(-flame.after, kind="stable")[:n_most])
    ends = np.zeros(flame.n_nodes)  # of each caller, where its next callee begins
    scale = width_px / flame.after[0]
    boxes = []
    for node in chosen:  # callers stand before callees, so theirs are known
        above = flame.parent[node]
        left = ends[above] if node else 0.0
        ends[node] = left
        if node:
            ends[above] = left + flame.after[node]
        name = escape(flame.functions[flame.function[node]].name) if node else flame.title
        size, y = flame.after[node] * scale, depths[node] * row_px
        text = f'<text x="{left * scale + 3:.1f}" y="{y + 12}">{name}</text>' if size > 60 else ""
        boxes.append(
            f"<g><title>{name}</title>"
            f'<rect x="{left * scale:.1f}" y="{y}" width="{size:.2f}" height="17"/>{text}</g>'
        )
    height = (int(depths[chosen].max()) + 1) * row_px
    style = "<style>rect { fill: #ee8866 } text { font: 11px monospace }</style>"
    svg = f'<svg width="{width_px}" height="{height}">{"".join(boxes)}</svg>'
    return f"<!doctype html><title>peer</title>{style}{svg}"


if __name__ == "__main__":
    main()
