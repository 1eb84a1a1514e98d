"""Changes that were deployed."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from workbench.agent.investigation import Investigation
from workbench.agent.tools.brief import clip, take
from workbench.errors import ToolError

_MAX_DIFF_BYTES = 5000


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
        "suspects": take(
            [
                {
                    "change_id": s.change.id[:12],
                    "title": clip(s.change.title),
                    "author": clip(s.change.author),
                    "probability": round(s.probability, 4),
                    "growth_ms": round(s.growth * 1e3, 4),
                    "functions": [clip(name) for name in s.functions[:5]],
                }
                for s in suspects[:limit]
            ]
        ),
    }


def get_change(
    investigation: Investigation,
    change_id: Annotated[str, Field(description="Id of the change, at least 7 characters")],
) -> dict[str, Any]:
    """Return one change: title, author, time, the functions it touched, and its diff."""
    matches = [c for c in investigation.changes if c.id.startswith(change_id)]
    if len(change_id) < 7 or len(matches) != 1:
        seen = f"{len(matches)} changes" if len(change_id) >= 7 else "an id of under 7 characters"
        raise ToolError(f"expected one deployed change with id {clip(change_id)!r}, found {seen}")
    change = matches[0]
    assert investigation.repository is not None  # there are changes only where there is one
    diff = investigation.repository.show(change.id)
    shown = clip(diff, _MAX_DIFF_BYTES)
    return {
        "change_id": change.id[:12],
        "title": clip(change.title),
        "author": clip(f"{change.author} <{change.email}>"),
        "at": change.at.isoformat(),
        "functions": [clip(f.subject) for f in change.functions[:8]],
        "diff": shown,
        "diff_truncated": len(shown) < len(diff),
    }
