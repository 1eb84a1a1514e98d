import hashlib
import hmac
import json

import pytest
from receiver import receiving

from workbench.engine import Webhook
from workbench.engine.ledger import Found, Ledger
from workbench.engine.webhook import deliver, wait_s
from workbench.errors import WorkbenchError


@pytest.fixture
def ledger(tmp_path):
    """A ledger with messages of two regressions that nobody has posted."""
    with Ledger(tmp_path / "watch.db", "/fleet", posts=True) as ledger:
        found = [
            Found("svc", name, frozenset({name}), 0.0, 1.0, {"id": f"R-{name}"}) for name in "ab"
        ]
        ledger.take("svc", 20, found, "snapshot", "{}")
        yield ledger


def test_a_message_is_signed_by_its_body(monkeypatch):
    monkeypatch.setenv("WORKBENCH_WEBHOOK_SECRET", "of us two")
    with receiving() as receiver:
        Webhook.from_environment(receiver.url).post(b'{"a": 1}', "x1")
    ((headers, body),) = receiver.came
    digest = hmac.new(b"of us two", b'{"a": 1}', hashlib.sha256).hexdigest()
    assert (body, headers["X-Workbench-Delivery"]) == (b'{"a": 1}', "x1")
    assert headers["X-Workbench-Signature-256"] == f"sha256={digest}"
    assert headers["Content-Type"] == "application/json"


def test_without_a_secret_nothing_is_signed(monkeypatch):
    monkeypatch.delenv("WORKBENCH_WEBHOOK_SECRET", raising=False)
    with receiving() as receiver:
        Webhook.from_environment(receiver.url).post(b"{}", "x1")
    assert "X-Workbench-Signature-256" not in receiver.came[0][0]


def test_what_nobody_takes_is_kept_and_sent_later_in_order_and_once(ledger):
    with receiving() as receiver:
        pass
    hook = Webhook(receiver.url)
    assert "webhook: " in deliver(ledger, hook, 100.0)
    with receiving(int(receiver.url.split(":")[2].split("/")[0])) as receiver:
        assert deliver(ledger, hook, 100.0) == ""
        assert receiver.came == []  # it is let be for five seconds
        receiver.status = 503
        assert "answered 503" in deliver(ledger, hook, 105.0)
        receiver.status = 200
        assert deliver(ledger, hook, 114.0) == ""
        assert receiver.came == []  # and then for ten
        assert deliver(ledger, hook, 115.0) == ""
        assert deliver(ledger, hook, 9999.0) == ""
    told = [json.loads(body)["regression"]["id"] for _, body in receiver.came]
    assert told == ["R-a", "R-b"]
    assert len(receiver.deliveries) == 2


def test_nobody_is_asked_again_for_ever():
    assert [wait_s(n) for n in (1, 2, 3)] == [5.0, 10.0, 20.0]
    assert wait_s(500) == 3600.0


def test_a_message_follows_no_redirect():
    with receiving() as other, receiving() as receiver:
        receiver.status, receiver.location = 302, other.url
        with pytest.raises(WorkbenchError, match="answered 302"):
            Webhook(receiver.url).post(b"{}", "x1")
        receiver.status = 307
        with pytest.raises(WorkbenchError, match="answered 307"):
            Webhook(receiver.url).post(b"{}", "x1")
    assert other.came == []


@pytest.mark.parametrize(
    "url", ["", "hooks.example.invalid", "file:///etc/passwd", "http://", "http://[x/"]
)
def test_what_is_no_address_is_said(url):
    with pytest.raises(WorkbenchError, match="webhook: expected an http or https address, got"):
        Webhook(url)
