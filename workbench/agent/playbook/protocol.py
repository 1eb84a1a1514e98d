"""How a playbook speaks: it yields tool calls, receives replies, and returns a diagnosis."""

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
    """What the tool complained of; empty where it answered."""


class EvidenceItem(BaseModel):
    """One claim and the call that supports it."""

    claim: str = Field(
        description="One sentence that the call's reply shows. Numbers, names, ids and what stands "
        "in back quotes are looked up there; a claim with none, or with one that is not there, is "
        "struck"
    )
    call_id: str = Field(description="Id of the tool call")


class ReportDiagnosis(BaseModel):
    """Give the final diagnosis, or abstain with an empty change_id when the evidence names nobody.

    Every claim cites the id of a tool call whose reply shows it.
    """

    summary: str = Field(description="Cause and mechanism in one or two sentences")
    change_id: str = Field(default="", description="Id of the change to blame; empty to abstain")
    functions: list[str] = Field(default_factory=list, description="Subjects of culprit functions")
    category: str = Field(default="", description="Kind of cause, such as lost cache")
    mitigation: str = Field(default="", description="Named by the skill, such as revert")
    confidence: float = Field(
        default=0.0, ge=0, le=1,
        description="Probability that this is right; when you abstain, that no known change did it",
    )  # fmt: skip
    suspects: list[str] = Field(
        default_factory=list, description="Ids of the likeliest changes, most likely first, up to 3"
    )
    evidence: list[EvidenceItem] = Field(default_factory=list)


Playbook = Generator[Call, Reply, ReportDiagnosis]


def call(tool: str, **arguments: Any) -> Call:
    """Ask for a tool call."""
    return Call(tool, arguments)


def cite(reply: Reply, claim: str) -> EvidenceItem:
    """Cite a reply for a claim."""
    return EvidenceItem(claim=claim, call_id=reply.call_id)


def abstain(
    why: str, evidence: Sequence[EvidenceItem], *, confidence: float = 0.0,
    suspects: Sequence[str] = (), category: str = "", mitigation: str = "",
) -> ReportDiagnosis:  # fmt: skip
    """Name nobody, and say why; confidence is that no known change is to blame."""
    return ReportDiagnosis(
        summary=why, evidence=list(evidence), confidence=confidence, suspects=list(suspects)[:3],
        category=category, mitigation=mitigation,
    )  # fmt: skip
