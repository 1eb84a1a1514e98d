"""Amounts of money, to the cent."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, localcontext


def to_cents(amount: Decimal) -> Decimal:
    """Return an amount, rounded as merchants do."""
    with localcontext(Context(prec=14, rounding=ROUND_HALF_UP)):
        return amount.quantize(Decimal("0.01"))


def render(amount: Decimal) -> str:
    """Return an amount as replies have it: 12.50."""
    return f"{amount:.2f}"
