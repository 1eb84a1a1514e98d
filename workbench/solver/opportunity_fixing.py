"""An opportunity that is mended: there is no better version to go back to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.patch import Stakes, find_saving, hand_over_saving
from workbench.solver.fixing import Fixing
from workbench.solver.worth import worth_of_service
from workbench.types import Diagnosis, Fix, Opportunity, Patch


@dataclass(frozen=True, slots=True)
class OpportunityFixing(Fixing):
    """A case of which an opportunity is to be mended."""

    opportunity: Opportunity

    def _find(self, diagnosis: Diagnosis, proposed: Sequence[Patch]) -> tuple[Fix | None, str]:
        fix, why = find_saving(
            self._repository, self.case.head, self._workload, self._folder, self.opportunity,
            diagnosis, n_runs=self.options.n_runs, proposed=proposed, progress=self.progress,
        )  # fmt: skip
        if fix is not None and fix.verification.verified and not self.is_made_first:
            fix = self._hand_over(fix, diagnosis)
        return fix, why

    def _hand_over(self, fix: Fix, diagnosis: Diagnosis) -> Fix:
        return hand_over_saving(
            self._repository, self.case.head, fix, self.opportunity, diagnosis, self._stakes()
        )

    def _stakes(self) -> Stakes:
        """Return who answers for the code, and what all of the service costs."""
        if self.evidence.records is None:
            return Stakes()
        service = self.evidence.recording.service
        whole, told = worth_of_service(service, self.evidence.records, self._assumptions)
        return Stakes(self._owner, whole, told)
