import copy

import pytest
from basket import Audit, Catalogue, Line, Order, OrderError, Pricer, Product

PRODUCTS = [
    Product("p1", "Pear", 100, "food", 200),
    Product("b1", "Book", 1999, "book", 400),
    Product("g1", "Spade", 2500, "garden", 1500),
]


@pytest.fixture
def pricer() -> Pricer:
    return Pricer(Catalogue(PRODUCTS), Audit())


def test_an_order_has_a_price(pricer: Pricer) -> None:
    quote = pricer.quote(Order("ann", "DE", [Line("p1", 2), Line("b1", 1)]))
    assert quote.rows == (("p1", 2, 200, 14), ("b1", 1, 1999, 140))
    assert quote.shipping == 390
    assert quote.total == 214 + 2139 + 390


def test_lines_of_one_product_are_one(pricer: Pricer) -> None:
    order = Order("ann", "DE", [Line("p1", 6), Line("b1", 1), Line("p1", 6)])
    before = copy.deepcopy(order)
    assert pricer.quote(order).rows[0] == ("p1", 12, 1140, 80)
    assert order == before


def test_the_better_of_steps_and_coupon_counts(pricer: Pricer) -> None:
    assert pricer.quote(Order("a", "DE", [Line("g1", 10)], "SPRING")).rows[0][2] == 20_000
    assert pricer.quote(Order("a", "DE", [Line("p1", 10)], "SPRING")).rows[0][2] == 950
    assert pricer.quote(Order("a", "DE", [Line("p1", 1)], "ALL5")).rows[0][2] == 95


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (Order("a", "DE"), "needs a line"),
        (Order("a", "DE", [Line("p1", 0)]), "from 1 to 999"),
        (Order("a", "DE", [Line("zz", 1)]), "zz: not sold here"),
        (Order("a", "XX", [Line("p1", 1)]), "XX: not sent there"),
    ],
)
def test_what_can_not_be_priced_is_refused_and_recorded(
    pricer: Pricer, order: Order, reason: str
) -> None:
    with pytest.raises(OrderError, match=reason):
        pricer.quote(order)
    assert pricer.audit.records[-1][0].startswith("refused: ")


def test_quotes_are_recorded_and_counted(pricer: Pricer) -> None:
    pricer.quote_all([Order("ann", "DE", [Line("p1", 2)]), Order("bob", "DE", [Line("p1", 3)])])
    assert [record[1] for record in pricer.audit.records] == ["ann", "bob"]
    assert pricer.asked == {"food": 5}


def test_lines_are_told() -> None:
    told: list[tuple[str, int]] = []
    pricer = Pricer(
        Catalogue(PRODUCTS), Audit(), lambda line, cents: told.append((line.note, cents))
    )
    pricer.quote(Order("ann", "DE", [Line("p1", 1, "gift")]))
    assert told == [("gift", 107)]


def test_of_two_products_with_one_number_the_first_counts() -> None:
    catalogue = Catalogue([*PRODUCTS, Product("p1", "Plum", 900, "food")])
    assert catalogue.find("p1").name == "Pear"
    assert [product.name for product in catalogue.group("food")] == ["Pear", "Plum"]
    assert len(catalogue) == 4


def test_products_may_be_added_later(pricer: Pricer) -> None:
    pricer.catalogue.add(Product("n1", "New", 1, "food"))
    assert pricer.catalogue.find("n1").name == "New"
