"""Regressions that were investigated before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from workbench.agent.tools.arguments import AnyRegressionId, At, Limit, NextOffset, Offset, Total
from workbench.agent.tools.brief import clip, moment, number, page
from workbench.errors import ToolError

if TYPE_CHECKING:
    from workbench.agent.investigation import Investigation

_SAME_SUBJECT = 2.0
"""How much better a case fits that was of the very same function."""
_MOST_MERGED = 10


class CaseRow(TypedDict):
    """One case."""

    case_id: str
    at: At
    title: str
    subject: Annotated[str, Field(description="Function or endpoint that regressed")]
    category: str
    cause: Annotated[str, Field(description="In words")]
    mitigation: Annotated[str, Field(description="What was done about it")]
    change: Annotated[str, Field(description="Id of the culprit; empty: no known change")]
    score: Annotated[float, Field(description="How alike it is (BM25), twice for the same subject")]


class Cases(TypedDict):
    """A page of past cases."""

    cases: list[CaseRow]
    total: Total
    next_offset: NextOffset


def similar_cases(
    investigation: Investigation,
    regression_id: AnyRegressionId = "",
    text: Annotated[
        str, Field(description="Words to look for, such as a symptom", max_length=1000)
    ] = "",
    limit: Limit = 5,
    offset: Offset = 0,
) -> Cases:
    """Find past regressions that are like one, or like a description, most alike first: what caused
    them and what was done about it.
    """
    if not regression_id and not text.strip():
        raise ToolError("expected regression_id or text to be like")
    subject, query = "", text
    if regression_id:
        regression = investigation.regression(regression_id)
        subject = regression.subject
        merged = " ".join(name[:200] for name in regression.merged[:_MOST_MERGED])
        query = f"{text} {subject[:500]} {merged}"
    cases, index = investigation.past_cases
    scores = [
        score * (_SAME_SUBJECT if subject and case["subject"] == subject else 1.0)
        for case, score in zip(cases, index.scores(query), strict=True)
    ]
    order = sorted(range(len(cases)), key=lambda n: -scores[n])
    found = [(cases[n], scores[n]) for n in order if scores[n] > 0]
    rows, next_offset = page(found, offset, limit, lambda pair: _row(*pair))
    return {"cases": rows, "total": len(found), "next_offset": next_offset}


def _row(case: dict[str, Any], score: float) -> CaseRow:
    return {
        "case_id": clip(case["id"], 80),
        "at": moment(case["at"]),
        "title": clip(case["title"]),
        "subject": clip(case["subject"]),
        "category": clip(case["category"], 80),
        "cause": clip(case["cause"], 600),
        "mitigation": clip(case["mitigation"], 300),
        "change": clip(case["change"], 80),
        "score": number(score, 4) or 0.0,
    }
