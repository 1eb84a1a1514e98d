"""What one investigation may read: a recording, what was detected in it, records, a repository."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from workbench.agent.calls import Calls
from workbench.agent.once import once
from workbench.agent.tools.cases import index_cases
from workbench.agent.tools.documents import Library, read_library
from workbench.agent.tools.endpoints import Traffic, read_traffic
from workbench.agent.tools.relevance import TextIndex
from workbench.attribute import (
    Clues,
    CodeHistory,
    CodeMap,
    Growth,
    arm_costs,
    deploys,
    find_renames,
    line_growth,
    measure_growth,
    rank_changes,
    recorded_changes,
    within,
)
from workbench.attribute.candidates import MARGIN, Deploy
from workbench.errors import ToolError
from workbench.history import Commit, Repository
from workbench.signals import function_series, quiet_windows, stack_costs, window_costs
from workbench.types import (
    Change,
    Detection,
    FloatArray,
    Function,
    IntArray,
    Ranking,
    Recording,
    Records,
    Regression,
    SeriesMatrix,
)

_MIN_APART = 3
"""Changes fewer windows apart are looked at as one."""
_MOST = 24
"""Windows on either side of a change that its levels are taken from, at most."""
_KEPT_DIFF = 100_000  # characters
_KEPT_CODE_MAPS = 3


@dataclass
class Investigation:
    """Everything the tools read; computed once, on first use, whichever thread comes first.

    Nothing here writes.
    """

    recording: Recording
    detected: Detection | Callable[[], Detection]
    """What was detected; or how to, which is then done when it is first asked for."""
    repository: Repository | None = None
    base: str = ""
    """Revision of the first window."""
    head: str = ""
    """Revision of the last."""
    records: Records | None = None
    read_lines: Callable[[], Recording] | None = None
    """Return the same recording by line, where there is one."""
    without_code: str = "this store came without a repository: no code to read"
    """What is said where there is no repository."""
    lock: Any = field(default_factory=RLock, repr=False, compare=False)
    """Held while something is computed that others may want too."""
    detection_lock: Any = field(default_factory=RLock, repr=False, compare=False)
    code_lock: Any = field(default_factory=RLock, repr=False, compare=False)
    _code_maps: dict[str, CodeMap] = field(default_factory=dict, repr=False)
    _rankings: dict[str, Ranking] = field(default_factory=dict, repr=False)
    _candidates: dict[str, list[Change]] = field(default_factory=dict, repr=False)
    _histories: dict[tuple[str, str], CodeHistory] = field(default_factory=dict, repr=False)
    _diffs: dict[str, str] = field(default_factory=dict, repr=False)
    _described: dict[str, Change] = field(default_factory=dict, repr=False)

    @property
    def detection(self) -> Detection:
        """What was detected in the recording."""
        if not isinstance(self.detected, Detection):
            with self.detection_lock:  # which holds up nobody but who asks for it
                if not isinstance(self.detected, Detection):
                    self.detected = self.detected()
        return self.detected

    def code(self) -> Repository:
        """Return the repository; ToolError where there is none."""
        if self.repository is None:
            raise ToolError(self.without_code)
        return self.repository

    @once
    def stack_values(self) -> sparse.csr_array:
        """(n_stacks, n_windows) cost per round of work, or fraction of samples."""
        return stack_costs(self.recording)

    @once
    def calls(self) -> Calls:
        """Who calls whom."""
        return Calls.of(self.recording)

    @once
    def knows_work(self) -> bool:
        """Whether values are CPU seconds per round of work, rather than fractions of samples."""
        return window_costs(self.recording) is not None

    @once
    def window_values(self) -> FloatArray:
        """(n_windows,) what all stacks cost together."""
        return np.asarray(self.stack_values.sum(axis=0), np.float64).ravel()

    @once
    def total_values(self) -> FloatArray:
        """(n_subjects, n_windows) cost of each subject of `calls` with all that it calls."""
        return np.asarray((self.calls.holding @ self.stack_values).toarray())

    @once
    def own_values(self) -> FloatArray:
        """(n_subjects, n_windows) cost of each subject of `calls` by itself."""
        return np.asarray((self.calls.leaves @ self.stack_values).toarray())

    @once
    def entry_point_values(self) -> FloatArray:
        """(n_subjects, n_windows) cost of what requests enter by; 0 for what they do not."""
        costs = np.asarray(self.stack_values.mean(axis=1)).ravel()
        return np.asarray((self.calls.entry_points(costs, most=0.9) @ self.stack_values).toarray())

    @once
    def series(self) -> SeriesMatrix:
        """Of every function and of the service."""
        return function_series(self.recording)

    @once
    def commits(self) -> list[Commit]:
        """Every commit from the oldest that a window ran to the newest, oldest first."""
        return self.history(*self._span).commits if self.repository else []

    @once
    def versions(self) -> tuple[str, ...]:
        """(n_windows,) id of the commit that each window ran; as told where that names none.

        What the first and the last window tell stands for `base` and `head`.
        """
        told = [str(version) for version in self.recording.windows["version"]]
        known = (
            self.repository.resolve_all({*told, self.base, self.head}) if self.repository else {}
        )
        known[told[-1]] = head = known.get(self.head, told[-1])
        known[told[0]] = known.get(self.base, told[0])
        return (*(known.get(version, version) for version in told[:-1]), head)

    @once
    def changes(self) -> list[Change]:
        """Every change known, of code and of configuration, oldest first, with its window.

        That of a commit is the first that ran with it. Without a repository, commits are those that
        the records tell of.
        """
        windows = self.recording.windows
        is_alone = self.repository is None
        known = (
            recorded_changes(self.records, windows, with_commits=is_alone) if self.records else []
        )
        told = reversed([*map(_texts, known)])  # an experiment may be told twice: the first counts
        recorded = {change.id: change for change in told}
        for commit in self._deployed:
            of = recorded.pop(commit.id, commit)  # a dependency is told beside the commit it is in
            recorded[commit.id] = replace(
                commit, kind=of.kind, key=of.key, before=of.before, after=of.after
            )
        for commit_id, (first, *_) in self._deploys.items():
            recorded[commit_id] = replace(recorded[commit_id], window=first.window)
        return sorted(recorded.values(), key=lambda change: change.at)

    @once
    def configuration(self) -> list[Change]:
        """Changes of flags, settings, experiments and dependencies alone, oldest first."""
        return [change for change in self.changes if change.kind != "commit"]

    @once
    def traffic(self) -> Traffic | None:
        """What was measured of endpoints, where anything was."""
        return None if self.records is None else read_traffic(self.records.measurements)

    @once
    def past_cases(self) -> tuple[list[dict[str, Any]], TextIndex]:
        """Regressions that were investigated before, and what they are found by."""
        return (
            ([], TextIndex.of([])) if self.records is None else index_cases(self.records.past_cases)
        )

    @once
    def library(self) -> Library:
        """Every document, of the repository at head and of the store."""
        return read_library(self)

    def code_map(self, revision: str) -> CodeMap:
        """Return where the functions are in the code at a revision."""
        code = self.code()
        with self.code_lock:  # large code takes long, and holds up nothing else
            if revision not in self._code_maps:
                for oldest in [*self._code_maps][: 1 - _KEPT_CODE_MAPS]:
                    del self._code_maps[oldest]
                self._code_maps[revision] = CodeMap.build(code, revision)
        return self._code_maps[revision]

    def regression(self, regression_id: str) -> Regression:
        """Return a regression by id; ToolError names those there are."""
        known = {r.id: r for r in self.detection.found}
        if regression_id not in known:
            listed = ", ".join(list(known)[:10]) or "none were detected"
            raise ToolError(f"no regression {regression_id[:80]!r}; known: {listed}")
        return known[regression_id]

    def change(self, change_id: str) -> Change:
        """Return a change by the beginning of its id, with the functions that it touched."""
        matches = [c for c in self.changes if c.id.startswith(change_id)]
        exact = [c for c in matches if c.id == change_id]
        if len(exact or matches) != 1 or not change_id:
            raise ToolError(
                f"expected one change with id {change_id[:80]!r}, found {len(matches)} changes"
            )
        (found,) = exact or matches
        if found.id not in self._commit_ids:
            return found
        with self.lock:
            if found.id not in self._described:
                (described,) = self.history(f"{found.id}^", found.id).changes
                self._described[found.id] = _with_code(found, described)
        return self._described[found.id]

    def is_commit(self, change: Change) -> bool:
        """Whether a change is one of the repository, of whichever kind."""
        return change.id in self._commit_ids

    def diff(self, commit: str) -> str:
        """Return a commit as people read it."""
        diff = self._diffs.get(commit) or self.code().show(commit)
        if len(diff) <= _KEPT_DIFF:
            self._diffs[commit] = diff
        return diff

    def history(self, base: str, head: str) -> CodeHistory:
        """Return what the commits between two revisions did."""
        return self._histories.setdefault((base, head), CodeHistory(self.code(), base, head))

    def history_of(self, regression: Regression) -> CodeHistory:
        """Return what the commits did that were deployed about when a regression began."""
        first = max(0, regression.change_index_low - 1 - MARGIN)
        last = min(self.recording.n_windows - 1, regression.change_index_high + MARGIN)
        return self._history_within(first, last)

    def _history_within(self, first: int, last: int) -> CodeHistory:
        """Return what the commits did from the oldest to the newest that some windows ran."""
        ran = sorted(self._ran[first : last + 1], key=lambda v: self._commit_places.get(v, -1))
        return self.history(ran[0], ran[-1])

    def candidates(self, regression_id: str) -> list[Change]:
        """Return the changes that took effect about when a regression began."""
        if regression_id not in self._candidates:
            with self.lock:
                self._candidates[regression_id] = self._find_candidates(regression_id)
        return self._candidates[regression_id]

    def _find_candidates(self, regression_id: str) -> list[Change]:
        regression = self.regression(regression_id)
        low, high = regression.change_index_low - MARGIN, regression.change_index_high + MARGIN
        moved = [self._as_deployed(c, low, regression.change_index, high) for c in self.changes]
        known = within(moved, low, high)
        if self.repository is None:
            return known
        touched = {c.id: c for c in self.history_of(regression).changes}
        return [_with_code(c, touched[c.id]) if c.id in touched else c for c in known]

    def _as_deployed(self, change: Change, low: int, nearest: int, high: int) -> Change:
        """Return a commit as it was deployed, or rolled back, nearest to a window."""
        events = [e for e in self._deploys.get(change.id, ()) if low <= e.window <= high]
        if not events:
            return change
        event = min(events, key=lambda e: abs(e.window - nearest))
        title = f"Roll back: {change.title}" if event.is_roll_back else change.title
        return replace(change, window=event.window, is_roll_back=event.is_roll_back, title=title)

    def ranking(self, regression_id: str) -> Ranking:
        """Return who could have caused a regression, most probable first."""
        if regression_id not in self._rankings:
            with self.lock:
                if regression_id not in self._rankings:
                    clues = self.clues(self.regression(regression_id))
                    found = rank_changes(self.candidates(regression_id), clues)
                    self._rankings[regression_id] = found
        return self._rankings[regression_id]

    def clues(self, regression: Regression) -> Clues:
        """Return what tells the causes of a regression apart."""
        growth = self.growth(regression)
        windows = (
            regression.change_index_low, regression.change_index, regression.change_index_high
        )  # fmt: skip
        values = self.series.row(regression.subject, regression.metric)
        if self.repository is None:
            return Clues(
                growth, windows, values, arms=self.arms, mix=self._growth_by_mix(regression)
            )
        history = self.history_of(regression)
        known_as = history.known_as(growth.functions)
        renames = find_renames(replace(growth, renamed=known_as), history.sources)
        names = {f: known_as.get(f, f) for f in growth.functions}
        growth = replace(growth, renamed={f: renames.get(name, name) for f, name in names.items()})
        return Clues(
            growth, windows, values, history.code(growth.functions), history.sources,
            self.authors, self._line_growth(regression, known_as), self.arms,
            self._growth_by_mix(regression),
        )  # fmt: skip

    def _growth_by_mix(self, regression: Regression) -> float | None:
        """Return by how much another mix of requests alone would have raised the cost."""
        if self.traffic is None:
            return None
        begins = pd.DatetimeIndex(self.recording.windows["at"])
        window = begins.searchsorted(self.traffic.times, side="right") - 1
        before, after = (np.isin(window, side) for side in self.sides(regression.change_index))
        return self.traffic.growth_by_mix(before, after)

    def _line_growth(
        self, regression: Regression, known_as: Mapping[Function, Function]
    ) -> dict[str, float] | None:
        if self.by_line is None:
            return None
        sides = self.sides(regression.change_index)
        history = self._history_within(int(sides[0][0]), int(sides[1][-1]))
        costs = window_costs(self.recording)
        n_samples = self.recording.windows["n_samples"].to_numpy(np.float64)
        return line_growth(
            self.by_line, (1.0 if costs is None else costs) / n_samples, history, self._ran,
            known_as, sides, regression.subject,
        )  # fmt: skip

    @once
    def arms(self) -> dict[str, float]:
        """What the arms of each experiment add to the cost, by the experiments' own results."""
        if self.records is None or window_costs(self.recording) is None:
            return {}  # what a unit of work costs is not known
        return arm_costs(self.records)

    @once
    def by_line(self) -> Recording | None:
        """The same recording, each line of a function as one of its own."""
        return self.read_lines() if self.read_lines else None

    def growth(self, regression: Regression) -> Growth:
        """Compare quiet windows before and after a regression, up to the changes next to it."""
        before, after = self.sides(regression.change_index)
        return measure_growth(self.recording, self.stack_values, regression.subject, before, after)

    def sides(self, change_index: int) -> tuple[IntArray, IntArray]:
        """Return the quiet windows before and after a change, up to the changes next to it."""
        others = {r.change_index for r in (*self.detection.found, *self.detection.gains)}
        apart = sorted(i for i in others if abs(i - change_index) >= _MIN_APART)
        start = max((i for i in apart if i < change_index), default=0)
        end = min((i for i in apart if i > change_index), default=self.recording.n_windows)
        start, end = max(start, change_index - _MOST), min(end, change_index + _MOST)
        quiet = np.flatnonzero(quiet_windows(self.recording, change_index, start, end))
        return quiet[quiet < change_index], quiet[quiet >= change_index]

    def levels(self, change_index: int) -> tuple[FloatArray, FloatArray]:
        """Return each stack's mean in the windows of `sides`, (n_stacks,) each."""
        before, after = (
            np.asarray(self.stack_values[:, side].mean(axis=1)).ravel()
            for side in self.sides(change_index)
        )
        return before, after

    @once
    def authors(self) -> dict[str, Counter[str]]:
        """Return which files each author changed before the recording, and how often."""
        found: dict[str, Counter[str]] = {}
        if self.repository:
            for change in self.repository.changes(self.base):
                found.setdefault(change.author, Counter()).update(change.files)
        return found

    @once
    def _span(self) -> tuple[str, str]:
        """The oldest and the newest revision that any window ran."""
        if self.repository is None:
            return self.base, self.head
        ends = (self.versions[0], self.versions[-1])
        on_the_way = {change.id for change in self.repository.changes(ends[1], since=ends[0])}
        others = set(self.versions) - on_the_way - {*ends}
        strays = self.repository.resolve_all(others)  # rolled back, or deployed from a branch
        return self.repository.span({*ends, *strays.values()}) if strays else ends

    @once
    def _deployed(self) -> list[Change]:
        """Every commit from the oldest that a window ran to the newest, without what it changed."""
        if self.repository is None:
            return []
        oldest, newest = self._span
        return self.repository.changes(newest, since=oldest)

    @once
    def _deploys(self) -> dict[str, list[Deploy]]:
        """When each commit was deployed and rolled back."""
        told = [change.id for change in self._deployed]
        if self.repository is None and self.records is not None:  # as far as records tell
            rows = self.records.changes
            commits = rows[rows["kind"] == "commit"].sort_values("at", kind="stable")
            told = [str(commit) for commit in commits["id"] if commit in self.versions]
        return deploys(told, self._ran)

    @once
    def _ran(self) -> tuple[str, ...]:
        """(n_windows,) commit that each ran; the last known where its version names none."""
        running, ran = self._span[0], []
        for version in self.versions:
            if self.repository is None or version in self._commit_places:
                running = version
            ran.append(running)
        return tuple(ran)

    @once
    def _commit_places(self) -> dict[str, int]:
        """Place of each commit, and of the one before all of them."""
        ids = [self._span[0], *(change.id for change in self._deployed)]
        return {commit: number for number, commit in enumerate(ids, start=-1)}

    @once
    def _commit_ids(self) -> frozenset[str]:
        return frozenset(commit.id for commit in self._deployed)


def _texts(change: Change) -> Change:
    """Return a change whose texts are texts, where a table lacked them."""
    names = ("title", "author", "key", "before", "after", "detail")
    missing: dict[str, Any] = {
        name: "" for name in names if not isinstance(getattr(change, name), str)
    }
    return replace(change, **missing) if missing else change


def _with_code(known: Change, described: Change) -> Change:
    """Return a commit with what it did to the code."""
    return replace(
        known, functions=described.functions, files=described.files, n_added=described.n_added,
        n_removed=described.n_removed,
    )  # fmt: skip
