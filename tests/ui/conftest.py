"""Browser, Jupyter server and pages, each started once; what is missing is said, or fails."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import anywidget
import pytest
from ipywidgets import DOMWidget
from playwright.sync_api import Browser, Page
from ui_pages import AXE, WAIT_S, Notebook, Watch, managed_page, write_notebook
from ui_servers import (
    MODULES,
    JupyterServer,
    chromium_path,
    open_browser,
    serve_folders,
    serve_jupyter,
    serve_lab,
)

MANAGER = MODULES / "@jupyter-widgets" / "html-manager" / "dist"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


def need(is_there: object, what: str, how: str) -> None:
    """Skip where something is missing, or fail where WORKBENCH_BROWSER=required."""
    if is_there:
        return
    told = f"needs {what}: {how}"
    if os.environ.get("WORKBENCH_BROWSER") == "required":
        pytest.fail(told)
    pytest.skip(told)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the browser, once a module: while it runs, no test can have an event loop of its own."""
    need(chromium_path(), "Chromium", "apt-get install chromium")
    need(AXE.is_file(), "axe-core in node_modules", "make js (with node 20 or newer)")
    with open_browser() as started:
        yield started


@pytest.fixture(scope="package")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """Serve JupyterLab and Notebook 7."""
    with serve_jupyter(tmp_path_factory.mktemp("jupyter")) as server:
        yield server


@pytest.fixture(scope="module")
def workbench_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """Run `workbench lab`, once a module."""
    with serve_lab(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture(scope="package")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Serve a folder to put pages in (`/files/…`), and what the plain widget manager needs."""
    need((MANAGER / "embed-amd.js").is_file(), "the widget manager in node_modules", "make js")
    folder = tmp_path_factory.mktemp("files")
    folders = {
        "files": folder, "manager": MANAGER, "require": MODULES / "requirejs",
        "anywidget": Path(anywidget.__file__).parent / "nbextension",
    }  # fmt: skip
    with serve_folders(folders) as url:
        yield url, folder


OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def _pages(browser: Browser) -> Iterator[tuple[OpenPage, list[Watch]]]:
    contexts, watches = [], []

    def open_page(*, width: int = 1280, height: int = 900, **options: Any) -> Page:
        options.setdefault("reduced_motion", "reduce")
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        contexts.append(context)
        context.set_default_timeout(1000 * WAIT_S)
        page = context.new_page()
        watches.append(Watch(page))
        return page

    yield open_page, watches
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def new_page(_pages: tuple[OpenPage, list[Watch]]) -> OpenPage:
    """Width and height in pixels -> a page that is watched."""
    return _pages[0]


@pytest.fixture(autouse=True)
def _no_faults(_pages: tuple[OpenPage, list[Watch]]) -> Iterator[None]:
    """Fail a test in which a page told an error or asked for anything outside."""
    yield
    faults = [fault for watch in _pages[1] for fault in watch.faults]
    for watch in _pages[1]:
        watch.faults.clear()
    assert not faults, "\n".join(faults)


@pytest.fixture(scope="module")
def open_notebook(
    jupyter: JupyterServer, new_page: OpenPage, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Notebook]]:
    """Cells -> a notebook of them, open in JupyterLab (with `in_lab=False`, in Notebook 7)."""
    stem, number = request.path.stem.removeprefix("test_"), count(1)

    def opened(*cells: str, in_lab: bool = True) -> Notebook:
        name = f"{stem}_{next(number)}.ipynb"
        write_notebook(jupyter.folder / name, *cells)
        return Notebook.open(new_page(), jupyter, name, in_lab=in_lab)

    yield opened
    jupyter.end_sessions()


@pytest.fixture(scope="module")
def embed(files: tuple[str, Path], new_page: OpenPage) -> Callable[[DOMWidget], Page]:
    """Widget -> a page in which the plain widget manager shows it, without a kernel."""
    url, folder = files

    def embedded(widget: DOMWidget) -> Page:
        (folder / "saved.html").write_text(managed_page(widget), encoding="utf-8")
        page = new_page()
        page.goto(f"{url}/files/saved.html")
        return page

    return embedded
