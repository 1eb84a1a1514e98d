"""From a report to a diagnosis: what nothing supports is struck, and opinions are weighed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from langchain_core.messages import AIMessage

from workbench.agent.budget import Budget
from workbench.agent.grounding import Shown, terms_of, unsupported
from workbench.agent.investigation import Investigation
from workbench.agent.nodes.consult import final_report
from workbench.agent.playbook import ENOUGH, MOST_ODDS, EvidenceItem, ReportDiagnosis
from workbench.agent.skills import Skill
from workbench.agent.state import Ledger, Node, Opinion, State
from workbench.agent.tools.brief import clip
from workbench.errors import ToolError
from workbench.types import MITIGATIONS, Ranking

SURE = 0.8
"""Confidence from which no second opinion is asked for."""
_LONG_TEXT = 2000
"""Bytes of a sentence of the model's that are kept."""


def form_hypothesis(budget: Budget) -> Node:
    """Take the model's report; where there is none, what the tools have shown so far."""

    def run(state: State) -> State:
        last = state["messages"][-1]
        report = final_report(last) if isinstance(last, AIMessage) else None
        if report is not None:
            return {"draft": {"report": report.model_dump(), "note": ""}, "cut_short": ""}
        met = budget.exhausted(state["spent"])
        why = f"The budget of {met} is spent." if met else "The model ended without a report."
        report = best_so_far(state["ledger"], state["regression_id"])
        return {"draft": {"report": report.model_dump(), "note": why}, "cut_short": met}

    return run


def best_so_far(ledger: Ledger, regression_id: str) -> ReportDiagnosis:
    """Return what the ranking says, where that was looked at: the answer when time is up."""
    for call_id, entry in reversed(ledger.items()):
        asked = entry["tool"] == "rank_changes" and not entry["failed"]
        if asked and entry["arguments"].get("regression_id") == regression_id:
            return _by_ranking(call_id, json.loads(entry["reply"]))
    return ReportDiagnosis(summary="Nothing was found out.")


def _by_ranking(call_id: str, ranked: dict[str, Any]) -> ReportDiagnosis:
    rows, none = ranked["suspects"], ranked["none_of_these"]
    first = rows[0] if rows else None
    suspects = [row["change_id"] for row in rows][:3]
    if first is None or first["probability"] < max(ENOUGH, none):
        claim = (
            f"None of the {ranked['n_candidates']} changes did it with a probability of {none:.0%}"
        )
        return ReportDiagnosis(
            summary="Nobody is named.", confidence=none, suspects=suspects,
            evidence=[EvidenceItem(claim=claim, call_id=call_id)],
        )  # fmt: skip
    sure = first["probability"]
    claim = (
        f"By the ranking alone {first['change_id']} is the cause with a probability of {sure:.0%}"
    )
    return ReportDiagnosis(
        summary=f"{claim}.", change_id=first["change_id"], functions=first["functions"],
        mitigation="revert", confidence=sure, suspects=suspects,
        evidence=[EvidenceItem(claim=claim, call_id=call_id)],
    )  # fmt: skip


def ground(investigation: Investigation, skills: Mapping[str, Skill]) -> Node:
    """Strike what no tool reply supports, and an accusation that nothing is left of."""

    def run(state: State) -> State:
        report = ReportDiagnosis.model_validate(state["draft"]["report"])
        opinion = _ground(
            report, state["ledger"], skills[state["skill"]], investigation, state["regression_id"]
        )
        opinion["summary"] = f"{opinion['summary']} {state['draft']['note']}".strip()
        return {"opinions": [*state["opinions"], opinion]}

    return run


def _ground(
    report: ReportDiagnosis, ledger: Ledger, skill: Skill, investigation: Investigation,
    regression_id: str,
) -> Opinion:  # fmt: skip
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
    candidates = {change.id: change for change in investigation.candidates(regression_id)}
    opinion: Opinion = {
        "skill": skill.name, "summary": "", "change_id": "", "functions": [],
        "category": skill.metadata.get("category", skill.name) if report.category else "",
        "mitigation": report.mitigation if report.mitigation in MITIGATIONS else "",
        "confidence": report.confidence,
        "suspects": [*_known(report.suspects, investigation, candidates)][:3],
        "evidence": kept, "struck": struck,
    }  # fmt: skip
    shown = Shown.of(*(ledger[item["call_id"]] for item in kept))
    fault = ""
    if report.change_id:
        fault = _accuse(opinion, report, shown, investigation, candidates, regression_id)
    if fault:
        opinion["confidence"], opinion["mitigation"] = 0.0, ""
    opinion["summary"] = (
        f"Abstained: {fault}."
        if fault
        else _grounded(clip(report.summary, _LONG_TEXT), kept, shown, ledger)
    )
    return opinion


def _most_sure(ranking: Ranking, change_id: str) -> float:
    """Return how sure one may be of a suspect: so far do words move the ranking's odds."""
    prior = next((s.probability for s in ranking.suspects if s.change.id == change_id), 0.0)
    return MOST_ODDS * prior / (MOST_ODDS * prior + 1.0 - prior)


def _accuse(
    opinion: Opinion, report: ReportDiagnosis, shown: Shown, investigation: Investigation,
    candidates: dict[str, Any], regression_id: str,
) -> str:  # fmt: skip
    """Name the culprit where the evidence does; say why not, where it does not."""
    asked = clip(report.change_id, 80)
    try:
        change = investigation.change(report.change_id)
    except ToolError as error:
        return str(error)
    if change.id not in candidates:
        return f"{asked} did not take effect about when the regression began"
    if not opinion["evidence"]:
        return f"no tool reply supports the claim against {asked}"
    if shown.ids.isdisjoint({change.id, change.id[:12], clip(change.id, 80)}):
        return f"no reply that is cited speaks of {asked}"
    opinion["confidence"] = min(
        opinion["confidence"], _most_sure(investigation.ranking(regression_id), change.id)
    )
    opinion["change_id"] = change.id
    opinion["suspects"] = [*dict.fromkeys([change.id, *opinion["suspects"]])][:3]
    touched = {clip(f.subject): f.subject for f in candidates[change.id].functions}
    touched |= {clip(f.subject): f.subject for f in change.functions}
    opinion["functions"] = [touched[clip(n)] for n in report.functions if clip(n) in touched]
    return ""


def _known(
    names: list[str], investigation: Investigation, candidates: dict[str, Any]
) -> Iterator[str]:
    """Yield the full ids of those named that are candidates, each once."""
    seen = set()
    for name in names:
        try:
            change_id = investigation.change(name).id
        except ToolError:
            continue
        if change_id in candidates and change_id not in seen:
            seen.add(change_id)
            yield change_id


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


def diagnose(investigation: Investigation) -> Node:
    """Weigh the opinions: those that agree keep the surer, those that differ weaken each other."""

    def run(state: State) -> State:
        return {"diagnosis": _weigh(state, investigation)}

    return run


def _weigh(state: State, investigation: Investigation) -> dict[str, Any]:
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
    told: dict[str, Any] = {
        **{name: value for name, value in best.items() if name != "struck"},
        "regression_id": state["regression_id"], "confidence": sure, "suspects": suspects,
    }  # fmt: skip
    if best["change_id"] and sure < ENOUGH:
        none = investigation.ranking(state["regression_id"]).none_probability
        told |= {"change_id": "", "functions": [], "mitigation": "", "confidence": none}
        why = "two skills differ" if rival else "that is not sure enough"
        told["summary"] = f"Nobody is named: {why}. {best['summary']}"
    return told
