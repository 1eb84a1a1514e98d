"""Which change caused a regression: candidates, code map, ranking."""

from workbench.attribute.candidates import deploy_windows, recorded_changes, within
from workbench.attribute.code import CodeHistory
from workbench.attribute.codemap import CodeMap
from workbench.attribute.languages import Definition
from workbench.attribute.moves import Sources
from workbench.attribute.rank import rank_changes

__all__ = [
    "CodeHistory",
    "CodeMap",
    "Definition",
    "Sources",
    "deploy_windows",
    "rank_changes",
    "recorded_changes",
    "within",
]
