from dataclasses import replace

from feed.ranking.blend import as_candidates, blend, discovery_posts
from feed.ranking.candidates import Candidate, build_pool, drop_repeats, gather_candidates
from feed.ranking.diversity import diversify
from feed.ranking.features import FEATURES, HALF_LIFE_SECONDS, extract
from feed.ranking.interests import viewer_interests
from feed.ranking.page import RankedPost, make_page
from feed.ranking.score import HOME_WEIGHTS, score_candidates


def candidate(context, post_id=2_000, closeness=0.5, **changes):
    post = replace(context.services.posts.fetch(post_id), **changes)
    return Candidate(post, "followed", closeness)


def values(context, item):
    row = extract(item, viewer_interests(context), context.now)
    return dict(zip(FEATURES, row, strict=True))


def test_pool_holds_followed_authors_first(context):
    pool = build_pool(context)
    assert pool[0].source == "followed"
    assert {c.post.author_id for c in pool if c.source == "followed"} <= set(
        context.viewer.following
    )
    assert all(c.post.author_id != context.viewer.id for c in pool)


def test_pool_is_gathered_once(context):
    first = [c.post.id for c in gather_candidates(context)]
    assert [c.post.id for c in gather_candidates(context)] == first


def test_drop_repeats_keeps_the_first_of_a_text(context):
    items = [candidate(context, 2_000, text="a"), candidate(context, 3_000, text="a")]
    assert drop_repeats(items) == items[:1]


def test_features_are_from_0_to_1(context):
    for item in build_pool(context):
        assert all(0 <= value <= 1 for value in values(context, item).values())


def test_recency_halves_in_a_half_life(context):
    new = candidate(context, created_at=int(context.now))
    old = candidate(context, created_at=int(context.now - HALF_LIFE_SECONDS))
    assert values(context, new)["recency"] == 1
    assert abs(values(context, old)["recency"] - 0.5) < 1e-3


def test_better_posts_come_first(context):
    plain = candidate(context, n_likes=0)
    liked = candidate(context, n_likes=300)
    ranked = score_candidates(context, [plain, liked], HOME_WEIGHTS)
    assert [item.post for item in ranked] == [liked.post, plain.post]
    assert 0 < ranked[1].score < ranked[0].score < 1


def test_diversify_lets_the_second_post_of_an_author_sink(context):
    posts = [candidate(context, i).post for i in (2_000, 2_001, 3_000)]
    ranked = [
        RankedPost(post, score, "") for post, score in zip(posts, (0.9, 0.8, 0.7), strict=True)
    ]
    assert [item.post.author_id for item in diversify(ranked)] == [2, 3, 2]


def test_diversify_keeps_all(context):
    ranked = score_candidates(context, build_pool(context), HOME_WEIGHTS)
    assert {item.post.id for item in diversify(ranked)} == {item.post.id for item in ranked}


def test_blend_places_extras_at_even_distances():
    assert blend("abcdef", "XYZ", 3) == list("abXcdYefZ")
    assert blend("abcd", "", 3) == list("abcd")


def test_discovery_leaves_out_who_is_followed(context):
    found = discovery_posts(context, [])
    assert found
    assert not {item.post.author_id for item in found} & set(context.viewer.following)


def test_make_page_knows_whether_more_comes(context):
    posts = context.services.posts.recent_of(2, 3)
    items = [RankedPost(c.post, 0.1, "") for c in as_candidates(posts, "x", [0.0] * 3)]
    assert make_page(items, 2)["pageInfo"]["hasNext"] is True
    assert make_page(items, 3)["pageInfo"]["hasNext"] is False
    assert make_page([], 3)["pageInfo"]["cursor"] == ""
