"""Build a tree and query it (html.parser)."""

import _wl
from bs4 import BeautifulSoup

H = _wl.pick(
    "<html><body>"
    + "".join(
        '<div class="row r%d" id="d%d"><p>t<b>b%d</b></p><a href="/x/%d" class="l">link</a></div>'
        % (i % 7, i, i, i)
        for i in range(800)
    )
    + "</body></html>",
    "<!DOCTYPE html><title>List</title>"
    + "".join(
        '<section data-n="%d"><h2 title="Part %d">Part &amp; %d</h2><ul class="c%d odd">'
        '<li>one<li lang="de">z&uuml;ei<br/><em>%d</em></ul></section>' % (i, i, i, i % 5, i)
        for i in range(600)
    ),
)
TAG, CLASS, NAME, ATTRS, HAS = _wl.pick(
    ("a", "r3", "div", {"id": "d77"}, {"href": True}),
    ("li", "c4", "section", {"data-n": "123"}, {"title": True}),
)


def main():
    s = BeautifulSoup(H, "html.parser")
    n = len(s.find_all(TAG)) + len(s.find_all(class_=CLASS)) + len(s.find_all(NAME, ATTRS))
    n += len(s.find_all(True, **HAS)) + len(s.get_text()) + len(str(s))
    return n


def whole(n):
    s = BeautifulSoup(H, "html.parser")
    found = s.find_all(TAG), s.find_all(class_=CLASS), s.find_all(NAME, ATTRS)
    lists = [[str(tag) for tag in tags] for tags in (*found, s.find_all(True, **HAS))]
    return _wl.digest(n, lists, s.get_text(), str(s))


_wl.run(main, 4, check=_wl.pick(None, whole))
