"""Who answers for files: CODEOWNERS as GitHub and GitLab read it, else what the records tell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from codeowners import CodeOwners

from workbench.history import Repository

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
"""The first that is there counts: in this order GitHub looks, and GitLab in that of its three."""
_SECTION = re.compile(r"\^?\[(?P<name>[^\]]+)\](?:\[\d+\])?(?P<owners>(?:\s.*)?)")
_OWNER = re.compile(r"@@?[\w.-]+(?:/[\w./-]+)?|[^\s@]+@[^\s@]+\.[^\s@]+")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_WORD = re.compile(r"(?:\\.|[^\\\s])+")


@dataclass(frozen=True, slots=True)
class Owners:
    """Who answers for some files."""

    names: tuple[str, ...] = ()
    """`@account`, `@group/team` or an address, as they are told; empty: nobody is."""
    faults: tuple[str, ...] = ()
    """Lines of that file that say nothing, and what was expected."""


NOBODY = Owners()


@dataclass(slots=True)
class _Section:
    """Rules of which the last that fits a file counts."""

    default: list[str] = field(default_factory=list)
    """Owners of rules that name none."""
    rules: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    """Patterns of files that it says nothing of, whatever its rules are."""


def find_owners(
    repository: Repository, revision: str, paths: Iterable[str], fallback: str = ""
) -> Owners:
    """Return who answers for files at a revision.

    In each section the last rule that fits a file counts, and a rule without owners takes those of
    its section, or else leaves the file to nobody. `!rule` takes files out of a section. A line
    that cannot be read is left out and told, as both hosts do.

    Parameters
    ----------
    repository, revision
        Where CODEOWNERS is read.
    paths : iterable of str
        Of the files.
    fallback : str
        Who answers for them where the file names nobody.
    """
    texts = ((place, repository.find(place, revision)) for place in PLACES)
    place, text = next(((place, text) for place, text in texts if text is not None), ("", ""))
    faults: list[str] = []
    read = [  # once for all files: a file of owners may be long
        (CodeOwners("\n".join(section.excluded)), CodeOwners("\n".join(section.rules)))
        for section in _read(text, place, faults)
    ]
    names = [
        name
        for path in paths
        for excluded, rules in read
        if not any(excluded.matching_lines(path))
        for _, name in rules.of(path)
    ]
    names = names or ([fallback] if fallback else [])
    return Owners(tuple(dict.fromkeys(names)), tuple(faults))


def _read(text: str, place: str, faults: list[str]) -> list[_Section]:
    """Return the sections of a file; what cannot be read is added to the faults."""
    sections = {"": _Section()}
    section = sections[""]
    for number, line in enumerate(text.splitlines(), start=1):
        told = _COMMENT.sub("", line).strip()
        if not told:
            continue
        head = _SECTION.fullmatch(told)
        first, *names = _WORD.findall(head["owners"] if head else told) or [""]
        if head:
            section = sections.setdefault(head["name"].casefold(), _Section())
            names = [first, *names] if first else []
        is_excluded = not head and first.startswith("!")
        if is_excluded:
            first, names = first[1:], []
        wrong = [name for name in names if not _OWNER.fullmatch(name)]
        where = f"{place}, line {number}: expected"
        if wrong:
            of = "an owner (@account, @group/team or an address)"
            faults.append(f"{where} {of}, got {wrong[0][:80]!r}")
        elif head:
            section.default = section.default or names
        elif not _is_rule(first):
            faults.append(f"{where} a pattern of paths, got {first[:80]!r}")
        elif is_excluded:
            section.excluded.append(first)
        else:
            section.rules.append(" ".join([first, *(names or section.default)]))
    return [*sections.values()]


def _is_rule(pattern: str) -> bool:
    """Tell whether a pattern can be read."""
    try:
        return bool(CodeOwners(pattern).paths)
    except (ValueError, re.error):
        return False
