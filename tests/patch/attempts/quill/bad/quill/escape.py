"""Text and addresses, made safe for HTML."""

_TABLE = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})

SAFE_SCHEMES = frozenset({"http", "https", "mailto"})


def escape(text: str) -> str:
    """Text as it may stand in HTML."""
    return text.translate(_TABLE)


def safe_address(address: str, base: str) -> str | None:
    """The address a link may lead to; None where its scheme is not allowed."""
    scheme, colon, _ = address.partition(":")
    if colon and "/" not in scheme:
        return address if scheme.lower() in SAFE_SCHEMES else None
    return base + address
