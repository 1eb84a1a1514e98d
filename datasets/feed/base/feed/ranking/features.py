"""What the score is made of: one function for each feature, with values from 0 to 1."""

from collections.abc import Callable
from math import log1p

from feed.ranking.candidates import Candidate
from feed.ranking.interests import Interests

HALF_LIFE_SECONDS = 21_600.0
_LIKES_SCALE = log1p(400.0)
_REPOSTS_SCALE = log1p(45.0)

Feature = Callable[[Candidate, Interests, float], float]


def recency(candidate: Candidate, interests: Interests, now: float) -> float:
    """1 for a new post, a half after `HALF_LIFE_SECONDS`, and so on."""
    return 0.5 ** (max(0.0, now - candidate.post.created_at) / HALF_LIFE_SECONDS)


def closeness(candidate: Candidate, interests: Interests, now: float) -> float:
    """How near the author is to the viewer."""
    return candidate.closeness


def popularity(candidate: Candidate, interests: Interests, now: float) -> float:
    """Likes, on a scale where 400 are 1."""
    return min(1.0, log1p(candidate.post.n_likes) / _LIKES_SCALE)


def spread(candidate: Candidate, interests: Interests, now: float) -> float:
    """Reposts, on a scale where 45 are 1."""
    return min(1.0, log1p(candidate.post.n_reposts) / _REPOSTS_SCALE)


def topic_match(candidate: Candidate, interests: Interests, now: float) -> float:
    """Share of the viewer's likes that have the post's topic."""
    return interests.topics.get(candidate.post.topic, 0.0)


def author_match(candidate: Candidate, interests: Interests, now: float) -> float:
    """Share of the viewer's likes that have the post's author."""
    return interests.authors.get(candidate.post.author_id, 0.0)


def language_match(candidate: Candidate, interests: Interests, now: float) -> float:
    """1 where the viewer reads the post's language."""
    return 1.0 if candidate.post.language == interests.language else 0.0


def richness(candidate: Candidate, interests: Interests, now: float) -> float:
    """Pictures and length: 1 for two pictures and 120 characters."""
    post = candidate.post
    return 0.25 * min(2, post.n_media) + 0.5 * min(1.0, len(post.text) / 120)


FEATURES: dict[str, Feature] = {
    "recency": recency,
    "closeness": closeness,
    "popularity": popularity,
    "spread": spread,
    "topic_match": topic_match,
    "author_match": author_match,
    "language_match": language_match,
    "richness": richness,
}


def extract(candidate: Candidate, interests: Interests, now: float) -> list[float]:
    """Values of all features of one candidate, in the order of `FEATURES`."""
    return [feature(candidate, interests, now) for feature in FEATURES.values()]
