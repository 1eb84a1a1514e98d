from feed.context import RequestContext
from feed.endpoints.answer import answer
from feed.http import page_size
from feed.ranking.blend import DISCOVERY_EVERY, blend, discovery_posts
from feed.ranking.candidates import gather_candidates
from feed.ranking.diversity import diversify
from feed.ranking.page import impressions, make_page
from feed.ranking.score import HOME_WEIGHTS, score_candidates
from feed.telemetry.impressions import log_impressions

DEFAULT_SIZE = 20
SIZE_LIMIT = 50


def home_timeline(context: RequestContext) -> bytes:
    """Serve the posts that a viewer should see first."""
    size = page_size(context.request, DEFAULT_SIZE, SIZE_LIMIT)
    candidates = gather_candidates(context)
    ranked = diversify(score_candidates(context, candidates, HOME_WEIGHTS))
    if context.has_flag("discovery_blend"):
        ranked = blend(ranked, discovery_posts(context, ranked[:size]), DISCOVERY_EVERY)
    context.log.info("timeline.ranked", candidates=len(candidates), size=size)
    context.services.metrics.observe("timeline.candidates", len(candidates))
    log_impressions(context.log, "home", impressions(ranked[:size]))
    return answer(context, "homeTimeline", make_page(ranked, size))
