"""The nouns every room shares: frozen, and without behaviour beyond reading themselves.

Index convention, written once: a change index is the *first index of the new segment*; the end of
a series is never listed; no change is an empty list.
"""

from workbench.profile import Function, Profile, ValueType
from workbench.types.arrays import SERVICE, BoolArray, FloatArray, IntArray, quiet_cost
from workbench.types.cases import (
    MITIGATIONS,
    Case,
    Change,
    Diagnosis,
    Evidence,
    Feature,
    Outcome,
    Ranking,
    Records,
    Step,
    Suspect,
)
from workbench.types.detection import Detection, Explanation, Regression
from workbench.types.fixes import (
    CHECKS,
    HOLLOW,
    Check,
    Fix,
    Gain,
    Patch,
    PullRequest,
    Reproduction,
    Verification,
    Workload,
)
from workbench.types.ledger import Amount, Ledger, ServiceWorth, Worth
from workbench.types.opportunities import OPPORTUNITY_STATES, Opportunity
from workbench.types.planning import (
    CONFIRMATIONS,
    Balance,
    CapacityEvent,
    CapacityPlan,
    CapacityTimeline,
    Confirmation,
    QueueItem,
    WeekCost,
)
from workbench.types.record import TrackRecord
from workbench.types.series import Recording, SeriesMatrix, SeriesParts, Stacks
from workbench.types.signals import Signals, read_signals
from workbench.types.waiting import Waiting

__all__ = [
    "CHECKS",
    "CONFIRMATIONS",
    "HOLLOW",
    "MITIGATIONS",
    "OPPORTUNITY_STATES",
    "SERVICE",
    "Amount",
    "Balance",
    "BoolArray",
    "CapacityEvent",
    "CapacityPlan",
    "CapacityTimeline",
    "Case",
    "Change",
    "Check",
    "Confirmation",
    "Detection",
    "Diagnosis",
    "Evidence",
    "Explanation",
    "Feature",
    "Fix",
    "FloatArray",
    "Function",
    "Gain",
    "IntArray",
    "Ledger",
    "Opportunity",
    "Outcome",
    "Patch",
    "Profile",
    "PullRequest",
    "QueueItem",
    "Ranking",
    "Recording",
    "Records",
    "Regression",
    "Reproduction",
    "SeriesMatrix",
    "SeriesParts",
    "ServiceWorth",
    "Signals",
    "Stacks",
    "Step",
    "Suspect",
    "TrackRecord",
    "ValueType",
    "Verification",
    "Waiting",
    "WeekCost",
    "Workload",
    "Worth",
    "quiet_cost",
    "read_signals",
]
