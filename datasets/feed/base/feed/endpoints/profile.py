from feed.context import RequestContext
from feed.endpoints.answer import answer
from feed.http import BadRequest, NotFound, page_size
from feed.ranking.blend import as_candidates
from feed.ranking.page import page_info
from feed.ranking.score import HOME_WEIGHTS, score_candidates

DEFAULT_SIZE = 10
SIZE_LIMIT = 40
_ALL = 200


def profile(context: RequestContext) -> bytes:
    """Serve an account and its best posts."""
    size = page_size(context.request, DEFAULT_SIZE, SIZE_LIMIT)
    user_id = context.request.variables.get("userId", context.viewer.id)
    if not isinstance(user_id, int):
        raise BadRequest(f"variables.userId: expected a whole number, got {user_id!r}")
    user = context.services.users.fetch(user_id)
    if user is None:
        raise NotFound(f"no user {user_id}")
    posts = context.services.posts.recent_of(user_id, _ALL)
    candidates = as_candidates(posts, "profile", [0.5] * len(posts))
    ranked = score_candidates(context, candidates, HOME_WEIGHTS)
    if not context.has_flag("profile_best_first"):
        ranked.sort(key=lambda item: item.post.created_at, reverse=True)
    context.log.info("profile.ranked", user=user_id, posts=len(posts))
    value = {
        "user": user,
        "posts": ranked[:size],
        "pageInfo": page_info(ranked[:size], len(ranked) > size),
    }
    return answer(context, "profile", value)
