"""An opportunity: what is looked at, and what a skill's report comes to."""

from __future__ import annotations

import json
from typing import Any

from workbench.agent.grounding import Shown
from workbench.agent.investigation import Investigation
from workbench.agent.playbook import ReportDiagnosis, cite_edit, cite_place
from workbench.agent.sides.side import Look, Side
from workbench.agent.state import Opinion, State

_LINES_AROUND = 12
_MOST_LINES = 60


def _find_facts(look: Look, investigation: Investigation, state: State) -> dict[str, Any]:
    wanted = state["opportunity_id"]
    place_id, place = look("get_opportunity", opportunity_id=wanted)
    first = max(1, place["line"] - _LINES_AROUND)
    n_lines = min(_MOST_LINES, place["end_line"] + _LINES_AROUND - first + 1)
    code_id, code = look("read_code", path=place["path"], start_line=first, n_lines=n_lines)
    edits_id, edits = look("preview_edits", opportunity_id=wanted)
    cases_id, cases = look("similar_cases", text=f"{place['function']} {place['title']}")
    return {
        **place,
        "subject": place["function"],
        "code": {"start_line": first, "text": code.get("text", "")},
        "edits": edits.get("edits", []),
        "past": [row for row in cases.get("cases", []) if row["subject"] == place["function"]],
        "call_ids": {
            "get_opportunity": place_id, "read_code": code_id, "preview_edits": edits_id,
            "similar_cases": cases_id,
        },
    }  # fmt: skip


def _by_edits_so_far(state: State) -> ReportDiagnosis:
    """Return the first edit that is known, where that was looked at."""
    replies = {
        entry["tool"]: (call_id, json.loads(entry["reply"]))
        for call_id, entry in state["ledger"].items()
        if entry["tool"] in ("get_opportunity", "preview_edits") and not entry["failed"]
    }
    edits = replies.get("preview_edits", ("", {}))[1].get("edits", [])
    if not edits or "get_opportunity" not in replies:
        return ReportDiagnosis(summary="No edit is known for it.")
    place_id, place = replies["get_opportunity"]
    evidence = [cite_place(place_id, place), cite_edit(replies["preview_edits"][0], edits[0])]
    return ReportDiagnosis(
        summary=evidence[-1].claim, functions=[place["function"]],
        mitigation=edits[0]["mitigation"], confidence=place["chance"], evidence=evidence,
    )  # fmt: skip


def _judge(
    opinion: Opinion, report: ReportDiagnosis, shown: Shown, investigation: Investigation,
    state: State,
) -> str:  # fmt: skip
    """Let an opinion say what to do where something that was read supports it."""
    if not report.mitigation:
        return ""
    if not opinion["mitigation"]:
        return f"there is no mitigation {report.mitigation[:80]!r}"
    if not opinion["evidence"]:
        return f"no tool reply supports {report.mitigation}"
    opinion["functions"] = [investigation.opportunity(state["opportunity_id"]).function]
    return ""


def _conclude(
    told: dict[str, Any], rival: float, state: State, investigation: Investigation
) -> dict[str, Any]:
    return {**told, "regression_id": "", "opportunity_id": state["opportunity_id"]}


OFFENSE = Side(
    name="offense",
    select_prompt="select_offense",
    investigate_prompt="mend",
    find_facts=_find_facts,
    report_so_far=_by_edits_so_far,
    judge=_judge,
    conclude=_conclude,
    may_act=lambda diagnosis: bool(diagnosis["mitigation"]),
    runs_may_tell=False,
)
"""An opportunity is mended: whether to edit, and by which kind of edit."""
