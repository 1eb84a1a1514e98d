from decimal import Decimal

import pytest
from depot.errors import Conflict, NotFound
from depot.model import Pick
from depot.settings import DEFAULTS, Settings
from depot.store.catalog import Catalog
from depot.store.orders import Orders
from depot.store.stock import Stock


@pytest.fixture
def catalog(connection, products):
    found = Catalog(connection)
    found.add_all(products)
    return found


@pytest.fixture
def stock(connection, batches):
    found = Stock(connection)
    found.receive(batches)
    return found


def test_products_come_back_as_they_were_added(catalog, products):
    assert catalog.get("BOLT") == products[1]
    assert catalog.get_many(["NUT", "BOOK", "NONE"]) == {"NUT": products[0], "BOOK": products[2]}
    assert [product.sku for product in catalog.all()] == ["BOLT", "BOOK", "NUT"]


def test_a_product_that_is_not_there_is_refused(catalog):
    with pytest.raises(NotFound, match="no product NONE"):
        catalog.get("NONE")


def test_agreed_prices_are_of_one_customer(catalog, connection):
    catalog.agree("K1", "NUT", Decimal("0.15"))
    assert catalog.agreed_price("K1", "NUT") == Decimal("0.15")
    assert Catalog(connection).agreed_price("K1", "NUT") == Decimal("0.15")
    with pytest.raises(NotFound):
        catalog.agreed_price("K2", "NUT")


def test_what_is_taken_is_gone(stock):
    stock.take(Pick("B-010-1", "BOLT", "L2", 10))
    assert stock.available("BOLT") == 45
    assert [batch.bin for batch in stock.batches("BOLT")] == ["A-003-2", "C-001-1"]


def test_more_than_there_is_cannot_be_taken(stock):
    with pytest.raises(Conflict):
        stock.take(Pick("C-001-1", "BOLT", "L3", 6))
    assert stock.available("BOLT") == 55


def test_recalled_lots_are_told_once(stock):
    stock.recall(["L9", "L2"], "label is wrong")
    stock.recall(["L2"], "label is wrong")
    assert list(stock.recalled()) == ["L2", "L9"]


def test_orders_are_numbered():
    assert Orders().new_id() == "D000001"


def test_sections_may_be_changed_by_who_has_them():
    settings = Settings({"page": {"limit": 7}})
    settings.section("tariffs")["base"]["near"] = "0.00"
    assert settings.section("tariffs") == DEFAULTS["tariffs"]
    assert settings.value("page", "limit") == 7
    assert DEFAULTS["page"]["limit"] == 10
