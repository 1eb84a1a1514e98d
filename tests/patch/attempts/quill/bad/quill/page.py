"""A whole note as a page."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from quill.blocks import Block, blocks
from quill.errors import QuillError
from quill.escape import escape
from quill.inline import plain, render_inline
from quill.slugs import Slugs

log = logging.getLogger(__name__)

STATS: Counter[str] = Counter()
"""How many pages and blocks of each kind were rendered since the start."""

Hook = Callable[[int, str, str], None]


@dataclass(frozen=True)
class Options:
    """How a page is rendered."""

    base: str = ""
    links: bool = True
    max_chars: int = 200_000
    on_heading: Hook | None = field(default=None, compare=False)


@dataclass
class Page:
    """What a note became."""

    html: str
    toc: list[tuple[int, str, str]]
    words: int


def render(text: str, options: Options | None = None) -> Page:
    """The page of a note."""
    options = options or Options()
    if len(text) > options.max_chars:
        raise QuillError(1, f"a note has at most {options.max_chars} characters")
    slugs = Slugs()
    parts: list[str] = []
    toc: list[tuple[int, str, str]] = []
    words = 0
    for block in blocks(text):
        STATS[block.kind] += 1
        if block.kind == "heading":
            title = plain(block.lines[0])
            slug = slugs.make(title)
            toc.append((block.level, slug, title))
            if options.on_heading is not None:
                options.on_heading(block.level, slug, title)
            inner = render_inline(block.lines[0], options.base, options.links)
            parts.append(f'<h{block.level} id="{slug}">{inner}</h{block.level}>')
        else:
            parts.append(_block(block, options))
        words += sum(len(line.split()) for line in block.lines)
    STATS["page"] += 1
    if log.isEnabledFor(logging.DEBUG):
        log.debug("rendered %d blocks, %d words", len(parts), words)
    return Page("\n".join(parts), toc, words)


def _block(block: Block, options: Options) -> str:
    if block.kind == "code":
        return f"<pre>{escape(chr(10).join(block.lines))}</pre>"
    if block.kind == "list":
        items = (render_inline(item, options.base, options.links) for item in block.lines)
        return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"
    inner = render_inline(" ".join(block.lines), options.base, options.links)
    tag = "blockquote" if block.kind == "quote" else "p"
    return f"<{tag}>{inner}</{tag}>"


def render_many(texts: Iterable[str], options: Options | None = None) -> list[Page]:
    """The pages of several notes."""
    return [render(text, options) for text in texts]
