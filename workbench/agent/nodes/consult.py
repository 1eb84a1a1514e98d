"""One opinion: a conversation of the model, which has a skill, with the tools that it allows."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import (
    AIMessage,
    AnyMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)
from langgraph.graph.message import REMOVE_ALL_MESSAGES
from pydantic import ValidationError

from workbench.agent.budget import Budget, spent_on
from workbench.agent.investigation import Investigation
from workbench.agent.models import ask, with_own_ids
from workbench.agent.playbook import ReportDiagnosis
from workbench.agent.prompts import prompt
from workbench.agent.sides import Side
from workbench.agent.skills import Skill
from workbench.agent.state import Ledger, Node, State, ToolNode, ToolTask
from workbench.agent.tools import TOOL_NAMES, build_tools, call_tool, complain
from workbench.errors import ToolError

MOST_REMINDERS = 2
_REPORT = ReportDiagnosis.__name__


def begin_opinion(side: Side, skills: Mapping[str, Skill]) -> Node:
    """Open a conversation under the best skill that was not heard yet."""

    def run(state: State) -> State:
        heard = {opinion["skill"] for opinion in state["opinions"]}
        name = next(name for name in state["skills"] if name not in heard)
        skill = skills[name]
        opening = SystemMessage(prompt(side.investigate_prompt, name=skill.name, body=skill.body))
        facts = HumanMessage(json.dumps(state["facts"], ensure_ascii=False))
        anew: list[Any] = [RemoveMessage(REMOVE_ALL_MESSAGES), opening, facts]
        return {"skill": name, "messages": anew}

    return run


def ask_model(
    model: BaseChatModel, investigation: Investigation, skills: Mapping[str, Skill],
    budget: Budget,
) -> Node:  # fmt: skip
    """Let the model make its next call, with the tools that its skill allows."""
    tools = build_tools(investigation)

    def run(state: State) -> State:
        began = time.perf_counter()
        skill = skills[state["skill"]]
        offered = [tool for tool in tools if skill.allows(tool.name)]
        messages = state["messages"]
        spoke = messages[-1]
        reminder = []
        if isinstance(spoke, AIMessage):  # words, where a call was expected
            reminder = [HumanMessage(prompt("remind"))]
        asked = [*messages, *reminder]
        left = budget.seconds_left(state["spent"])
        given: list[Any] = [*offered, ReportDiagnosis]
        reply = ask(model.bind_tools(given), asked, left)
        return {
            "messages": [*reminder, with_own_ids(reply, state["ledger"])],
            "spent": spent_on(asked, given, reply, time.perf_counter() - began),
        }

    return run


def pending_calls(state: State) -> list[ToolTask] | None:
    """Return the calls to answer; none where the model used words, None where it has reported."""
    last = state["messages"][-1]
    assert isinstance(last, AIMessage)
    if final_report(last) is not None:
        return None
    answered: dict[str, str] = {}
    for call_id, entry in state["ledger"].items():
        if not entry["failed"]:
            answered.setdefault(_key(entry["tool"], entry["arguments"]), call_id)
    tasks: list[ToolTask] = []
    for number, call in enumerate(last.tool_calls):
        known = answered.get(_key(call["name"], call["args"]))
        reply = state["ledger"][known]["reply"] if known else None
        told: dict[str, Any] = {name: call[name] for name in ("name", "args", "id")}
        told["id"] = told["id"] or f"unnamed-{len(state['ledger'])}-{number}"
        tasks.append({"call": told, "skill": state["skill"], "reply": reply})
    for number, broken in enumerate(last.invalid_tool_calls, start=len(tasks)):
        told = {
            "name": broken["name"] or "", "args": {},
            "id": broken["id"] or f"unnamed-{len(state['ledger'])}-{number}",
            "error": f"arguments are not JSON: {(broken['args'] or '')[:200]}",
        }  # fmt: skip
        tasks.append({"call": told, "skill": state["skill"], "reply": None})
    return tasks


def is_silent(messages: Sequence[AnyMessage]) -> bool:
    """Tell whether the model keeps to words although it was reminded."""
    last = [m for m in messages if isinstance(m, AIMessage)][-MOST_REMINDERS - 1 :]
    return len(last) > MOST_REMINDERS and not any(
        m.tool_calls or m.invalid_tool_calls for m in last
    )


def final_report(message: AIMessage) -> ReportDiagnosis | None:
    """Return the report that a message gives; None for none, or none that is as it should be."""
    for call in message.tool_calls:
        if call["name"] == _REPORT:
            try:
                return ReportDiagnosis.model_validate(call["args"])
            except ValidationError:
                return None
    return None


def use_tool(investigation: Investigation, skills: Mapping[str, Skill]) -> ToolNode:
    """Answer one call. What was answered before, with the same arguments, is not asked again."""

    def run(state: ToolTask) -> State:
        began = time.perf_counter()
        call, skill = state["call"], skills[state["skill"]]
        name, arguments, failed = call["name"], call["args"], True
        if state["reply"] is not None and skill.allows(name):
            content, failed = state["reply"], False
        elif "error" in call:
            content = call["error"]
        elif name == _REPORT:
            content = _fault_of(arguments)
        elif not skill.allows(name):
            offered = ", ".join(tool for tool in TOOL_NAMES if skill.allows(tool))
            content = f"{name[:80]} is not a tool of this skill; it has {offered}"
        else:
            try:
                content, failed = call_tool(name, investigation, arguments), False
            except ToolError as error:
                content = str(error)
        message = ToolMessage(
            content if failed else _with_id(content, call["id"]),
            tool_call_id=call["id"], name=name, status="error" if failed else "success",
        )  # fmt: skip
        entry: Ledger = {
            call["id"]: {"tool": name, "arguments": arguments, "reply": content, "failed": failed}
        }
        return {
            "messages": [message], "ledger": entry,
            "spent": {"seconds": time.perf_counter() - began},
        }  # fmt: skip

    return run


def _with_id(reply: str, call_id: str) -> str:
    """Return a reply that says what it is cited by: not every provider shows a model the id."""
    rest = reply[1:].lstrip()
    return f'{{"call_id": {json.dumps(call_id)}{"" if rest == "}" else ", "}{rest}'


def _fault_of(arguments: dict[str, Any]) -> str:
    try:
        ReportDiagnosis.model_validate(arguments)
    except ValidationError as error:
        return complain(error)
    return "the report was not understood"


def _key(tool: str, arguments: Mapping[str, Any]) -> str:
    return f"{tool} {json.dumps(arguments, sort_keys=True, default=str)}"
