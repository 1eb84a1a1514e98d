"""An investigation as it went, step by step."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, ToolMessage

from workbench.types import Diagnosis, Evidence, Step

_MAX_DETAIL = 4000


@dataclass(frozen=True, slots=True)
class Trajectory:
    """An investigation as it went."""

    diagnosis: Diagnosis
    steps: tuple[Step, ...]
    messages: tuple[Mapping[str, Any], ...]
    """Of all opinions, as plain dictionaries."""
    spent: Mapping[str, float] = field(default_factory=dict)
    """`model_calls`, `seconds`, `tokens_in`, `tokens_out`."""
    struck: tuple[Mapping[str, str], ...] = ()
    """Claims that nothing supported: `claim`, `call_id`, `why`."""
    consulted: tuple[str, ...] = ()
    """Names of the skills under which it was looked at, in order."""


def tell_next(nodes: Sequence[str], values: Mapping[str, Any]) -> str:
    """Say which nodes are next: of tools which are called, of the model under which skill."""
    if "tool" in nodes:
        calls = getattr(values["messages"][-1], "tool_calls", ())
        return f"tool {', '.join(dict.fromkeys(call['name'] for call in calls))}".strip()
    if "model" in nodes:
        return f"model, under {values['skill']}"
    return ", ".join(dict.fromkeys(nodes)) or "end"


def to_diagnosis(told: Mapping[str, Any]) -> Diagnosis:
    """Return a diagnosis of what the graph's state tells."""
    return Diagnosis(
        told["regression_id"], told["summary"], told["change_id"] or None,
        tuple(told["functions"]), told["category"], told["mitigation"], told["confidence"],
        tuple(Evidence(**item) for item in told["evidence"]), told["skill"],
        tuple(told["suspects"]), told.get("opportunity_id", ""),
    )  # fmt: skip


def describe_update(node: str, change: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield (title, detail, call id) of what a node did."""
    for title, detail, call_id in _describe(node, change) if change else ():
        yield title, detail[:_MAX_DETAIL], call_id


def _describe(node: str, change: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield (title, detail, call id) of what a node did."""
    match node:
        case "triage":
            facts = change["facts"]
            yield f"Looked at {facts['subject']}", json.dumps(facts, indent=1), ""
        case "select_skills":
            yield f"Chose the skills {', '.join(change['skills'])}", "", ""
        case "begin_opinion":
            yield f"Began with the skill {change['skill']}", "", ""
            return
        case "ground":
            opinion = change["opinions"][-1]
            n = len(opinion["evidence"]) + len(opinion["struck"])
            title = f"Checked {n} claim{'s' * (n != 1)}"
            if opinion["struck"]:
                title += f", struck {len(opinion['struck'])}"
            struck = "\n".join(f"{item['claim']}: {item['why']}" for item in opinion["struck"])
            yield title, struck or opinion["summary"], ""
        case "diagnose":
            told = change["diagnosis"]
            if told.get("opportunity_id"):
                title = f"Chose {told['mitigation']}" if told["mitigation"] else "Left it"
            else:
                title = "Reached a diagnosis" if told["change_id"] else "Abstained"
            yield title, told["summary"], ""
        case "review":
            said = change["review"]
            by = f" by {said['by']}" if said.get("by") else ""
            yield f"Reviewed: {said['verdict']}{by}", said.get("why", ""), ""
        case "make_fix":
            yield "Made a fix", json.dumps(change["made"], indent=1), ""
        case "hand_over":
            yield "Handed over", json.dumps(change["handed_over"], indent=1), ""
    for message in change.get("messages", ()):
        if isinstance(message, AIMessage):
            for call in message.tool_calls:
                arguments = json.dumps(call["args"], indent=1, ensure_ascii=False)
                yield f"Called {call['name']}", arguments, ""
        elif isinstance(message, ToolMessage):
            yield f"{message.name} replied", str(message.content), message.tool_call_id
