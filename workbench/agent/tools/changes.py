"""Changes that were deployed."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from workbench.agent.investigation import Investigation
from workbench.errors import ToolError

_MAX_TEXT = 160
_MAX_DIFF = 5000


def rank_changes(
    investigation: Investigation,
    regression_id: Annotated[str, Field(description="Id of the regression, R-…")],
    limit: Annotated[int, Field(description="How many suspects", ge=1, le=10)] = 5,
) -> dict[str, Any]:
    """Rank the deployed changes by the share of the regression's growth that passes through the
    functions they touched; the rest is growth that no change explains.
    """
    suspects = investigation.suspects(regression_id)
    return {
        "n_candidates": len(investigation.changes),
        "unexplained": round(max(0.0, 1 - sum(s.probability for s in suspects)), 4),
        "suspects": [
            {
                "change_id": s.change.id[:12],
                "title": s.change.title[:_MAX_TEXT],
                "author": s.change.author[:_MAX_TEXT],
                "probability": round(s.probability, 4),
                "growth_ms": round(s.growth * 1e3, 4),
                "functions": [name[:_MAX_TEXT] for name in s.functions[:5]],
            }
            for s in suspects[:limit]
        ],
    }


def get_change(
    investigation: Investigation,
    change_id: Annotated[str, Field(description="Id of the change, at least 7 characters")],
) -> dict[str, Any]:
    """Return one change: title, author, time, the functions it touched, and its diff."""
    matches = [c for c in investigation.changes if c.id.startswith(change_id)]
    if len(change_id) < 7 or len(matches) != 1:
        seen = f"{len(matches)} changes" if len(change_id) >= 7 else "an id of under 7 characters"
        raise ToolError(f"expected one deployed change with id {change_id!r}, found {seen}")
    change = matches[0]
    assert investigation.repository is not None  # there are changes only where there is one
    diff = investigation.repository.show(change.id)
    return {
        "change_id": change.id[:12],
        "title": change.title[:_MAX_TEXT],
        "author": f"{change.author} <{change.email}>"[:_MAX_TEXT],
        "at": change.at.isoformat(),
        "functions": [f.subject[:_MAX_TEXT] for f in change.functions[:8]],
        "diff": diff[:_MAX_DIFF],
        "diff_truncated": len(diff) > _MAX_DIFF,
    }
