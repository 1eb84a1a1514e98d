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


class Leaf:
    def __init__(s, i):
        s.size = i / 8
        s.at = (i, -i, "mm")
        s.names = {"long": "leaf %d" % i, "short": ["l", str(i)], "on": i % 3 == 0}
        s.seen = frozenset([i % 5])


class Tree:
    def __init__(s, k):
        s.kids = [Leaf(i) for i in range(k)]
        s.by_name = {"leaf%d" % i: s.kids[i] for i in range(0, k, 9)}
        s.root = {"deep": [[["x"], [None, True]], {"er": {"est": 0}}]}


o = _wl.pick(Q(150), Tree(170))


def main():
    t = jsonpickle.encode(o)
    return len(jsonpickle.decode(t).kids), len(t) > 0


def whole(value):
    t = jsonpickle.encode(o)
    back = jsonpickle.decode(t)
    return _wl.digest(value, t, [vars(kid) for kid in back.kids], type(back), back.root)


_wl.run(main, 5, check=_wl.pick(None, whole))
