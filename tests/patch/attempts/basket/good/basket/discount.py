"""What is taken off a price."""

from basket.catalogue import Product

STEPS = ((100, 15), (50, 10), (10, 5))
"""From so many pieces, so many percent off."""

COUPONS = {"SPRING": ("garden", 20), "READ": ("book", 10), "ALL5": ("", 5)}


def discount_of(product: Product, quantity: int, coupon: str | None) -> int:
    """Percent off the price of a line; the better of steps and coupon, not both."""
    steps = next((percent for least, percent in STEPS if quantity >= least), 0)
    group, percent = COUPONS.get(coupon or "", (None, 0))
    if group is not None and group in ("", product.group):
        return max(steps, percent)
    return steps
