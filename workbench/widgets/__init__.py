"""Data -> views, selection -> values, in a notebook."""

from workbench.widgets.flame_graph import FlameGraph
from workbench.widgets.picker import Picker
from workbench.widgets.series_explorer import SeriesExplorer

__all__ = ["FlameGraph", "Picker", "SeriesExplorer"]
