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
    html = ""
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            html += escape(text[at])
            at += 1
        else:
            html += render_token(found, base, links)
            at = found.end()
    return html


def render_token(found: re.Match[str], base: str, links: bool) -> str:
    """The HTML of one piece of markup."""
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
