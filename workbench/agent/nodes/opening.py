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
from workbench.agent.prompts import prompt
from workbench.agent.sides import Look, Side
from workbench.agent.skills import Skill
from workbench.agent.state import Node, State

MOST_SKILLS = 3


class SelectSkills(BaseModel):
    """Choose the skills to investigate with, the best first; one to three."""

    names: list[str] = Field(description="Names of skills listed", min_length=1)
    odds: dict[str, float] = Field(
        default_factory=dict,
        description="Where the facts show it: change_id of a suspect -> how many times likelier "
        "what its diff or setting says makes it; below 1 for less likely",
    )


def triage(side: Side, investigation: Investigation) -> Node:
    """Look at what tells skills apart. Each look is a tool call that may be cited."""

    def run(state: State) -> State:
        began = time.perf_counter()
        look = Look(investigation)
        facts = side.find_facts(look, investigation, state)
        if state.get("question"):
            facts["question"] = state["question"]
        spent = {"seconds": time.perf_counter() - began}
        return {"facts": facts, "ledger": look.ledger, "spent": spent}

    return run


def select_skills(
    side: Side, model: BaseChatModel, skills: Mapping[str, Skill], budget: Budget
) -> Node:
    """Let the model choose the skills."""
    listed = "\n".join(f"- {skill.name}: {skill.description}" for skill in skills.values())
    opening = prompt(side.select_prompt, skills=listed)
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
