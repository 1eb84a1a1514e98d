"""A piece of a document around what was found."""

from html import escape

WIDTH = 40


def snippet(text: str, at: int) -> str:
    """What stands around a place, safe for HTML, cut at spaces."""
    begin = max(0, at - WIDTH)
    if begin:
        begin = text.find(" ", begin, at) + 1 or begin
    end = min(len(text), at + WIDTH)
    if end < len(text):
        cut = text.rfind(" ", at, end)
        end = cut if cut > at else end
    before = "…" if begin else ""
    after = "…" if end < len(text) else ""
    return f"{before}{escape(text[begin:end])}{after}"
