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


def main():
    n = 0
    for i in range(400):
        a = A(x=i, y=i)
        for k in range(5):
            a.x = k + i
        n += a.seen
    return n


_wl.run(main, 2)
