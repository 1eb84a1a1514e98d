"""What a playbook is written with: it yields tool calls, receives replies, returns a diagnosis.

def investigate(facts):
    ranked = yield call("rank_changes", regression_id=facts["regression_id"])
    ...
    return conclude(...)
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel, Field


class Call(NamedTuple):
    """A tool call that a playbook asks for."""

    tool: str
    arguments: Mapping[str, Any]


class Reply(dict[str, Any]):
    """A tool's reply, with the id of the call for use as evidence."""

    call_id: str = ""
    error: str = ""


class EvidenceItem(BaseModel):
    """One claim and the call that supports it."""

    claim: str = Field(description="One sentence that the call's reply shows")
    call_id: str = Field(description="Id of the tool call")


class ReportDiagnosis(BaseModel):
    """Give the final diagnosis, or abstain with an empty change_id when the evidence names nobody.

    Every claim cites the id of a tool call whose reply shows it.
    """

    summary: str = Field(description="Cause and mechanism in one or two sentences")
    change_id: str = Field(default="", description="Id of the change to blame; empty to abstain")
    functions: list[str] = Field(default_factory=list, description="Subjects of culprit functions")
    category: str = Field(default="", description="Kind of cause, such as lost cache")
    mitigation: str = Field(default="", description="revert, restore_cache or hoist")
    confidence: float = Field(default=0.0, ge=0, le=1)
    evidence: list[EvidenceItem] = Field(default_factory=list)


Playbook = Generator[Call, Reply, ReportDiagnosis]


def call(tool: str, **arguments: Any) -> Call:
    """Ask for a tool call."""
    return Call(tool, arguments)


def cite(reply: Reply, claim: str) -> EvidenceItem:
    """Cite a reply for a claim."""
    return EvidenceItem(claim=claim, call_id=reply.call_id)


def abstain(why: str, evidence: Sequence[EvidenceItem]) -> ReportDiagnosis:
    """Name nobody, and say why."""
    return ReportDiagnosis(summary=why, evidence=list(evidence))


_DOUBT = 0.5
"""More than this probability that it was none of the known changes, and none is named."""


class Examined(NamedTuple):
    """What every code investigation looks at first."""

    suspect: Mapping[str, Any]
    ranked: Reply
    change: Reply
    profile: Reply
    evidence: tuple[EvidenceItem, ...]

    @property
    def subject(self) -> str:
        """The function that carries most of the growth, or else the change by its title."""
        known = [*self.suspect["functions"], self.suspect.get("title", "")]
        return str(known[0] or self.suspect["change_id"])


def examine(
    facts: Mapping[str, Any], *, at_least: float
) -> Generator[Call, Reply, Examined | ReportDiagnosis]:
    """Rank the changes, read the first suspect's diff, and look its function up in the profile.

    Returns
    -------
    Examined or ReportDiagnosis
        An abstention where nobody is suspected, the first suspect is the cause with a probability
        below `at_least`, or more probably none of the known changes is than any of them.
    """
    ranked = yield call("rank_changes", regression_id=facts["regression_id"])
    suspects = ranked.get("suspects", [])
    if not suspects:
        seen = ranked.error or f"{ranked.get('n_candidates', 0)} changes took effect about then"
        return abstain(f"Nobody is named: {seen}.", [cite(ranked, seen)])
    first = suspects[0]
    probability, none = first["probability"], ranked.get("none_of_these", 0.0)
    weighed = f"{first['change_id']} is the cause with a probability of {probability:.0%}"
    if none > _DOUBT:
        seen = f"{weighed}, none of the known changes with one of {none:.0%}"
        return abstain(f"Nobody is named: {seen}.", [cite(ranked, seen)])
    if probability < at_least:
        return abstain(f"Nobody is named: {weighed} at most.", [cite(ranked, weighed)])
    change = yield call("get_change", change_id=first["change_id"])
    carrying = first["functions"][0] if first["functions"] else ""  # a setting may have none
    profile = yield call("diff_profile", regression_id=facts["regression_id"], function=carrying)
    evidence = [cite(ranked, f"{weighed}, more than any other of {ranked['n_candidates']}")]
    row = profile.get("function")
    if row:
        grew = (
            f"{row['function']} went from {row['before']:g} to {row['after']:g} {profile['unit']}"
        )
        evidence.append(cite(profile, grew))
    return Examined(first, ranked, change, profile, tuple(evidence))


def accuse(
    examined: Examined, *, summary: str, category: str, mitigation: str,
    evidence: Sequence[EvidenceItem] = (),
) -> ReportDiagnosis:  # fmt: skip
    """Blame the first suspect; confidence is its probability."""
    return ReportDiagnosis(
        summary=summary,
        change_id=examined.suspect["change_id"],
        functions=examined.suspect["functions"],
        category=category,
        mitigation=mitigation,
        confidence=examined.suspect["probability"],
        evidence=[*examined.evidence, *evidence],
    )
