"""Fill, sort and print tables."""

import _wl
from prettytable import PrettyTable


def main():
    t = PrettyTable(["name", "v", "long text"])
    for i in range(150):
        t.add_row(["n%d" % i, i * 1.25, "some words here " * 2])
    t.align["v"] = "r"
    return len(t.get_string(sortby="v")) + len(t.get_html_string()) > 10


_wl.run(main, 6)
