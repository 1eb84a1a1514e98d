"""Parse, sort and match version numbers against specifiers."""

import _wl
from packaging.specifiers import SpecifierSet
from packaging.version import Version

VS = _wl.pick(
    [
        "%d.%d.%d%s" % (a, b, c, s)
        for a in range(4)
        for b in range(6)
        for c in range(6)
        for s in ("", "rc1", ".post1", ".dev2")
    ],
    [
        "%s%d.%d%s" % (e, a, b, s)
        for e in ("", "1!")
        for a in range(9, 13)
        for b in range(0, 36, 2)
        for s in ("", "a3", "+local.7", ".0.0b2.post4")
    ],
)
SPECS = _wl.pick(
    (">=1.2,<3", "~=2.1", "!=1.3.*", "==2.*"), (">9.8,<=12", "~=10.4", "!=11.22.*", "==1!12.*")
)


def main():
    n = 0
    for _ in range(4):
        vs = sorted(Version(v) for v in VS)
        for sp in SPECS:
            ss = SpecifierSet(sp)
            n += sum(1 for v in vs if v in ss)
            n += len(list(ss.filter(VS)))
        n += len(str(vs[0]))
    return n


def whole(n):
    vs = sorted(Version(v) for v in VS)
    out = [[(str(v), v.public, v.is_prerelease) for v in vs]]
    for ss in map(SpecifierSet, SPECS):
        # asked for, as releases differ in when they count pre-releases by themselves
        out += [str(ss), [str(v) for v in vs if ss.contains(v, prereleases=True)]]
        out += [list(ss.filter(VS, prereleases=True))]
    return _wl.digest(out)


_wl.run(main, 1, check=_wl.pick(None, whole))
