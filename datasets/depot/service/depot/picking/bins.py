"""Choosing bins: what came in first goes out first."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from depot.errors import Conflict
from depot.model import Batch, Line, Pick
from depot.picking.floor import describe, shelf, walking_order
from depot.store.stock import Stock

log = logging.getLogger("depot.picking")


class Picker:
    """Chooses and takes the pieces of orders."""

    def __init__(self, stock: Stock) -> None:
        self._stock = stock
        self._recalled = stock.recalled()

    def refresh(self) -> None:
        """Look again which lots are recalled."""
        self._recalled = self._stock.recalled()

    def sendable(self, sku: str) -> list[Batch]:
        """Return the batches of a product that may be sent out."""
        return [b for b in self._stock.batches(sku) if b.lot not in self._recalled]

    def pick(self, lines: Sequence[Line]) -> list[Pick]:
        """Take what an order has; Conflict, and nothing taken, where stock is short."""
        for line in lines:
            if self._stock.available(line.sku) < line.quantity:
                raise Conflict(f"only {self._stock.available(line.sku)} of {line.sku} left")
        picks = [pick for line in lines for pick in self._picks_of(line)]
        for pick in picks:
            self._stock.take(pick)
        ordered = walking_order(picks)
        if log.isEnabledFor(logging.DEBUG):
            log.debug("picked %s", describe(ordered))
        return ordered

    def _picks_of(self, line: Line) -> Iterable[Pick]:
        left, batches = line.quantity, self.sendable(line.sku)
        log.debug("%s of %s from %s", left, line.sku, shelf(batches))
        while left:
            if not batches:
                raise Conflict(f"{line.sku}: {left} pieces are in recalled lots alone")
            first = next_batch(batches, left)
            pieces = min(left, first.pieces)
            yield Pick(first.bin, line.sku, first.lot, pieces)
            batches.remove(first)
            left -= pieces


def next_batch(batches: Sequence[Batch], wanted: int) -> Batch:
    """Return the batch to take from: the oldest, of those as old one that has enough."""
    return min(batches, key=lambda b: (b.received, b.pieces < wanted, b.bin))
