"""Which change caused a regression: candidates, code map, ranking."""

from workbench.attribute.candidates import arm_costs, recorded_changes, within
from workbench.attribute.code import CodeHistory, CodeMap, Definition
from workbench.attribute.features import Clues
from workbench.attribute.growth import Growth, measure_growth
from workbench.attribute.lines import line_growth
from workbench.attribute.moves import Sources, find_renames
from workbench.attribute.rank import Weights, rank_changes
from workbench.attribute.touched import Code

__all__ = [
    "Clues",
    "Code",
    "CodeHistory",
    "CodeMap",
    "Definition",
    "Growth",
    "Sources",
    "Weights",
    "arm_costs",
    "find_renames",
    "line_growth",
    "measure_growth",
    "rank_changes",
    "recorded_changes",
    "within",
]
