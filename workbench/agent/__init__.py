"""The agent: tools, skills, models, the graph that joins them, and the server of the tools.

What is named here is imported when it is asked for: who serves tools needs no graph.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.agent.graph import build_graph
    from workbench.agent.investigation import Investigation
    from workbench.agent.models import PlaybookChatModel, ScriptedModel
    from workbench.agent.playbook import abstain, accuse, call, cite, examine
    from workbench.agent.skills import Skill, load_skill, load_skills
    from workbench.agent.tools import build_tools
    from workbench.agent.trajectory import Trajectory, investigate, make_model
    from workbench.agent.workspace import Workspace

__all__ = [
    "Investigation",
    "PlaybookChatModel",
    "ScriptedModel",
    "Skill",
    "Trajectory",
    "Workspace",
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

_NAMES = {
    "graph": ["build_graph"],
    "investigation": ["Investigation"],
    "models": ["PlaybookChatModel", "ScriptedModel"],
    "playbook": ["abstain", "accuse", "call", "cite", "examine"],
    "skills": ["Skill", "load_skill", "load_skills"],
    "tools": ["build_tools"],
    "trajectory": ["Trajectory", "investigate", "make_model"],
    "workspace": ["Workspace"],
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
