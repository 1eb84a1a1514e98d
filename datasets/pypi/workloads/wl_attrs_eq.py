"""Compare and deduplicate attrs value objects."""

import _wl
import attr


@attr.s(auto_attribs=True)
class P:
    a: int
    b: int
    c: str
    d: float
    e: str


@attr.s(auto_attribs=True)
class Q:
    unit: str
    on: bool
    at: tuple
    raw: bytes
    note: object
    key: int


XS = _wl.pick(
    [P(i % 7, 1, "abc", 2.0, "z%d" % (i % 11)) for i in range(600)],
    [Q("mm" if i % 5 else "in", True, (0, i % 3), b"\0\1", None, i * i % 13) for i in range(580)],
)


def main():
    n = 0
    for x in XS:
        for y in XS:
            if x == y:
                n += 1
    return n


def whole(n):
    same = ["".join("01"[x == y] for y in XS) for x in XS]
    return _wl.digest(n, same, [x != XS[0] for x in XS], XS[0] == 0)


_wl.run(main, 5, check=_wl.pick(None, whole))
