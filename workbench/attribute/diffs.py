"""What the lines of a change say: how much of it is new code, and whether that looks costly.

Line by line and by words alone, so that it serves any language and costs no parse: a line that was
removed and added again elsewhere, with other names or other spaces, is not new.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from workbench.attribute.dependencies import is_manifest
from workbench.attribute.renames import KEYWORDS, counts, names_bound, renames, shape
from workbench.history import Hunk

_WORD = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|[^\s\w]")
_NO_CODE = re.compile(
    r"(^|/)(tests?|\.github|\.ci)/|^(docs?|examples?)/|(^|/)test_[^/]*$|_test\.\w+$|\.spec\.\w+$"
    r"|\.(md|rst|txt|adoc|csv|svg|png)$|(^|/)(CHANGELOG|LICENSE|OWNERS|CODEOWNERS)[^/]*$"
)
_PYTHON = re.compile(r"\.pyi?$", re.IGNORECASE)
_SETTINGS = re.compile(r"\.(toml|cfg|ini|ya?ml|json|properties|env|conf)$", re.IGNORECASE)
"""Files in which a name is what it sets, and another name sets something else."""


class _Style(NamedTuple):
    """How comments begin."""

    endings: re.Pattern[str]
    whole: re.Pattern[str]
    """A line that is nothing but one."""
    behind: tuple[str, ...]
    """Words that begin one behind code."""


def _style(endings: str, whole: str, *behind: str) -> _Style:
    return _Style(re.compile(endings, re.IGNORECASE), re.compile(whole), behind)


_STYLES = (
    _style(r"\.(py|pyi|pyx|rb|sh|pl|pm|r|jl|exs?|ya?ml|toml|cfg|ini|mk|nim)$",
           r"\s*(#|\"\"\"|'''|[-=~]{4,}\s*$)", "#"),
    _style(r"\.(sql|lua|hs|ads|adb)$", r"\s*--", "--"),
    _style(r"\.(php|hack)$", r"\s*(#(?!\[)|//|/\*|\*(\s|/|$))", "//", "/*"),
    _style(r"\.(html?|xml|vue)$", r"\s*(<!--|//|/\*)", "//", "/*"),
    _style(r"", r"\s*(//|/\*|\*(\s|/|$))", "//", "/*"),
)  # fmt: skip
_IMPORT = re.compile(r"\s*(import|from|use|require|include|#include|package|namespace)\b")
_FROM = re.compile(r"\s*from\s+(?P<source>[\w.]+)\s+import\s+(?P<names>.+)")
_SCRIPT_FROM = re.compile(r"\s*import\s+(?P<names>.+?)\s+from\s+[\"'](?P<source>[^\"']+)")
_WHOLE = re.compile(
    r"\s*(?:import|use)\s+(?:static\s+)?(?P<source>[\w.:\\]+)(?:\s+as\s+(?P<name>\w+))?\s*;?\s*$"
)
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
    read = [hunk for hunk in hunks if runs_in_production(hunk.path) and not is_manifest(hunk.path)]
    sides: tuple[list[tuple[str, ...]], list[tuple[str, ...]]] = ([], [])
    bound: tuple[set[str], set[str]] = (set(), set())
    texts: dict[tuple[str, ...], str] = {}
    for hunk in read:
        for side, names, lines in zip(sides, bound, (hunk.removed, hunk.added), strict=True):
            for line, words in _code(lines, hunk.path):
                side.append(words)
                texts[words] = line
                if not _SETTINGS.search(hunk.path):
                    names |= names_bound(line)
    renamed = renames(*sides, bound)
    removed, added = (counts(side, renamed) for side in sides)
    shown = {shape(words, renamed): line for words, line in texts.items()}
    came, went = added - removed, removed - added
    cues = sum(n * len(_CUES.findall(shown[line])) for line, n in came.items())
    savers = sum(n * len(_SAVERS.findall(shown[line])) for line, n in went.items())
    moved = bound[0] & bound[1]  # with their definitions
    n_imports = sum(len(rebound(read, path) - moved) for path in {hunk.path for hunk in read})
    return Wording(came.total() + went.total() + 2 * n_imports, cues + savers)


def rebound(hunks: Iterable[Hunk], path: str) -> set[str]:
    """Return the names that a file imports from elsewhere than before."""
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    for hunk in hunks:
        if hunk.path == path:
            for sources, lines in ((before, hunk.removed), (after, hunk.added)):
                for line in lines:
                    sources |= _imported(line)
    return {name for name in before.keys() & after.keys() if before[name] != after[name]}


def _imported(line: str) -> dict[str, str]:
    """Return what a line imports: the name that it has here, and where it comes from."""
    if match := _FROM.match(line) or _SCRIPT_FROM.match(line):
        found = {}
        for part in re.split(r"[,{}()]", match["names"]):
            original, _, alias = part.partition(" as ")
            if original.strip().isidentifier():
                name = alias.strip() or original.strip()
                found[name] = f"{match['source']}.{original.strip()}"
        return found
    if match := _WHOLE.match(line):
        return {match["name"] or re.split(r"[.:\\]", match["source"])[-1]: match["source"]}
    return {}


def runs_in_production(path: str) -> bool:
    """Tell whether a file is code that could cost anything, rather than a test or a document."""
    return not _NO_CODE.search(path)


def _code(lines: Iterable[str], path: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the lines that are code other than imports, each with its words.

    What is in a string of several lines looks like code; two words side by side do not in Python.
    """
    style = next(style for style in _STYLES if style.endings.search(path))
    for line in lines:
        if style.whole.match(line) or _IMPORT.match(line):
            continue
        words = tuple(_WORD.findall(line))
        if _PYTHON.search(path) and any(map(_is_prose, words, words[1:])):
            continue
        ends = [i for i in range(len(words)) if "".join(words[i : i + 2]).startswith(style.behind)]
        if words := words[: ends[0]] if ends else words:
            yield line, words


def _is_prose(word: str, following: str) -> bool:
    """Tell whether two words side by side are none of Python."""
    return all(w.isidentifier() and w not in KEYWORDS for w in (word, following))
