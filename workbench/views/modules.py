"""ES modules with what they import, as one text: no bundler, nothing fetched by who reads it."""

from __future__ import annotations

import re
from functools import cache, partial
from pathlib import Path

_IMPORT = re.compile(r'^import \{(?P<names>[^}]*)\} from "(?P<path>\./[^"]+|\.\./[^"]+)";\n', re.M)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let)\b)", re.M)
_EXPORTED = re.compile(r"^export (?:async )?(?:function|class|const|let) (?P<name>\w+)", re.M)
_COMMENT = re.compile(
    r"^[ \t]*//[^\n]*\n|^[ \t]*/\*\*(?:(?!\*/).)*\*/[ \t]*\n|/\*\*(?:(?!\*/).)*\*/ ?", re.M | re.S
)

JS = Path(__file__).parent / "js"


@cache
def inlined(path: Path) -> str:
    """Return an ES module with those that it imports put in front, each in a scope of its own.

    Imports have to be of names, from a relative path, as statements of their own.
    """
    order: dict[Path, str] = {}
    body = _resolve(path.resolve(), order, ())
    return "".join([*order.values(), body])


def stylesheet(*paths: Path) -> str:
    """Return what all views share of style, and that of some besides."""
    return "".join(path.read_text(encoding="utf-8") for path in (JS / "base.css", *paths))


def _resolve(path: Path, order: dict[Path, str], above: tuple[Path, ...]) -> str:
    """Return the text of a module with its imports taken from scopes; these join `order`."""
    if path in above:
        one, other = (f"{each.parent.name}/{each.name}" for each in (path, above[-1]))
        raise ValueError(f"{one} imports itself, by way of {other}")
    text = path.read_text(encoding="utf-8")
    for found in _IMPORT.finditer(text):
        there = (path.parent / found["path"]).resolve()
        if there not in order:
            body = _resolve(there, order, (*above, path))
            names = ", ".join(exported["name"] for exported in _EXPORTED.finditer(body))
            body = _EXPORT.sub("", body)
            order[there] = (
                f"const {_scope(there)} = (() => {{\n{body}return {{ {names} }};\n}})();\n"
            )
    return _COMMENT.sub("", _IMPORT.sub(partial(_take, path.parent), text).replace("\r", ""))


def _take(folder: Path, found: re.Match[str]) -> str:
    names = " ".join(found["names"].split()).strip(", ").replace(" as ", ": ")
    return f"const {{ {names} }} = {_scope((folder / found['path']).resolve())};\n"


def _scope(path: Path) -> str:
    """Return the name of a module among others: its folder's and its own."""
    return re.sub(r"\W", "_", f"wb_{path.parent.name}__{path.stem}")
