"""Create HasTraits objects and set traits with observers."""

import _wl
from traitlets import (
    Bool,
    Dict,
    Enum,
    Float,
    HasTraits,
    Instance,
    Int,
    List,
    TraitError,
    Tuple,
    Unicode,
    observe,
)


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


class B(HasTraits):
    width = Float(0.5)
    side = Enum(["left", "right"], "left")
    at = Tuple((0, "mm"))
    names = List(Unicode(), ["n"])
    on = Bool(False)
    more = Dict(allow_none=True)

    @observe("on", "width")
    def _told(self, ch):
        self.seen = 2 if ch["name"] == "on" else int(ch["new"])


def usual(i):
    a = A(x=i, y=2)
    a.x = i + 1
    a.l = [1, 2, 3]
    a.s = "t"
    return a


def other(i):
    b = B(side="right", width=i / 2 + 3)
    b.names = ["a", "b%d" % i]
    b.on = i % 3 == 0
    b.at = (i, "in")
    return b


MAKE, N = _wl.pick((usual, 3000), (other, 2800))


def main():
    n = 0
    for i in range(N):
        a = MAKE(i)
        n += a.seen
    return n


def whole(n):
    made = [MAKE(i) for i in range(N)]
    faults = []
    for name, value in (("width", "w"), ("side", "up"), ("names", [1]), ("on", None), ("at", 3)):
        try:
            setattr(made[0], name, value)
        except TraitError:
            faults.append(name)
    names = sorted(B.class_trait_names())
    values = [[getattr(b, name) for name in names] for b in (*made, B())]
    return _wl.digest(n, names, values, faults, B().names is B().names)


_wl.run(main, 1, check=_wl.pick(None, whole))
