"""Which names one commit only exchanged for others, told by the lines that define them.

Words alone, so that it serves any language and costs no parse. What is not sure is no rename.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

KEYWORDS = frozenset(
    "and as assert async await break case catch class const continue def del do elif else enum "
    "except false False finally fn for foreach from func function global go if impl import in is "
    "lambda let match new nil None nonlocal not null or pass raise return self static struct "
    "super switch this throw true True try type var void while with yield".split()
)
_NAME = re.compile(r"[A-Za-z_]\w*")
_ASSIGNED = re.compile(  # with a space before the sign: `limit=3` is an argument
    r"\s*(?P<targets>[^=()\[\]{}\"'`:]*?\w)\s*(?::(?!:)[^=]*)?(?<=[\s:]):?=(?![=>])(?!.*,\s*$)"
)
_TARGET = re.compile(r"(?:^|[\s*&>])(?:(?:self|this|cls)(?:\.|->))?(\w+)$")
_BOUND = re.compile(
    r"\b(?:class|struct|interface|trait|enum|for|let|var|val|const|auto)\s+"
    r"(?:mut\s+)?(?P<names>[A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*)(?!\s*(?!in\b|of\b)[\w<])"
    r"|^\s*(?:async\s+)?(?:with|except)\b.*\bas\s+(?P<held>\w+)"
    r"|\b(?:for|catch)\s*\((?:[\w<>\[\].]+\s+)+(?P<inner>\w+)\s*[:=)]"
    r"|\blambda\s+(?P<lambda>[^:]*):|(?:\((?P<arrow>[\w\s,]*)\)|\b(?P<short>\w+))\s*=>"
    r"|\b(?P<walrus>\w+)\s*:="
)
_DEFINITION = re.compile(
    r"(?:.*?\b(?P<keyword>def|fn|func|fun|function)\b(?P<signature>.*)"
    r"|\s*(?P<head>(?:[\w<>\[\],.*&]+\s+)+)(?P<typed>\w+\s*\([^()]*\)).*\{\s*$)"  # int f(int a) {
)
_CALLS = re.compile(r"\b(?:return|new|else|throw|await|yield|case|in|not|go|defer)\b")
_ANNOTATION = re.compile(r":[^,()=]*|->.*|=[^,)]*")


def renames(
    removed: Collection[tuple[str, ...]], added: Collection[tuple[str, ...]],
    bound: tuple[Collection[str], Collection[str]],
) -> frozenset[str]:  # fmt: skip
    """Return the names that were exchanged for others, and those others.

    Such a name is defined on one side and unknown to the other, and stands for one name wherever
    it stands.

    Parameters
    ----------
    removed, added : collection of tuple of str
        Words of each line.
    bound : pair of collection of str
        Names that the removed and the added lines define.
    """
    words = [{word for line in side for word in line} for side in (removed, added)]
    went, came = set(bound[0]) - words[1], set(bound[1]) - words[0]
    while went and came:
        partners = _partners(removed, added, went | came)
        unsure = {name for name, others in partners.items() if len(others) > 1}
        unsure |= {other for name in unsure for other in partners[name]}
        if not unsure:
            return frozenset(went | came)
        went, came = went - unsure, came - unsure
    return frozenset()


def _partners(
    removed: Iterable[tuple[str, ...]], added: Iterable[tuple[str, ...]], names: Collection[str]
) -> dict[str, set[str]]:
    """Return for each name what stands in its place in the lines that are alike but for names."""
    by_shape: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for line in added:
        by_shape.setdefault(shape(line, names), []).append(line)
    found: dict[str, set[str]] = {}
    for line in removed:
        alike = by_shape.get(shape(line, names), [])
        if alike:
            for name, other in zip(line, alike.pop(0), strict=True):
                if name in names:
                    found.setdefault(name, set()).add(other)
                    found.setdefault(other, set()).add(name)
    return found


def shape(words: Iterable[str], renamed: Collection[str]) -> tuple[str, ...]:
    """Return the words of a line; what was renamed is numbered as it comes."""
    numbers: dict[str, str] = {}
    return tuple(
        numbers.setdefault(word, f"${len(numbers)}") if word in renamed else word for word in words
    )


def names_bound(line: str) -> set[str]:
    """Return the names that a line of code defines: variables, parameters, functions."""
    return {name for name in _names(line) if _NAME.fullmatch(name)} - KEYWORDS


def _names(line: str) -> Iterator[str]:
    if match := _ASSIGNED.match(line):
        for target in match["targets"].split(","):
            if found := _TARGET.search(target.rstrip()):
                yield found[1]
    for match in _BOUND.finditer(line):
        yield from _NAME.findall(" ".join(filter(None, match.groups())))
    if match := _DEFINITION.match(line):
        if match["keyword"]:
            yield from _parameters(match["signature"], first=match["keyword"] == "func")
        elif not _CALLS.search(match["head"]):
            yield from _parameters(match["typed"], first=False)


def _parameters(signature: str, *, first: bool) -> Iterator[str]:
    """Yield the name of a function and those of its parameters.

    Types are left out: they stand behind a colon, behind the name where the name is `first`, else
    before it.
    """
    for number, part in enumerate(re.split(r"[(,)]", _ANNOTATION.sub("", signature))):
        names: Sequence[str] = _NAME.findall(part)
        if names and number == 0:
            yield names[-1]
        elif names:
            yield names[0 if first else -1]


def counts(lines: Iterable[tuple[str, ...]], renamed: Collection[str]) -> Counter[tuple[str, ...]]:
    """Count lines that are alike but for what was renamed."""
    return Counter(shape(line, renamed) for line in lines)
