"""From a cause to a measured fix; works with no model in the room."""

from workbench.patch.fix import find_fix
from workbench.patch.run import Run, run_workload

__all__ = ["Run", "find_fix", "run_workload"]
