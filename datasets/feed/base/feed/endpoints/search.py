from feed.cache.keys import search_key
from feed.context import RequestContext
from feed.endpoints.answer import answer
from feed.http import BadRequest, page_size
from feed.ranking.blend import as_candidates
from feed.ranking.page import impressions, make_page
from feed.ranking.score import SEARCH_WEIGHTS, score_candidates
from feed.telemetry.impressions import log_impressions
from feed.text.tokens import content_words

DEFAULT_SIZE = 10
SIZE_LIMIT = 40
MATCH_LIMIT = 80


def search(context: RequestContext) -> bytes:
    """Serve the posts that match a text, those first which suit the viewer."""
    size = page_size(context.request, DEFAULT_SIZE, SIZE_LIMIT)
    text = context.request.variables.get("text")
    if not isinstance(text, str):
        raise BadRequest(f"variables.text: expected a text, got {text!r}")
    words = content_words(text)
    matches = find_matches(context, words)
    posts = context.services.posts.fetch_many(post_id for post_id, _ in matches)
    candidates = as_candidates(posts, "search", [share for _, share in matches])
    ranked = score_candidates(context, candidates, SEARCH_WEIGHTS)
    context.log.info("search.ranked", words=len(words), matches=len(matches))
    log_impressions(context.log, "search", impressions(ranked[:size]))
    return answer(context, "search", make_page(ranked, size))


def find_matches(context: RequestContext, words: list[str]) -> list[tuple[int, float]]:
    """Find posts that hold the words: ids and the share of the words that each holds."""
    searches = context.services.caches.searches
    key = search_key(words, MATCH_LIMIT)
    matches = searches.get(key, context.now)
    if matches is None:
        matches = context.services.index.find(words, MATCH_LIMIT)
        searches.put(key, matches, context.now)
    return matches
