"""What one investigation may read: a recording, what was detected in it, records, a repository."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from workbench.agent.calls import Calls
from workbench.agent.library import Library, index_cases, read_library
from workbench.agent.once import once
from workbench.agent.relevance import TextIndex
from workbench.agent.traffic import Traffic, read_traffic
from workbench.attribute import (
    Clues,
    CodeHistory,
    CodeMap,
    Growth,
    Sources,
    arm_costs,
    find_renames,
    line_growth,
    measure_growth,
    rank_changes,
    recorded_changes,
    within,
)
from workbench.attribute.candidates import MARGIN
from workbench.attribute.deploys import Deploy, Deployed, read_deploys, recorded_deploys
from workbench.errors import HistoryError, ToolError
from workbench.history import Commit, Repository
from workbench.signals import function_series, quiet_windows, stack_costs, window_costs
from workbench.types import (
    Change,
    Detection,
    FloatArray,
    Function,
    IntArray,
    Opportunity,
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
_LONG_MESSAGE = 2000  # characters, with the commit's id, author and date
_NO_CODE = re.compile(r"(?:^|[ /])(?:tests?|docs?)/|\.(?:md|rst|txt|adoc)\"?$")
_SHORT_ID = re.compile("[0-9a-f]{7,64}")


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
    left_out: frozenset[str] = frozenset()
    """Ids of changes that are not known, as if nobody had told of them."""
    without_code: str = "this store came without a repository: no code to read"
    """What is said where there is no repository."""
    find_opportunities: Callable[[], Sequence[Opportunity]] | None = None
    """Find what the service does in vain, where anybody can."""
    lock: Any = field(default_factory=RLock, repr=False, compare=False)
    """Held while something is computed that others may want too."""
    detection_lock: Any = field(default_factory=RLock, repr=False, compare=False)
    code_lock: Any = field(default_factory=RLock, repr=False, compare=False)
    _code_maps: dict[str, CodeMap] = field(default_factory=dict, repr=False)
    _rankings: dict[str, Ranking] = field(default_factory=dict, repr=False)
    _candidates: dict[str, list[Change]] = field(default_factory=dict, repr=False)
    _histories: dict[tuple[str, str], CodeHistory] = field(default_factory=dict, repr=False)
    _diffs: dict[str, str] = field(default_factory=dict, repr=False)
    _described_commits: dict[str, Change] = field(default_factory=dict, repr=False)

    @property
    def detection(self) -> Detection:
        """What was detected in the recording."""
        if not isinstance(self.detected, Detection):
            with self.detection_lock:  # which holds up nobody but who asks for it
                if not isinstance(self.detected, Detection):
                    self.detected = self.detected()
        return self.detected

    def without(self, change_ids: Collection[str]) -> Investigation:
        """Return the same investigation where some changes are not known to anybody."""
        return Investigation(
            self.recording, self.detection, self.repository, self.base, self.head, self.records,
            self.read_lines, frozenset(change_ids) | self.left_out, self.without_code,
            self.find_opportunities, _code_maps=self._code_maps, _histories=self._histories,
            _diffs=self._diffs,
        )  # fmt: skip

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
        """Every commit on the trunk of what the windows ran, with its diff, oldest first."""
        return (
            self._history_within(0, self.recording.n_windows - 1).commits if self.repository else []
        )

    @once
    def versions(self) -> tuple[str, ...]:
        """(n_windows,) id of the commit that each window ran; as told where that names none.

        What the first and the last window tell stands for `base` and `head`.
        """
        told = [str(version) for version in self.recording.windows["version"]]
        if self.repository is None:
            return tuple(told)
        ends = {told[-1]: self.repository.resolve(self.head)}
        ends[told[0]] = self.repository.resolve(self.base)
        known = self.repository.resolve_all(told) | ends
        last = self.repository.resolve(self.head)
        return (*(known.get(version, version) for version in told[:-1]), last)

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
        for commit in self._deployed.commits if self.repository else ():
            of = recorded.pop(commit.id, commit)  # a dependency is told beside the commit it is in
            recorded[commit.id] = replace(
                commit, kind=of.kind, key=of.key, before=of.before, after=of.after
            )
        for commit_id, moves in self._deployed.deploys.items():
            first = moves[0].window if moves else None
            recorded[commit_id] = replace(recorded[commit_id], window=first)
        told_of = (c for c in recorded.values() if c.id not in self.left_out)
        return sorted(told_of, key=lambda change: change.at)

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
        return read_library(self.repository, self.versions[-1], self.records)

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

    @once
    def opportunities(self) -> Sequence[Opportunity]:
        """What the service does in vain, the most worthwhile first; ToolError for no code."""
        if self.find_opportunities is None:
            raise ToolError(self.without_code)
        return self.find_opportunities()

    def opportunity(self, opportunity_id: str) -> Opportunity:
        """Return an opportunity by the beginning of its id; ToolError names those there are."""
        begins = [
            o for o in self.opportunities if opportunity_id and o.id.startswith(opportunity_id)
        ]
        found = [o for o in begins if o.id == opportunity_id] or begins
        if len(found) != 1:
            listed = (
                ", ".join(o.id for o in (found or self.opportunities)[:10]) or "none were found"
            )
            raise ToolError(f"no opportunity {opportunity_id[:80]!r}; known: {listed}")
        return found[0]

    def change(self, change_id: str) -> Change:
        """Return a change by the beginning of its id, with the functions that it touched."""
        matches = [c for c in self.changes if change_id and c.id.startswith(change_id)]
        found = [c for c in matches if c.id == change_id] or matches or self._older(change_id)
        if not found:
            raise ToolError(f"no change with id {change_id[:80]!r}: list_changes has the ids")
        if len(found) > 1:
            shown = ", ".join(change.id[:16] for change in found[:5])
            raise ToolError(f"{len(found)} changes have ids that begin so: {shown}")
        return self._described(found[0]) if self.is_commit(found[0]) else found[0]

    def _older(self, change_id: str) -> list[Change]:
        """Return a commit of the repository that no window is known to have come with."""
        if self.repository is None or not _SHORT_ID.fullmatch(change_id):
            return []
        try:
            found = self.repository.changes(change_id, most=1)
        except HistoryError:
            return []
        return [change for change in found if change.id not in self.left_out]

    def _described(self, commit: Change) -> Change:
        """Return a commit with what it did to the code."""
        with self.lock:
            if commit.id not in self._described_commits:
                try:
                    (described,) = self.history(f"{commit.id}^", commit.id).changes
                except HistoryError:  # the first commit of all has none before it
                    described = commit
                self._described_commits[commit.id] = _with_code(commit, described)
        return self._described_commits[commit.id]

    def deploys(self, change: Change) -> list[Deploy]:
        """Return when a commit came and went, in the order of time."""
        return self._deployed.deploys.get(change.id, [])

    def is_commit(self, change: Change) -> bool:
        """Whether a change is one of the repository, of whichever kind."""
        return self.repository is not None and (
            change.kind == "commit" or change.id in self._commit_ids
        )

    def diff(self, commit: str) -> str:
        """Return a commit as people read it: code first, a long message cut."""
        diff = self._diffs.get(commit) or _code_first(self.code().show(commit))
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
        """Return what the commits did on the trunk of what some windows ran."""
        trunk = self.code().trunk(self._deployed.ran[first : last + 1])
        return self.history(trunk[0], trunk[-1])

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
        touched |= {  # of a branch that was left
            c.id: self._described(c) for c in known if self.is_commit(c) and c.id not in touched
        }
        return [_with_code(c, touched[c.id]) if c.id in touched else c for c in known]

    def _as_deployed(self, change: Change, low: int, nearest: int, high: int) -> Change:
        """Return a commit as it was deployed, or rolled back, nearest to a window."""
        events = [e for e in self._deployed.deploys.get(change.id, ()) if low <= e.window <= high]
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
        sources = self._sources(regression, history)
        keys = {c.key for c in self.candidates(regression.id) if c.kind != "dependency"}
        renames = find_renames(replace(growth, renamed=known_as), sources)
        names = {f: known_as.get(f, f) for f in growth.functions}
        growth = replace(growth, renamed={f: renames.get(name, name) for f, name in names.items()})
        return Clues(
            growth, windows, values, history.code(growth.functions, keys), sources,
            self.authors, self._line_growth(regression, known_as), self.arms,
            self._growth_by_mix(regression),
        )  # fmt: skip

    def _sources(self, regression: Regression, history: CodeHistory) -> Sources:
        """Return the functions that may have moved, before and after the regression began.

        Where it began with a roll-back, what is older in the history ran after.
        """
        place = {commit.id: number for number, commit in enumerate(history.commits, start=1)}
        before, after = (
            place.get(self._deployed.ran[int(windows[end])], 0)
            for windows, end in zip(self.sides(regression.change_index), (-1, 0), strict=True)
        )
        found = history.sources
        return Sources(found.after, found.before) if after < before else found

    def _on_trunk(self, history: CodeHistory, first: int, last: int) -> list[str]:
        """Return what each window ran; of a branch, where it left the trunk of some windows."""
        trunk = (history.base, *(commit.id for commit in history.commits))
        ran = self._deployed.ran
        branches = set(ran[first : last + 1]) - {*trunk}
        left = {version: self.code().branched_from(version, trunk) for version in branches}
        return [left.get(version, version) for version in ran]

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
        first, last = int(sides[0][0]), int(sides[1][-1])
        history = self._history_within(first, last)
        costs = window_costs(self.recording)
        n_samples = self.recording.windows["n_samples"].to_numpy(np.float64)
        return line_growth(
            self.by_line, (1.0 if costs is None else costs) / n_samples, history,
            self._on_trunk(history, first, last), known_as, sides, regression.subject,
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
    def _deployed(self) -> Deployed:
        """What the windows ran, and what came and went with it."""
        if self.repository is not None:
            return read_deploys(self.repository, self.versions)
        told = (
            []
            if self.records is None
            else recorded_changes(self.records, self.recording.windows, with_commits=True)
        )
        return recorded_deploys([c for c in told if c.kind == "commit"], self.versions)

    @once
    def _commit_ids(self) -> frozenset[str]:
        return frozenset(c.id for c in self._deployed.commits) if self.repository else frozenset()


def _code_first(shown: str) -> str:
    """Return a commit with what runs before tests and texts, and of a long message the beginning.

    Who reads a few pages sees what it does, whatever stands beside that.
    """
    about, *files = shown.removesuffix("\n").split("\ndiff --git ")
    if len(about) > _LONG_MESSAGE:
        about = f"{about[:_LONG_MESSAGE]}\n    [the message goes on]\n"
    files.sort(key=lambda file: bool(_NO_CODE.search(file.partition("\n")[0])))
    return "\ndiff --git ".join([about, *files]) + "\n"


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
