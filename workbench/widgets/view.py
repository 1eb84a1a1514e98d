"""What every widget is: values that a browser shows, a still of them, and one file to keep."""

from __future__ import annotations

import base64
import difflib
import html
import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import anywidget

from workbench.errors import WorkbenchError
from workbench.views.modules import JS, inlined, stylesheet
from workbench.views.page import Shown, page

LEAST_HEIGHT = 80
"""Of a picture, in pixels."""


class View(anywidget.AnyWidget):
    """A widget with one ES module; a class names its files and says what its still is."""

    module: ClassVar[str] = ""
    """Name of the ES module beside the class; its style sheets are in `styles`."""
    styles: ClassVar[tuple[str, ...]] = ()
    """Names of style sheets in `views/js`."""

    def __init__(self, **kwargs: Any) -> None:
        """Take traits by name, and nothing else: what is misspelt would go unnoticed."""
        for name in kwargs:
            if not self.has_trait(name):
                known = [*inspect.signature(type(self)).parameters, "layout"]
                near = difflib.get_close_matches(name, known, 1)
                meant = f"; did you mean {near[0]!r}?" if near else ""
                raise TypeError(
                    f"{type(self).__name__}: expected arguments that it has, got {name!r}{meant}"
                )
        super().__init__(**kwargs)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Put the module and the style together."""
        if "module" in cls.__dict__:  # anywidget makes a class of each instance besides
            cls._esm = inlined(cls._path())
            cls._css = stylesheet(*(JS / name for name in cls.styles))
        super().__init_subclass__(**kwargs)

    @classmethod
    def _path(cls) -> Path:
        return Path(__file__).with_name(cls.module)

    def still(self) -> dict[str, str]:
        """Return what is shown where no script runs, by MIME type: text, and HTML or SVG."""
        raise NotImplementedError

    def to_html(self, path: Path | str | None = None, *, title: str = "") -> str | Path:
        """Make the widget a page that needs nothing besides itself.

        Parameters
        ----------
        path : path, optional
            File to write to, which is then returned. Default: the text of the page is.
        title : str
            Of the page. Default: what the widget is.
        """
        text = views_page([("", self)], title=title or self.still()["text/plain"])
        return write_page(text, path)

    def shown(self, heading: str = "") -> Shown:
        """Return it as a part of a page."""
        state = {name: value for name, value in self.get_state().items() if name not in _CARRIED}
        still = self.still()
        fallback = still.get("text/html") or still.get("image/svg+xml", "")
        return Shown(self._path(), state, heading, fallback)

    def close(self) -> None:
        """End what is live of it; where it is displayed after that, its still is shown."""
        super().close()
        self.__dict__.pop("_repr_mimebundle_", None)  # ipywidgets puts None there

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        if self.comm is None:
            return self.still(), {}
        shown = super()._repr_mimebundle_(**kwargs)
        data, metadata = shown if isinstance(shown, tuple) else (shown, {})
        return {**(data or {}), **self.still()}, metadata


_CARRIED = {
    *("_esm", "_css", "_anywidget_id", "_dom_classes", "layout", "tabbable", "tooltip", "comm"),
    *("_model_module", "_model_module_version", "_model_name"),
    *("_view_module", "_view_module_version", "_view_name", "_view_count"),
}
"""What a widget has for its manager, and no view reads."""


def views_page(views: Sequence[tuple[str, View]], *, title: str) -> str:
    """Return views, each under a heading, as a page that needs nothing besides itself."""
    styles = dict.fromkeys(style for _, view in views for style in view.styles)
    return page(
        [view.shown(heading) for heading, view in views],
        title=title,
        style=stylesheet(*(JS / style for style in styles)),
    )


def write_page(text: str, path: Path | str | None) -> str | Path:
    """Write a page where that is told, and return where; else return the text."""
    if path is None:
        return text
    file = Path(path)
    if not file.parent.is_dir():
        raise WorkbenchError(f"{file}: expected a folder {file.parent} to write into, found none")
    file.write_text(text, encoding="utf-8")
    return file


def still_html(view: View) -> str:
    """Return what a view shows where no script runs, as HTML to stand among other such."""
    still = view.still()
    if "text/html" in still:
        return still["text/html"]
    picture = base64.b64encode(still["image/svg+xml"].encode()).decode()
    told = html.escape(still["text/plain"], quote=True)
    return f'<p><img alt="{told}" src="data:image/svg+xml;base64,{picture}"></p>'


def text_table(head: list[str], rows: list[list[str]], caption: str = "") -> str:
    """Return a plain HTML table; texts are escaped."""
    told = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    top = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in head)
    body = "".join(
        f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table>{told}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
