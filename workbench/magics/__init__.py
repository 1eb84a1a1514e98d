"""What `%load_ext workbench` adds to a notebook."""

from workbench.magics.magics import WorkbenchMagics
from workbench.magics.profilers import PROFILERS, choose_profiler
from workbench.magics.recorded import Profiler, Recorded

__all__ = ["PROFILERS", "Profiler", "Recorded", "WorkbenchMagics", "choose_profiler"]
