"""Parse URLs and handle header dictionaries."""

import _wl
from urllib3._collections import HTTPHeaderDict
from urllib3.util.url import parse_url

U = _wl.pick(
    ["https://user:pw@www.example.com:8443/a/b/../c%%20d?x=%d&y=z#frag" % i for i in range(100)]
    + [
        "http://[fe80::1]/x",
        "http://10.0.0.1/",
        "http://Example.COM",
    ]
    * 10,
    ["http://files%d.shop.invalid/list/.me/%d.tar.gz" % (i, i * i) for i in range(60)]
    + ["https://api.invalid:443/v%d?at=%%2Fa&to=b+c&to=%d;e" % (i, i) for i in range(45)]
    + ["http://[2001:db8::7]:81/?q", "http://192.168.0.9:5000/#top", "https://x-y.invalid"] * 8,
)
HEADERS, LETTERS, ASKED = _wl.pick(
    ({"Content-Type": "a", "X-B": "c"}, "abcdef", "X-A"),
    ({"ETag": '"q"', "accept": "*/*", "X-P": "0"}, "pqrstu", "x-p"),
)


def main():
    n = 0
    for u in U:
        p = parse_url(u)
        n += len(p.host) + len(p.url) * 0
    for _i in range(150):
        h = HTTPHeaderDict(HEADERS)
        for k in LETTERS:
            h.add("X-" + k, "1")
            h.add("x-" + k, "2")
        n += len(h) + len(h[ASKED]) + len(dict(h.items()))
    return n


def whole(n):
    h = HTTPHeaderDict(HEADERS)
    for k in LETTERS:
        h.add("X-" + k, "1")
        h.add("x-" + k, "2")
    parts = [(tuple(p), p.url, p.request_uri, p.netloc) for p in map(parse_url, U)]
    return _wl.digest(n, parts, list(h.items()), list(h.iteritems()), h.getlist(ASKED), "X-Z" in h)


_wl.run(main, 20, check=_wl.pick(None, whole))
