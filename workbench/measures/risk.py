"""Whether a solver knows when it is right: which part of its surest answers is wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.types import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class RiskCurve:
    """Which part of the surest answers is wrong, for every part of them."""

    coverage: FloatArray
    """(n,), rising to 1."""
    risk: FloatArray

    @property
    def n_answers(self) -> int:
        """Answers of which the confidence is told, and whether they are right."""
        return len(self.coverage)

    @property
    def area(self) -> float:
        """Mean risk over all coverages (AURC; Y. Geifman et al., ICLR 2019); NaN of no answer."""
        return float(self.risk.mean()) if self.n_answers else float("nan")

    def at(self, coverage: float) -> float:
        """Return the risk of the surest part of the answers, one at least; NaN of no answer.

        Parameters
        ----------
        coverage : float
            0 to 1.
        """
        kept = max(1, round(coverage * self.n_answers))
        return float(self.risk[kept - 1]) if self.n_answers else float("nan")


def risk_curve(
    confidence: npt.ArrayLike, correct: npt.ArrayLike, failed: npt.ArrayLike = False
) -> RiskCurve:
    """Return the risk over coverage of answers, the surest first.

    Answers that are equally sure come in any order: of each of them counts what is wrong of them
    in the mean.

    Parameters
    ----------
    confidence, correct : array_like
        (n,) of each answer, 0 to 1; what has no number in either is left out.
    failed : array_like
        (n,) whether there is no answer: that is the least sure. Default: there always is.
    """
    sure, right = np.asarray(confidence, np.float64), np.asarray(correct, np.float64)
    sure = np.where(np.asarray(failed, np.bool_), 0.0, sure)
    known = ~(np.isnan(sure) | np.isnan(right))
    sure, wrong = sure[known], 1 - right[known]
    n = len(sure)
    if not n:
        return RiskCurve(np.empty(0), np.empty(0))
    _, place = np.unique(-sure, return_inverse=True)
    size = np.bincount(place)
    mean_wrong = np.bincount(place, wrong) / size
    return RiskCurve(
        np.arange(1, n + 1) / n, np.cumsum(np.repeat(mean_wrong, size)) / np.arange(1, n + 1)
    )
