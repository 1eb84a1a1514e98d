"""Growth by line: how much of it passes through the very lines that each commit wrote.

A commit that tidies a hot function and one that makes it slow touch the same function; the lines
that cost more tell them apart. Lines move from version to version, so each sampled line is traced
to the commit that wrote it, and to the one that took it away (see `history.weave`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache

import numpy as np
from scipy import sparse

from workbench.attribute.code.history import CodeHistory
from workbench.attribute.diffs import Reading
from workbench.history import WovenLine, enclosing_function
from workbench.types import SERVICE, FloatArray, Function, IntArray, Recording

_NOBODY = -1
_FEWEST_LINES = 1.25
"""Lines of a function on average, where lines are told rather than where functions begin."""


def line_growth(
    recording: Recording,
    costs: FloatArray,
    history: CodeHistory,
    versions: Sequence[str],
    known_as: Mapping[Function, Function],
    sides: tuple[IntArray, IntArray],
    subject: str = SERVICE,
) -> dict[str, float] | None:
    """Return what each commit's own lines added to the cost of what regressed.

    Lines that a commit only moved, or put under other names, are not its own.

    Parameters
    ----------
    recording : Recording
        By line (`Store.recording(by_line=True)`).
    costs : ndarray
        (n_windows,) what one sample of each window stands for.
    history : CodeHistory
        Of the commits from the first window looked at to the last.
    versions : sequence of str
        (n_windows,) id of the commit that each ran.
    known_as : mapping
        Recorded functions, without lines, as the code names them.
    sides : pair of ndarray
        Windows before and after the change point.
    subject : str
        What regressed: the subject of a function, or `<service>`.

    Returns
    -------
    dict of str to float
        Commit -> growth of the cost through the lines that it wrote, and before that through those
        that they replaced. None where the recording knows no lines.
    """
    if not _knows_lines(recording):
        return None
    owners = _Owners(recording, history, known_as)
    counts = sparse.csc_array(
        (
            recording.sample_counts.astype(np.float64),
            (recording.sample_stacks, recording.sample_windows),
        ),
        shape=(recording.n_stacks, recording.n_windows),
    )
    inside = _stacks_of(recording, subject)
    total = np.zeros(len(history.commits))
    for sign, windows in zip((-1, 1), sides, strict=True):
        for window in windows.tolist():
            through = owners.stacks_through(versions[window])
            sampled = counts[:, [window]].toarray().ravel() * inside
            total += sign * costs[window] / len(windows) * (through @ sampled)
    return {c.id: float(x) for c, x in zip(history.commits, total, strict=True)}


def _knows_lines(recording: Recording) -> bool:
    """Tell whether the lines that ran were recorded, rather than none, or where functions begin."""
    places = {function for function in recording.functions if function.line}
    return len(places) > _FEWEST_LINES * len({function._replace(line=0) for function in places})


class _Owners:
    """Who wrote each recorded line, and who took it away, at each version."""

    def __init__(
        self, recording: Recording, history: CodeHistory, known_as: Mapping[Function, Function]
    ) -> None:
        self.recording, self.history = recording, history
        self.place = {commit.id: number for number, commit in enumerate(history.commits)}
        bare = [Function(enclosing_function(f.name), f.file) for f in recording.functions]
        paths = [known_as.get(function, function).file for function in bare]
        self.rows = [
            (row, path, function.line - 1)
            for row, (function, path) in enumerate(zip(recording.functions, paths, strict=True))
            if function.line and path in history.weaves
        ]
        self.written = _written_by(history, {path for _, path, _ in self.rows})
        lengths = np.diff(recording.stack_starts)
        self.stack_of_frame = np.repeat(np.arange(recording.n_stacks), lengths)
        self.stacks_through = cache(self._stacks_through)

    def _stacks_through(self, version: str) -> sparse.csr_array:
        """Return which stacks hold a line that each commit wrote, or is yet to take away.

        (n_commits, n_stacks) of 0 and 1.
        """
        at = self.place.get(version, _NOBODY)
        owners = np.full((2, len(self.recording.functions)), _NOBODY)
        alive: dict[str, list[tuple[int, int]]] = {}
        for row, path, line in self.rows:
            if path not in alive:
                alive[path] = self._owners(path, at)
            if line < len(alive[path]):
                owners[:, row] = alive[path][line]
        of_frame = owners[:, self.recording.stack_functions]
        commits = of_frame.ravel()
        stacks = np.tile(self.stack_of_frame, 2)[commits != _NOBODY]
        commits = commits[commits != _NOBODY]
        shape = (len(self.place), self.recording.n_stacks)
        through = sparse.csr_array((np.ones(len(commits)), (commits, stacks)), shape=shape)
        through.sum_duplicates()
        through.data[:] = 1.0
        return through

    def _owners(self, path: str, at: int) -> list[tuple[int, int]]:
        """Return for each line of a file at a version who wrote it, and who takes it away."""
        owners = []
        for line in self.history.weaves[path].lines:
            added = self.place[line.added] if line.added else _NOBODY
            removed = self.place[line.removed] if line.removed else len(self.place)
            if added <= at < removed:
                writer, taker = self.written.get(id(line), (line.added, line.removed))
                owners.append(
                    (self.place[writer] if writer else _NOBODY,
                     self.place[taker] if taker else _NOBODY)
                )  # fmt: skip
        return owners


def _written_by(
    history: CodeHistory, paths: AbstractSet[str]
) -> dict[int, tuple[str | None, str | None]]:
    """Return who wrote each line that a commit only moved, and who took it away: not that commit.

    By the `id` of the line in its weave. Commits that touched none of the paths are left out.
    """
    came: dict[str, list[tuple[str, WovenLine]]] = {}
    went: dict[str, list[tuple[str, WovenLine]]] = {}
    for path, weave in history.weaves.items():
        for line in weave.lines:
            if line.added:
                came.setdefault(line.added, []).append((path, line))
            if line.removed:
                went.setdefault(line.removed, []).append((path, line))
    written: dict[int, tuple[str | None, str | None]] = {}
    for (
        commit
    ) in history.commits:  # oldest first: what was moved twice is known by its first author
        if paths.isdisjoint(hunk.path for hunk in commit.hunks):
            continue
        read = Reading(commit.hunks)
        writers: dict[tuple[str, ...], str | None] = {}
        for path, line in went.get(commit.id, ()):
            if told := read.moved(line.text, path):
                writer, _ = written.get(id(line), (line.added, None))
                writers.setdefault(told, writer)
                written[id(line)] = (writer, None)
        for path, line in came.get(commit.id, ()):
            told = read.moved(line.text, path)
            if told in writers:
                written[id(line)] = (writers[told], line.removed)
    return written


def _stacks_of(recording: Recording, subject: str) -> FloatArray:
    """Return 1 for each stack that holds what regressed, else 0; (n_stacks,)."""
    if subject == SERVICE:
        return np.ones(recording.n_stacks)
    rows = [i for i, f in enumerate(recording.functions) if f.subject == subject]
    holds = np.isin(recording.stack_functions, rows)
    lengths = np.diff(recording.stack_starts)
    found = np.zeros(recording.n_stacks)
    found[np.repeat(np.arange(recording.n_stacks), lengths)[holds]] = 1
    return found if found.any() else np.ones(recording.n_stacks)
