"""Fill, sort and print tables."""

import _wl
from prettytable import PrettyTable

HEAD, ROWS, SORT = _wl.pick(
    (
        ["name", "v", "long text"],
        [["n%d" % i, i * 1.25, "some words here " * 2] for i in range(150)],
        {"sortby": "v"},
    ),
    (
        ["city", "größe", "on", "what is said"],
        [
            ["東京 %d" % (i % 9), (i * 37) % 101, i % 3 == 0, "a <b>\nsecond line, %d" % i]
            for i in range(85)
        ],
        {"sortby": "größe", "reversesort": True},
    ),
)


def main():
    t = PrettyTable(HEAD)
    for row in ROWS:
        t.add_row(row)
    t.align[HEAD[1]] = "r"
    return t.get_string(**SORT), t.get_html_string()


def some(texts):
    return sum(map(len, texts)) > 10


_wl.run(main, 6, check=_wl.pick(some, _wl.digest))
