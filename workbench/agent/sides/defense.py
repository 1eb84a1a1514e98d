"""A regression: what is looked at, who is accused, and when nobody is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workbench.agent.grounding import Shown
from workbench.agent.investigation import Investigation
from workbench.agent.playbook import (
    ENOUGH,
    MOST_ODDS,
    MOST_PAGES,
    MOST_READ,
    MOST_ROWS,
    WORTH_READING,
    EvidenceItem,
    ReportDiagnosis,
    bare,
    read_diff,
)
from workbench.agent.sides.side import Look, Side
from workbench.agent.state import Opinion, State
from workbench.agent.tools.brief import clip
from workbench.errors import ToolError
from workbench.types import Ranking

_MOST_FUNCTIONS = 3
_LEAVES, _CALLERS = 6, 10
"""Functions whose growth is followed upward, and through how many callers each."""
_BEYOND_NOISE = 3.0


def _find_facts(look: Look, investigation: Investigation, state: State) -> dict[str, Any]:
    regression_id = state["regression_id"]
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


def _results(look: Look, experiment_id: str) -> dict[str, Any]:
    """Return by how much the arms of an experiment differ in what they cost."""
    call_id, told = look("get_experiment", experiment_id=experiment_id)
    rows = [
        {name: row[name] for name in ("arm", "metric", "difference")}
        for row in told.get("results", [])
        if row["difference"] and "cpu" in row["metric"].lower()
    ]
    return {"call_id": call_id, "differences": rows[:4]}


def _paths(
    look: Look, regression_id: str, rows: Sequence[Mapping[str, Any]]
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
    look: Look, change_id: str, change: Mapping[str, Any], functions: Sequence[str]
) -> dict[str, Any]:
    """Return what is new and what is gone in a change, of a long diff in its first pages."""
    text, after = str(change.get("diff", "")), change.get("next_diff_offset")
    for _ in range(MOST_PAGES - 1):
        if after is None:
            break
        _, more = look("get_change", change_id=change_id, diff_offset=after)
        text, after = text + str(more.get("diff", "")), more.get("next_diff_offset")
    return read_diff(text).to_facts([bare(name) for name in functions])


def _by_ranking_so_far(state: State) -> ReportDiagnosis:
    """Return what the ranking says, where that was looked at."""
    for call_id, entry in reversed(state["ledger"].items()):
        asked = entry["tool"] == "rank_changes" and not entry["failed"]
        if asked and entry["arguments"].get("regression_id") == state["regression_id"]:
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


def _most_sure(ranking: Ranking, change_id: str) -> float:
    """Return how sure one may be of a suspect: so far do words move the ranking's odds."""
    prior = next((s.probability for s in ranking.suspects if s.change.id == change_id), 0.0)
    return MOST_ODDS * prior / (MOST_ODDS * prior + 1.0 - prior)


def _accuse(
    opinion: Opinion, report: ReportDiagnosis, shown: Shown, investigation: Investigation,
    state: State,
) -> str:  # fmt: skip
    """Name the culprit where the evidence does; say why not, where it does not."""
    candidates = {change.id: change for change in investigation.candidates(state["regression_id"])}
    opinion["suspects"] = [*_known(report.suspects, investigation, candidates)][:3]
    if not report.change_id:
        return ""
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
        opinion["confidence"], _most_sure(investigation.ranking(state["regression_id"]), change.id)
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


def _name_nobody_unless_sure(
    told: dict[str, Any], rival: float, state: State, investigation: Investigation
) -> dict[str, Any]:
    told = {**told, "regression_id": state["regression_id"]}
    if not told["change_id"] or told["confidence"] >= ENOUGH:
        return told
    none = investigation.ranking(state["regression_id"]).none_probability
    why = "two skills differ" if rival else "that is not sure enough"
    summary = f"Nobody is named: {why}. {told['summary']}"
    nobody = {"change_id": "", "functions": [], "mitigation": ""}
    return {**told, **nobody, "confidence": none, "summary": summary}


DEFENSE = Side(
    name="defense",
    select_prompt="select",
    investigate_prompt="investigate",
    find_facts=_find_facts,
    report_so_far=_by_ranking_so_far,
    judge=_accuse,
    conclude=_name_nobody_unless_sure,
    may_act=lambda diagnosis: bool(diagnosis["change_id"]),
    runs_may_tell=True,
)
"""A regression is explained: who did it, and how it is mended."""
