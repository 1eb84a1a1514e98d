"""One generated service, opened: its repository is made, and somebody looks into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from workbench.agent import Investigation
from workbench.agent.opened import detect_worth_a_look
from workbench.evaluate.attribution import regression_at
from workbench.evaluate.fleet.by_line import record_lines
from workbench.evaluate.fleet.records import ids_of, make_tables
from workbench.evaluate.fleet.repository import commit_all
from workbench.history import Repository
from workbench.simulate import CauseCase, simulate_cause
from workbench.simulate.commits import drawn_of, plan_commits, settings_of
from workbench.simulate.revisions import earlier_revisions, later_revisions, with_times
from workbench.simulate.writing import write_code
from workbench.types import Change, Regression

_LEADING = 0.5
"""Part of the growth in a function by itself, at least, of what grew."""


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """A service with what somebody may read of it, and the truth."""

    evidence: Investigation
    regression: Regression | None
    """What was detected of it; None where nothing was."""
    culprits: frozenset[str]
    functions: frozenset[str]
    case: CauseCase
    """What it was made of."""
    commits: Mapping[str, Change]
    """Id of each commit that was looked at -> what it was said to touch."""


def open_service(seed: int, name: str, folder: Path) -> Service:
    """Make a service; the same for the same seed.

    Parameters
    ----------
    seed : int
        Of a case that can be written as code.
    name : str
        Of the service.
    folder : Path
        Where its repository is made; must not exist.
    """
    case = simulate_cause(seed)
    commits = with_times(plan_commits(case))
    code = write_code(case, commits, seed)
    earlier = earlier_revisions(case, code, seed)
    ids = commit_all(folder, [*earlier, *later_revisions(code, commits)])
    base, *later = ids[len(earlier) - 1 :]
    ran = _versions_run(commits, case.recording.n_windows)
    windows = case.recording.windows.assign(version=[[base, *later][version] for version in ran])
    recording = replace(case.recording, service=name, windows=windows)
    made = dict(zip(later, commits, strict=True))
    records = make_tables(case, recording, _bumps(made), seed)
    detection = detect_worth_a_look(recording)
    lines = partial(record_lines, recording, case, code, commits, ran, seed)
    evidence = Investigation(
        recording, detection, Repository(folder), windows["version"].iloc[0],
        windows["version"].iloc[-1], records, read_lines=None if case.lines is None else lines,
    )  # fmt: skip
    culprits = _culprits(case, made)
    return Service(
        evidence, regression_at(detection.found, drawn_of(case).at), culprits,
        _functions(case) if culprits else frozenset(), case, made,
    )  # fmt: skip


def _versions_run(commits: Sequence[Change], n_windows: int) -> list[int]:
    """Return the number of the version that each window ran: the last deployed by then."""
    deployed = [change.window or 0 for change in commits]
    n_by_then: list[int] = np.searchsorted(deployed, np.arange(n_windows), side="right").tolist()
    return n_by_then


def _bumps(made: Mapping[str, Change]) -> dict[str, Change]:
    """Return the commits that moved a library, with both versions."""
    found: dict[str, Change] = {}
    for commit, change in made.items():
        if change.kind == "dependency":
            n = sum(other.key == change.key for other in found.values())
            found[commit] = replace(change, before=f"1.{2 + n}.0", after=f"1.{3 + n}.0")
    return found


def _culprits(case: CauseCase, made: Mapping[str, Change]) -> frozenset[str]:
    """Return the ids of the culprits as the evidence has them."""
    known = {change.id: [commit] for commit, change in made.items()}
    known |= {drawn: ids_of(change) for drawn, change in settings_of(case).items()}
    found = [id_ for culprit in case.culprits for id_ in known[culprit]]
    return frozenset(found)


def _functions(case: CauseCase) -> frozenset[str]:
    """Return the subjects of what was acted on, and of what grew by most of the growth itself."""
    drawn, recording = drawn_of(case), case.recording
    leaves = recording.stack_functions[recording.stack_starts[1:] - 1]
    grown = np.bincount(leaves, drawn.after - drawn.before, len(recording.functions))
    leading = np.flatnonzero(grown >= _LEADING * grown.sum())
    return frozenset(
        {drawn.acted_on.subject, *(recording.functions[int(i)].subject for i in leading)}
    )
