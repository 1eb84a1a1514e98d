from feed.data.build import build_dataset
from feed.data.graph import FollowGraph

SIZES = {"users": 50, "posts_per_user": 5, "follows_per_user": 6}


def test_dataset_has_the_sizes_that_were_asked_for():
    dataset = build_dataset(SIZES, n_shards=4)
    assert len(dataset.users) == 50
    assert len(dataset.posts) == 250
    assert all(0 < len(dataset.graph.following(user)) <= 6 for user in range(1, 51))


def test_same_seed_gives_the_same_rows():
    first, second = (build_dataset(SIZES, n_shards=4) for _ in range(2))
    other = build_dataset({**SIZES, "seed": 8}, n_shards=4)
    assert first.posts.fetch(3_002) == second.posts.fetch(3_002)
    assert first.posts.fetch(3_002) != other.posts.fetch(3_002)


def test_users_are_found_by_id_and_handle():
    users = build_dataset(SIZES, n_shards=4).users
    user = users.fetch(7)
    assert users.id_of(user.handle) == 7
    assert set(users.fetch_many([7, 7, 8, 999])) == {7, 8}
    assert users.fetch(999) is None


def test_posts_of_an_author_are_newest_first():
    posts = build_dataset(SIZES, n_shards=4).posts.recent_of(3, 5)
    assert [post.id for post in posts] == [3_000, 3_001, 3_002, 3_003, 3_004]
    assert sorted(posts, key=lambda post: -post.created_at) == posts


def test_replies_are_found_by_the_post_they_answer():
    posts = build_dataset(SIZES, n_shards=4).posts
    replies = [post for post in posts._posts.values() if post.reply_to]
    assert replies
    assert all(reply in posts.replies_to(reply.reply_to, 100) for reply in replies)


def test_graph_answers_in_both_directions():
    graph = FollowGraph({1: (2, 3), 2: (3,)}, {1: (100,), 2: (100, 200)})
    assert graph.followers(3, 10) == [1, 2]
    assert graph.n_followers(3) == 2
    assert graph.follows(1, 2)
    assert not graph.follows(2, 1)
    assert graph.mutuals(1, 2) == {3}
    assert graph.likers(100, 10) == [1, 2]
    assert graph.liked_by(9) == frozenset()


def test_index_prefers_texts_with_more_of_the_words():
    dataset = build_dataset(SIZES, n_shards=4)
    post = dataset.posts.fetch(5_001)
    words = [word for word in post.text.lower().split() if word.isalpha()][:6]
    found = dataset.index.find(words, 20)
    shares = [share for _, share in found]
    assert shares == sorted(shares, reverse=True)
    assert dataset.posts.fetch(found[0][0]).text == post.text
