"""Which change caused a regression: code map and ranking."""

from workbench.attribute.codemap import changed_functions, describe_changes
from workbench.attribute.rank import rank_changes

__all__ = ["changed_functions", "describe_changes", "rank_changes"]
