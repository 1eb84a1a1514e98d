"""Chat models: one that follows playbooks, those of providers, those for tests."""

from workbench.agent.models.base import ask, first_line, with_own_ids
from workbench.agent.models.cassette import Cassette
from workbench.agent.models.playbook import (
    SKILL_MARK,
    PlaybookChatModel,
    blamed_on,
    read_facts,
)
from workbench.agent.models.provider import make_model
from workbench.agent.models.scripted import ScriptedModel

__all__ = [
    "SKILL_MARK",
    "Cassette",
    "PlaybookChatModel",
    "ScriptedModel",
    "ask",
    "blamed_on",
    "first_line",
    "make_model",
    "read_facts",
    "with_own_ids",
]
