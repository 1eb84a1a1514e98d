"""The agent: tools, skills, models, the graph that joins them, and the server of the tools.

What is named here is imported when it is asked for: who serves tools needs no graph.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.agent.budget import Budget
    from workbench.agent.graph import build_graph
    from workbench.agent.investigation import Investigation
    from workbench.agent.models import Cassette, PlaybookChatModel, ScriptedModel, make_model
    from workbench.agent.run import Run, investigate
    from workbench.agent.saved import SavedInvestigations
    from workbench.agent.skills import Skill, load_skill, load_skills, match_skills
    from workbench.agent.tools import build_tools
    from workbench.agent.trajectory import Trajectory, to_diagnosis
    from workbench.agent.workspace import Workspace

__all__ = [
    "Budget",
    "Cassette",
    "Investigation",
    "PlaybookChatModel",
    "Run",
    "SavedInvestigations",
    "ScriptedModel",
    "Skill",
    "Trajectory",
    "Workspace",
    "build_graph",
    "build_tools",
    "investigate",
    "load_skill",
    "load_skills",
    "make_model",
    "match_skills",
    "to_diagnosis",
]

_NAMES = {
    "budget": ["Budget"],
    "graph": ["build_graph"],
    "investigation": ["Investigation"],
    "models": ["Cassette", "PlaybookChatModel", "ScriptedModel", "make_model"],
    "skills": ["Skill", "load_skill", "load_skills", "match_skills"],
    "tools": ["build_tools"],
    "run": ["Run", "investigate"],
    "saved": ["SavedInvestigations"],
    "trajectory": ["Trajectory", "to_diagnosis"],
    "workspace": ["Workspace"],
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
