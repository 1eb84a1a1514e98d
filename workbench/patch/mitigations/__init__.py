"""Edits that give speed back, each with the conditions under which it is right."""

from workbench.patch.mitigations.propose import propose, propose_at

__all__ = ["propose", "propose_at"]
