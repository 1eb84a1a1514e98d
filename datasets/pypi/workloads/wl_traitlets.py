"""Create HasTraits objects and set traits with observers."""

import _wl
from traitlets import Dict, HasTraits, Instance, Int, List, Unicode, observe


class A(HasTraits):
    x = Int(1)
    y = Int(2)
    s = Unicode("s")
    l = List(Int())
    d = Dict()
    o = Instance(dict)

    @observe("x")
    def _c(self, ch):
        self.seen = ch["new"]


def main():
    n = 0
    for i in range(3000):
        a = A(x=i, y=2)
        a.x = i + 1
        a.l = [1, 2, 3]
        a.s = "t"
        n += a.seen
    return n


_wl.run(main, 1)
