"""Render a long page made of raw HTML blocks mixed with Markdown paragraphs."""

import _wl
import markdown

PART = _wl.pick(
    '<div class="note">\n<p>Some <b>raw</b> html &amp; text</p>\n</div>\n\nA *paragraph* number %d with `code`, [a link](http://x.invalid/%d) and <span>inline</span>.\n\n',
    "<table>\n<tr><td>cell</td><td><i>%d</i></td></tr>\n</table>\n\n## Part %d\n\nOne __strong__ word, <kbd>a key</kbd>\nand ![a picture](p.png).\n\n",
)
TEXT = "".join(PART % (i, i) for i in range(500))


def main():
    return len(markdown.markdown(TEXT))


def whole(n):
    return _wl.digest(n, markdown.markdown(TEXT))


_wl.run(main, 2, check=_wl.pick(None, whole))
