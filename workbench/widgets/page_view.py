"""A page that needs nothing besides itself, such as a report, as a part of a notebook."""

from __future__ import annotations

import base64
import html
import re
from pathlib import Path
from typing import Any

import traitlets

from workbench.widgets.view import View, write_page

_MAIN = re.compile(r"<main\b.*</main>", re.DOTALL)
_DRAWN = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_LABEL = re.compile(r'aria-label="([^"]*)"')


class PageView(View):
    """A page as it is, in the theme of the notebook; assign another to `page` to show that.

    No script of it runs, and its links open beside the notebook.

    Parameters
    ----------
    page : str
        HTML, as `workbench.report.render_lead_report` returns it.
    title : str
        What a screen reader calls it.

    Examples
    --------
    >>> PageView("<main><h1>All is well</h1></main>").still()["text/html"]
    '<main><h1>All is well</h1></main>'
    """

    module = "page_view.js"
    styles = ("page/view.css",)

    page = traitlets.Unicode(help="HTML of the whole page.").tag(sync=True)
    title = traitlets.Unicode("Report").tag(sync=True)

    def __init__(self, page: str = "", *, title: str = "Report", **kwargs: Any) -> None:
        super().__init__(page=page, title=title, **kwargs)

    def say(self, message: str) -> None:
        """Show a sentence in place of a page, such as why there is none."""
        self.page = f'<main style="font-family: sans-serif"><p>{html.escape(message)}</p></main>'

    def still(self) -> dict[str, str]:
        """Return the main part of the page; figures are pictures in it."""
        found = _MAIN.search(self.page)
        told = {"text/plain": self.title}
        return told | ({"text/html": _DRAWN.sub(_as_picture, found[0])} if found else {})

    def to_html(self, path: Path | str | None = None, *, title: str = "") -> str | Path:
        """Return the page, or write it to a file and return where.

        Parameters
        ----------
        path : path, optional
            File to write to. Default: the text is returned.
        title : str
            Of the page. Default: its own; it is never another.
        """
        return write_page(self.page, path)


def _as_picture(drawn: re.Match[str]) -> str:
    label = _LABEL.search(drawn[0])
    told = html.unescape(label[1]) if label else ""
    data = base64.b64encode(drawn[0].encode()).decode()
    return f'<img alt="{html.escape(told)}" src="data:image/svg+xml;base64,{data}">'
