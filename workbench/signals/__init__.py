"""Counts of stacks -> series of functions."""

from workbench.signals.series import (
    depths,
    function_series,
    incidence,
    quiet_windows,
    stack_costs,
    stacks,
    window_costs,
)

__all__ = [
    "depths",
    "function_series",
    "incidence",
    "quiet_windows",
    "stack_costs",
    "stacks",
    "window_costs",
]
