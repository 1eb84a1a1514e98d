"""Which change caused a regression: code map and ranking."""

from workbench.attribute.codemap import (
    MODULE,
    Span,
    changed_functions,
    describe_changes,
    enclosing_function,
    function_spans,
)
from workbench.attribute.rank import rank_changes

__all__ = [
    "MODULE",
    "Span",
    "changed_functions",
    "describe_changes",
    "enclosing_function",
    "function_spans",
    "rank_changes",
]
