"""What one investigation may read: a recording, what was detected in it, records, a repository."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from workbench.attribute import (
    CodeHistory,
    deploy_windows,
    rank_changes,
    recorded_changes,
    within,
)
from workbench.attribute.candidates import MARGIN
from workbench.errors import HistoryError, ToolError
from workbench.history import Commit, Repository
from workbench.signals import function_series, incidence, quiet_windows, stack_costs
from workbench.types import (
    Change,
    Detection,
    FloatArray,
    Ranking,
    Recording,
    Records,
    Regression,
    SeriesMatrix,
)


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
        found: list[Change] = []
        if self.repository:
            commits = self.repository.changes(self.head, since=self.base)
            windows = deploy_windows([c.id for c in commits], self.versions)
            found += [replace(c, window=windows.get(c.id)) for c in commits]
        if self.records is not None:
            found += recorded_changes(self.records, self.recording.windows)
        return sorted(found, key=lambda change: change.at)

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
        if found.kind != "commit":
            return found
        (described,) = self.history(f"{found.id}^", found.id).changes
        return replace(described, window=found.window)

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
        return [replace(touched[c.id], window=c.window) if c.id in touched else c for c in known]

    def ranking(self, regression_id: str) -> Ranking:
        """Return who could have caused a regression, most probable first."""
        if regression_id not in self._rankings:
            regression = self.regression(regression_id)
            levels = self.levels(regression.change_index)
            sources = self.history_of(regression).sources if self.repository else None
            self._rankings[regression_id] = rank_changes(
                self.candidates(regression_id), self.recording, *levels, sources
            )
        return self._rankings[regression_id]

    def levels(self, change_index: int) -> tuple[FloatArray, FloatArray]:
        """Return each stack's mean in quiet windows before and after a change, (n_stacks,) each."""
        quiet = quiet_windows(self.recording, change_index)
        is_after = np.arange(len(quiet)) >= change_index
        before, after = (
            np.asarray(self.stack_values[:, quiet & side].mean(axis=1)).ravel()
            for side in (~is_after, is_after)
        )
        return before, after

    def _resolve(self, revision: str, otherwise: str) -> str:
        try:
            return self.repository.resolve(revision) if self.repository else otherwise
        except HistoryError:  # a release that the repository has no name for
            return otherwise
