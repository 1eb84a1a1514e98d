from collections.abc import Iterable, Sequence
from math import exp

from feed.context import RequestContext
from feed.ranking.candidates import Candidate
from feed.ranking.features import FEATURES, extract
from feed.ranking.interests import viewer_interests
from feed.ranking.page import RankedPost

HOME_WEIGHTS = {
    "recency": 1.4,
    "closeness": 1.1,
    "popularity": 0.9,
    "spread": 0.4,
    "topic_match": 1.6,
    "author_match": 2.0,
    "language_match": 0.7,
    "richness": 0.3,
}
SEARCH_WEIGHTS = {**HOME_WEIGHTS, "recency": 0.6, "closeness": 2.4, "popularity": 1.5}
BIAS = -3.2


def weight_row(weights: dict[str, float]) -> list[float]:
    """Weights in the order of the features."""
    return [weights[name] for name in FEATURES]


def sigmoid(x: float) -> float:
    """Map a sum of weighted features to 0 to 1."""
    return 1 / (1 + exp(-x))


def score_row(row: Sequence[float], weights: Sequence[float]) -> float:
    """Score of one candidate from its features."""
    return sigmoid(BIAS + sum(x * w for x, w in zip(row, weights, strict=True)))


def score_candidates(
    context: RequestContext, candidates: Iterable[Candidate], weights: dict[str, float]
) -> list[RankedPost]:
    """Score candidates for the viewer, best first; ties go to the newer post."""
    with context.trace.span("rank.score") as span:
        interests = viewer_interests(context)
        row_weights = weight_row(weights)
        ranked = [
            RankedPost(c.post, score_row(extract(c, interests, context.now), row_weights), c.source)
            for c in candidates
        ]
        span.set("n", len(ranked))
    if context.log.is_debug:
        log_scores(context, ranked)
    return sorted(ranked, key=order, reverse=True)


def log_scores(context: RequestContext, ranked: Iterable[RankedPost]) -> None:
    """Write a line for each scored post."""
    for item in ranked:
        context.log.debug("rank.scored", post=item.post.id, score=item.score, source=item.reason)


def order(item: RankedPost) -> tuple[float, int]:
    """Key by which ranked posts are sorted."""
    return (item.score, item.post.created_at)
