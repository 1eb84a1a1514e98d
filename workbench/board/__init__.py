"""The widgets, linked: from a regression, or an opportunity, to an approved fix."""

from workbench.board.board import Board
from workbench.board.code import source_of
from workbench.board.desk import OpportunityDesk

__all__ = ["Board", "OpportunityDesk", "source_of"]
