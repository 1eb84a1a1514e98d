"""Run the graph on one regression and tell what it did, step by step."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, ToolMessage, message_to_dict

from workbench.agent.budget import Budget
from workbench.agent.graph import Graph, build_graph
from workbench.agent.investigation import Investigation
from workbench.agent.skills import Skill
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


def investigate(
    investigation: Investigation,
    regression_id: str,
    model: BaseChatModel,
    skills: Mapping[str, Skill],
    *,
    question: str = "",
    budget: Budget | None = None,
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
    skills : mapping of str to Skill
        Those on offer.
    question : str
        What a person asks about it; skills are chosen by it too.
    budget : Budget, optional
        What it may take.
    on_step : callable
        Told of each step as it ends.
    """
    graph = build_graph(model, investigation, skills, budget=budget)
    steps: list[Step] = []
    told = Told()
    for step in run_steps(graph, {"regression_id": regression_id, "question": question}, told):
        steps.append(step)
        on_step(step)
    return told.trajectory(steps)


class Told:
    """What the updates of a graph told so far."""

    def __init__(self) -> None:
        self.messages: list[AnyMessage] = []
        self.spent: dict[str, float] = {}
        self.opinions: list[dict[str, Any]] = []
        self.diagnosis: dict[str, Any] | None = None

    def take(self, update: Mapping[str, Any]) -> None:
        """Take what a node changed."""
        self.messages += [m for m in update.get("messages", ()) if m.type != "remove"]
        for name, amount in update.get("spent", {}).items():
            self.spent[name] = self.spent.get(name, 0) + amount
        self.opinions = update.get("opinions", self.opinions)
        self.diagnosis = update.get("diagnosis", self.diagnosis)

    def trajectory(self, steps: list[Step]) -> Trajectory:
        """Return all that was told, with the steps it was told in."""
        assert self.diagnosis is not None  # every path ends in the diagnose node
        struck = tuple(item for opinion in self.opinions for item in opinion["struck"])
        messages = tuple(message_to_dict(message) for message in self.messages)
        return Trajectory(
            to_diagnosis(self.diagnosis), tuple(steps), messages, dict(self.spent), struck
        )


def run_steps(
    graph: Graph, given: Any, told: Told | None = None, config: Any = None
) -> Iterator[Step]:
    """Run a graph, from its start or from where it stopped, and yield each step as it ends."""
    began = time.perf_counter()
    at = 0.0
    keeps: Any = {"durability": "sync"} if graph.checkpointer else {}
    for update in graph.stream(given, config, stream_mode="updates", **keeps):
        now = time.perf_counter() - began
        for node, change in update.items():
            if node.startswith("__"):  # that it waits for a person, or that a reply was kept
                continue
            if told is not None:
                told.take(change or {})
            for title, detail, call_id in describe_update(node, change or {}):
                yield Step(node, title, detail, at, now - at, call_id)
        at = now


def to_diagnosis(told: Mapping[str, Any]) -> Diagnosis:
    """Return a diagnosis of what the graph's state tells."""
    return Diagnosis(
        told["regression_id"], told["summary"], told["change_id"] or None,
        tuple(told["functions"]), told["category"], told["mitigation"], told["confidence"],
        tuple(Evidence(**item) for item in told["evidence"]), told["skill"],
        tuple(told["suspects"]),
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
            title = f"Checked {len(opinion['evidence']) + len(opinion['struck'])} claims"
            if opinion["struck"]:
                title += f", struck {len(opinion['struck'])}"
            struck = "\n".join(f"{item['claim']}: {item['why']}" for item in opinion["struck"])
            yield title, struck or opinion["summary"], ""
        case "diagnose":
            title = "Reached a diagnosis" if change["diagnosis"]["change_id"] else "Abstained"
            yield title, change["diagnosis"]["summary"], ""
        case "review":
            yield f"Reviewed: {change['review']['verdict']}", change["review"].get("why", ""), ""
        case "hand_over":
            yield "Handed over", json.dumps(change["handed_over"], indent=1), ""
    for message in change.get("messages", ()):
        if isinstance(message, AIMessage):
            for call in message.tool_calls:
                arguments = json.dumps(call["args"], indent=1, ensure_ascii=False)
                yield f"Called {call['name']}", arguments, ""
        elif isinstance(message, ToolMessage):
            yield f"{message.name} replied", str(message.content), message.tool_call_id
