"""Rebuild request URLs and read query arguments, convert IRIs."""

import _wl
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

E = _wl.pick(
    [
        EnvironBuilder(
            path="/shop/%d/item name/ü" % i,
            query_string={"a": "1 2", "b": "ü%d" % i, "c": "x" * 30},
        ).get_environ()
        for i in range(40)
    ],
    [
        EnvironBuilder(
            path="/søk/v%d.html" % i,
            base_url="https://ex.invalid:8443/app/",
            query_string={"to": "kåre %d b.c" % i, "list": ["x-y", "é, z"], "long": "ab c" * 6},
        ).get_environ()
        for i in range(36)
    ],
)


def main():
    n = 0
    for e in E:
        r = Request(dict(e))
        n += len(r.url) + len(r.base_url) + len(r.args) > 3
    return n


def whole(n):
    seen = [Request(dict(e)) for e in E]
    return _wl.digest(
        n, [(r.url, r.base_url, r.root_url, r.full_path, r.args.to_dict(False)) for r in seen]
    )


_wl.run(main, 10, check=_wl.pick(None, whole))
