"""Set values back that a commit changed: flags, sampling rates, levels, pinned versions."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from pathlib import PurePosixPath
from typing import NamedTuple

_SETTING = re.compile(
    r"""(?xi)
    \s* ["']? (?P<key> [\w.\-\[\]/@]+) ["']?
    (?: \s* : \s* [\w\[\],|\ ]+ (?= \s* = ))?         # what kind of value it is
    \s* (?: ={1,3} | : | ~= | >= | <= | \s) \s*
    (?P<value>
        "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*'
        | true | false | none | null | on | off | yes | no | debug | info | warn | warning | error
        | [\^~]? v? -? \d [\w.+\-]*                   # a number, a size or a version
    )
    (?P<rest> \s* [,;]? \s* (?: (?: \# | // | ; ) .*)?) \s*
    """
)
"""A line that gives one value to one key, in code or in a file of settings."""
MOST_VALUES = 6
"""Values that are set back at once; a change of more is no change of a setting."""
_PINS = re.compile(
    r"requirements.*\.(?:txt|in|lock)|constraints.*\.txt|package(?:-lock)?\.json|go\.(?:mod|sum)"
    r"|(?:Cargo|poetry|uv)\.lock|pyproject\.toml|Cargo\.toml|Pipfile(?:\.lock)?|pom\.xml"
    r"|build\.gradle(?:\.kts)?|environment\.ya?ml"
)
_LOGS = re.compile(r"(?i)log|sampl|trace|verbos|level|debug")


class Value(NamedTuple):
    """A setting that a commit gave another value, and nothing else."""

    key: str
    before: str
    """Its line, with its end."""
    after: str


def changed_values(before: str, after: str) -> list[Value]:
    """Return the settings of a file that have another value than before, in order."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    found = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag == "replace" and i_end - i == j_end - j:
            pairs = zip(old[i:i_end], new[j:j_end], strict=True)
            found += [value for a, b in pairs if (value := _setting(a, b))]
    return found


def _setting(before: str, after: str) -> Value | None:
    old, new = (_SETTING.fullmatch(line) for line in (before, after))
    if old is None or new is None or old["value"] == new["value"]:
        return None
    is_same = before[: old.start("value")] == after[: new.start("value")]
    return Value(old["key"], before, after) if is_same and old["rest"] == new["rest"] else None


def restore_values(values: list[Value], now: str) -> str | None:
    """Return a text with values set back to what they were; None where one is not there any more.

    Each line is looked for as the commit left it, and has to be there once.
    """
    lines = now.splitlines(keepends=True)
    for value in values:
        if lines.count(value.after) != 1:
            return None
        lines[lines.index(value.after)] = value.before
    return "".join(lines) if values else None


def strategy_of(path: str, values: list[Value]) -> str:
    """Return the mitigation that setting values back is: a key of `types.MITIGATIONS`."""
    if _PINS.fullmatch(PurePosixPath(path).name):
        return "pin_dependency"
    if all(_LOGS.search(value.key) for value in values):
        return "lower_log_volume"
    return "roll_back_flag"
