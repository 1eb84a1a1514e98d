"""A person's word on a diagnosis, and what then happens with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langgraph.types import interrupt

from workbench.agent.investigation import Investigation
from workbench.agent.state import Node, Review, State
from workbench.agent.tools.edits import edits_in
from workbench.errors import ToolError
from workbench.types import MITIGATIONS

VERDICTS = ("approve", "edit", "reject")
EDITABLE = ("change_id", "functions", "category", "mitigation", "summary")

HandOver = Callable[[Mapping[str, Any], Sequence[Mapping[str, str]]], Mapping[str, Any]]
"""A diagnosis and the edits that were proposed -> what was made of it, as JSON has it."""
HandOverMade = Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]]
"""An approved diagnosis, and what was made of it before the review -> what became of that."""


def review(investigation: Investigation) -> Node:
    """Wait for a person. Runs again from its start when that person has spoken, so does nothing
    else.
    """

    def run(state: State) -> State:
        shown = {name: state[name] for name in ("diagnosis", "made") if name in state}
        said: Review = interrupt(shown)
        if said["verdict"] != "edit":
            return {"review": said}
        return {"review": said, "diagnosis": _put_right(state["diagnosis"], said, investigation)}

    return run


def _put_right(
    told: Mapping[str, Any], said: Review, investigation: Investigation
) -> dict[str, Any]:
    """Return a diagnosis with a reviewer's changes; what was said of another goes with it."""
    changes = said.get("changes", {})
    right = {**told, **changes}
    if "change_id" not in changes:
        return right
    culprit = investigation.change(right["change_id"]).id if right["change_id"] else ""
    if culprit != told["change_id"]:
        who = said.get("by", "") or "a reviewer"
        named = f"{culprit[:12]} did it" if culprit else "None of the known changes did it"
        others = [name for name in told["suspects"] if name != culprit]
        right |= {
            "evidence": [], "confidence": 1.0, "functions": changes.get("functions", []),
            "summary": changes.get("summary", f"{named}, says {who}."),
            "suspects": [*([culprit] if culprit else []), *others][:3],
            "mitigation": changes.get("mitigation", "revert") if culprit else "",
        }  # fmt: skip
    return right | {"change_id": culprit}


def check_review(
    said: Review, investigation: Investigation, *, of_opportunity: bool = False
) -> None:
    """Raise ToolError for what cannot be taken as a review."""
    if said.get("verdict") not in VERDICTS:
        raise ToolError(f"expected a verdict of {', '.join(VERDICTS)}, got {said.get('verdict')!r}")
    changes = said.get("changes", {})
    unknown = [name for name in changes if name not in EDITABLE]
    if unknown or (said["verdict"] == "edit") != bool(changes):
        seen = (
            f"no field {unknown[0]!r}" if unknown else f"{said['verdict']} with changes {changes}"
        )
        raise ToolError(f"{seen}; edit takes one or more of {', '.join(EDITABLE)}")
    if changes.get("mitigation", "") not in ("", *MITIGATIONS):
        known = ", ".join(MITIGATIONS)
        raise ToolError(f"mitigation: expected one of {known}, got {changes['mitigation']!r}")
    empty = [name for name in ("category", "summary") if changes.get(name, "x").strip() == ""]
    if said["verdict"] == "reject" and not said.get("why", "").strip():
        empty = ["why"]
    if empty:
        raise ToolError(f"{empty[0]}: expected words, got none")
    ran = {function.subject for function in investigation.recording.functions}
    unseen = [name for name in changes.get("functions", ()) if name not in ran]
    if unseen:
        raise ToolError(f"functions: {unseen[0][:200]!r} is in no profile; expected module:name")
    if of_opportunity and "change_id" in changes:
        raise ToolError("change_id: nobody is to blame for an opportunity")
    if changes.get("change_id"):
        investigation.change(changes["change_id"])


def hand_over(make_fix: HandOver) -> Node:
    """Give an approved diagnosis to the patch room."""

    def run(state: State) -> State:
        return {"handed_over": dict(make_fix(state["diagnosis"], edits_in(state["ledger"])))}

    return run


def make_fix(make: HandOver) -> Node:
    """Let the patch room make and measure a fix that nobody has approved yet."""

    def run(state: State) -> State:
        return {"made": dict(make(state["diagnosis"], edits_in(state["ledger"])))}

    return run


def hand_over_made(hand_over: HandOverMade) -> Node:
    """Give what was made, shown and approved to the patch room."""

    def run(state: State) -> State:
        return {"handed_over": dict(hand_over(state["diagnosis"], state["made"]))}

    return run
