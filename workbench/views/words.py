"""Foreign text, and numbers, as pictures hold them."""

from __future__ import annotations

import math
import re
from html import escape

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legible(text: str) -> str:
    """Return the text without characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)


def xml_text(text: str) -> str:
    """Return the text as it stands in XML: legible, and no markup."""
    return escape(legible(text))


def counted(n: int, one: str, many: str = "") -> str:
    """Return a number with its noun."""
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"


def signed_percent(ratio: float, n_decimals: int = 0) -> str:
    """Return a change in percent with its sign, none where it rounds to nothing; of 0: `new`."""
    if not math.isfinite(ratio):
        return "–" if math.isnan(ratio) else "new"
    value = round(100 * ratio, n_decimals) + 0.0
    return f"{value:+,.{n_decimals}f} %".replace("-", "−") if value else "0 %"
