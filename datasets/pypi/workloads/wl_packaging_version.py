"""Parse, sort and match version numbers against specifiers."""

import _wl
from packaging.specifiers import SpecifierSet
from packaging.version import Version

VS = [
    "%d.%d.%d%s" % (a, b, c, s)
    for a in range(4)
    for b in range(6)
    for c in range(6)
    for s in ("", "rc1", ".post1", ".dev2")
]


def main():
    n = 0
    for _ in range(4):
        vs = sorted(Version(v) for v in VS)
        for sp in (">=1.2,<3", "~=2.1", "!=1.3.*", "==2.*"):
            ss = SpecifierSet(sp)
            n += sum(1 for v in vs if v in ss)
            n += len(list(ss.filter(VS)))
        n += len(str(vs[0]))
    return n


_wl.run(main, 1)
