"""One file that shows a view and needs nothing besides itself."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.views.columns import in_text
from workbench.views.modules import JS, inlined

_TEMPLATE = Path(__file__).with_name("page.html")
_START = """
const state = JSON.parse(document.getElementById("state").textContent);
const view = document.getElementById("view");
view.replaceChildren();
await widget.render({ model: savedModel(state), el: view });
"""


def page(
    module: Path, state: Mapping[str, Any], *, title: str, style: str, fallback: str = ""
) -> str:
    """Return a page in which a widget's module shows a state, with no kernel behind it.

    Parameters
    ----------
    module : Path
        ES module whose default export has `render({model, el})`.
    state : mapping
        The values of its model.
    title : str
        Of the page.
    style : str
        CSS.
    fallback : str
        HTML for readers without scripts.
    """
    text = inlined(module)
    widget = text.replace("export default ", "const widget = ", 1)
    if widget == text:
        raise ValueError(f"{module.name}: expected a default export, found none")
    model = inlined(JS / "model.js").replace("export function", "function")
    script = f"\n{model}{widget}{_START}"
    told = json.dumps(in_text(state), separators=(",", ":"), allow_nan=False)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return _TEMPLATE.read_text(encoding="utf-8").format(
        hash=f"'sha256-{digest}'",
        title=html.escape(title),
        style=style,
        fallback=fallback,
        state=told.replace("<", "\\u003c"),
        script=script,
    )
