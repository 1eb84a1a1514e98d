"""From a diagnosis to a fix, and from an approved fix to a branch and a pull request."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.capacity import Assumptions
from workbench.errors import PatchError
from workbench.history import Repository
from workbench.patch.handover.hosts import Desk
from workbench.patch.proposed import join_edits
from workbench.solver.kept import dump, read
from workbench.solver.opening import check_approved
from workbench.solver.options import SolveOptions
from workbench.solver.worth import owner_of
from workbench.types import Case, Change, Diagnosis, Fix, Patch, Workload

if TYPE_CHECKING:
    from workbench.agent import Investigation, Run


@dataclass(frozen=True, slots=True)
class Fixing(ABC):
    """A case of which something is to be mended."""

    case: Case
    options: SolveOptions
    evidence: Investigation
    progress: Callable[[str], None]

    def make(
        self, told: Mapping[str, Any], edits: Sequence[Mapping[str, str]] = ()
    ) -> dict[str, Any]:
        """Make and measure a fix for a diagnosis.

        Parameters
        ----------
        told : mapping
            The diagnosis, as the agent's state has it.
        edits : sequence of mapping
            Those that were proposed, as the tool `propose_edit` takes them; tried first.

        Returns
        -------
        dict
            `fix`, as `kept.dump` writes it, and `no_fix`: why there is none.
        """
        from workbench.agent import to_diagnosis

        diagnosis = to_diagnosis(told)
        if why := self._no_fix(diagnosis):
            return {"fix": "", "no_fix": why}
        try:
            fix, why = self._find(diagnosis, self._proposed(diagnosis, edits))
        except PatchError as error:
            if not self.is_made_first:
                raise
            fix, why = None, f"it could not be made: {error}"  # a person is asked all the same
        return {"fix": dump(fix), "no_fix": why}

    def hand_over(self, told: Mapping[str, Any], made: Mapping[str, Any]) -> dict[str, Any]:
        """Put a fix that was made before the review, and was approved, on its branch.

        Parameters
        ----------
        told : mapping
            The diagnosis that was approved.
        made : mapping
            What `make` returned.
        """
        from workbench.agent import to_diagnosis

        fix = read(Fix, made.get("fix"))
        if fix is None or not fix.verification.verified:
            return dict(made)
        return {**made, "fix": dump(self._hand_over(fix, to_diagnosis(told)))}

    def desk(self, run: Run, host: str, review: Mapping[str, Any] | None) -> Desk:
        """Return where a fix is opened; PatchError, before anything is done, where none can be."""
        if run.status != "stopped":
            check_approved(run, review)
        if self.evidence.repository is None:
            raise PatchError(f"{run.id} has no repository whose remote a fix could be opened at")
        return Desk.of(self._repository, host)

    def open(self, run: Run, desk: Desk) -> None:
        """Open a pull request for what was approved, and keep which."""
        check_approved(run)
        made: Mapping[str, Any] = run.state.values.get("handed_over", {})
        fix = read(Fix, made.get("fix"))
        if fix is None or not fix.branch:
            why = made.get("no_fix") or (fix and fix.verification.reason) or "no cause was named"
            raise PatchError(f"{run.id} has no verified fix to open a pull request for: {why}")
        self.progress(f"opening a pull request from {fix.branch}")
        culprit = self._culprit(run.trajectory().diagnosis)
        try:
            opened = desk.open(fix, self.case.head, culprit, self._owner)
        except PatchError as error:
            again = f"workbench resume {run.id} --open {desk.name}"
            raise PatchError(f"{error}; the fix is kept, to try again: {again}") from error
        run.keep_opened(dump(opened))

    @property
    def is_made_first(self) -> bool:
        """Whether a fix is made before a person is asked, and is on no branch until then."""
        return self.options.review and self.options.fix_first

    @abstractmethod
    def _find(self, diagnosis: Diagnosis, proposed: Sequence[Patch]) -> tuple[Fix | None, str]:
        """Return a fix, on its branch unless it is made first; or why there is none."""

    @abstractmethod
    def _hand_over(self, fix: Fix, diagnosis: Diagnosis) -> Fix:
        """Return a verified fix on its branch, with its letter."""

    def _culprit(self, diagnosis: Diagnosis) -> Change | None:
        """Return who is asked for a review first."""
        return None

    def _no_fix(self, diagnosis: Diagnosis) -> str:
        """Return why no fix is looked for; empty where one is."""
        if not self.options.fix:
            return "a fix was not asked for"
        if not self.case.workload or not self.evidence.repository:
            return "there is no workload to measure one with"
        return ""

    def _proposed(
        self, diagnosis: Diagnosis, edits: Sequence[Mapping[str, str]]
    ) -> Sequence[Patch]:
        """Return the edits that a model proposed, as patches."""
        proposed, refused = join_edits(
            edits, lambda path: self._repository.find(path, self.case.head),
            diagnosis.mitigation or "fix_forward",
        )  # fmt: skip
        for why in refused:
            self.progress(f"not tried: {why}")
        return proposed

    @property
    def _repository(self) -> Repository:
        repository = self.evidence.repository
        assert repository is not None
        return repository

    @property
    def _workload(self) -> Workload:
        assert self.case.workload is not None
        return self.case.workload

    @property
    def _folder(self) -> Path:
        return Path(self.case.workload_folder or self.case.folder)

    @property
    def _owner(self) -> str:
        """Who owns the service, as the records tell; empty for nobody."""
        return owner_of(self.evidence.records) if self.evidence.records is not None else ""

    @property
    def _assumptions(self) -> Assumptions:
        return self.options.assumptions or Assumptions()
