"""The nodes of the graph: plain functions from state to update."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from string import Template
from typing import Annotated, Any, Protocol, TypedDict

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.graph.message import add_messages
from langgraph.prebuilt import ToolNode
from pydantic import BaseModel, Field, ValidationError

from workbench.agent.investigation import Investigation
from workbench.agent.models import ask
from workbench.agent.playbook import ReportDiagnosis
from workbench.agent.skills import Skill
from workbench.agent.tools.brief import clip
from workbench.agent.tools.changes import get_change, rank_changes
from workbench.agent.tools.profile import diff_profile
from workbench.errors import ToolError
from workbench.types import Diagnosis, Evidence

_PROMPTS = Path(__file__).parent / "prompts"
_MAX_DIFF_LINES = 60


class SelectSkill(BaseModel):
    """Choose the skill to investigate with."""

    name: str = Field(description="Name of one of the skills listed")


class State(TypedDict, total=False):
    """What travels along the graph."""

    regression_id: str
    facts: dict[str, Any]
    skill: str
    messages: Annotated[list[AnyMessage], add_messages]
    n_model_calls: int
    diagnosis: Diagnosis


class Node(Protocol):
    """A node of the graph."""

    def __call__(self, state: State) -> State:
        """Return what changes in the state."""


class ToolUse(Protocol):
    """The node that runs tools."""

    def __call__(self, state: State, config: RunnableConfig) -> State:
        """Return the replies."""


def triage(investigation: Investigation) -> Node:
    """Gather the facts that tell skills apart."""

    def run(state: State) -> State:
        regression = investigation.regression(state["regression_id"])
        facts: dict[str, Any] = {
            "regression_id": regression.id,
            "subject": regression.subject,
            "metric": regression.metric,
            "before": regression.before,
            "after": regression.after,
            "change_index": regression.change_index,
            "grew": diff_profile(investigation, regression.id)["own_time"],
        }
        if investigation.changes:
            suspects = rank_changes(investigation, regression.id, 1)["suspects"]
            facts["suspect"] = suspects[0] if suspects else None
            if suspects:
                facts |= _diff_lines(get_change(investigation, suspects[0]["change_id"])["diff"])
        return {"facts": facts}

    return run


def _diff_lines(diff: str) -> dict[str, list[str]]:
    """Return the lines that a diff removes and adds."""
    lines = diff.split("\n")
    removed = [x[1:] for x in lines if x.startswith("-") and not x.startswith("---")]
    added = [x[1:] for x in lines if x.startswith("+") and not x.startswith("+++")]
    return {"removed": removed[:_MAX_DIFF_LINES], "added": added[:_MAX_DIFF_LINES]}


def select_skill(model: BaseChatModel, skills: dict[str, Skill]) -> Node:
    """Let the model choose the skill."""
    listed = "\n".join(f"- {skill.name}: {skill.description}" for skill in skills.values())
    prompt = _prompt("select", skills=listed)
    chooser = model.bind_tools([SelectSkill])

    def run(state: State) -> State:
        facts = HumanMessage(json.dumps(state["facts"], ensure_ascii=False))
        reply = ask(chooser, [SystemMessage(prompt), facts])
        names = [c["args"].get("name") for c in reply.tool_calls if c["name"] == "SelectSkill"]
        known = (name for name in names if isinstance(name, str) and name in skills)
        chosen = next(known, next(iter(skills)))
        skill = skills[chosen]
        opening = SystemMessage(_prompt("investigate", name=skill.name, body=skill.body))
        return {"skill": chosen, "messages": [opening, facts], "n_model_calls": 0}

    return run


def ask_model(model: BaseChatModel, tools: list[BaseTool], skills: dict[str, Skill]) -> Node:
    """Let the model make its next call, with the tools that its skill allows."""

    def run(state: State) -> State:
        offered = _allowed(tools, skills[state["skill"]])
        reply = ask(model.bind_tools([*offered, ReportDiagnosis]), state["messages"])
        return {"messages": [reply], "n_model_calls": state.get("n_model_calls", 0) + 1}

    return run


def use_tools(tools: list[BaseTool], skills: dict[str, Skill]) -> ToolUse:
    """Answer the model's calls, of the tools that its skill allows."""

    @cache
    def node(skill: str) -> ToolNode:
        return ToolNode(_allowed(tools, skills[skill]), handle_tool_errors=True)

    def run(state: State, config: RunnableConfig) -> State:
        answered: State = node(state["skill"]).invoke(state, config)
        return answered

    return run


def _allowed(tools: list[BaseTool], skill: Skill) -> list[BaseTool]:
    return [t for t in tools if skill.allowed_tools is None or t.name in skill.allowed_tools]


def diagnose(investigation: Investigation) -> Node:
    """Check the report against the tool replies and strike what nothing supports."""

    def run(state: State) -> State:
        regression_id = state["regression_id"]
        report = _last_report(state["messages"])
        if report is None:
            why = "No diagnosis: the investigation ended without a report."
            return {"diagnosis": Diagnosis(regression_id, why, skill=state["skill"])}
        replied = {
            m.tool_call_id
            for m in state["messages"]
            if isinstance(m, ToolMessage) and m.status != "error"
        }
        evidence = tuple(
            Evidence(item.claim, item.call_id)
            for item in report.evidence
            if item.call_id in replied
        )
        drafted = Diagnosis(
            regression_id, report.summary, category=report.category, mitigation=report.mitigation,
            confidence=report.confidence, evidence=evidence, skill=state["skill"],
        )  # fmt: skip
        return {"diagnosis": _ground(drafted, report, investigation)}

    return run


def _ground(drafted: Diagnosis, report: ReportDiagnosis, investigation: Investigation) -> Diagnosis:
    """Name the culprit only where it is a deployed change and at least one claim is supported."""
    if not report.change_id:
        return replace(drafted, mitigation="", confidence=0.0)
    try:
        change = investigation.change(report.change_id)
    except ToolError as error:
        return replace(drafted, summary=f"Abstained: {error}", mitigation="", confidence=0.0)
    if not drafted.evidence:
        why = f"Abstained: no tool reply supports the claim against {change.id[:12]}."
        return replace(drafted, summary=why, mitigation="", confidence=0.0)
    known = {clip(f.subject): f.subject for f in change.functions}  # replies show names clipped
    functions = tuple(known[clip(name)] for name in report.functions if clip(name) in known)
    return replace(drafted, change_id=change.id, functions=functions)


def _last_report(messages: list[AnyMessage]) -> ReportDiagnosis | None:
    for message in reversed(messages):
        for call in message.tool_calls if isinstance(message, AIMessage) else []:
            if call["name"] == "ReportDiagnosis":
                try:
                    return ReportDiagnosis.model_validate(call["args"])
                except ValidationError:
                    return None
    return None


def _prompt(file: str, **values: str) -> str:
    text = (_PROMPTS / f"{file}.md").read_text(encoding="utf-8")
    return re.sub(r"\n{3,}", "\n\n", Template(text).substitute(values)).strip()
