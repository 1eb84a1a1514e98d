"""The wiring of the agent, and nothing else.

triage -> select_skills -> begin_opinion -> model <-> tool
                                ^             |
                     second opinion        hypothesis -> ground -> diagnose -> review -> hand_over
                                +----------------------------+

Where a fix is made and measured before anybody is asked, it ends otherwise:

    diagnose -> make_fix -> review -> hand_over
                    ^----------+ edited
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langchain_core.language_models import BaseChatModel
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Send

from workbench.agent import nodes
from workbench.agent.budget import Budget
from workbench.agent.investigation import Investigation
from workbench.agent.nodes.closing import HandOver, HandOverMade
from workbench.agent.nodes.consult import is_silent
from workbench.agent.sides import DEFENSE, Side
from workbench.agent.skills import Skill
from workbench.agent.state import State

Graph = CompiledStateGraph[State, Any, State, State]


@dataclass(frozen=True, slots=True)
class _Routes:
    """Where the graph goes after a node."""

    side: Side
    limits: Budget
    is_reviewed: bool
    makes_fix: bool
    is_made_first: bool

    def after_begin(self, state: State) -> str:
        return "hypothesis" if self.limits.exhausted(state["spent"]) else "model"

    def after_model(self, state: State) -> str | list[Send]:
        pending = nodes.pending_calls(state)
        if pending is None or is_silent(state["messages"]):
            return "hypothesis"
        if self.limits.exhausted(state["spent"]):
            return "hypothesis"
        return [Send("tool", task) for task in pending] or "model"

    def after_tool(self, state: State) -> str:
        return self.after_begin(state)

    def after_ground(self, state: State) -> str:
        return "diagnose" if nodes.is_settled(state, self.limits) else "begin_opinion"

    def after_diagnose(self, state: State) -> str:
        if not self.side.may_act(state["diagnosis"]):  # runs may still find the cause
            search = self.side.runs_may_tell and not self.is_reviewed
            return self._to_fix() if search else END
        if self.is_made_first:
            return "make_fix"
        return "review" if self.is_reviewed else self._to_fix()

    def after_review(self, state: State) -> str:
        verdict = state["review"]["verdict"]
        if not self.side.may_act(state["diagnosis"]) or verdict == "reject":
            return END
        if self.is_made_first and verdict == "edit":
            return "make_fix"  # what was made is of another diagnosis
        return self._to_fix()

    def _to_fix(self) -> str:
        return "hand_over" if self.makes_fix else END


def _nothing(diagnosis: Mapping[str, Any], edits: object) -> dict[str, Any]:
    """Make nothing of a diagnosis."""
    return {}


def build_graph(
    model: BaseChatModel,
    investigation: Investigation,
    skills: Mapping[str, Skill],
    *,
    side: Side = DEFENSE,
    checkpointer: Any = None,
    budget: Budget | None = None,
    review: bool = False,
    make_fix: HandOver | None = None,
    hand_over: HandOverMade | None = None,
) -> Graph:
    """Return the compiled graph.

    Parameters
    ----------
    model : BaseChatModel
        Any LangChain chat model that calls tools.
    investigation : Investigation
        What the tools read.
    skills : mapping of str to Skill
        Those on offer, by name; those of the other side are left out.
    side : Side
        Whether a regression is explained, or an opportunity mended.
    checkpointer : optional
        A LangGraph checkpointer, to resume from; needed for a review.
    budget : Budget, optional
        When it is spent, the diagnosis is the best there is.
    review : bool
        Whether to wait for a person before anything is made of an accusation.
    make_fix : callable, optional
        What is made of a diagnosis that may be acted on.
    hand_over : callable, optional
        Where it is given, `make_fix` makes its fix before the review, which shows it; this hands
        over what was approved.
    """
    limits = budget or Budget()
    skills = {name: skill for name, skill in skills.items() if skill.side == side.name}
    routes = _Routes(
        side, limits, is_reviewed=review, makes_fix=make_fix is not None,
        is_made_first=review and make_fix is not None and hand_over is not None,
    )  # fmt: skip
    graph = StateGraph(State)
    graph.add_node("triage", nodes.triage(side, investigation))
    graph.add_node("select_skills", nodes.select_skills(side, model, skills, limits))
    graph.add_node("begin_opinion", nodes.begin_opinion(side, skills))
    graph.add_node("model", nodes.ask_model(model, investigation, skills, limits))
    graph.add_node("tool", nodes.use_tool(investigation, skills))
    graph.add_node("hypothesis", nodes.form_hypothesis(side, limits))
    graph.add_node("ground", nodes.ground(side, investigation, skills))
    graph.add_node("diagnose", nodes.diagnose(side, investigation))
    graph.add_node("review", nodes.review(investigation))
    graph.add_node("make_fix", nodes.make_fix(make_fix or _nothing))
    graph.add_node(
        "hand_over",
        nodes.hand_over_made(hand_over) if routes.is_made_first and hand_over
        else nodes.hand_over(make_fix or _nothing),
    )  # fmt: skip
    graph.add_edge(START, "triage")
    graph.add_edge("triage", "select_skills")
    graph.add_edge("select_skills", "begin_opinion")
    graph.add_conditional_edges("begin_opinion", routes.after_begin, ["model", "hypothesis"])
    graph.add_conditional_edges("model", routes.after_model, ["tool", "model", "hypothesis"])
    graph.add_conditional_edges("tool", routes.after_tool, ["model", "hypothesis"])
    graph.add_edge("hypothesis", "ground")
    graph.add_conditional_edges("ground", routes.after_ground, ["begin_opinion", "diagnose"])
    ends = ["make_fix", "hand_over", END]
    graph.add_conditional_edges("diagnose", routes.after_diagnose, ["review", *ends])
    graph.add_edge("make_fix", "review")
    graph.add_conditional_edges("review", routes.after_review, ends)
    graph.add_edge("hand_over", END)
    return graph.compile(checkpointer=checkpointer)
