"""How well the agent finds causes: of a timeline, and of built cases."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.agent import Investigation, Trajectory
from workbench.measures import risk_curve

Solver = Callable[[Investigation, str], Trajectory]
"""(what is known, id of a regression) -> what was found."""


@dataclass(frozen=True, slots=True)
class DiagnosedCase:
    """One case, and what the agent said of it."""

    id: str
    category: str
    culprits: frozenset[str]
    """Ids of the changes that did it; empty where no known one did."""
    trajectory: Trajectory
    seconds: float
    """From the question to the diagnosis, with what was detected at hand."""

    @property
    def accused(self) -> str | None:
        """Who was named."""
        return self.trajectory.diagnosis.change_id

    @property
    def confidence(self) -> float:
        """Of the answer."""
        return self.trajectory.diagnosis.confidence

    @property
    def is_right(self) -> bool:
        """Whether a culprit was named, or nobody where nobody is to blame."""
        return self.accused in self.culprits if self.culprits else self.accused is None

    @property
    def place(self) -> int:
        """Place of the first culprit among the suspects, from 1; 0 for none."""
        suspects = self.trajectory.diagnosis.suspects
        places = [n for n, change in enumerate(suspects, 1) if change in self.culprits]
        return min(places, default=0)


def diagnose(
    case_id: str, category: str, culprits: frozenset[str], evidence: Investigation,
    regression_id: str, solver: Solver,
) -> tuple[DiagnosedCase, DiagnosedCase | None]:  # fmt: skip
    """Solve one case as it is, and with its culprits not known; None where there are none."""
    told = [_solve(case_id, category, culprits, evidence, regression_id, solver)]
    if not culprits:
        return told[0], None
    alone = evidence.without(culprits)
    return told[0], _solve(case_id, category, frozenset(), alone, regression_id, solver)


def _solve(
    case_id: str, category: str, culprits: frozenset[str], evidence: Investigation,
    regression_id: str, solver: Solver,
) -> DiagnosedCase:  # fmt: skip
    began = time.perf_counter()
    trajectory = solver(evidence, regression_id)
    return DiagnosedCase(case_id, category, culprits, trajectory, time.perf_counter() - began)


def risk_at(coverage: float, cases: Sequence[DiagnosedCase]) -> float:
    """Return which part of the surest answers is wrong.

    Parameters
    ----------
    coverage : float
        Part of all answers that is looked at, the surest first, 0 to 1.
    cases : sequence of DiagnosedCase
        At least one.
    """
    curve = risk_curve([case.confidence for case in cases], [case.is_right for case in cases])
    return curve.at(coverage)
