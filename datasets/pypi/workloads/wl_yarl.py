"""Make, change and read URLs (pure Python quoting)."""

import os

os.environ["YARL_NO_EXTENSIONS"] = "1"
import _wl
from yarl import URL

U = ["https://user%d:pw@www.ex%d.com:8443/a/b/c%%20d?x=%d&y=z#frag" % (i, i, i) for i in range(60)]


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
        v = u.with_path("/q/w e").with_query({"a": "b c", "d": "e"})
        n += len(str(v))
        w = u / "foo" / "bar"
        n += (
            len(str(w)) + len(str(u.join(URL("../x?y=1")))) + len(str(u.origin())) + hash(u) % 2 * 0
        )
        n += u == v
    return n


_wl.run(main, 4)
