"""From a diagnosis to a fix, and from an approved fix to a branch and a pull request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.attribute.candidates import MARGIN
from workbench.capacity import Assumptions
from workbench.errors import PatchError
from workbench.history import Repository, enclosing_function
from workbench.patch import Stakes, find_fix, hand_over
from workbench.patch.handover.hosts import Desk
from workbench.patch.proposed import join_edits
from workbench.solver.kept import dump, read
from workbench.solver.opening import check_approved
from workbench.solver.options import SolveOptions
from workbench.solver.worth import owner_of, worth_of_loss
from workbench.types import MITIGATIONS, Case, Diagnosis, Fix, Regression, Suspect

if TYPE_CHECKING:
    from workbench.agent import Investigation, Run

_NOT_IN_CODE = ("accept", "add_capacity", "roll_back_flag")
"""Mitigations for which no code is edited."""


@dataclass(frozen=True, slots=True)
class Fixing:
    """A case of which a regression is to be mended."""

    case: Case
    options: SolveOptions
    evidence: Investigation
    regression: Regression
    progress: Callable[[str], None]

    def make(
        self, told: Mapping[str, Any], edits: Sequence[Mapping[str, str]] = ()
    ) -> dict[str, Any]:
        """Make and measure a fix for a diagnosis; also for one that names nobody: runs may.

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
        nobody = "" if diagnosis.change_id else "no cause was named"
        if why := self._no_fix(diagnosis):
            return {"fix": "", "no_fix": nobody or why}
        fix, why = self._find(diagnosis, edits)
        return {"fix": dump(fix), "no_fix": f"{nobody}; {why}" if nobody and why else why}

    def _no_fix(self, diagnosis: Diagnosis) -> str:
        """Return why no fix is looked for; empty where one is."""
        if not self.options.fix:
            return "a fix was not asked for"
        if not self.case.workload or not self.evidence.repository:
            return "there is no workload to measure one with"
        is_elsewhere = bool(diagnosis.change_id) and diagnosis.mitigation in _NOT_IN_CODE
        if is_elsewhere and not self._is_flag_in_code(diagnosis):
            return f"{diagnosis.mitigation}: {MITIGATIONS[diagnosis.mitigation]}"
        return ""

    def _find(
        self, diagnosis: Diagnosis, edits: Sequence[Mapping[str, str]]
    ) -> tuple[Fix | None, str]:
        case, workload = self.case, self.case.workload
        assert workload is not None
        base, is_first = self._base(), self.options.review and self.options.fix_first
        proposed, refused = join_edits(
            edits, lambda path: self._repository.find(path, case.head),
            diagnosis.mitigation or "fix_forward",
        )  # fmt: skip
        for why in refused:
            self.progress(f"not tried: {why}")
        recorded = self.evidence.recording.functions
        hot = {f._replace(name=enclosing_function(f.name)) for f in recorded}
        try:
            return find_fix(
                self._repository, self.evidence.history(base, case.head).weaves, base, case.head,
                workload, Path(case.workload_folder or case.folder), self.regression, diagnosis,
                self._suspects(diagnosis), hot, n_runs=self.options.n_runs, proposed=proposed,
                is_handed_over=not is_first, stakes=self._stakes(), progress=self.progress,
            )  # fmt: skip
        except PatchError as error:
            if not is_first:
                raise
            return None, f"it could not be made: {error}"  # a person is asked all the same

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
        diagnosis = to_diagnosis(told)
        fix = hand_over(
            self._repository, self._base(), self.case.head, fix, self.regression, diagnosis,
            self._suspects(diagnosis), self._stakes(),
        )  # fmt: skip
        return {**made, "fix": dump(fix)}

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
        blamed = run.trajectory().diagnosis.change_id
        suspects = self.evidence.ranking(self.regression.id).suspects
        culprit = next((s.change for s in suspects if s.change.id == blamed), None)
        try:
            opened = desk.open(fix, self.case.head, culprit, self._stakes().owner)
        except PatchError as error:
            again = f"workbench resume {run.id} --open {desk.name}"
            raise PatchError(f"{error}; the fix is kept, to try again: {again}") from error
        run.keep_opened(dump(opened))

    @property
    def _repository(self) -> Repository:
        repository = self.evidence.repository
        assert repository is not None
        return repository

    def _stakes(self) -> Stakes:
        """Return who answers for the code, and what the regression costs."""
        records = self.evidence.records
        if records is None:
            return Stakes()
        assumptions = self.options.assumptions or Assumptions()
        loss, told = worth_of_loss(self.regression, self.evidence.recording, records, assumptions)
        return Stakes(owner_of(records), loss, told)

    def _suspects(self, diagnosis: Diagnosis) -> list[Suspect]:
        """Return every candidate, those of the diagnosis first."""
        return _blamed_first(self.evidence.ranking(self.regression.id).suspects, diagnosis)

    def _base(self) -> str:
        """Return the revision to measure against: of a store, what ran just before the change.

        A store may have seen many deploys, and what its first window ran may be no better.
        """
        if not self.case.is_store or self.evidence.repository is None:
            return self.case.base
        end = max(self.regression.change_index_low - MARGIN, 1)
        before = [*map(str, self.evidence.recording.windows["version"].iloc[:end])]
        known = self._repository.resolve_all(before)
        return next((version for version in reversed(before) if version in known), self.case.base)

    def _is_flag_in_code(self, diagnosis: Diagnosis) -> bool:
        """Whether a flag is to be set back whose default is in the repository."""
        suspects = self.evidence.ranking(self.regression.id).suspects
        kinds = {s.change.kind for s in suspects if s.change.id == diagnosis.change_id}
        return diagnosis.mitigation == "roll_back_flag" and kinds == {"commit"}


def _blamed_first(suspects: Sequence[Suspect], diagnosis: Diagnosis) -> list[Suspect]:
    """Return suspects in the order of the diagnosis, then of the ranking."""
    order = dict.fromkeys([diagnosis.change_id, *diagnosis.suspects])
    place = {change_id: number for number, change_id in enumerate(order)}
    return sorted(suspects, key=lambda suspect: place.get(suspect.change.id, len(place)))
