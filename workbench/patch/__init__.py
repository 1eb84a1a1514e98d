"""From a cause, or an opportunity, to a measured fix; works with no model in the room."""

from workbench.patch.fix import find_fix, hand_over, reproduce
from workbench.patch.handover.letter import Stakes
from workbench.patch.saving import find_saving, hand_over_saving
from workbench.patch.verify.run import Run, cost_of_round, run_workload

__all__ = [
    "Run",
    "Stakes",
    "cost_of_round",
    "find_fix",
    "find_saving",
    "hand_over",
    "hand_over_saving",
    "reproduce",
    "run_workload",
]
