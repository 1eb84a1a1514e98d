import json

import pytest
from feed.auth import Authenticator, sign
from feed.http import BadRequest, Request, TooManyRequests, Unauthorized, page_size, parse_request
from feed.ratelimit import RateLimiter

BODY = {"operation": "Search", "query": "query S { search { edges { id } } }", "user": 1}


def test_parse_request_reads_all_parts():
    body = {**BODY, "variables": {"text": "x"}, "request_id": "r", "at": 5.0}
    request = parse_request(json.dumps(body).encode())
    assert request == Request("Search", BODY["query"], 1, "r", {"text": "x"}, 5.0)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"{", "body"),
        (b"[]", "body"),
        (json.dumps({**BODY, "operation": "Dance"}).encode(), "body.operation"),
        (json.dumps({**BODY, "user": "me"}).encode(), "body.user"),
        (json.dumps({**BODY, "query": None}).encode(), "body.query"),
    ],
)
def test_parse_request_says_where_it_is_wrong(body, place):
    with pytest.raises(BadRequest, match=place):
        parse_request(body)


@pytest.mark.parametrize(("first", "size"), [(5, 5), (0, 1), (99, 40), (None, 10)])
def test_page_size_is_kept_in_bounds(first, size):
    request = Request("Search", "", 1, "", {} if first is None else {"first": first})
    assert page_size(request, 10, 40) == size


def test_authenticator_knows_users_only(client):
    services = client.app.services
    authenticator = Authenticator(services.users, services.graph, services.caches.sessions)
    viewer = authenticator.authenticate(Request("Search", "", 4, ""))
    assert viewer.id == 4
    assert viewer.following == services.graph.following(4)
    with pytest.raises(Unauthorized, match="99999"):
        authenticator.authenticate(Request("Search", "", 99_999, ""))


def test_sessions_are_signed():
    assert sign(1) != sign(2)
    assert len(sign(1)) == 32


def test_rate_limiter_refuses_and_forgives():
    limiter = RateLimiter(rate_per_second=1, burst=3)
    for _ in range(3):
        limiter.check(1, "HomeTimeline", now=10)
    with pytest.raises(TooManyRequests):
        limiter.check(1, "HomeTimeline", now=10)
    limiter.check(2, "HomeTimeline", now=10)
    limiter.check(1, "HomeTimeline", now=11)


def test_refused_requests_tell_the_client(make):
    client = make({"settings": {"rate_limit_burst": 1, "rate_limit_per_second": 0}})
    client.data("HomeTimeline")
    assert client.ask("HomeTimeline")["error"]["status"] == 429
