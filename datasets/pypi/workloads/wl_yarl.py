"""Make, change and read URLs (pure Python quoting)."""

import os

os.environ["YARL_NO_EXTENSIONS"] = "1"
import _wl
from yarl import URL

U = _wl.pick(
    ["https://user%d:pw@www.ex%d.com:8443/a/b/c%%20d?x=%d&y=z#frag" % (i, i, i) for i in range(60)],
    ["http://api.h%d.invalid/v%d/é/~x;p=1/?name=a+b&to=%%2F%d&to=ü" % (i, i, i) for i in range(50)]
    + ["ftp://me@[::%x]/pub/./f%d.txt#l%d" % (i + 1, i, i) for i in range(8)],
)
PATH, QUERY, PARTS, JOINED = _wl.pick(
    ("/q/w e", {"a": "b c", "d": "e"}, ("foo", "bar"), "../x?y=1"),
    ("/new/ñ%/", {"sort": "no", "n": 3, "of": "a&b"}, ("x y", "z.gz"), "sub/./q#end"),
)


def main():
    n = 0
    for s in U:
        u = URL(s)
        n += (
            len(str(u))
            + len(u.host)
            + (u.port or 0)
            + len(u.path)
            + len(u.query)
            + len(u.raw_parts if hasattr(u, "raw_parts") else u.parts)
        )
        v = u.with_path(PATH).with_query(QUERY)
        n += len(str(v))
        w = u / PARTS[0] / PARTS[1]
        n += len(str(w)) + len(str(u.join(URL(JOINED)))) + len(str(u.origin())) + hash(u) % 2 * 0
        n += u == v
    return n


def whole(n):
    out = []
    for u in map(URL, U):
        made = u.with_path(PATH).with_query(QUERY), u / PARTS[0] / PARTS[1], u.join(URL(JOINED))
        out += [str(x) for x in (u, *made, u.origin(), u.parent)]
        out += [u.host, u.port, u.path, u.raw_path, u.parts, list(u.query.items()), u.fragment]
        out += [u.user, u.human_repr(), u == URL(str(u))]
    return _wl.digest(n, out)


_wl.run(main, 4, check=_wl.pick(None, whole))
