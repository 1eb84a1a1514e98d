"""What the lines of a change say: how much of it is new code, and whether that looks costly.

Line by line and by words alone, so that it serves any language and costs no parse: a line that was
removed and added again elsewhere, with other names or other spaces, is not new.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from workbench.history import Hunk

_WORD = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|[^\s\w]")
_COMMENT = re.compile(r"^\s*(#|//|\*|/\*|--|<!--|\"\"\"|''')|^\s*$")
_IMPORT = re.compile(r"^\s*(import|from|use|require|include|#include|package|namespace)\b")
_NO_CODE = re.compile(
    r"(^|/)(tests?|docs?|examples?|\.github|\.ci)/|(^|/)test_[^/]*$|_test\.\w+$|\.spec\.\w+$"
    r"|\.(md|rst|txt|adoc|csv|svg|png)$|(^|/)(CHANGELOG|LICENSE|OWNERS|CODEOWNERS)[^/]*$"
)
_DEPENDENCIES = re.compile(
    r"(^|/)(requirements[^/]*\.txt|[^/]*\.lock|pyproject\.toml|setup\.(cfg|py)|go\.(mod|sum)|"
    r"package(-lock)?\.json|Cargo\.toml|pom\.xml|build\.gradle(\.kts)?|composer\.json)$"
)
_PINNED = re.compile(
    r"^\s*[\"'(<]*(?P<name>[A-Za-z][\w./@-]*?)[\"'>]*\s*(?:==|>=|~=|\^|@|[:=]\s*[\"']?[\^~>=v]*|\s+v)"
    r"\s*[\"'\[]?(?P<version>\d[\w.+-]*)"
)
_KEYWORDS = frozenset(
    "and as assert async await break case catch class const continue def del do elif else enum "
    "except false False finally fn for foreach from func function global go if impl import in is "
    "lambda let match new nil None nonlocal not null or pass raise return self static struct "
    "super switch this throw true True try type var void while with yield".split()
)
_DEFINED = re.compile(r"\b(?:def|class|fn|func|function|struct|interface|trait|enum)\s+(\w+)")
_CUES = re.compile(
    r"\b(for|while|foreach|map|filter|sorted|sort|join|list|dict|tuple|copy|deepcopy|clone|re|regex"
    r"|compile|match|search|findall|sub|json|dumps|loads|encode|decode|format|hash\w*|sha\w*|md5"
    r"|log\w*|debug|info|trace|record|emit|lock|acquire|synchronized|mutex|import|range|append"
    r"|insert|index|count|get|fetch\w*|load\w*|read\w*|query|resolve\w*|parse\w*|validate\w*|check\w*"
    r"|try|except|catch|raise|throw|gc|collect)\b"
)
_SAVERS = re.compile(
    r"(cache|memo|lru|pool|batch|lazy|sampl|limit|\bset\(|\bbreak\b|precompil|intern)"
)


class Wording(NamedTuple):
    """What the lines of a change say."""

    n_new: int
    """Lines of code, added or removed, with no counterpart on the other side."""
    n_cues: int
    """Words in new lines that often cost time, and in removed ones that save it."""


def wording(hunks: Iterable[Hunk]) -> Wording:
    """Read the lines of one change; those of tests and documents do not count."""
    sides: tuple[list[str], list[str]] = ([], [])
    for hunk in hunks:
        if runs_in_production(hunk.path) and not _DEPENDENCIES.search(hunk.path):
            for side, lines in zip(sides, (hunk.removed, hunk.added), strict=True):
                side += [x for x in lines if not _COMMENT.match(x) and not _IMPORT.match(x)]
    defined = [{name for line in side for name in _DEFINED.findall(line)} for side in sides]
    renamed = defined[0] ^ defined[1] if all(defined) else set()
    removed, added = (Counter(_shape(line, renamed) for line in side) for side in sides)
    texts = {_shape(line, renamed): line for side in sides for line in side}
    came, went = added - removed, removed - added
    cues = sum(n * len(_CUES.findall(texts[shape])) for shape, n in came.items())
    savers = sum(n * len(_SAVERS.findall(texts[shape])) for shape, n in went.items())
    return Wording(came.total() + went.total(), cues + savers)


def runs_in_production(path: str) -> bool:
    """Tell whether a file is code that could cost anything, rather than a test or a document."""
    return not _NO_CODE.search(path)


def bumped(hunks: Sequence[Hunk]) -> dict[str, tuple[str, str]]:
    """Return the packages whose version a change moved, with both versions (empty for none)."""
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    for hunk in hunks:
        if _DEPENDENCIES.search(hunk.path):
            before |= _pins(hunk.removed)
            after |= _pins(hunk.added)
    names = before.keys() | after.keys()
    moved = {name: (before.get(name, ""), after.get(name, "")) for name in sorted(names)}
    return {name: versions for name, versions in moved.items() if versions[0] != versions[1]}


def _pins(lines: Iterable[str]) -> dict[str, str]:
    matches = (_PINNED.match(line) for line in lines)
    return {match["name"]: match["version"] for match in matches if match}


def _shape(line: str, renamed: Collection[str]) -> tuple[str, ...]:
    """Return the words of a line with its variables, and what was renamed, numbered as they come.

    What is called keeps its name: to call something else is new code.
    """
    words = _WORD.findall(line)
    numbers: dict[str, str] = {}
    shape = []
    for word, following in zip(words, [*words[1:], ""], strict=True):
        is_name = (word[0].isalpha() or word[0] == "_") and word not in _KEYWORDS
        if is_name and (following != "(" or word in renamed):
            word = numbers.setdefault(word, f"${len(numbers)}")
        shape.append(word)
    return tuple(shape)
