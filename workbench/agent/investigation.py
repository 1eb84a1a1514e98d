"""What one investigation may read: a recording, what was detected in it, records, a repository."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from workbench.attribute import (
    Clues,
    CodeHistory,
    Growth,
    deploy_windows,
    find_renames,
    line_growth,
    measure_growth,
    rank_changes,
    recorded_changes,
    within,
)
from workbench.attribute.candidates import MARGIN
from workbench.errors import HistoryError, ToolError
from workbench.history import Commit, Repository
from workbench.signals import function_series, incidence, quiet_windows, stack_costs, window_costs
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


@dataclass
class Investigation:
    """Everything the tools read; computed once, on first use. Nothing here writes."""

    recording: Recording
    detection: Detection
    repository: Repository | None = None
    base: str = ""
    """Revision of the first window."""
    head: str = ""
    """Revision of the last."""
    records: Records | None = None
    read_lines: Callable[[], Recording] | None = None
    """Return the same recording by line, where there is one."""
    _rankings: dict[str, Ranking] = field(default_factory=dict)
    _histories: dict[tuple[str, str], CodeHistory] = field(default_factory=dict)

    @cached_property
    def stack_values(self) -> sparse.csr_array:
        """(n_stacks, n_windows) cost per round of work, or fraction of samples."""
        return stack_costs(self.recording)

    @cached_property
    def members(self) -> sparse.csr_array:
        """(n_functions, n_stacks) of 0 and 1."""
        return incidence(self.recording)

    @cached_property
    def series(self) -> SeriesMatrix:
        """Of every function and of the service."""
        return function_series(self.recording)

    @cached_property
    def commits(self) -> list[Commit]:
        """Every commit that was deployed between the first and the last window, oldest first."""
        return self.history(self.base, self.head).commits if self.repository else []

    @cached_property
    def versions(self) -> tuple[str, ...]:
        """(n_windows,) id of the commit that each window ran; as told where that names none.

        What the first and the last window tell stands for `base` and `head`.
        """
        told = [str(version) for version in self.recording.windows["version"]]
        known = {version: self._resolve(version, version) for version in set(told)}
        known[told[0]] = self._resolve(self.base, told[0])
        known[told[-1]] = self._resolve(self.head, told[-1])
        return tuple(known[version] for version in told)

    @cached_property
    def changes(self) -> list[Change]:
        """Every change known, of code and of configuration, oldest first, with its window."""
        known = recorded_changes(self.records, self.recording.windows) if self.records else []
        recorded = {change.id: change for change in known}
        commits = self._deployed
        windows = deploy_windows([c.id for c in commits], self.versions)
        for commit in commits:
            of = recorded.pop(commit.id, commit)  # a dependency is told beside the commit it is in
            recorded[commit.id] = replace(
                commit, window=windows.get(commit.id), kind=of.kind, key=of.key,
                before=of.before, after=of.after,
            )  # fmt: skip
        return sorted(recorded.values(), key=lambda change: change.at)

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
        (described,) = self.history(f"{found.id}^", found.id).changes
        return _with_code(found, described)

    def history(self, base: str, head: str) -> CodeHistory:
        """Return what the commits between two revisions did."""
        if self.repository is None:
            raise ToolError("this store came without a repository: no code to read")
        return self._histories.setdefault((base, head), CodeHistory(self.repository, base, head))

    def history_of(self, regression: Regression) -> CodeHistory:
        """Return what the commits did that were deployed about when a regression began."""
        first = max(0, regression.change_index_low - 1 - MARGIN)
        last = min(self.recording.n_windows - 1, regression.change_index_high + MARGIN)
        return self.history(self.versions[first], self.versions[last])

    def candidates(self, regression_id: str) -> list[Change]:
        """Return the changes that took effect about when a regression began."""
        regression = self.regression(regression_id)
        low, high = regression.change_index_low - MARGIN, regression.change_index_high + MARGIN
        known = within(self.changes, low, high)
        if self.repository is None:
            return known
        touched = {c.id: c for c in self.history_of(regression).changes}
        return [_with_code(c, touched[c.id]) if c.id in touched else c for c in known]

    def ranking(self, regression_id: str) -> Ranking:
        """Return who could have caused a regression, most probable first."""
        if regression_id not in self._rankings:
            clues = self.clues(self.regression(regression_id))
            self._rankings[regression_id] = rank_changes(self.candidates(regression_id), clues)
        return self._rankings[regression_id]

    def clues(self, regression: Regression) -> Clues:
        """Return what tells the causes of a regression apart."""
        growth = self.growth(regression)
        windows = (
            regression.change_index_low, regression.change_index, regression.change_index_high
        )  # fmt: skip
        values = self.series.row(regression.subject, regression.metric)
        if self.repository is None:
            return Clues(growth, windows, values)
        history = self.history_of(regression)
        known_as = history.known_as(growth.functions)
        renames = find_renames(replace(growth, renamed=known_as), history.sources)
        names = {f: known_as.get(f, f) for f in growth.functions}
        growth = replace(growth, renamed={f: renames.get(name, name) for f, name in names.items()})
        return Clues(
            growth, windows, values, history.code(growth.functions), history.sources,
            self.authors, self._line_growth(regression, known_as),
        )  # fmt: skip

    def _line_growth(
        self, regression: Regression, known_as: Mapping[Function, Function]
    ) -> dict[str, float] | None:
        if self.by_line is None:
            return None
        sides = self.sides(regression.change_index)
        history = self.history(self.versions[sides[0][0]], self.versions[sides[1][-1]])
        costs = window_costs(self.recording)
        n_samples = self.recording.windows["n_samples"].to_numpy(np.float64)
        return line_growth(
            self.by_line, (1.0 if costs is None else costs) / n_samples, history, self.versions,
            known_as, sides, regression.subject,
        )  # fmt: skip

    @cached_property
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

    @cached_property
    def authors(self) -> dict[str, Counter[str]]:
        """Return which files each author changed before the recording, and how often."""
        found: dict[str, Counter[str]] = {}
        if self.repository:
            for change in self.repository.changes(self.base):
                found.setdefault(change.author, Counter()).update(change.files)
        return found

    @cached_property
    def _deployed(self) -> list[Change]:
        """Every commit between the first and the last window, without what it changed."""
        return self.repository.changes(self.head, since=self.base) if self.repository else []

    @cached_property
    def _commit_ids(self) -> frozenset[str]:
        return frozenset(commit.id for commit in self._deployed)

    def _resolve(self, revision: str, otherwise: str) -> str:
        try:
            return self.repository.resolve(revision) if self.repository else otherwise
        except HistoryError:  # a release that the repository has no name for
            return otherwise


def _with_code(known: Change, described: Change) -> Change:
    """Return a commit with what it did to the code."""
    return replace(
        known, functions=described.functions, files=described.files, n_added=described.n_added,
        n_removed=described.n_removed,
    )  # fmt: skip
