"""The agent: tools, skills, models, and the graph that joins them."""

from workbench.agent.graph import build_graph
from workbench.agent.investigate import Trajectory, investigate, make_model
from workbench.agent.investigation import Investigation
from workbench.agent.models import PlaybookChatModel, ScriptedModel
from workbench.agent.playbook import abstain, accuse, call, cite, examine
from workbench.agent.skills import Skill, load_skill, load_skills
from workbench.agent.tools import build_tools

__all__ = [
    "Investigation",
    "PlaybookChatModel",
    "ScriptedModel",
    "Skill",
    "Trajectory",
    "abstain",
    "accuse",
    "build_graph",
    "build_tools",
    "call",
    "cite",
    "examine",
    "investigate",
    "load_skill",
    "load_skills",
    "make_model",
]
