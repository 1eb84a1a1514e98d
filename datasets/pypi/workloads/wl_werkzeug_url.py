"""Rebuild request URLs and read query arguments, convert IRIs."""

import _wl
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

E = [
    EnvironBuilder(
        path="/shop/%d/item name/ü" % i, query_string={"a": "1 2", "b": "ü%d" % i, "c": "x" * 30}
    ).get_environ()
    for i in range(40)
]


def main():
    n = 0
    for e in E:
        r = Request(dict(e))
        n += len(r.url) + len(r.base_url) + len(r.args) > 3
    return n


_wl.run(main, 10)
