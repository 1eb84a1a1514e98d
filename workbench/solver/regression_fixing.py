"""A regression that is mended: what it is measured against, and who is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.attribute.candidates import MARGIN
from workbench.history import enclosing_function
from workbench.patch import Stakes, find_fix, hand_over
from workbench.solver.fixing import Fixing
from workbench.solver.worth import worth_of_loss
from workbench.types import MITIGATIONS, Change, Diagnosis, Fix, Patch, Regression, Suspect

_NOT_IN_CODE = ("accept", "add_capacity", "roll_back_flag")
"""Mitigations for which no code is edited."""


@dataclass(frozen=True, slots=True)
class RegressionFixing(Fixing):
    """A case of which a regression is to be mended; also of a diagnosis that names nobody: runs
    may.
    """

    regression: Regression

    def _no_fix(self, diagnosis: Diagnosis) -> str:
        why = Fixing._no_fix(self, diagnosis)
        is_elsewhere = bool(diagnosis.change_id) and diagnosis.mitigation in _NOT_IN_CODE
        if not why and is_elsewhere and not self._is_flag_in_code(diagnosis):
            return f"{diagnosis.mitigation}: {MITIGATIONS[diagnosis.mitigation]}"
        return why if diagnosis.change_id or not why else "no cause was named"

    def _find(self, diagnosis: Diagnosis, proposed: Sequence[Patch]) -> tuple[Fix | None, str]:
        case, base = self.case, self._base()
        recorded = self.evidence.recording.functions
        hot = {f._replace(name=enclosing_function(f.name)) for f in recorded}
        fix, why = find_fix(
            self._repository, self.evidence.history(base, case.head).weaves, base, case.head,
            self._workload, self._folder, self.regression, diagnosis, self._suspects(diagnosis),
            hot, n_runs=self.options.n_runs, proposed=proposed,
            is_handed_over=not self.is_made_first, stakes=self._stakes(), progress=self.progress,
        )  # fmt: skip
        return fix, f"no cause was named; {why}" if why and not diagnosis.change_id else why

    def _hand_over(self, fix: Fix, diagnosis: Diagnosis) -> Fix:
        return hand_over(
            self._repository, self._base(), self.case.head, fix, self.regression, diagnosis,
            self._suspects(diagnosis), self._stakes(),
        )  # fmt: skip

    def _culprit(self, diagnosis: Diagnosis) -> Change | None:
        suspects = self.evidence.ranking(self.regression.id).suspects
        return next((s.change for s in suspects if s.change.id == diagnosis.change_id), None)

    def _stakes(self) -> Stakes:
        """Return who answers for the code, and what the regression costs."""
        records = self.evidence.records
        if records is None:
            return Stakes()
        loss, told = worth_of_loss(
            self.regression, self.evidence.recording, records, self._assumptions
        )
        return Stakes(self._owner, loss, told)

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
