import itertools
import json
from pathlib import Path

import pytest
from feed.app import create_app

FOLDER = Path(__file__).resolve().parent.parent
SMALL = {"users": 120, "posts_per_user": 8, "follows_per_user": 12}
QUERIES = json.loads((FOLDER / "config" / "queries.json").read_text())


class Client:
    """Sends requests to an app in the way the clients do."""

    def __init__(self, app, client="web-2026.3"):
        self.app = app
        self.queries = QUERIES[client]
        self.ids = itertools.count(1)

    def raw(self, body):
        return json.loads(self.app.handle(json.dumps(body).encode()))

    def ask(self, operation, user=1, at=1_772_406_000, query=None, **variables):
        return self.raw(
            {
                "operation": operation,
                "query": query or self.queries[operation],
                "variables": variables,
                "user": user,
                "request_id": f"t{next(self.ids)}",
                "at": at,
            }
        )

    def data(self, operation, **rest):
        reply = self.ask(operation, **rest)
        assert "error" not in reply, reply
        return next(iter(reply["data"].values()))


def make_client(runtime=None, client="web-2026.3"):
    return Client(create_app({"data": SMALL, **(runtime or {})}), client)


@pytest.fixture
def client():
    return make_client()


@pytest.fixture
def make():
    return make_client


@pytest.fixture
def context(client):
    """A context of user 1 in the middle of a request."""
    from feed.http import Request

    request = Request("HomeTimeline", client.queries["HomeTimeline"], 1, "r1", {}, 1_772_406_000)
    return client.app._open(request)
