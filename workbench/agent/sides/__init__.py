"""The two sides of the graph: a regression is explained (defense), an opportunity mended (offense).

Nodes, tools, budget and review are the same; what differs is a `Side`.
"""

from workbench.agent.sides.defense import DEFENSE
from workbench.agent.sides.offense import OFFENSE
from workbench.agent.sides.side import Look, Side

__all__ = ["DEFENSE", "OFFENSE", "Look", "Side"]
