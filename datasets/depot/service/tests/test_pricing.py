from datetime import date
from decimal import Decimal

import pytest
from depot.errors import Invalid, NotFound
from depot.pricing.money import render, to_cents
from depot.pricing.quotes import goods_value, price_ladder, price_lines, weight_of
from depot.pricing.tariffs import Tariffs
from depot.pricing.tax import rates_on
from depot.settings import Settings
from depot.store.catalog import Catalog

DAY = date(2026, 3, 2)


@pytest.fixture
def catalog(connection, products):
    found = Catalog(connection)
    found.add_all(products)
    found.agree("K1", "BOLT", Decimal("1.00"))
    return found


@pytest.mark.parametrize(
    ("amount", "cents"), [("1.005", "1.01"), ("1.0049", "1.00"), ("-2.345", "-2.35"), ("7", "7.00")]
)
def test_half_a_cent_is_rounded_up(amount, cents):
    assert str(to_cents(Decimal(amount))) == cents
    assert render(to_cents(Decimal(amount))) == cents


def test_rates_are_those_of_the_day():
    assert rates_on(date(2020, 8, 1)) == {
        "standard": Decimal("0.16"), "reduced": Decimal("0.05"), "books": Decimal("0.05"),
        "plants": Decimal("0.07"), "free": Decimal(0),
    }  # fmt: skip
    assert rates_on(DAY)["standard"] == Decimal("0.19")


def test_lines_have_prices_and_taxes(catalog):
    bolts, book = price_lines(catalog, "K2", [("BOLT", 10), ("BOOK", 1)], DAY)
    assert (bolts.unit_price, bolts.tax) == (Decimal("1.32"), Decimal("2.51"))
    assert (book.unit_price, book.tax) == (Decimal("24.00"), Decimal("1.68"))
    assert goods_value([bolts, book]) == Decimal("37.20")


def test_agreed_prices_count_before_rebates(catalog):
    assert price_ladder(catalog, "K1", catalog.get("BOLT")) == dict.fromkeys((1, 10, 25, 100), 1)
    assert price_ladder(catalog, "K2", catalog.get("BOLT")) == {
        1: Decimal("1.35"), 10: Decimal("1.32"), 25: Decimal("1.28"), 100: Decimal("1.22")
    }  # fmt: skip


def test_unknown_products_have_no_price(catalog):
    with pytest.raises(NotFound):
        price_lines(catalog, "K1", [("BOLT", 1), ("NONE", 1)], DAY)


def test_weight_counts_wrapping_and_lines_of_the_same(catalog):
    lines = price_lines(catalog, "K1", [("BOLT", 2), ("BOOK", 1), ("BOLT", 1)], DAY)
    assert weight_of(catalog, lines) == 690 + 90 + 27
    assert weight_of(catalog, []) == 90


def test_tariffs_are_by_weight_distance_and_carrier():
    tariffs = Tariffs(Settings())
    assert tariffs.prices(900, 50.0) == {
        "post": Decimal("3.90"), "swift": Decimal("4.60"), "north": Decimal("3.74"),
        "night": Decimal("6.44"), "alpen": Decimal("4.17"), "cargo": Decimal("5.11"),
        "velo": Decimal("5.54"),
    }  # fmt: skip
    assert tariffs.prices(3501, 221.0)["post"] == Decimal("9.00")
    with pytest.raises(Invalid):
        tariffs.prices(31_501, 10.0)


def test_operators_set_tariffs():
    settings = Settings({"tariffs": {"factors": {"post": "2.00"}, "free_from": "10.00"}})
    assert Tariffs(settings).prices(900, 50.0)["post"] == Decimal("7.80")
    assert Tariffs(settings).is_free(Decimal("10.00"))
    assert not Tariffs(Settings()).is_free(Decimal("119.99"))
