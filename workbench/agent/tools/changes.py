"""Changes that were deployed."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from workbench.agent.investigation import Investigation
from workbench.agent.tools.brief import clip, take

_MAX_DIFF_BYTES = 5000


def rank_changes(
    investigation: Investigation,
    regression_id: Annotated[str, Field(description="Id of the regression, R-…")],
    limit: Annotated[int, Field(description="How many suspects", ge=1, le=10)] = 5,
) -> dict[str, Any]:
    """Rank the deployed changes by the share of the regression's growth that passes through the
    functions they touched; the rest is growth that no change explains.
    """
    ranking = investigation.ranking(regression_id)
    suspects = ranking.suspects
    return {
        "n_candidates": len(investigation.candidates(regression_id)),
        "none_of_these": round(ranking.none_probability, 4),
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
    change = investigation.change(change_id)
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
