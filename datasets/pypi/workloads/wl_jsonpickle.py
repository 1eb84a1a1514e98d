"""Encode and decode an object graph."""

import _wl
import jsonpickle


class P:
    def __init__(s, i):
        s.a = i
        s.b = "x%d" % i
        s.c = [1, 2, i]
        s.d = {"k": i, "t": (1, 2)}
        s.e = {1, 2}
        s.n = None


class Q:
    def __init__(s, k):
        s.kids = [P(i) for i in range(k)]
        s.first = s.kids[0]
        s.f = 1.5


o = Q(150)


def main():
    t = jsonpickle.encode(o)
    return len(jsonpickle.decode(t).kids), len(t) > 0


_wl.run(main, 5)
