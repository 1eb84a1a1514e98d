"""Data -> views, selection -> values, in a notebook."""

from workbench.widgets.flame_graph import FlameGraph
from workbench.widgets.picker import Picker
from workbench.widgets.regression_board import RegressionBoard
from workbench.widgets.source_lines import SourceLines

__all__ = ["FlameGraph", "Picker", "RegressionBoard", "SourceLines"]
