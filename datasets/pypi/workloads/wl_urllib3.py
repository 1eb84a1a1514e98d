"""Parse URLs and handle header dictionaries."""

import _wl
from urllib3._collections import HTTPHeaderDict
from urllib3.util.url import parse_url

U = ["https://user:pw@www.example.com:8443/a/b/../c%%20d?x=%d&y=z#frag" % i for i in range(100)] + [
    "http://[fe80::1]/x",
    "http://10.0.0.1/",
    "http://Example.COM",
] * 10


def main():
    n = 0
    for u in U:
        p = parse_url(u)
        n += len(p.host) + len(p.url) * 0
    for _i in range(150):
        h = HTTPHeaderDict({"Content-Type": "a", "X-B": "c"})
        for k in "abcdef":
            h.add("X-" + k, "1")
            h.add("x-" + k, "2")
        n += len(h) + len(h["X-A"]) + len(dict(h.items()))
    return n


_wl.run(main, 20)
