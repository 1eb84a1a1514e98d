"""Pages under watch: notebooks that run, what the kernel has, and what axe-core says of a view."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import nbformat
from ipywidgets import DOMWidget
from ipywidgets.embed import dependency_state, embed_data
from playwright.sync_api import Locator, Page
from ui_servers import MODULES, ROOT, JupyterServer

WAIT_S = 15
ROW_PX = 18
"""How high a row of a flame graph is."""
AXE = MODULES / "axe-core" / "axe.min.js"
SHOTS = ROOT / "out" / "ui"

_RUN_ALL = "jupyterapp.commands.execute('notebook:run-all-cells')"
_NOTEBOOK = "jupyterapp.shell.currentWidget"
_OUTPUTS = f"""() => {_NOTEBOOK}.content.model.toJSON().cells.flatMap((cell) =>
  (cell.outputs ?? []).map((output) => ({{ kind: output.output_type, name: output.name ?? "",
    text: [output.text ?? output.evalue ?? ""].flat().join(""), title: output.ename ?? "" }})))"""
_EVALUATE = f"""async (expression) => {{
  const kernel = {_NOTEBOOK}.context.sessionContext.session.kernel;
  const user_expressions = {{ value: `__import__("json").dumps(${{expression}})` }};
  const asked = {{ code: "", silent: true, store_history: false, user_expressions }};
  const reply = await kernel.requestExecute(asked).done;
  return reply.content.user_expressions.value;
}}"""
_AXE = """async ([element, rules]) => {
  const found = await axe.run(element, { rules });
  return found.violations.flatMap(({ id, help, nodes }) => nodes.map(
    ({ html, failureSummary }) => `${id}: ${help}\\n  ${html.slice(0, 300)}\\n  ${failureSummary}`));
}"""
_MANAGED = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A saved notebook</title>
<link rel="icon" href="data:,">
<script src="/require/require.js"></script>
<script>requirejs.config({ paths: { anywidget: "/anywidget/index" } });</script>
<script src="/manager/embed-amd.js"></script></head>
<body><script type="application/vnd.jupyter.widget-state+json">STATE</script>
<script type="application/vnd.jupyter.widget-view+json">VIEW</script></body></html>
"""
_OF_NOTEBOOK_7 = {
    "Cannot read properties of undefined (reading 'schema')",
    "Command 'filebrowser:open-path' not registered.",
}
"""What Notebook 7 says by itself when it opens a file; a module of ours would be named `blob:`."""
_FONT_OF_NOTEBOOK_7 = re.compile(r"/static/notebook/[^/]*\.woff2$")
"""A server that has given JupyterLab a font refuses Notebook 7 the one of the same name."""
_OF_VOILA = {
    f"https://cdn.jsdelivr.net/npm/@fortawesome/fontawesome-free@%5E5/css/{name}.min.css"
    for name in ("all", "v4-shims")
}
"""Icons that Voilà asks for and does without where there is no network."""
_EARLY = ("widget model not found", "/@jupyter-widgets/jupyterlab-manager/")
"""What the manager says of views that are saved in a notebook, where JupyterLab draws them before it
has read them; it draws them again then, which tests look at."""
_OF_MLFLOW = ("/mlflow/users/current", "ResizeObserver loop completed")
"""What MLflow asks of a server that knows no users; what Chromium says when charts are laid out."""
_OF_PAGES = ("region", "landmark-one-main", "page-has-heading-one")
"""Rules of axe-core that are about what stands around a view."""


