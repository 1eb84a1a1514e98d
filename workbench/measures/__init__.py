"""What answers of a solver are measured by, and how many answers are told of together.

`catalogue` names every measure; `rates`, `times` and `risk` have what the rooms that tell of them
share: one interval of a rate, one curve of times to diagnosis, one of risk over coverage.
"""

from workbench.measures.catalogue import FLOORS, MEASURES, NO_SKILLS, TRIVIAL, WORTH, Measure
from workbench.measures.parting import first_parting
from workbench.measures.rates import FEW, Rate, rate_of, wilson
from workbench.measures.risk import RiskCurve, risk_curve
from workbench.measures.times import LIMIT_S, Curve, censored, curve_of

__all__ = [
    "FEW",
    "FLOORS",
    "LIMIT_S",
    "MEASURES",
    "NO_SKILLS",
    "TRIVIAL",
    "WORTH",
    "Curve",
    "Measure",
    "Rate",
    "RiskCurve",
    "censored",
    "curve_of",
    "first_parting",
    "rate_of",
    "risk_curve",
    "wilson",
]
