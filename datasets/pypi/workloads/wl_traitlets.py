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


def main():
    n = 0
    for i in range(3000):
        a = A(x=i, y=2)
        a.x = i + 1
        a.l = [1, 2, 3]
        a.s = "t"
        n += a.seen
    return n


def other():
    made = []
    for i in range(2800):
        b = B(side="right", width=i / 2 + 3)
        b.names = ["a", "b%d" % i]
        b.on = i % 3 == 0
        b.at = (i, "in")
        made.append(b)
    return made


def whole(made):
    faults = []
    for name, value in (("width", "w"), ("side", "up"), ("names", [1]), ("on", None), ("at", 3)):
        try:
            setattr(made[0], name, value)
        except TraitError:
            faults.append(name)
    names = sorted(B.class_trait_names())
    values = [[getattr(b, name) for name in [*names, "seen"]] for b in made]
    fresh = B()
    return _wl.digest(names, values, faults, [getattr(fresh, name) for name in names])


_wl.run(_wl.pick(main, other), 1, check=_wl.pick(None, whole))
