"""The nodes of the graph: plain functions from state to update, each file a stage."""

from workbench.agent.nodes.closing import hand_over, hand_over_made, make_fix, review
from workbench.agent.nodes.conclude import diagnose, form_hypothesis, ground, is_settled
from workbench.agent.nodes.consult import ask_model, begin_opinion, pending_calls, use_tool
from workbench.agent.nodes.opening import select_skills, triage

__all__ = [
    "ask_model",
    "begin_opinion",
    "diagnose",
    "form_hypothesis",
    "ground",
    "hand_over",
    "hand_over_made",
    "is_settled",
    "make_fix",
    "pending_calls",
    "review",
    "select_skills",
    "triage",
    "use_tool",
]
