"""Instantiate parameterized objects and set values with watchers."""

import _wl
import param


class A(param.Parameterized):
    x = param.Number(1.0, bounds=(0, 1e9))
    y = param.Integer(2)
    s = param.String("s")
    l = param.List([1])
    b = param.Boolean(True)

    @param.depends("x", watch=True)
    def cb(self):
        self.seen = self.x


class B(param.Parameterized):
    width = param.Integer(7, bounds=(-10000, None))
    kind = param.Selector(default="dot", objects=["dot", "line", "bar"])
    at = param.NumericTuple((0.0, 1.0))
    label = param.String("", doc="what is written below")
    style = param.Dict({"dash": [1, 2]})

    @param.depends("width", watch=True)
    def resized(self):
        self.seen = 1 - self.width


def main():
    n = 0
    for i in range(400):
        a = A(x=i, y=i)
        for k in range(5):
            a.x = k + i
        n += a.seen
    return n


def other():
    made = []
    for i in range(400):
        b = B(width=-i, label="no. %d" % i, kind="bar")
        for k in range(4):
            b.width = i * k + 1
        b.at = (i, 0.5)
        made.append(b)
    return made


def whole(made):
    faults = []
    for name, value in (("width", -10001), ("kind", "pie"), ("at", (1,)), ("label", 3)):
        try:
            setattr(made[0], name, value)
        except (TypeError, ValueError):
            faults.append(name)
    names = "width", "kind", "at", "label", "style", "seen"
    return _wl.digest([[getattr(b, k) for k in names] for b in made], faults)


_wl.run(_wl.pick(main, other), 2, check=_wl.pick(None, whole))
