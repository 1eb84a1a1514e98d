"""Where a service does work in vain: hot functions and pattern rules -> opportunities."""

from workbench.opportunity.codebase import Codebase
from workbench.opportunity.find import find_matches, find_opportunities
from workbench.opportunity.pattern import Match, Pattern
from workbench.opportunity.registry import PATTERNS

__all__ = ["PATTERNS", "Codebase", "Match", "Pattern", "find_matches", "find_opportunities"]
