"""From a cause to a measured fix; works with no model in the room."""

from workbench.patch.fix import find_fix, hand_over, reproduce
from workbench.patch.handover.pull_request import Stakes
from workbench.patch.verify.run import Run, cost_of_round, run_workload

__all__ = ["Run", "Stakes", "cost_of_round", "find_fix", "hand_over", "reproduce", "run_workload"]
