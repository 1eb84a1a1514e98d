"""One file that shows a view and needs nothing besides itself."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from workbench.views.columns import in_text
from workbench.views.modules import JS, inlined

_TEMPLATE = Path(__file__).with_name("page.html")
_START = """
const states = JSON.parse(document.getElementById("states").textContent);
for (const [at, { widget, state }] of states.entries()) {
  const place = document.getElementById(`view-${at}`);
  place.replaceChildren();
  await widgets[widget].render({ model: savedModel(state), el: place });
}
"""


class Shown(NamedTuple):
    """A view in a page."""

    module: Path
    """ES module whose default export has `render({model, el})`."""
    state: Mapping[str, Any]
    """The values of its model."""
    heading: str = ""
    fallback: str = ""
    """HTML for readers without scripts."""


def page(views: Sequence[Shown], *, title: str, style: str) -> str:
    """Return a page in which modules show their states, with no kernel behind them."""
    modules = [*dict.fromkeys(view.module for view in views)]
    told = [{"widget": modules.index(v.module), "state": in_text(v.state)} for v in views]
    model = inlined(JS / "model.js").replace("export function", "function")
    widgets = ",".join(map(_as_value, modules))
    script = f"\n{model}const widgets = [{widgets}];\n{_START}"
    states = json.dumps(told, separators=(",", ":"), allow_nan=False)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return _TEMPLATE.read_text(encoding="utf-8").format(
        hash=f"'sha256-{digest}'",
        title=html.escape(title),
        style=style,
        places="\n".join(_place(at, view) for at, view in enumerate(views)),
        states=states.replace("<", "\\u003c"),
        script=script,
    )


def _as_value(module: Path) -> str:
    """Return a module as an expression: what it exports by default."""
    text = inlined(module)
    value = text.replace("export default ", "return ", 1)
    if value == text:
        raise ValueError(f"{module.name}: expected a default export, found none")
    return f"(() => {{\n{value}}})()"


def _place(at: int, view: Shown) -> str:
    heading = f"<h2>{html.escape(view.heading)}</h2>\n" if view.heading else ""
    return f'{heading}<div id="view-{at}">{view.fallback}</div>'
