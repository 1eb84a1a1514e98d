import pytest
from feed.endpoints import HANDLERS
from feed.http import OPERATIONS


def test_every_operation_has_a_handler_named_after_it():
    names = {
        op: "".join(f"_{c.lower()}" if c.isupper() else c for c in op)[1:] for op in OPERATIONS
    }
    assert {op: handler.__name__ for op, handler in HANDLERS.items()} == names


def test_home_timeline_has_the_size_that_was_asked_for(client):
    page = client.data("HomeTimeline", first=7)
    assert len(page["edges"]) == 7
    assert page["pageInfo"]["hasNext"] is True


def test_home_timeline_shows_no_post_of_the_viewer_and_none_twice(client):
    edges = client.data("HomeTimeline", user=3, first=15)["edges"]
    ids = [edge["id"] for edge in edges]
    assert len(set(ids)) == len(ids)
    assert all(edge["author"]["id"] != 3 for edge in edges)


def test_home_timeline_is_the_same_for_the_same_request(make):
    assert make().ask("HomeTimeline", user=5) == make().ask("HomeTimeline", user=5)


@pytest.mark.parametrize("name", ["ios-8.2", "android-7.9", "web-2026.3"])
def test_every_client_gets_data_from_every_endpoint(make, name):
    client = make(client=name)
    variables = {
        "HomeTimeline": {},
        "Profile": {"userId": 2},
        "Search": {"text": "the and music"},
        "Notifications": {},
        "PostDetail": {"postId": 2000},
        "Compose": {"text": "A quiet day. #music"},
    }
    for operation in OPERATIONS:
        assert client.data(operation, **variables[operation]), operation


def test_profile_shows_posts_of_its_user(client):
    page = client.data("Profile", userId=9, first=3)
    assert page["user"]["id"] == 9
    assert {post["author"]["id"] for post in page["posts"]} == {9}


def test_profile_of_nobody_is_not_found(client):
    assert client.ask("Profile", userId=10_000)["error"]["status"] == 404


def test_search_finds_a_text_by_its_words(client):
    text = client.app.services.posts.fetch(4_001).text
    edges = client.data("Search", text=text, first=40)["edges"]
    assert " ".join(text.split()) in {edge["text"] for edge in edges}


def test_search_without_a_text_is_refused(client):
    assert client.ask("Search")["error"]["status"] == 400


def test_notifications_count_their_events(client):
    page = client.data("Notifications", first=40)
    assert page["unread"] >= sum(group["count"] for group in page["groups"]) > 0
    assert all(len(group["actors"]) <= 3 for group in page["groups"])


def test_notification_posts_are_left_out_where_the_client_says_so(client):
    groups = client.data("Notifications", withPosts=False)["groups"]
    assert all("post" not in group for group in groups)


def test_post_detail_shows_answers_and_related_posts(client):
    posts = client.app.services.posts
    asked = next(post for post in posts._posts.values() if posts.replies_to(post.id, 1))
    page = client.data("PostDetail", postId=asked.id)
    assert page["post"]["id"] == asked.id
    assert page["replies"]
    assert asked.id not in {post["id"] for post in page["related"]}


def test_compose_publishes_once_for_one_request(client):
    body = {
        "operation": "Compose",
        "query": client.queries["Compose"],
        "variables": {"text": "Hello #music"},
        "user": 2,
        "request_id": "same",
        "at": 1_772_406_000,
    }
    first, second = client.raw(body), client.raw(body)
    assert first == second
    posts = client.app.services.posts.recent_of(2, 100)
    assert len({post.id for post in posts}) == len(posts)


def test_composed_post_reaches_followers(client):
    follower = client.app.services.graph.followers(2, 1)[0]
    client.data("HomeTimeline", user=follower)
    post_id = client.data("Compose", user=2, text="Fresh bread today #cooking")["id"]
    edges = client.data("HomeTimeline", user=follower, first=50)["edges"]
    assert post_id in {edge["id"] for edge in edges}


@pytest.mark.parametrize("text", ["", "x" * 501, "WIN WIN free prize now http://a.biz !!!!!"])
def test_compose_refuses(client, text):
    assert client.ask("Compose", text=text)["error"]["status"] == 400


def test_discovery_posts_come_with_their_flag_only(make):
    on = make({"flags": {"discovery_blend": 1.0}}).data("HomeTimeline", first=30)
    off = make({"flags": {"discovery_blend": 0.0}}).data("HomeTimeline", first=30)
    assert "discovery" in {edge["reason"] for edge in on["edges"]}
    assert "discovery" not in {edge["reason"] for edge in off["edges"]}
