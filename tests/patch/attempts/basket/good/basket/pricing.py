"""The price of an order."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from basket.audit import Audit
from basket.catalogue import Catalogue
from basket.discount import discount_of
from basket.order import Line, Order, OrderError, check
from basket.tax import tax_of

SHIPPING = ((20_000, 2900), (5_000, 1190), (1_000, 690), (0, 390))
"""From so many grams, so many cents."""


@dataclass(frozen=True)
class Quote:
    """What an order costs, in cents."""

    customer: str
    rows: tuple[tuple[str, int, int, int], ...]
    shipping: int
    total: int


class Pricer:
    """Prices orders; keeps count of what was asked for."""

    def __init__(
        self,
        catalogue: Catalogue,
        audit: Audit,
        on_line: Callable[[Line, int], None] | None = None,
    ) -> None:
        self.catalogue = catalogue
        self.audit = audit
        self.on_line = on_line
        self.asked: Counter[str] = Counter()

    def quote(self, order: Order) -> Quote:
        """The price of an order; raises OrderError. The order stays as it is."""
        try:
            quote = self._quote(order)
        except OrderError as error:
            self.audit.refused(order.customer, str(error))
            raise
        self.audit.quoted(order.customer, quote.total)
        return quote

    def _quote(self, order: Order) -> Quote:
        check(order)
        rows = []
        grams = 0
        for line in merged(order.lines):
            product = self.catalogue.find(line.sku)
            self.asked[product.group] += line.quantity
            percent = discount_of(product, line.quantity, order.coupon)
            net = product.cents * line.quantity * (100 - percent) // 100
            tax = tax_of(net, order.country, product.group)
            grams += product.grams * line.quantity
            if self.on_line is not None:
                self.on_line(line, net + tax)
            rows.append((line.sku, line.quantity, net, tax))
        shipping = next(cents for least, cents in SHIPPING if grams >= least)
        total = sum(net + tax for _, _, net, tax in rows) + shipping
        return Quote(order.customer, tuple(rows), shipping, total)

    def quote_all(self, orders: Iterable[Order]) -> list[Quote | OrderError]:
        """Each price, or why there is none."""
        results: list[Quote | OrderError] = []
        for order in orders:
            try:
                results.append(self.quote(order))
            except OrderError as error:
                results.append(error)
        return results


def merged(lines: list[Line]) -> list[Line]:
    """Lines with those of one product made one, in the order they first came."""
    found: dict[str, Line] = {}
    for line in lines:
        if line.sku in found:
            found[line.sku].quantity += line.quantity
        else:
            found[line.sku] = Line(line.sku, line.quantity, line.note)
    return list(found.values())
