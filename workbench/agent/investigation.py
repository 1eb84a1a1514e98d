"""What one investigation may read: a recording, what was detected in it, and a repository."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import sparse

from workbench.attribute import Sources, describe_changes, rank_changes, read_sources
from workbench.errors import ToolError
from workbench.history import Commit, FileWeave, Repository, weave_files
from workbench.signals import incidence, quiet_windows, stack_costs
from workbench.types import Change, Detection, FloatArray, Recording, Regression, Suspect


@dataclass
class Investigation:
    """Everything the tools read; computed once, on first use. Nothing here writes."""

    recording: Recording
    detection: Detection
    repository: Repository | None = None
    base: str = ""
    head: str = ""
    _ranked: dict[int, tuple[Suspect, ...]] = field(default_factory=dict)

    @cached_property
    def stack_values(self) -> sparse.csr_array:
        """(n_stacks, n_windows) cost per round of work, or fraction of samples."""
        return stack_costs(self.recording)

    @cached_property
    def members(self) -> sparse.csr_array:
        """(n_functions, n_stacks) of 0 and 1."""
        return incidence(self.recording)

    @cached_property
    def commits(self) -> list[Commit]:
        """Commits between the revision before the deploy and now, oldest first."""
        return self.repository.commits(self.base, self.head) if self.repository else []

    @cached_property
    def weaves(self) -> dict[str, FileWeave]:
        """The history of every file that the commits touched."""
        return weave_files(self.commits, self.read_base)

    @cached_property
    def changes(self) -> list[Change]:
        """The commits as candidate causes."""
        return describe_changes(self.commits, self.weaves, self.read_base)

    @cached_property
    def sources(self) -> Sources:
        """The functions that the commits may have moved, before and now."""
        return read_sources(self.weaves, self.read_base)

    def read_base(self, path: str) -> str | None:
        """Return a file before the deploy; None where it was not there."""
        return self.repository.find(path, self.base) if self.repository else None

    def regression(self, regression_id: str) -> Regression:
        """Return a regression by id; ToolError names those there are."""
        known = {r.id: r for r in self.detection.found}
        if regression_id not in known:
            listed = ", ".join(list(known)[:10]) or "none were detected"
            raise ToolError(f"no regression {regression_id[:80]!r}; known: {listed}")
        return known[regression_id]

    def suspects(self, regression_id: str) -> tuple[Suspect, ...]:
        """Return the changes ranked by the growth that passes through them."""
        index = self.regression(regression_id).change_index
        if index not in self._ranked:
            levels = self.levels(index)
            self._ranked[index] = rank_changes(self.changes, self.recording, *levels, self.sources)
        return self._ranked[index]

    def levels(self, change_index: int) -> tuple[FloatArray, FloatArray]:
        """Return each stack's mean in quiet windows before and after a change, (n_stacks,) each."""
        quiet = quiet_windows(self.recording, change_index)
        is_after = np.arange(len(quiet)) >= change_index
        before, after = (
            np.asarray(self.stack_values[:, quiet & side].mean(axis=1)).ravel()
            for side in (~is_after, is_after)
        )
        return before, after
