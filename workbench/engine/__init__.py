"""The engine: it watches a store, investigates what regresses, and queues fixes for review."""

from workbench.engine.engine import Engine, ledger_file
from workbench.engine.webhook import Webhook

__all__ = ["Engine", "Webhook", "ledger_file"]