@dataclass  # without slots: who listens is remembered on it
class Watch:
    """What a page did that it should not: errors, and requests that leave the machine."""

    page: Page
    home: str = "http://127.0.0.1:"
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin."""
        self.page.on("console", self._hear)
        self.page.on("pageerror", self._catch)
        self.page.on("request", lambda request: self._look(request.url))

    def _hear(self, message: Any) -> None:
        place = (message.location or {}).get("url", "")
        is_early = _EARLY[0] in message.text and _EARLY[1] in place
        is_mlflow = place.endswith(_OF_MLFLOW[0]) or _OF_MLFLOW[1] in message.text
        is_known = is_early or is_mlflow or place in _OF_VOILA or _FONT_OF_NOTEBOOK_7.search(place)
        if message.type == "error" and not is_known:
            self.faults.append(f"console: {message.text[:300]} ({place})")

    def _catch(self, error: Any) -> None:
        is_known = "/notebooks/" in self.page.url and str(error) in _OF_NOTEBOOK_7
        if not is_known or "blob:" in (error.stack or ""):
            self.faults.append(f"error: {error}\n{error.stack}")

    def _look(self, url: str) -> None:
        is_here = url.startswith((self.home, "data:", "blob:", "file:", "about:"))
        if not is_here and url not in _OF_VOILA:
            self.faults.append(f"outside request: {url}")


T = TypeVar("T")


def wait_until(seen: Callable[[], T], what: str = "", wait_s: float = WAIT_S) -> T:
    """Return what is seen as soon as it is something."""
    deadline = time.monotonic() + wait_s
    while not (value := seen()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {wait_s} s: {what or seen}; last seen {value!r}")
        time.sleep(0.02)
    return value


def write_notebook(path: Path, *cells: str) -> None:
    """Write a notebook of code cells."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(notebook, path)


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook that is open in a page, with its kernel."""

    page: Page
    server: JupyterServer
    name: str

    @classmethod
    def open(cls, page: Page, server: JupyterServer, name: str, *, in_lab: bool = True) -> Notebook:
        """Open a notebook of the server in JupyterLab or Notebook 7, and wait for its kernel."""
        stem = Path(name).stem  # a workspace of its own: others would open their notebooks again
        place = f"lab/workspaces/{stem}/tree" if in_lab else "notebooks"
        page.goto(f"{server.url}/{place}/{name}?token={server.token}")
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=4000 * WAIT_S)
        opened = cls(page, server, name)
        wait_until(opened._has_kernel, "a kernel that is idle and connected")
        page.wait_for_function(
            f"window.jupyterapp && {_NOTEBOOK}?.context?.sessionContext?.session?.kernel"
        )
        return opened

    def _has_kernel(self) -> bool:
        kernels = [s["kernel"] for s in self.server.sessions() if s["path"] == self.name]
        return any(k and k["execution_state"] == "idle" and k["connections"] for k in kernels)

    def run(self) -> None:
        """Run all cells, and wait until they ran."""
        self.page.evaluate(_RUN_ALL)
        self.check_outputs()

    def check_outputs(self) -> None:
        """Assert that no cell failed or warned."""
        outputs = self.page.evaluate(_OUTPUTS)
        failed = [told for told in outputs if told["kind"] == "error" or told["name"] == "stderr"]
        assert not failed, "\n".join(f"{told['title']} {told['text']}" for told in failed)

    def value(self, expression: str) -> Any:
        """Return what an expression is in the kernel; it has to be what JSON can tell."""
        reply = self.page.evaluate(_EVALUATE, expression)
        assert reply["status"] == "ok", f"{expression}: {reply.get('evalue')}"
        text = reply["data"]["text/plain"]
        return json.loads(text[1:-1].encode().decode("unicode_escape"))

    def until(self, expression: str, wanted: Any, wait_s: float = WAIT_S) -> None:
        """Wait until an expression is in the kernel what is wanted."""
        wait_until(lambda: self.value(expression) == wanted, f"{expression} == {wanted}", wait_s)

    def theme(self, name: str) -> None:
        """Change the theme of JupyterLab: `Light` or `Dark`."""
        told = {"theme": f"JupyterLab {name}"}
        self.page.evaluate(
            "(told) => jupyterapp.commands.execute('apputils:change-theme', told)", told
        )
        is_light = str(name == "Light").lower()
        self.page.wait_for_selector(f"body[data-jp-theme-light='{is_light}']", state="attached")
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")


@dataclass(slots=True)
class Clicks:
    """Clicks as a person makes them, counted."""

    count: int = 0

    def __call__(self, place: Locator) -> None:
        """Click where something is, as soon as it can be clicked."""
        place.click()
        self.count += 1


def click_row(graph: Locator, ratio: float, row: int, **options: Any) -> None:
    """Click a flame graph at a part of its width, in a row."""
    canvas = graph.locator("canvas").first
    place = {"x": ratio * canvas.bounding_box()["width"], "y": (row + 0.5) * ROW_PX}
    canvas.click(position=place, **options)


def brush(explorer: Locator, start: float, end: float) -> None:
    """Drag over the plot of a series explorer, from a part of its width to another."""
    plot, mouse = explorer.locator(".wb-series-top"), explorer.page.mouse
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    inner = box["width"] - 100
    mouse.move(box["x"] + 70 + inner * start, box["y"] + 20)
    mouse.down()
    mouse.move(box["x"] + 70 + inner * end, box["y"] + 20, steps=6)
    mouse.up()


def managed_page(widget: DOMWidget) -> str:
    """Return a page as nbconvert makes it, with all that it needs from the host that serves it."""
    told = embed_data(widget, state=dependency_state(widget, drop_defaults=False))
    state, view = (
        json.dumps(part).replace("<", "\\u003c")
        for part in (told["manager_state"], told["view_specs"][0])
    )
    return _MANAGED.replace("STATE", state).replace("VIEW", view)


def check_accessible(view: Locator) -> None:
    """Assert that axe-core finds nothing to say of a view."""
    page = view.page
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))  # no script element: pages may forbid those
    off = {rule: {"enabled": False} for rule in _OF_PAGES}
    found = page.evaluate(_AXE, [view.element_handle(), off])
    assert not found, "\n".join(found)


def keep_picture(shown: Page | Locator, name: str) -> None:
    """Write a picture to `out/ui`."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    shown.screenshot(path=SHOTS / f"{name}.png")
