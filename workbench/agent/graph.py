"""The wiring of the agent, and nothing else.

triage -> select_skills -> begin_opinion -> model <-> tool
                                ^             |
                     second opinion        hypothesis -> ground -> diagnose -> review -> hand_over
                                +----------------------------+
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.language_models import BaseChatModel
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Send

from workbench.agent import nodes
from workbench.agent.budget import Budget
from workbench.agent.investigation import Investigation
from workbench.agent.nodes.closing import HandOver
from workbench.agent.nodes.consult import is_silent
from workbench.agent.skills import Skill
from workbench.agent.state import State

Graph = CompiledStateGraph[State, Any, State, State]


def build_graph(
    model: BaseChatModel,
    investigation: Investigation,
    skills: Mapping[str, Skill],
    *,
    checkpointer: Any = None,
    budget: Budget | None = None,
    review: bool = False,
    make_fix: HandOver | None = None,
) -> Graph:
    """Return the compiled graph.

    Parameters
    ----------
    model : BaseChatModel
        Any LangChain chat model that calls tools.
    investigation : Investigation
        What the tools read.
    skills : mapping of str to Skill
        Those on offer, by name.
    checkpointer : optional
        A LangGraph checkpointer, to resume from; needed for a review.
    budget : Budget, optional
        When it is spent, the diagnosis is the best there is.
    review : bool
        Whether to wait for a person before anything is made of an accusation.
    make_fix : callable, optional
        What is made of a diagnosis that may be acted on.
    """
    limits = budget or Budget()

    def after_begin(state: State) -> str:
        return "hypothesis" if limits.exhausted(state["spent"]) else "model"

    def after_model(state: State) -> str | list[Send]:
        pending = nodes.pending_calls(state)
        if pending is None or limits.exhausted(state["spent"]) or is_silent(state["messages"]):
            return "hypothesis"
        return [Send("tool", task) for task in pending] or "model"

    def after_tool(state: State) -> str:
        return "hypothesis" if limits.exhausted(state["spent"]) else "model"

    def after_ground(state: State) -> str:
        return "diagnose" if nodes.is_settled(state, limits) else "begin_opinion"

    def after_diagnose(state: State) -> str:
        if not state["diagnosis"]["change_id"]:
            return END
        return "review" if review else "hand_over" if make_fix else END

    def after_review(state: State) -> str:
        accused = state["diagnosis"]["change_id"] and state["review"]["verdict"] != "reject"
        return "hand_over" if accused and make_fix else END

    graph = StateGraph(State)
    graph.add_node("triage", nodes.triage(investigation))
    graph.add_node("select_skills", nodes.select_skills(model, skills, limits))
    graph.add_node("begin_opinion", nodes.begin_opinion(skills))
    graph.add_node("model", nodes.ask_model(model, investigation, skills, limits))
    graph.add_node("tool", nodes.use_tool(investigation, skills))
    graph.add_node("hypothesis", nodes.form_hypothesis(limits))
    graph.add_node("ground", nodes.ground(investigation, skills))
    graph.add_node("diagnose", nodes.diagnose(investigation))
    graph.add_node("review", nodes.review(investigation))
    graph.add_node("hand_over", nodes.hand_over(make_fix or dict))
    graph.add_edge(START, "triage")
    graph.add_edge("triage", "select_skills")
    graph.add_edge("select_skills", "begin_opinion")
    graph.add_conditional_edges("begin_opinion", after_begin, ["model", "hypothesis"])
    graph.add_conditional_edges("model", after_model, ["tool", "model", "hypothesis"])
    graph.add_conditional_edges("tool", after_tool, ["model", "hypothesis"])
    graph.add_edge("hypothesis", "ground")
    graph.add_conditional_edges("ground", after_ground, ["begin_opinion", "diagnose"])
    graph.add_conditional_edges("diagnose", after_diagnose, ["review", "hand_over", END])
    graph.add_conditional_edges("review", after_review, ["hand_over", END])
    graph.add_edge("hand_over", END)
    return graph.compile(checkpointer=checkpointer)
