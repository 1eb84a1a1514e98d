"""Whether a tool's reply supports a claim: what can be looked up in it, must be in it.

A claim is a sentence. Its *terms* are what it quotes (in back quotes), the names of functions, the
ids of changes and regressions, and its numbers. A reply supports a claim when it, or the arguments
of its call, hold every one of them. Numbers hold as they are rounded, and so do the difference and
the ratio of a row's `before` and `after`; an argument holds one only where it is a number by
itself, as whoever asks may write any into a text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from typing_extensions import TypedDict


class Entry(TypedDict):
    """A tool call with what it returned."""

    tool: str
    arguments: dict[str, Any]
    reply: str
    """JSON of the reply; the complaint, where the call failed."""
    failed: bool


_QUOTED = re.compile(r"`([^`]+)`")
_NAME = re.compile(r"(?<![\w.:/-])[\w./<>-]*\w:[\w.<>]*[A-Za-z_>][\w.<>]*")
_ID = re.compile(
    r"\b(?:R-[0-9A-Za-z]+|[A-Z]{2,}-\d+|(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64})\b"
)
_NUMBER = re.compile(
    r"(?<![\w.])[-+−]?x?(\d[\d,]*(?:\.\d+)?(?:e-?\d+)?)(\s?(?:%|per ?cent\b))?"
    r"[A-Za-zµ]{0,8}(?![\w]|\.\d)"
)
"""With a unit behind it, or an x before."""
_PLACE = re.compile(r"\d{1,9}(?:\.0)?")
"""An argument that is a number by itself: a window, a line, a limit."""
_WORD = re.compile(r"\w\w|^\w$")
_SPACE = re.compile(r"\s+")


def unsupported(claim: str, entry: Entry) -> str:
    """Say why a call's reply does not support a claim; empty where it does.

    Parameters
    ----------
    claim : str
        One sentence.
    entry : Entry
        The call that it cites.
    """
    if entry["failed"]:
        return f"the call of {entry['tool']} failed"
    if entry["tool"] == "propose_edit":
        return "an edit that was proposed shows what its author says, and nothing of the service"
    shown = Shown.of(entry)
    terms = [*terms_of(claim)]
    if not terms:
        return "it names nothing that could be looked up in a reply"
    missing = [term.text for term in terms if not shown.holds(term)]
    return f"the reply of {entry['tool']} does not hold {', '.join(missing)}" if missing else ""


@dataclass(frozen=True, slots=True)
class Term:
    """A part of a claim that can be looked up."""

    text: str
    number: float | None = None
    """None for a name or a quotation."""
    step: float = 1.0
    """Last digit of the number that counts."""
    is_percent: bool = False


def terms_of(claim: str) -> Iterator[Term]:
    """Yield what of a claim can be looked up, each part once."""
    rest = claim
    for pattern in (_QUOTED, _NAME, _ID):
        for match in pattern.finditer(rest):
            text = match[1] if pattern is _QUOTED else match[0].rstrip(".")
            if _WORD.search(text):
                yield Term(text)
        rest = pattern.sub(" ", rest)
    for match in _NUMBER.finditer(rest):
        digits, _, power = match[1].replace(",", "").partition("e")
        try:
            number = abs(float(f"{digits}e{power or 0}"))
            step = 10.0 ** (int(power or 0) - len(digits.partition(".")[2]))
        except (OverflowError, ValueError):  # no number that anything is measured by
            yield Term(match[0].strip())
        else:
            yield Term(match[0].strip(), number, step, bool(match[2]))


@dataclass(frozen=True, slots=True)
class Shown:
    """What a call showed: all of its texts, and all of its numbers; and what it was asked with."""

    text: str
    numbers: frozenset[float]
    ids: frozenset[str] = frozenset()
    """What replies name in a place of its own, not in what somebody wrote."""
    asked: frozenset[str] = frozenset()
    """What arguments were, each as a whole."""
    asked_numbers: frozenset[float] = frozenset()

    @classmethod
    def of(cls, *entries: Entry) -> Shown:
        """Return what calls showed; the texts of one reply follow each other."""
        texts: list[str] = []
        numbers: set[float] = set()
        ids: set[str] = set()
        asked: list[str] = []
        for entry in entries:
            try:
                reply = json.loads(entry["reply"])
            except ValueError:
                reply = entry["reply"]
            for value in _leaves(reply):
                if isinstance(value, str):
                    texts.append(_plain(value))
                else:
                    numbers.add(abs(value))
            ids.update(_ids(reply))
            asked += [_plain(str(value)) for value in _leaves(entry["arguments"])]
        places = frozenset(float(text) for text in asked if _PLACE.fullmatch(text))
        return cls("\n".join(texts), frozenset(numbers), frozenset(ids), frozenset(asked), places)

    def holds(self, term: Term) -> bool:
        """Tell whether a term was shown."""
        if term.number is None:
            wanted = _plain(term.text)
            return wanted in self.asked or bool(_whole(wanted).search(self.text))
        if term.number in self.asked_numbers and not term.is_percent:
            return True
        scale = 100.0 if term.is_percent else 1.0
        near = term.step * 0.5000001
        if any(abs(number * scale - term.number) <= near for number in self.numbers):
            return True
        return bool(re.search(rf"(?<![\w.]){re.escape(term.text)}(?![\w]|\.\d)", self.text))


_MAY_GO_ON = re.compile(r"[0-9a-f]{7,64}|.{40,}", re.DOTALL)
"""What may be the beginning of more: the id of a commit, a long quotation."""


def _whole(text: str) -> re.Pattern[str]:
    """Return a pattern of a text that is no part of a longer word."""
    end = "" if _MAY_GO_ON.fullmatch(text) else r"(?!\w)"
    return re.compile(rf"(?<!\w){re.escape(text)}{end}")


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


def _leaves(value: Any) -> Iterator[str | float]:
    """Yield every text and number in a value, and what a row's before and after say together."""
    if isinstance(value, Mapping):
        yield from _compared(value)
        for key, part in value.items():
            yield str(key)
            yield from _leaves(part)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int | float):
        yield float(value)
    elif isinstance(value, Iterable):
        for part in value:
            yield from _leaves(part)


def _ids(value: Any, key: str = "") -> Iterator[str]:
    """Yield every id in a reply."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _ids(part, str(name))
    elif isinstance(value, list):
        for part in value:
            yield from _ids(part, key)
    elif isinstance(value, str) and key.endswith("_id"):
        yield value


def _compared(row: Mapping[str, Any]) -> Iterator[float]:
    before, after = row.get("before"), row.get("after")
    if isinstance(before, int | float) and isinstance(after, int | float):
        yield float(after - before)
        if before:
            yield after / before
            yield after / before - 1
