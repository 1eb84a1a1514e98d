from collections import Counter
from collections.abc import Sequence

from feed.ranking.page import RankedPost
from feed.ranking.score import order

AUTHOR_DECAY = 0.6
TOPIC_DECAY = 0.93
WINDOW = 60


def diversify(ranked: Sequence[RankedPost]) -> list[RankedPost]:
    """Let an author's and a topic's later posts sink.

    Only the first `WINDOW` posts are moved: no viewer reads further in one go.

    Parameters
    ----------
    ranked : sequence of RankedPost
        Best first.
    """
    authors: Counter[int] = Counter()
    topics: Counter[str] = Counter()
    damped = []
    for item in ranked[:WINDOW]:
        damped.append(damp(item, authors[item.post.author_id], topics[item.post.topic]))
        authors[item.post.author_id] += 1
        topics[item.post.topic] += 1
    return sorted(damped, key=order, reverse=True) + list(ranked[WINDOW:])


def damp(item: RankedPost, n_by_author: int, n_on_topic: int) -> RankedPost:
    """Lower a score by what came before it."""
    factor = AUTHOR_DECAY**n_by_author * TOPIC_DECAY**n_on_topic
    return RankedPost(item.post, item.score * factor, item.reason)
