"""The wiring of the agent, and nothing else.

triage -> select_skill -> model <-> tools
                            |
                         diagnose
"""

from __future__ import annotations

from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from workbench.agent.investigation import Investigation
from workbench.agent.nodes import State, ask_model, diagnose, select_skill, triage, use_tools
from workbench.agent.skills import Skill
from workbench.agent.tools import build_tools

MAX_MODEL_CALLS = 24

Graph = CompiledStateGraph[State, Any, State, State]


def build_graph(
    model: BaseChatModel,
    investigation: Investigation,
    skills: dict[str, Skill],
    *,
    checkpointer: Any = None,
    max_model_calls: int = MAX_MODEL_CALLS,
) -> Graph:
    """Return the compiled graph.

    Parameters
    ----------
    model : BaseChatModel
        Any LangChain chat model that calls tools.
    investigation : Investigation
        What the tools read.
    skills : dict of str to Skill
        Those on offer, by name.
    checkpointer : optional
        A LangGraph checkpointer, to resume from.
    max_model_calls : int
        After so many, the diagnosis is made from what there is.
    """
    tools = build_tools(investigation)

    def after_model(state: State) -> str:
        last = state["messages"][-1]
        calls = last.tool_calls if isinstance(last, AIMessage) else []
        reported = any(call["name"] == "ReportDiagnosis" for call in calls)
        spent = state.get("n_model_calls", 0) >= max_model_calls
        return "diagnose" if reported or spent or not calls else "tools"

    graph = StateGraph(State)
    graph.add_node("triage", triage(investigation))
    graph.add_node("select_skill", select_skill(model, skills))
    graph.add_node("model", ask_model(model, tools, skills))
    graph.add_node("tools", use_tools(tools, skills))
    graph.add_node("diagnose", diagnose(investigation))
    graph.add_edge(START, "triage")
    graph.add_edge("triage", "select_skill")
    graph.add_edge("select_skill", "model")
    graph.add_conditional_edges("model", after_model, ["tools", "diagnose"])
    graph.add_edge("tools", "model")
    graph.add_edge("diagnose", END)
    return graph.compile(checkpointer=checkpointer)
