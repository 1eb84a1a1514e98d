"""Models by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.language_models import BaseChatModel

from workbench.agent.models.base import first_line
from workbench.agent.models.playbook import PlaybookChatModel
from workbench.agent.skills import Skill
from workbench.errors import ModelError

TIMEOUT_S = 120.0
MAX_RETRIES = 3
"""Of one answer, by the provider's own client, which knows what is worth another try and when."""


def make_model(name: str, skills: Mapping[str, Skill], **settings: Any) -> BaseChatModel:
    """Return the chat model of a name.

    Parameters
    ----------
    name : str
        `playbook`, or `provider:model` as LangChain's `init_chat_model` knows it.
    skills : mapping of str to Skill
        Whose playbooks the default follows.
    **settings
        Of the provider's client, such as `base_url`, `timeout` (s) or `max_retries`.
    """
    if name == "playbook":
        return PlaybookChatModel(skills=skills)
    provider, _, model_name = name.partition(":")
    if not provider or not model_name:
        raise ModelError(f"model {name!r}: expected provider:model")
    from langchain.chat_models import init_chat_model  # half a second to import

    chosen = {"timeout": TIMEOUT_S, "max_retries": MAX_RETRIES, **settings}
    try:
        model = init_chat_model(name, **chosen)
    except Exception as error:  # a package that is not there, a key; whatever the provider raises
        raise ModelError(f"model {name!r}: {first_line(error)}") from error
    assert isinstance(model, BaseChatModel)  # what it is where the model is named
    return model
