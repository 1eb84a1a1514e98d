"""What is looked at before a skill is chosen, and the choice."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AnyMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, Field

from workbench.agent.budget import Budget, spent_on
from workbench.agent.investigation import Investigation
from workbench.agent.models import ask, blamed_on
from workbench.agent.playbook import (
    MOST_PAGES,
    MOST_READ,
    MOST_ROWS,
    WORTH_READING,
    bare,
    read_diff,
)
from workbench.agent.prompts import prompt
from workbench.agent.skills import Skill
from workbench.agent.state import Ledger, Node, State
from workbench.agent.tools import call_tool
from workbench.agent.tools.brief import clip
from workbench.errors import ToolError

MOST_SKILLS = 3
_MOST_FUNCTIONS = 3
_LEAVES, _CALLERS = 6, 10
"""Functions whose growth is followed upward, and through how many callers each."""
_BEYOND_NOISE = 3.0


class SelectSkills(BaseModel):
    """Choose the skills to investigate with, the best first; one to three."""

    names: list[str] = Field(description="Names of skills listed", min_length=1)
    odds: dict[str, float] = Field(
        default_factory=dict,
        description="Where the facts show it: change_id of a suspect -> how many times likelier "
        "what its diff or setting says makes it; below 1 for less likely",
    )


def triage(investigation: Investigation) -> Node:
    """Look at what tells skills apart. Each look is a tool call that may be cited."""

    def run(state: State) -> State:
        began = time.perf_counter()
        look = _Look(investigation)
        facts = _facts(look, investigation, state["regression_id"])
        if state.get("question"):
            facts["question"] = state["question"]
        spent = {"seconds": time.perf_counter() - began}
        return {"facts": facts, "ledger": look.ledger, "spent": spent}

    return run


class _Look:
    """Tool calls that are made before any model is asked."""

    def __init__(self, investigation: Investigation) -> None:
        self._investigation = investigation
        self.ledger: Ledger = {}

    def __call__(self, tool: str, **arguments: Any) -> tuple[str, dict[str, Any]]:
        """Return the id of a call, and its reply; empty where the tool cannot tell."""
        for known, entry in self.ledger.items():
            if (entry["tool"], entry["arguments"]) == (tool, arguments):
                return known, {} if entry["failed"] else json.loads(entry["reply"])
        call_id = f"triage-{len(self.ledger) + 1}"
        try:
            reply, failed = call_tool(tool, self._investigation, arguments), False
        except ToolError as error:
            reply, failed = str(error), True
        self.ledger[call_id] = {
            "tool": tool, "arguments": arguments, "reply": reply, "failed": failed,
        }  # fmt: skip
        return call_id, {} if failed else json.loads(reply)


def _facts(look: _Look, investigation: Investigation, regression_id: str) -> dict[str, Any]:
    regression = investigation.regression(regression_id)
    diff_id, profile = look("diff_profile", regression_id=regression_id, limit=MOST_ROWS)
    rank_id, ranked = look("rank_changes", regression_id=regression_id)
    traffic_id, traffic = look("top_endpoints", regression_id=regression_id)
    suspects = []
    for place, row in enumerate(ranked.get("suspects", [])):
        told = {name: value for name, value in row.items() if name != "features"}
        told["functions"] = told["functions"][:_MOST_FUNCTIONS]
        if place == 0 or (place < MOST_READ and row["probability"] >= WORTH_READING):
            call_id, change = look("get_change", change_id=row["change_id"])
            told["call_id"] = call_id
            told["diff"] = _read(look, row["change_id"], change, told["functions"])
            if row["kind"] == "experiment":
                told["experiment"] = _results(look, row["key"] or row["change_id"])
        suspects.append(told)
    return {
        "regression_id": regression.id,
        "service": clip(regression.service or investigation.recording.service),
        "subject": clip(regression.subject),
        "metric": clip(regression.metric, 60),
        "kind": regression.kind,
        "window": regression.change_index,
        "before": regression.before,
        "after": regression.after,
        "call_ids": {
            "diff_profile": diff_id, "rank_changes": rank_id, "top_endpoints": traffic_id,
        },
        "unit": profile.get("unit", ""),
        "whole": profile.get("service"),
        "grew": profile.get("own_time", []),
        "grew_in_total": profile.get("total_time", []),
        "paths": _paths(look, regression_id, profile.get("own_time", [])),
        "suspects": suspects,
        "n_candidates": ranked.get("n_candidates", 0),
        "none_of_these": ranked.get("none_of_these", 1.0),
        "endpoints": traffic.get("endpoints", [])[:6],
    }  # fmt: skip


def _results(look: _Look, experiment_id: str) -> dict[str, Any]:
    """Return by how much the arms of an experiment differ in what they cost."""
    call_id, told = look("get_experiment", experiment_id=experiment_id)
    rows = [
        {name: row[name] for name in ("arm", "metric", "difference")}
        for row in told.get("results", [])
        if row["difference"] and "cpu" in row["metric"].lower()
    ]
    return {"call_id": call_id, "differences": rows[:4]}


def _paths(
    look: _Look, regression_id: str, rows: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Follow what grew by itself to where requests come in, by the callers that grew with it."""
    leaves = sorted(_grown(rows), key=lambda row: row["before"] - row["after"])[:_LEAVES]
    paths = []
    for leaf in leaves:
        above: list[str] = []
        name, began = leaf["function"], ""
        while len(above) < _CALLERS:
            _, profile = look("diff_profile", regression_id=regression_id, function=name)
            whole = profile.get("function")
            began = name if whole and whole["before"] == 0 else began
            callers = [row for row in profile.get("callers", []) if row["function"] not in above]
            if not callers:
                break
            grown = _grown(callers)  # where noise hides it, by the caller with most of the calls
            most = max(grown or callers, key=lambda r: r["after"] - r["before"] * bool(grown))
            name = most["function"]
            above.append(name)
        told = {key: leaf[key] for key in ("function", "before", "after")}
        paths.append({**told, "callers": above, "began": began})
    return paths


