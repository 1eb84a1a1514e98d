"""Which change caused a regression: code map and ranking."""

from workbench.attribute.codemap import changed_functions, describe_changes, read_sources
from workbench.attribute.moves import Sources
from workbench.attribute.rank import rank_changes

__all__ = ["Sources", "changed_functions", "describe_changes", "rank_changes", "read_sources"]
