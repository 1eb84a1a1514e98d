"""What the lines of a change say: how much of it is new code, and whether that looks costly.

Line by line and by words alone, so that it serves any language and costs no parse: a line that was
removed and added again elsewhere, with other names or other spaces, is not new.
"""

from __future__ import annotations

import re
from collections import Counter
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
_DEFINES = {"def", "function", "func", "fn", "class"}
_SETTINGS = re.compile(r"\.(toml|cfg|ini|ya?ml|json|properties|env|conf)$", re.IGNORECASE)
"""Files in which a name is what it sets, and another name sets something else."""
_SET = re.compile(r"\s*-?\s*[\"']?(?P<name>[A-Za-z_][\w.-]*)[\"']?\s*[:=]\s*(?P<value>.*?),?\s*$")
_MOST_SETTINGS = 10
"""Of one change."""


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
    """Words that often cost time and are new, and that save it and are no more."""


class Reading:
    """The lines of code of one change, alike where they differ by names that were exchanged.

    Those of tests and documents do not count.
    """

    def __init__(self, hunks: Iterable[Hunk]) -> None:
        self.hunks = [
            hunk for hunk in hunks if runs_in_production(hunk.path) and not is_manifest(hunk.path)
        ]
        sides: tuple[list[tuple[str, ...]], list[tuple[str, ...]]] = ([], [])
        self.bound: tuple[set[str], set[str]] = (set(), set())
        texts: dict[tuple[str, ...], str] = {}
        for hunk in self.hunks:
            for side, names, lines in zip(
                sides, self.bound, (hunk.removed, hunk.added), strict=True
            ):
                for line, words in _code(lines, hunk.path):
                    side.append(words)
                    texts[words] = line
                    if not _SETTINGS.search(hunk.path):
                        names |= names_bound(line)
        self.renamed = renames(*sides, self.bound)
        self.removed, self.added = (counts(side, self.renamed) for side in sides)
        self.texts = {shape(words, self.renamed): line for words, line in texts.items()}

    def moved(self, line: str, path: str) -> tuple[str, ...]:
        """Return what a line says, where it was taken out and put back; else nothing."""
        for _, words in _code([line], path):
            told = shape(words, self.renamed)
            if told in self.removed and told in self.added:
                return told
        return ()


def wording(hunks: Iterable[Hunk]) -> Wording:
    """Count what is new in the lines of one change."""
    read = Reading(hunks)
    came, went = read.added - read.removed, read.removed - read.added
    cues = (_words(_CUES, read, came) - _words(_CUES, read, went)).total()
    savers = (_words(_SAVERS, read, went) - _words(_SAVERS, read, came)).total()
    with_definition = read.bound[0] & read.bound[1]
    paths = {hunk.path for hunk in read.hunks}
    n_imports = sum(len(rebound(read.hunks, path) - with_definition) for path in paths)
    return Wording(came.total() + went.total() + 2 * n_imports, cues + savers)


def _words(
    pattern: re.Pattern[str], read: Reading, lines: Counter[tuple[str, ...]]
) -> Counter[str]:
    """Count words in some of the lines of a change."""
    found: Counter[str] = Counter()
    for line, n in lines.items():
        for word in pattern.findall(read.texts[line]):
            found[word] += n
    return found


def names_called(lines: Iterable[str], path: str) -> set[str]:
    """Return the names that lines of code call; none of comments, tests and documents."""
    if not runs_in_production(path):
        return set()
    return {
        first
        for _, words in _code(lines, path)
        for before, first, second in zip(("", *words), words, words[1:], strict=False)
        if second == "(" and before not in _DEFINES
    }


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


def settings_changed(hunks: Iterable[Hunk]) -> set[str]:
    """Return the names of what a change sets to something else in files of settings.

    Nothing of a change that sets a name twice, or many names: its files are data.
    """
    found: set[str] = set()
    for hunk in hunks:
        is_settings = _SETTINGS.search(hunk.path) and runs_in_production(hunk.path)
        if is_settings and not is_manifest(hunk.path):
            sides = [
                [(match["name"], match["value"]) for match in map(_SET.match, lines) if match]
                for lines in (hunk.removed, hunk.added)
            ]
            before, after = map(dict, sides)
            changed = {n for n in before.keys() | after.keys() if before.get(n) != after.get(n)}
            if changed & found or len(before) < len(sides[0]) or len(after) < len(sides[1]):
                return set()
            found |= changed
    return found if len(found) <= _MOST_SETTINGS else set()


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
