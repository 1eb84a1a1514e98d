"""Counts of stacks -> series of functions."""

from workbench.signals.series import function_series, incidence, stack_costs, window_costs

__all__ = ["function_series", "incidence", "stack_costs", "window_costs"]
