"""What `%load_ext workbench` adds to a notebook."""

from workbench.magics.magics import WorkbenchMagics
from workbench.magics.profilers import PROFILERS, Profiler, choose_profiler

__all__ = ["PROFILERS", "Profiler", "WorkbenchMagics", "choose_profiler"]
