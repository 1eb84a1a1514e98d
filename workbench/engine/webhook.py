"""Posting to a webhook: signed, and again later where nobody takes it."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import os
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

from workbench.engine.ledger import Ledger
from workbench.errors import WorkbenchError

SECRET = "WORKBENCH_WEBHOOK_SECRET"
SIGNATURE = "X-Workbench-Signature-256"
DELIVERY = "X-Workbench-Delivery"
_TIMEOUT_S = 10.0
_FIRST_WAIT_S = 5.0
_LONGEST_WAIT_S = 3600.0


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows none: what was signed for one receiver is for no other."""

    def redirect_request(self, *_: Any) -> None:
        """Return nothing, which is told as the error that it is."""


_opener = urllib.request.build_opener(_NoRedirects)


@dataclass(frozen=True, slots=True)
class Webhook:
    """A receiver of messages.

    Each is a POST of JSON. `X-Workbench-Delivery` is the same when a message comes again, which it
    does where it was not known to have arrived. With a secret, `X-Workbench-Signature-256` is
    `sha256=` and the HMAC-SHA256 of the body in hexadecimal digits.
    """

    url: str
    secret: str = ""

    def __post_init__(self) -> None:
        """Check where it is; WorkbenchError where that is nowhere."""
        try:
            parts = urllib.parse.urlsplit(self.url)
            is_one = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:
            is_one = False
        if not is_one:
            raise WorkbenchError(f"webhook: expected an http or https address, got {self.url!r}")

    @classmethod
    def from_environment(cls, url: str) -> Webhook:
        """Return one whose secret is what `WORKBENCH_WEBHOOK_SECRET` says."""
        return cls(url, os.environ.get(SECRET, ""))

    def post(self, body: bytes, delivery: str) -> None:
        """Post a message; WorkbenchError where it is not taken (with a status of 200 to 299)."""
        headers = {"Content-Type": "application/json", DELIVERY: delivery}
        if self.secret:
            digest = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
            headers[SIGNATURE] = f"sha256={digest}"
        request = urllib.request.Request(self.url, body, headers, method="POST")
        try:
            with _opener.open(request, timeout=_TIMEOUT_S):
                pass
        except urllib.error.HTTPError as error:
            error.close()
            raise WorkbenchError(f"webhook: answered {error.code} {error.reason}") from error
        except (OSError, http.client.HTTPException) as error:
            raise WorkbenchError(f"webhook: {error}") from error


def wait_s(n_failures: int) -> float:
    """Return how long to wait after so many failures: twice as long each time, to an hour."""
    return float(min(_FIRST_WAIT_S * 2.0 ** min(n_failures - 1, 20), _LONGEST_WAIT_S))


def deliver(ledger: Ledger, webhook: Webhook, now: float) -> str:
    """Post what is due, in order, until the first that nobody takes; return why not, or nothing.

    What was posted when the engine was killed, before that could be noted, is posted again.
    """
    for message in ledger.to_post(now):
        body = message.body.encode()
        delivery = hashlib.sha256(body).hexdigest()[:32]
        try:
            webhook.post(body, delivery)
        except WorkbenchError as error:
            ledger.not_posted(message.number, now + wait_s(message.n_failures + 1))
            return str(error)
        ledger.posted(message.number)
    return ""
