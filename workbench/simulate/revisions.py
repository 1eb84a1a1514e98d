"""What a repository of a simulated service holds: each commit with the files that it changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from workbench.simulate.causes import CauseCase
from workbench.simulate.changes import START
from workbench.simulate.code import ServiceCode
from workbench.types import Change

_FOUNDER = "Noor"
_EARLIER = timedelta(days=240)
"""How long the code had been written before the recording."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One commit."""

    title: str
    author: str
    at: datetime
    files: Mapping[str, str]
    """Path -> text, of those that it changes."""


def email_of(author: str) -> str:
    """Return where an author is written to."""
    return f"{author.lower()}@example.invalid"


def earlier_revisions(case: CauseCase, code: ServiceCode, seed: int) -> list[Revision]:
    """Return how the code came about that is there at the beginning, by whom the case says it was.

    Who changed a file is as told; how often, as far as there are statements to be added.
    """
    rng = np.random.default_rng([seed, 2])
    files: dict[tuple[int, str], dict[str, str]] = {}
    for path in code.paths:
        if code.render(path, 0) == "":
            continue
        authors = _authors_of(path, case, code, rng)
        for number, author in enumerate(authors, start=1):
            text = code.render(path, 0, part=number / len(authors))
            files.setdefault((number, author), {})[path] = text
    files[0, _FOUNDER] = code.scaffold()
    steps = sorted(files)
    at = [START - _EARLIER + i * (_EARLIER / (len(steps) + 1)) for i in range(len(steps))]
    return [
        Revision(_title(files[step]), step[1], moment.replace(microsecond=0), files[step])
        for step, moment in zip(steps, at, strict=True)
    ]


def _authors_of(
    path: str, case: CauseCase, code: ServiceCode, rng: np.random.Generator
) -> list[str]:
    """Return who wrote a file, in the order of their changes."""
    times = {name: known.get(path, 0) for name, known in case.authors.items() if path in known}
    if not times:
        return [_FOUNDER]
    others = [name for name, n in times.items() for _ in range(n - 1)]
    others = [others[i] for i in rng.permutation(len(others))]
    whole = [*times, *others][: code.n_statements(path)]
    return [whole[i] for i in rng.permutation(len(whole))]


def _title(files: Mapping[str, str]) -> str:
    paths = [path for path in sorted(files) if not path.endswith("__init__.py")]
    stems = list(dict.fromkeys(p.rpartition("/")[2].partition(".")[0].lower() for p in paths))
    return f"Write more of {', '.join(stems[:3])}" + (" and others" if len(stems) > 3 else "")


def later_revisions(code: ServiceCode, commits: Sequence[Change]) -> Iterator[Revision]:
    """Yield what the commits change, each made shortly before its window begins."""
    for version, change in enumerate(commits, start=1):
        files = {path: code.render(path, version) for path in sorted(code.touched[version])}
        yield Revision(change.title, change.author, change.at, files)


def with_times(commits: Sequence[Change]) -> list[Change]:
    """Return commits with when they were made: in the hours before what they were deployed with."""
    found: list[Change] = []
    for place, change in enumerate(commits):
        mates = sum(other.window == change.window for other in commits[place:])
        begins = START + timedelta(hours=change.window or 0)
        found.append(replace(change, at=begins - timedelta(seconds=60 + 8 * mates)))
    return sorted(found, key=lambda change: change.window or 0)
