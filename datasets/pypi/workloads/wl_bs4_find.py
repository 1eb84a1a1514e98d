"""Build a tree and query it (html.parser)."""

import _wl
from bs4 import BeautifulSoup

H = (
    "<html><body>"
    + "".join(
        '<div class="row r%d" id="d%d"><p>t<b>b%d</b></p><a href="/x/%d" class="l">link</a></div>'
        % (i % 7, i, i, i)
        for i in range(800)
    )
    + "</body></html>"
)


def main():
    s = BeautifulSoup(H, "html.parser")
    n = len(s.find_all("a")) + len(s.find_all(class_="r3")) + len(s.find_all("div", {"id": "d77"}))
    n += len(s.find_all(True, href=True)) + len(s.get_text()) + len(str(s))
    return n


_wl.run(main, 4)
