"""Classes that a function makes at each call are made once, where nothing of a call is in them."""

import pytest

from workbench.patch.mitigations.catalogue import MITIGATIONS as EDITS
from workbench.patch.mitigations.catalogue import Site
from workbench.types import Function

SOURCE = '''\
from collections import namedtuple

STEP = 2


def f(x):
    """Count."""
    Point = namedtuple("Point", "a b")

    class Counter:
        """Counts."""

        limit = 3

        def __init__(self, start):
            self.n = start

        @property
        def next(self):
            return min(self.n + STEP, self.limit)

    class Wrong(ValueError):
        pass

    try:
        if x > 3:
            raise Wrong(x)
        return Point(Counter(x).next, 1)
    except Wrong as error:
        return str(error)
'''
COUNTER = SOURCE.replace('    Point = namedtuple("Point", "a b")\n', "").replace(
    "Point(Counter(x).next, 1)", "Counter(x).next"
).replace("    class Wrong(ValueError):\n        pass\n\n", "").replace("Wrong", "ValueError")  # fmt: skip

LEFT_ALONE = {
    "of an argument": COUNTER.replace("limit = 3", "limit = x"),
    "of an argument in a method": COUNTER.replace("+ STEP", "+ x"),
    "of what is bound below": COUNTER.replace("STEP = 2\n", "") + "\n\nSTEP = 2\n",
    "with state": COUNTER.replace("limit = 3", "limit = 3\n        seen = []"),
    "with a decorator": COUNTER.replace("    class C", "    @x\n    class C"),
    "with another decorator of a method": COUNTER.replace("@property", "@classmethod"),
    "of a class that is given": COUNTER.replace("class Counter", "class Counter(x)"),
    "that writes to itself": COUNTER.replace("self.n = start", "type(self).n = start"),
    "that is given away": COUNTER.replace("return Counter(x).next", "return Counter"),
    "that is written to": COUNTER.replace("return Counter", "Counter.m = x\n        return Counter"),
    "that the module has by another name": COUNTER + "\n\nclass Counter:\n    pass\n",
    "that reads a name of another": COUNTER + "\n\ndef g(Counter):\n    return Counter\n",
    "with a text over several lines": COUNTER.replace('"""Counts."""', '"""Counts.\n\n        All."""'),
    "on a branch": "def f(x):\n    if x:\n        class Counter:\n            pass\n"
    "        return Counter() is None\n",
    "of names that are given": "from collections import namedtuple\n\n\ndef f(x):\n"
    "    Point = namedtuple('Point', x)\n    return Point(1)\n",
    "of a function of one's own": "def namedtuple(*_):\n    return list\n\n\ndef f(x):\n"
    "    Point = namedtuple('Point', 'a')\n    return Point()\n",
}  # fmt: skip


def edit(source):
    return EDITS["reuse_objects"].edit(Site(Function("f", "mod.py"), None, source))


def run(source, call):
    names = {"__name__": "mod"}
    exec(compile(source, "mod.py", "exec"), names)
    return repr(eval(call, names))


@pytest.mark.parametrize("source", [SOURCE, COUNTER], ids=["all", "one"])
def test_a_class_is_made_once(source):
    edited = edit(source)
    inside = edited[edited.index("def f") :]
    assert "class" not in inside
    assert "namedtuple" not in inside
    assert "\nclass Counter:\n    " in edited
    assert run(edited, "f(1), f(2)") == run(source, "f(1), f(2)")
    assert edit(edited) is None


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_a_class_of_the_call_stays(name):
    assert LEFT_ALONE[name] != COUNTER
    compile(LEFT_ALONE[name], "mod.py", "exec")
    assert edit(LEFT_ALONE[name]) is None
