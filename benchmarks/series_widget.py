"""How fast thousands of series are drawn, hovered, brushed and zoomed in a browser without a GPU.

`python benchmarks/series_widget.py` drives Chromium (`CHROMIUM`, or /usr/bin/chromium). A frame's
work is what its scripts took (events and animation frames); its interval, from one animation frame
to the next, holds what the browser did besides, such as putting pixels on the screen.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from playwright.sync_api import Locator, Page, sync_playwright
from rich.console import Console
from rich.table import Table

from workbench.types import Detection, Regression
from workbench.widgets import SeriesExplorer

ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
SIZES = ((5_000, 500), (20_000, 200))
N_MOVES = 80
WATCH = """
window.work = []; window.intervals = []; window.isWatching = false; let last = 0;
const timed = (act) => function (...told) {
  const begun = performance.now();
  try { return act.apply(this, told); } finally {
    if (window.isWatching) window.work.push(performance.now() - begun);
  }
};
const request = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (act) => request(timed(act));
const listen = EventTarget.prototype.addEventListener;
EventTarget.prototype.addEventListener = function (name, act, options) {
  return listen.call(this, name, name.startsWith("pointer") ? timed(act) : act, options);
};
const beat = (now) => {
  if (window.isWatching) window.intervals.push(now - last);
  last = now;
  request(beat);
};
request(beat);
window.watch = () => { window.work = []; window.intervals = []; window.isWatching = true; };
window.told = () => { window.isWatching = false; return [window.work, window.intervals.slice(1)]; };
"""


def made(n_series: int, n_windows: int, n_changes: int = 200) -> SeriesExplorer:
    """Make series of sizes far apart, with a daily season, and steps in some of them."""
    rng = np.random.default_rng(0)
    level = np.exp(rng.normal(0, 1.5, (n_series, 1)))
    season = 1 + 0.1 * np.sin(np.arange(n_windows) / 12 * np.pi + rng.uniform(0, 0.5, level.shape))
    values = level * (season + 0.04 * rng.standard_normal((n_series, n_windows)))
    found = []
    for row in rng.choice(n_series, n_changes, replace=False):
        at = int(rng.integers(n_windows // 5, n_windows * 4 // 5))
        values[row, at:] += 0.4 * level[row]
        before = float(level[row, 0])
        found.append(
            Regression(
                f"R-{row}",
                f"function_{row}",
                "",
                at,
                at - 3,
                at + 3,
                before,
                1.4 * before,
                0.001,
                series=f"function_{row}",
            )
        )
    times = pd.date_range("2024-03-04", periods=n_windows, freq="1h", tz="UTC")
    index = [f"function_{row}" for row in range(n_series)]
    detection = Detection(tuple(found), (), pd.DataFrame(), pd.DataFrame())
    return SeriesExplorer(pd.DataFrame(values, index=index, columns=times), detection=detection)


def measure(page: Page) -> list[tuple[str, float, float, float]]:
    """Return median and most of the frames' work and the longest interval of each act, in ms."""
    first = _mark(page, "wb-series-first-frame")
    box: Any = page.locator(".wb-series-top").bounding_box()
    left, top, wide = box["x"] + 90, box["y"] + 60, box["width"] - 160
    rows = [("first frame, all in", first, first, first)]

    def hover() -> None:
        for i in range(N_MOVES):
            page.mouse.move(left + wide * i / N_MOVES, top + 150 * (i % 9) / 9)

    def brush() -> None:
        page.mouse.move(left + 100, top)
        page.mouse.down()
        for i in range(N_MOVES):
            page.mouse.move(left + 110 + (wide - 200) * i / N_MOVES, top)
        page.mouse.up()

    def scroll() -> None:
        for _ in range(N_MOVES):
            page.mouse.wheel(0, 120)
            page.wait_for_timeout(8)

    rows.append(("hover", *_frames(page, hover)))
    rows.append(("brush", *_frames(page, brush)))
    page.mouse.click(left + wide * 0.4, top + 120)
    rows.append(("hover, a series selected", *_frames(page, hover)))
    page.get_by_label("Find").fill("function_1")
    page.get_by_label("Find").press("Enter")
    page.get_by_label("Find").fill("")
    rows.append(("hover, 1,000 selected", *_frames(page, hover)))
    rows.append(("zoom to brush", *_frames(page, _button(page, "Zoom to brush").click)))
    rows.append(("whole time", *_frames(page, _button(page, "Whole time").click)))
    shown = page.get_by_label("Show")
    rows.append(("switch to a plot for each", *_frames(page, lambda: shown.select_option("grid"))))
    page.mouse.move(left + wide / 2, top + 100)
    rows.append(("scroll plots", *_frames(page, scroll)))
    rows.append(("hover plots", *_frames(page, hover)))
    rows.append(("switch to one plot", *_frames(page, lambda: shown.select_option("overlay"))))
    return rows


def _button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name)


def _mark(page: Page, name: str) -> float:
    page.wait_for_function("name => performance.getEntriesByName(name).length", arg=name)
    return float(page.evaluate("name => performance.getEntriesByName(name).at(-1).duration", name))


def _frames(page: Page, act: Callable[[], object]) -> tuple[float, float, float]:
    page.evaluate("watch()")
    act()
    page.wait_for_timeout(400)
    work, intervals = page.evaluate("told()")
    busy = [ms for ms in work if ms > 0.05] or [0.0]
    return statistics.median(busy), max(busy), max(intervals)


def main() -> None:
    """Measure both sizes and print a table."""
    table = Table(title="frames in ms", title_justify="left")
    for name in ("series", "what", "work, median", "work, most", "longest interval"):
        table.add_column(name, justify="left" if name in {"series", "what"} else "right")
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = driver.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for n_series, n_windows in SIZES:
            page = browser.new_page(viewport={"width": 1300, "height": 800})
            page.add_init_script(WATCH)
            path = Path(folder) / "page.html"
            made(n_series, n_windows).to_html(path)
            page.goto(path.as_uri())
            for what, *times in measure(page):
                table.add_row(
                    f"{n_series:,} × {n_windows}", what, *(f"{time:.1f}" for time in times)
                )
            page.close()
        browser.close()
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
