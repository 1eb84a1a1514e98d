"""What a service does in vain, and the edits that are known for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from typing_extensions import TypedDict

from workbench.agent.tools.arguments import Limit, NextOffset, Offset, Total
from workbench.agent.tools.brief import clip, number, page, take
from workbench.agent.tools.edits import diff_of

if TYPE_CHECKING:
    from workbench.agent.investigation import Investigation
    from workbench.types import Amount, Opportunity

_MOST_EDITS = 5
_MOST_DIFF_BYTES = 1100

OpportunityId = Annotated[str, Field(description="As list_opportunities gives it", max_length=100)]


class AmountRow(TypedDict):
    """An amount with its 95 % interval; null where it is not known."""

    value: float | None
    low: float | None
    high: float | None


class OpportunityRow(TypedDict):
    """One opportunity, in short."""

    opportunity_id: str
    pattern: Annotated[str, Field(description="Kind of waste")]
    function: Annotated[str, Field(description="module:name")]
    path: Annotated[str, Field(description="In the repository")]
    line: int
    share: Annotated[float, Field(description="Fraction of CPU samples through these lines")]
    saving: Annotated[float, Field(description="Fraction of the service's CPU it should save")]


class Opportunities(TypedDict):
    """A page of opportunities."""

    opportunities: list[OpportunityRow]
    total: Total
    next_offset: NextOffset


class OpportunityDetail(TypedDict):
    """One opportunity."""

    opportunity_id: str
    service: str
    pattern: Annotated[str, Field(description="Kind of waste")]
    title: str
    function: Annotated[str, Field(description="module:name")]
    path: Annotated[str, Field(description="In the repository")]
    line: int
    end_line: int
    share: Annotated[float, Field(description="Fraction of CPU samples through these lines")]
    saving: Annotated[AmountRow, Field(description="Fraction of the service's CPU")]
    watts: AmountRow
    chance: Annotated[float, Field(description="That a patch of it is verified")]
    mitigation: Annotated[str, Field(description="What usually mends it")]
    evidence: list[str]
    documents: Annotated[list[str], Field(description="Titles of those that speak of it")]
    precedents: Annotated[list[str], Field(description="Ids of past cases of its kind")]
    validation: Annotated[list[str], Field(description="What has to hold of a patch")]
    owner: str


class EditRow(TypedDict):
    """An edit that can be made, not tried yet."""

    mitigation: str
    summary: str
    diff: Annotated[str, Field(description="Unified diff against head; a long one is cut")]


class Edits(TypedDict):
    """Edits that are known for a place, the most fitting first."""

    opportunity_id: str
    n_edits: int
    edits: list[EditRow]


def list_opportunities(
    investigation: Investigation, limit: Limit = 20, offset: Offset = 0
) -> Opportunities:
    """List places where the service does work in vain: hot functions that fit a known pattern, the
    most worthwhile for an hour of review first.
    """
    found = investigation.opportunities
    rows, next_offset = page(found, offset, limit, _row)
    return {"opportunities": rows, "total": len(found), "next_offset": next_offset}


def get_opportunity(
    investigation: Investigation, opportunity_id: OpportunityId
) -> OpportunityDetail:
    """Tell all that is known of one opportunity: where it is, what was read and measured there, and
    what has to hold of a patch.
    """
    one = investigation.opportunity(opportunity_id)
    return {
        "opportunity_id": one.id,
        "service": clip(one.service),
        "pattern": one.pattern,
        "title": clip(one.title, 300),
        "function": clip(one.function),
        "path": clip(one.file, 1000),
        "line": one.line,
        "end_line": one.end_line,
        "share": number(one.share, 4) or 0.0,
        "saving": _amount(one.saving),
        "watts": _amount(one.watts),
        "chance": one.chance,
        "mitigation": one.mitigation,
        "evidence": take([clip(sentence, 400) for sentence in one.evidence], 2500),
        "documents": [clip(title) for title in one.documents],
        "precedents": [clip(id_, 80) for id_ in one.precedents],
        "validation": [clip(sentence, 200) for sentence in one.validation],
        "owner": clip(one.owner),
    }


def preview_edits(investigation: Investigation, opportunity_id: OpportunityId) -> Edits:
    """Show the edits that the workbench can make by itself for an opportunity, each with its diff.
    None is tried before the report names its mitigation.
    """
    from workbench.patch.mitigations import propose_at

    one = investigation.opportunity(opportunity_id)
    code = investigation.code()
    patches = list(propose_at(code, investigation.head, one))
    rows: list[EditRow] = []
    for patch in patches[:_MOST_EDITS]:
        diffs = [
            diff_of(path, code.find(path, investigation.head) or "", after or "")
            for path, after in patch.files.items()
        ]
        rows.append({
            "mitigation": patch.strategy, "summary": clip(patch.summary, 200),
            "diff": clip("".join(diffs), _MOST_DIFF_BYTES),
        })  # fmt: skip
    return {"opportunity_id": one.id, "n_edits": len(patches), "edits": take(rows)}


def _row(one: Opportunity) -> OpportunityRow:
    return {
        "opportunity_id": one.id,
        "pattern": one.pattern,
        "function": clip(one.function),
        "path": clip(one.file, 1000),
        "line": one.line,
        "share": number(one.share, 4) or 0.0,
        "saving": number(one.saving.value, 4) or 0.0,
    }


def _amount(amount: Amount) -> AmountRow:
    return {
        "value": number(amount.value, 4),
        "low": number(amount.low, 4),
        "high": number(amount.high, 4),
    }
