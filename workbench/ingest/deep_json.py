"""JSON that nests deeper than the parser of the standard library goes, read without recursion.

Only for what `json.loads` gives up on: it takes ten times as long.
"""

from __future__ import annotations

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

MOST_DEPTH = 20_000
"""Beyond it is no profile: no stack of calls that a tool writes as nested objects is as deep."""

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"(-?(?:0|[1-9]\d*))(\.\d+)?([eE][-+]?\d+)?")
_WORDS = {"true": True, "false": False, "null": None, "NaN": float("nan"),
          "Infinity": float("inf"), "-Infinity": float("-inf")}  # fmt: skip


def loads(text: str) -> Any:
    """Return a document, as `json.loads` does; json.JSONDecodeError for what is none."""
    whole: list[Any] = []
    opened: list[tuple[Any, str | None]] = [(whole, None)]  # container, and its key that waits
    at, expects_value = _skip(text, 0), True
    while True:
        container, key = opened[-1]
        if expects_value:
            char = text[at : at + 1]
            if char in ("{", "["):
                inner: Any = {} if char == "{" else []
                _put(container, key, inner)
                closing = "}" if char == "{" else "]"
                at = _skip(text, at + 1)
                if text[at : at + 1] == closing:
                    at, expects_value = _skip(text, at + 1), False
                else:
                    name, at = _key(text, at) if char == "{" else (None, at)
                    opened.append((inner, name))
                    if len(opened) > MOST_DEPTH:
                        raise json.JSONDecodeError("brackets nest too deeply", text, at)
                continue
            value, at = _scalar(text, at)
            _put(container, key, value)
            at, expects_value = _skip(text, at), False
            continue
        if container is whole:
            if at != len(text):
                raise json.JSONDecodeError("Extra data", text, at)
            return whole[0]
        char = text[at : at + 1]
        if char == ("}" if isinstance(container, dict) else "]"):
            opened.pop()
            at = _skip(text, at + 1)
        elif char == ",":
            at, expects_value = _skip(text, at + 1), True
            if isinstance(container, dict):
                name, at = _key(text, at)
                opened[-1] = (container, name)
        else:
            raise json.JSONDecodeError("Expecting ',' delimiter", text, at)


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _put(container: Any, key: str | None, value: Any) -> None:
    if isinstance(container, dict):
        container[key] = value
    else:
        container.append(value)


def _key(text: str, at: int) -> tuple[str, int]:
    """Read a name and its colon; return where the value begins."""
    if text[at : at + 1] != '"':
        message = "Expecting property name enclosed in double quotes"
        raise json.JSONDecodeError(message, text, at)
    name, at = scanstring(text, at + 1)
    at = _skip(text, at)
    if text[at : at + 1] != ":":
        raise json.JSONDecodeError("Expecting ':' delimiter", text, at)
    return name, _skip(text, at + 1)


def _scalar(text: str, at: int) -> tuple[Any, int]:
    if text[at : at + 1] == '"':
        value, end = scanstring(text, at + 1)
        return value, end
    if match := _NUMBER.match(text, at):
        is_whole = match[2] is None and match[3] is None
        return (int if is_whole else float)(match[0]), match.end()
    for word, value in _WORDS.items():
        if text.startswith(word, at):
            return value, at + len(word)
    raise json.JSONDecodeError("Expecting value", text, at)
