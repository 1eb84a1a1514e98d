"""Render a long page made of raw HTML blocks mixed with Markdown paragraphs."""

import _wl
import markdown

PART = '<div class="note">\n<p>Some <b>raw</b> html &amp; text</p>\n</div>\n\nA *paragraph* number %d with `code`, [a link](http://x.invalid/%d) and <span>inline</span>.\n\n'
TEXT = "".join(PART % (i, i) for i in range(500))


def main():
    return len(markdown.markdown(TEXT))


_wl.run(main, 2)
