"""Drive state machines."""

import _wl
from transitions import Machine


class M:
    def __init__(s):
        s.n = 0

    def inc(s, *a, **k):
        s.n += 1

    def ok(s, *a, **k):
        return True


def usual(m, states):
    mc = Machine(m, states=states, initial="a", after_state_change="inc")
    mc.add_transition("go", "a", "b", conditions="ok")
    mc.add_transition("go", "b", "c", before="inc")
    mc.add_transition("go", "c", "d")
    mc.add_transition("go", "d", "a", unless=lambda *a, **k: False)


def other(m, states):
    mc = Machine(m, states=states, initial="off", before_state_change=["inc"])
    mc.add_transition("go", ["off", "done"], "warm", after=["inc", lambda *a, **k: None])
    mc.add_transition("go", "warm", "done", conditions=["ok", "ok"], unless=lambda *a, **k: m.n % 3)
    mc.add_transition("go", "warm", "run", prepare="inc")
    mc.add_transition("go", "run", "=", conditions=lambda *a, **k: m.n % 2)
    mc.add_transition("go", "*", "off")


m = M()
BUILD, S, N = _wl.pick(
    (usual, ["a", "b", "c", "d"], 300), (other, "off warm run done".split(), 250)
)
BUILD(m, S)


def main():
    for _i in range(N):
        m.go()
    x = M()
    Machine(x, states=S, initial=S[0], ordered_transitions=True)
    x.next_state()
    return m.state


def whole(_state):
    fresh = M()
    BUILD(fresh, S)
    said = [(fresh.go(), fresh.state, fresh.n) for _i in range(N)]
    return _wl.digest(said, [getattr(fresh, "is_" + s)() for s in S])


_wl.run(main, 6, check=_wl.pick(None, whole))
