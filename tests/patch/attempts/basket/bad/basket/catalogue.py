"""What the shop sells."""

from collections.abc import Iterable
from dataclasses import dataclass

from basket.order import OrderError


@dataclass(frozen=True)
class Product:
    """A product; its price is in cents, without tax."""

    sku: str
    name: str
    cents: int
    group: str
    grams: int = 0


class Catalogue:
    """Products by their number; of two with one number the first counts."""

    def __init__(self, products: Iterable[Product]) -> None:
        self._products: list[Product] = []
        for product in products:
            self.add(product)

    def add(self, product: Product) -> None:
        """Sell one more."""
        self._products.append(product)

    def find(self, sku: str) -> Product:
        """The product of this number; raises OrderError."""
        for product in self._products:
            if product.sku == sku:
                return product
        raise OrderError(f"{sku}: not sold here")

    def group(self, name: str) -> list[Product]:
        """All products of a group, in the order they were added."""
        return [product for product in self._products if product.group == name]

    def groups(self) -> list[str]:
        """The names of all groups."""
        return sorted({product.group for product in self._products})

    def __len__(self) -> int:
        return len(self._products)
