"""Which change caused a regression: code map and ranking."""

from workbench.attribute.codemap import (
    CodeMap,
    changed_functions,
    describe_changes,
    read_sources,
)
from workbench.attribute.languages import Definition
from workbench.attribute.moves import Sources
from workbench.attribute.rank import rank_changes

__all__ = [
    "CodeMap",
    "Definition",
    "Sources",
    "changed_functions",
    "describe_changes",
    "rank_changes",
    "read_sources",
]
