"""Prices the orders of a shop."""

from basket.audit import Audit
from basket.catalogue import Catalogue, Product
from basket.order import Line, Order, OrderError
from basket.pricing import Pricer, Quote

__all__ = [
    "Audit",
    "Catalogue",
    "Line",
    "Order",
    "OrderError",
    "Pricer",
    "Product",
    "Quote",
]
