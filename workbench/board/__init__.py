"""The widgets, linked: from a regression to an approved fix on one board."""

from workbench.board.board import Board
from workbench.board.code import source_of

__all__ = ["Board", "source_of"]
