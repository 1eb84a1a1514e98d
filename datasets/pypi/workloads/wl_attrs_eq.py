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


XS = [P(i % 7, 1, "abc", 2.0, "z%d" % (i % 11)) for i in range(600)]


def main():
    n = 0
    for x in XS:
        for y in XS:
            if x == y:
                n += 1
    return n


_wl.run(main, 5)
