"""From a report to a diagnosis: what nothing supports is struck, and opinions are weighed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.messages import AIMessage

from workbench.agent.budget import Budget
from workbench.agent.grounding import Shown, terms_of, unsupported
from workbench.agent.investigation import Investigation
from workbench.agent.nodes.consult import final_report
from workbench.agent.playbook import ReportDiagnosis
from workbench.agent.sides import Side
from workbench.agent.skills import Skill
from workbench.agent.state import Ledger, Node, Opinion, State
from workbench.agent.tools.brief import clip
from workbench.types import MITIGATIONS

SURE = 0.8
"""Confidence from which no second opinion is asked for."""
_LONG_TEXT = 2000
"""Bytes of a sentence of the model's that are kept."""


def form_hypothesis(side: Side, budget: Budget) -> Node:
    """Take the model's report; where there is none, what the tools have shown so far."""

    def run(state: State) -> State:
        last = state["messages"][-1]
        report = final_report(last) if isinstance(last, AIMessage) else None
        if report is not None:
            return {"draft": {"report": report.model_dump(), "note": ""}, "cut_short": ""}
        met = budget.exhausted(state["spent"])
        why = f"The budget of {met} is spent." if met else "The model ended without a report."
        report = side.report_so_far(state)
        return {"draft": {"report": report.model_dump(), "note": why}, "cut_short": met}

    return run


def ground(side: Side, investigation: Investigation, skills: Mapping[str, Skill]) -> Node:
    """Strike what no tool reply supports, and an accusation that nothing is left of."""

    def run(state: State) -> State:
        report = ReportDiagnosis.model_validate(state["draft"]["report"])
        opinion = _ground(side, report, skills[state["skill"]], investigation, state)
        opinion["summary"] = f"{opinion['summary']} {state['draft']['note']}".strip()
        return {"opinions": [*state["opinions"], opinion]}

    return run


def _ground(
    side: Side, report: ReportDiagnosis, skill: Skill, investigation: Investigation, state: State
) -> Opinion:
    ledger = state["ledger"]
    kept: list[dict[str, str]] = []
    struck: list[dict[str, str]] = []
    for item in report.evidence:
        told = {"claim": clip(item.claim, _LONG_TEXT), "call_id": item.call_id}
        entry = ledger.get(item.call_id)
        why = unsupported(told["claim"], entry) if entry else "it cites no call that was made"
        if why:
            struck.append({**told, "call_id": clip(item.call_id, 80), "why": clip(why, _LONG_TEXT)})
        else:
            kept.append(told)
    opinion: Opinion = {
        "skill": skill.name, "summary": "", "change_id": "", "functions": [],
        "category": skill.metadata.get("category", skill.name) if report.category else "",
        "mitigation": report.mitigation if report.mitigation in MITIGATIONS else "",
        "confidence": report.confidence, "suspects": [], "evidence": kept, "struck": struck,
    }  # fmt: skip
    shown = Shown.of(*(ledger[item["call_id"]] for item in kept))
    fault = side.judge(opinion, report, shown, investigation, state)
    if fault:
        opinion["confidence"], opinion["mitigation"] = 0.0, ""
    opinion["summary"] = (
        f"Abstained: {fault}."
        if fault
        else _grounded(clip(report.summary, _LONG_TEXT), kept, shown, ledger)
    )
    return opinion


def _grounded(summary: str, kept: list[dict[str, str]], shown: Shown, ledger: Ledger) -> str:
    """Return a summary where all of it was shown; else the claims that were, or what failed."""
    terms = [*terms_of(summary)]
    if kept and terms and all(shown.holds(term) for term in terms):
        return summary
    if kept:
        return " ".join(f"{item['claim'].rstrip('.')}." for item in kept)
    failed = (e["reply"] for e in ledger.values() if e["failed"] and e["tool"] == "rank_changes")
    why = next(failed, "")
    return f"Nobody is named: {why}." if why else "Nobody is named: no claim was supported."


def is_settled(state: State, budget: Budget) -> bool:
    """Tell whether to answer now: sure enough, nobody left to ask, or nothing left to spend."""
    heard = {opinion["skill"] for opinion in state["opinions"]}
    left = [name for name in state["skills"] if name not in heard]
    sure = max(opinion["confidence"] for opinion in state["opinions"])
    return sure >= SURE or not left or bool(budget.exhausted(state["spent"]))


def diagnose(side: Side, investigation: Investigation) -> Node:
    """Weigh the opinions: those that agree keep the surer, those that differ weaken each other."""

    def run(state: State) -> State:
        return {"diagnosis": _weigh(side, state, investigation)}

    return run


def _weigh(side: Side, state: State, investigation: Investigation) -> dict[str, Any]:
    opinions = sorted(state["opinions"], key=lambda opinion: -opinion["confidence"])
    best, *others = opinions
    sure = best["confidence"]
    rival = max(
        (o["confidence"] for o in others if o["change_id"] != best["change_id"]), default=0.0
    )
    if sure and rival:
        right, wrong = sure * (1 - rival), rival * (1 - sure)
        sure = right / (right + wrong) if right + wrong else 0.5
    suspects = [*dict.fromkeys(name for o in opinions for name in o["suspects"])][:3]
    told: dict[str, Any] = {name: value for name, value in best.items() if name != "struck"}
    told |= {"confidence": sure, "suspects": suspects}
    return side.conclude(told, rival, state, investigation)
