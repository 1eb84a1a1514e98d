"""Run the graph on one regression and tell what it did, step by step."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, ToolMessage, message_to_dict

from workbench.agent.graph import build_graph
from workbench.agent.investigation import Investigation
from workbench.agent.models import PlaybookChatModel, first_line
from workbench.agent.skills import Skill
from workbench.errors import ModelError
from workbench.types import Diagnosis, Step

_MAX_DETAIL = 4000


@dataclass(frozen=True, slots=True)
class Trajectory:
    """An investigation as it went."""

    diagnosis: Diagnosis
    steps: tuple[Step, ...]
    messages: tuple[Mapping[str, Any], ...]


def make_model(name: str, skills: dict[str, Skill]) -> BaseChatModel:
    """Return the chat model of a name: `playbook`, or `provider:model` as LangChain knows it."""
    if name == "playbook":
        return PlaybookChatModel(skills=skills)
    from langchain.chat_models import init_chat_model  # half a second to import

    try:
        model = init_chat_model(name)
    except Exception as error:  # a package that is not there, a key; whatever the provider raises
        raise ModelError(f"model {name!r}: {first_line(error)}") from error
    if not isinstance(model, BaseChatModel):
        raise ModelError(f"model {name!r}: expected provider:model")
    return model


def investigate(
    investigation: Investigation,
    regression_id: str,
    model: BaseChatModel,
    skills: dict[str, Skill],
    *,
    on_step: Callable[[Step], None] = lambda step: None,
) -> Trajectory:
    """Investigate one regression.

    Parameters
    ----------
    investigation : Investigation
        What the tools read.
    regression_id : str
        One that was detected.
    model : BaseChatModel
        Any that calls tools.
    skills : dict of str to Skill
        Those on offer.
    on_step : callable
        Told of each step as it ends.
    """
    graph = build_graph(model, investigation, skills)
    began = time.perf_counter()
    steps: list[Step] = []
    messages: list[AnyMessage] = []
    diagnosis: Diagnosis | None = None
    at = 0.0
    for update in graph.stream({"regression_id": regression_id}, stream_mode="updates"):
        now = time.perf_counter() - began
        for node, change in update.items():
            for title, detail, call_id in _describe(node, change or {}):
                step = Step(node, title, detail[:_MAX_DETAIL], at, now - at, call_id)
                steps.append(step)
                on_step(step)
            messages.extend((change or {}).get("messages", ()))
            diagnosis = (change or {}).get("diagnosis", diagnosis)
        at = now
    assert diagnosis is not None  # every path ends in the diagnose node
    return Trajectory(diagnosis, tuple(steps), tuple(message_to_dict(m) for m in messages))


def _describe(node: str, change: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield (title, detail, call id) of what a node did."""
    if node == "triage":
        facts = change["facts"]
        yield f"Looked at {facts['subject']}", json.dumps(facts, indent=1), ""
    elif node == "select_skill":
        yield f"Chose the skill {change['skill']}", "", ""
    elif node == "diagnose":
        diagnosis: Diagnosis = change["diagnosis"]
        title = "Reached a diagnosis" if diagnosis.change_id else "Abstained"
        yield title, diagnosis.summary, ""
    for message in change.get("messages", ()):
        if isinstance(message, AIMessage):
            for call in message.tool_calls:
                arguments = json.dumps(call["args"], indent=1, ensure_ascii=False)
                yield f"Called {call['name']}", arguments, ""
        elif isinstance(message, ToolMessage):
            yield f"{message.name} replied", str(message.content), message.tool_call_id
