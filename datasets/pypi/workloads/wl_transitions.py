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


m = M()
S = ["a", "b", "c", "d"]
mc = Machine(m, states=S, initial="a", after_state_change="inc")
mc.add_transition("go", "a", "b", conditions="ok")
mc.add_transition("go", "b", "c", before="inc")
mc.add_transition("go", "c", "d")
mc.add_transition("go", "d", "a", unless=lambda *a, **k: False)


def main():
    for _i in range(300):
        m.go()
    x = M()
    Machine(x, states=S, initial="a", ordered_transitions=True)
    x.next_state()
    return m.state


_wl.run(main, 6)
