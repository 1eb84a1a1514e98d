"""What the lines of a change say: how much of it is new code, and whether that looks costly.

Line by line and by words alone, so that it serves any language and costs no parse: a line that was
removed and added again elsewhere, with other names or other spaces, is not new.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from workbench.attribute.dependencies import is_manifest
from workbench.history import Hunk

_WORD = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|[^\s\w]")
_EMPTY = re.compile(r"\s*$")
_COMMENTS = (  # by how the names of files end
    (re.compile(r"\.(py|pyi|pyx|rb|sh|pl|pm|r|jl|exs?|ya?ml|toml|cfg|ini|mk|nim)$", re.I),
     re.compile(r"\s*(#|\"\"\"|''')")),
    (re.compile(r"\.(sql|lua|hs|ads|adb)$", re.I), re.compile(r"\s*--")),
    (re.compile(r"\.(php|hack)$", re.I), re.compile(r"\s*(#(?!\[)|//|/\*|\*(\s|/|$))")),
    (re.compile(r"\.(html?|xml|vue)$", re.I), re.compile(r"\s*(<!--|//|/\*)")),
    (re.compile(r""), re.compile(r"\s*(//|/\*|\*(\s|/|$))")),
)  # fmt: skip
_IMPORT = re.compile(r"^\s*(import|from|use|require|include|#include|package|namespace)\b")
_NO_CODE = re.compile(
    r"(^|/)(tests?|\.github|\.ci)/|^(docs?|examples?)/|(^|/)test_[^/]*$|_test\.\w+$|\.spec\.\w+$"
    r"|\.(md|rst|txt|adoc|csv|svg|png)$|(^|/)(CHANGELOG|LICENSE|OWNERS|CODEOWNERS)[^/]*$"
)
_KEYWORDS = frozenset(
    "and as assert async await break case catch class const continue def del do elif else enum "
    "except false False finally fn for foreach from func function global go if impl import in is "
    "lambda let match new nil None nonlocal not null or pass raise return self static struct "
    "super switch this throw true True try type var void while with yield".split()
)
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_ASSIGNED = re.compile(
    r"\s*(?P<targets>[^=()\[\]{}\"'`]*?[\w\s])\s*(?:(?<!:):(?!:)[^=]*|:)?=(?![=>])"
)
_BOUND = re.compile(
    r"\b(?:class|struct|interface|trait|enum|for|as|let|var|val|const|auto)\s+"
    r"(?:mut\s+)?(?P<names>[A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*)"
    r"|\blambda\s+(?P<lambda>[^:]*):|(?:\((?P<arrow>[\w\s,]*)\)|\b(?P<short>\w+))\s*=>"
)
_DEFINITION = re.compile(
    r"(?:.*\b(?:def|fn|func|fun|function)\b(?P<signature>.*)"
    r"|\s*(?:[\w<>\[\],.*&]+\s+)+(?P<typed>\w+\s*\([^()]*\)).*\{\s*$)"  # int f(int a) {
)
_DEFAULT = re.compile(r"=[^,)]*")
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
        if runs_in_production(hunk.path) and not is_manifest(hunk.path):
            for side, lines in zip(sides, (hunk.removed, hunk.added), strict=True):
                side += _code(lines, hunk.path)
    renamed = _renamed(*sides)
    removed, added = (Counter(_shape(line, renamed) for line in side) for side in sides)
    texts = {_shape(line, renamed): line for side in sides for line in side}
    came, went = added - removed, removed - added
    cues = sum(n * len(_CUES.findall(texts[shape])) for shape, n in came.items())
    savers = sum(n * len(_SAVERS.findall(texts[shape])) for shape, n in went.items())
    return Wording(came.total() + went.total(), cues + savers)


def runs_in_production(path: str) -> bool:
    """Tell whether a file is code that could cost anything, rather than a test or a document."""
    return not _NO_CODE.search(path)


def _code(lines: Iterable[str], path: str) -> list[str]:
    """Return the lines that are neither empty, nor a comment, nor an import."""
    comment = next(says for ends, says in _COMMENTS if ends.search(path))
    no_code = (_EMPTY, comment, _IMPORT)
    return [line for line in lines if not any(pattern.match(line) for pattern in no_code)]


def _renamed(removed: Sequence[str], added: Sequence[str]) -> frozenset[str]:
    """Return the names that one side defines and the other does not know, where both have some.

    A name that is only used, such as that of a constant or of a list, is not renamed but another.
    """
    words = [{word for line in side for word in _WORD.findall(line)} for side in (removed, added)]
    bound = [{name for line in side for name in _names_bound(line)} for side in (removed, added)]
    went, came = bound[0] - words[1], bound[1] - words[0]
    return frozenset(went | came) if went and came else frozenset()


def _names_bound(line: str) -> set[str]:
    """Return the names that a line defines: variables, parameters, functions."""
    found: list[str] = []
    if match := _ASSIGNED.match(line):
        for target in match["targets"].split(","):
            found += _IDENTIFIER.findall(target)[-1:]
    for match in _BOUND.finditer(line):
        found += _IDENTIFIER.findall(" ".join(filter(None, match.groups())))
    match = _DEFINITION.match(line)
    signature = _DEFAULT.sub("", match["signature"] or match["typed"]) if match else ""
    words = _IDENTIFIER.findall(signature)
    if words and words[0] not in _KEYWORDS:  # such as the `if` of `else if (…) {`
        found += words
    return set(found) - _KEYWORDS


def _shape(line: str, renamed: Collection[str]) -> tuple[str, ...]:
    """Return the words of a line; what was renamed is numbered as it comes."""
    numbers: dict[str, str] = {}
    return tuple(
        numbers.setdefault(word, f"${len(numbers)}") if word in renamed else word
        for word in _WORD.findall(line)
    )
