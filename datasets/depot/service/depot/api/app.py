"""Which handler answers which request."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from depot.api import handlers
from depot.errors import DepotError, Invalid
from depot.service import Depot

log = logging.getLogger("depot.api")


@dataclass(frozen=True)
class Request:
    """What was asked."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]


Handler = Callable[[Depot, Any], dict[str, Any]]

ROUTES: list[tuple[str, re.Pattern[str], int, Handler]] = [
    ("POST", re.compile(r"/orders"), 201, handlers.place_order),
    ("GET", re.compile(r"/orders"), 200, handlers.list_orders),
    ("GET", re.compile(r"/orders/(?P<id>\w+)"), 200, handlers.get_order),
    ("POST", re.compile(r"/orders/(?P<id>\w+)/pick"), 200, handlers.pick_order),
    ("POST", re.compile(r"/orders/(?P<id>\w+)/ship"), 200, handlers.ship_order),
    ("POST", re.compile(r"/orders/(?P<id>\w+)/cancel"), 200, handlers.cancel_order),
    ("POST", re.compile(r"/tours"), 200, handlers.plan_tours),
    ("POST", re.compile(r"/standing/(?P<name>\w+)"), 201, handlers.run_standing),
    ("GET", re.compile(r"/products"), 200, handlers.search_products),
    ("GET", re.compile(r"/products/(?P<sku>[\w-]+)/substitute"), 200, handlers.get_substitute),
]


class App:
    """Answers requests about one depot."""

    def __init__(self, depot: Depot) -> None:
        self._depot = depot

    def handle(self, method: str, target: str, body: str = "") -> tuple[int, str]:
        """Return the status and the text of the reply to a request."""
        try:
            status, told = self._answer(method, target, body)
        except DepotError as error:
            log.info("%s %s: %s", method, target, error)
            status, told = error.status, {"error": str(error)}
        return status, json.dumps(told, sort_keys=True)

    def _answer(self, method: str, target: str, body: str) -> tuple[int, dict[str, Any]]:
        parts = urlsplit(target)
        for wanted, pattern, status, handler in ROUTES:
            found = pattern.fullmatch(parts.path) if wanted == method else None
            if found:
                query = dict(parse_qsl(parts.query))
                return status, handler(
                    self._depot, Request(found.groupdict(), query, read_body(body))
                )
        return 404, {"error": f"{method} {parts.path} is not known"}


def read_body(body: str) -> dict[str, Any]:
    """Return what the body of a request says; Invalid where it is no JSON object."""
    try:
        told = json.loads(body or "{}")
    except ValueError as error:
        raise Invalid(f"the body is no JSON: {error}") from None
    if not isinstance(told, dict):
        raise Invalid("the body is no JSON object")
    return told
