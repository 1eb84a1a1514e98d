"""What stands inside a paragraph: code, emphasis, links."""

import re

from quill.escape import escape, safe_address

_TOKEN = re.compile(
    r"\\(?P<literal>[\\`*\[\]])"
    r"|`(?P<code>[^`]+)`"
    r"|\*\*(?P<strong>[^*]+)\*\*"
    r"|\*(?P<em>[^*]+)\*"
    r"|\[(?P<label>[^\]]+)\]\((?P<address>[^)\s]+)\)"
)


def render_inline(text: str, base: str = "", links: bool = True) -> str:
    """The HTML of a line of text."""
    parts: list[str] = []
    at = 0
    for found in _TOKEN.finditer(text):
        parts.append(escape(text[at : found.start()]))
        parts.append(_token(found, base, links))
        at = found.end()
    parts.append(escape(text[at:]))
    return "".join(parts)


def _token(found: re.Match[str], base: str, links: bool) -> str:
    kind = found.lastgroup
    if kind == "literal":
        return escape(found["literal"])
    if kind == "code":
        return f"<code>{escape(found['code'])}</code>"
    if kind == "strong":
        return f"<strong>{render_inline(found['strong'], base, links)}</strong>"
    if kind == "em":
        return f"<em>{render_inline(found['em'], base, links)}</em>"
    label = escape(found["label"])
    address = safe_address(found["address"], base) if links else None
    return label if address is None else f'<a href="{escape(address)}">{label}</a>'


def plain(text: str) -> str:
    """The words of a line, without its markup."""
    return _TOKEN.sub(lambda m: m[m.lastgroup] if m["label"] is None else m["label"], text)
