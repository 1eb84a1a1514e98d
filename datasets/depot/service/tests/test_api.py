import json

import pytest
from depot.api.app import App
from depot.service import Depot

HOME = {"name": "anna bela", "street": "Lange Str. 4", "postcode": "34117", "town": "fulda"}


class Asked:
    """An app, asked with Python values."""

    def __init__(self, depot):
        self.depot = depot
        self._app = App(depot)

    def __call__(self, method, target, **body):
        status, text = self._app.handle(method, target, json.dumps(body) if body else "")
        return status, json.loads(text)

    def order(self, *lines, customer="K1"):
        told = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
        return self("POST", "/orders", customer=customer, address=HOME, lines=told,
                    at="2026-03-02T09:30:00")  # fmt: skip


@pytest.fixture
def ask(products, batches):
    depot = Depot()
    depot.catalog.add_all(products)
    depot.stock.receive(batches)
    return Asked(depot)


def test_orders_are_placed_picked_and_shipped(ask):
    status, told = ask.order(("BOLT", 20), ("BOOK", 1))
    assert (status, told["order"]["total"], told["order"]["carrier"]) == (201, "62.38", "north")
    assert told["other_carriers"] == ["post", "alpen", "swift", "cargo", "velo", "night"]
    status, told = ask("POST", "/orders/D000001/pick")
    assert [pick["bin"] for pick in told["picks"]] == ["A-003-2", "A-030-1", "C-001-1"]
    status, told = ask("POST", "/orders/D000001/ship", at="2026-03-02T11:05:00")
    assert (status, told["loaded"]) == (200, "2026-03-02T11:15:00")
    assert "Nordlicht" in told["label"]
    assert ask("GET", "/orders/D000001")[1]["order"]["status"] == "shipped"
    assert len(ask.depot.outbox.messages) == 3


def test_much_is_sent_for_nothing(ask):
    assert ask.order(("BOOK", 6))[1]["order"]["shipping"] == "0.00"


def test_lists_are_in_pages(ask):
    for quantity in range(1, 6):
        ask.order(("NUT", quantity))
    ask.order(("NUT", 9), customer="K2")
    _, told = ask("GET", "/orders?customer=K1&offset=1&limit=2")
    assert (told["total"], told["offset"]) == (5, 1)
    assert [order["id"] for order in told["orders"]] == ["D000004", "D000003"]
    assert ask("GET", "/orders?customer=K9")[1] == {"total": 0, "offset": 0, "orders": []}
    assert ask("GET", "/orders?customer=K1&limit=0")[0] == 422


def test_tours_have_what_is_picked(ask):
    for _ in range(3):
        ask.order(("NUT", 100))
    for number in (1, 3):
        ask("POST", f"/orders/D00000{number}/pick")
    _, told = ask("POST", "/tours", day="2026-03-02")
    assert told["tours"] == [{"van": 1, "grams": 1844, "towns": ["Fulda"], "km": 170.7}]
    assert told["manifest"].count("Fulda") == 2


def test_standing_orders_become_orders(ask):
    lines = [{"sku": "NUT", "quantity": 4}]
    ask.depot.standing.put("K1", {"customer": "K1", "address": HOME, "lines": lines})
    for factor, quantity in ((2.0, 8), (1.0, 4)):
        _, told = ask("POST", "/standing/K1", factor=factor, at="2026-03-02T09:30:00")
        assert told["order"]["lines"][0]["quantity"] == quantity


def test_products_are_found_by_their_names(ask):
    _, told = ask("GET", "/products?search=B+br&customer=K1")
    assert [product["sku"] for product in told["products"]] == ["NUT"]
    assert told["products"][0]["prices"] == {"1": "0.20", "10": "0.20", "25": "0.19", "100": "0.18"}
    assert ask("GET", "/products?search=ook")[1]["total"] == 0


def test_the_first_product_that_there_is_enough_of_stands_in(ask):
    assert ask("GET", "/products/BOLT/substitute?quantity=9")[1]["product"]["sku"] == "NUT"
    assert ask("GET", "/products/BOLT/substitute?quantity=501")[0] == 404
    assert ask("GET", "/products/BOOK/substitute")[0] == 404


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [("GET", "/orders/D000009", 404), ("GET", "/nothing", 404), ("POST", "/orders", 422),
     ("POST", "/orders/D000001/ship", 409), ("POST", "/orders/D000001/cancel", 200)],
)  # fmt: skip
def test_what_cannot_be_done_is_told(ask, method, target, status):
    ask.order(("NUT", 1))
    told = (
        ask(method, target, at="2026-03-02T09:30:00") if "ship" in target else ask(method, target)
    )
    assert told[0] == status


def test_a_body_is_a_json_object(ask):
    app = App(ask.depot)
    assert app.handle("POST", "/orders", "[1]")[0] == 422
    assert app.handle("POST", "/orders", "{")[0] == 422