def _grown(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the rows of what costs more than before, beyond its noise."""
    return [
        row
        for row in rows
        if row["after"] > row["before"] and (row["z"] is None or row["z"] > _BEYOND_NOISE)
    ]


def _read(
    look: _Look, change_id: str, change: Mapping[str, Any], functions: Sequence[str]
) -> dict[str, Any]:
    """Return what is new and what is gone in a change, of a long diff in its first pages."""
    text, after = str(change.get("diff", "")), change.get("next_diff_offset")
    for _ in range(MOST_PAGES - 1):
        if after is None:
            break
        _, more = look("get_change", change_id=change_id, diff_offset=after)
        text, after = text + str(more.get("diff", "")), more.get("next_diff_offset")
    return read_diff(text).to_facts([bare(name) for name in functions])


def select_skills(model: BaseChatModel, skills: Mapping[str, Skill], budget: Budget) -> Node:
    """Let the model choose the skills."""
    listed = "\n".join(f"- {skill.name}: {skill.description}" for skill in skills.values())
    opening = prompt("select", skills=listed)
    chooser = model.bind_tools([SelectSkills])

    def run(state: State) -> State:
        if budget.exhausted(state["spent"]):
            return {"skills": _most_fitting(skills, state["facts"]), "opinions": []}
        began = time.perf_counter()
        told = HumanMessage(json.dumps(state["facts"], ensure_ascii=False))
        asked: list[AnyMessage] = [SystemMessage(opening), told]
        reply = ask(chooser, asked, budget.seconds_left(state["spent"]))
        calls = [call["args"] for call in reply.tool_calls if call["name"] == "SelectSkills"]
        names = [n for args in calls if isinstance(args.get("names"), list) for n in args["names"]]
        known = [*dict.fromkeys(n for n in names if isinstance(n, str) and n in skills)]
        facts = state["facts"] | {"seen_at_first": _odds(calls)}
        return {
            "skills": known[:MOST_SKILLS] or _most_fitting(skills, facts),
            "opinions": [],
            "facts": facts,
            "spent": spent_on(asked, [SelectSkills], reply, time.perf_counter() - began),
        }

    return run


def _most_fitting(skills: Mapping[str, Skill], facts: Mapping[str, Any]) -> list[str]:
    """Return the skill that fits the facts best, for a model that names none there is."""

    def fits(name: str) -> float:
        with blamed_on(skills[name]):
            return float(skills[name].relevance(dict(facts)))

    return [max(skills, key=fits)]


def _odds(calls: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return the odds that a choice of skills tells; what is no positive number is left out."""
    found: dict[str, float] = {}
    for arguments in calls:
        told = arguments.get("odds")
        for change_id, odds in told.items() if isinstance(told, Mapping) else ():
            if isinstance(odds, int | float) and 0 < odds < math.inf:
                found[str(change_id)] = float(odds)
    return found
