"""Lists that a function makes anew each time are changed in place, where nobody else holds them."""

import pytest

from workbench.patch.mitigations.catalogue import MITIGATIONS, Site
from workbench.patch.mitigations.grow import grow_in_place
from workbench.types import Function

EDITED = {
    "a sum": ("""\
def f(xs):
    out: list = [0]
    for x in xs:
        # more
        out = out + [x * 2]
    return out
""", "        # more\n        out.append(x * 2)\n"),
    "a display": ("""\
def f(xs):
    out = []
    for x in xs:
        if x not in out and len(out) < 5:
            out = [*out, x, x]
    kept = out
    return kept, out
""", "out.extend([x, x])"),
    "two loops, and one that is always in place": ("""\
def f(xs):
    out = list(xs)
    while len(out) < 5:
        out = out + [out[-1]]
        out += [1]
    for x in xs:
        out = [*out, (
            x,
            len(out),
        )]
    return out
""", "        out.append(out[-1])\n        out += [1]\n"),
    "a list for each": ("""\
def f(xs):
    rows = []
    for x in xs:
        row = []
        for y in range(x):
            row = row + [y]
        rows.append(row)
    return rows
""", "            row.append(y)\n        rows.append(row)"),
    "functions look at it": ("""\
def f(xs):
    out = [1]
    for x in xs:
        if is_in(x, out) or any(x < y for y in out):
            out = out + [x + total(out, x) + sum([*out])]
    return out

def is_in(x, known):
    return x in known

def total(items, more):
    n = more
    for item in items:
        n += item
    return n
""", "            out.append(x + total(out, x) + sum([*out]))\n"),
    "one goes": ("""\
def f(xs):
    left = sorted(xs)
    for x in xs:
        if x in left:
            i = left.index(x)
            left = left[:i] + left[i + 1:]
    return left
""", "            del left[i : i + 1]\n"),
    "the one at a place goes, and the loop ends": ("""\
def f(xs):
    left, n = [0], 0
    left = [x for x in xs]
    while left:
        n += 1
        for i, x in enumerate(left):
            if x % 2:
                left = left[:i] + left[i + 1:]
                break
        else:
            left = left[:0] + left[1:]
    return left, n
""".replace("left, n = [0], 0", "n = 0"), "                del left[i : i + 1]\n                break\n"),
    "what is beyond the end stays": ("""\
def f(xs):
    left = list(xs)
    for i in range(9, 12):
        left = left[:i] + left[i + 1:]
    return left
""", "        del left[i : i + 1]\n"),
}  # fmt: skip

LOOP = "def f(xs, ys):\n    out = []\n    for x in xs:\n        out = out + [x]\n"

LEFT_ALONE = {
    "another name holds it": LOOP.replace("    for", "    other = out\n    for"),
    "another name holds it in the loop": f"{LOOP}        other = out\n",
    "another list holds it": f"{LOOP}        ys.append(out)\n",
    "a tuple holds it": f"{LOOP}        ys.append((x, out))\n",
    "an attribute holds it": f"{LOOP}        ys.last = out\n",
    "it is handed to a function that nobody knows": f"{LOOP}        look(out)\n",
    "it is handed to a function that keeps it": f"{LOOP}        keep(out)\n"
        "\nKEPT = []\n\ndef keep(x):\n    KEPT.append(x)\n",
    "it is handed to a function that gives it back": f"{LOOP}        y = same(out)\n"
        "\ndef same(x):\n    return x\n",
    "it is yielded": f"{LOOP}        yield out\n",
    "a generator goes through it": f"{LOOP}        ys.append(y for y in out)\n",
    "an iterator goes through it": f"{LOOP}        ys.append(enumerate(out))\n",
    "a function inside uses it": f"{LOOP}        ys.append(lambda: out)\n",
    "the loop goes through it": LOOP.replace("in xs:", "in out:"),
    "a loop around goes through it": LOOP.replace("in xs:", "in enumerate(out):"),
    "it is handed in": LOOP.replace("    out = []\n", "").replace("ys", "out"),
    "it is another's": LOOP.replace("out = []", "out = ys"),
    "what it starts as is not known": LOOP.replace("out = []", "out = make()"),
    "it starts in a branch": LOOP.replace("out = []", "if xs:\n        out = []"),
    "it has two beginnings": LOOP.replace("out = []", "out = []\n    if xs:\n        out = ys"),
    "nothing is repeated": "def f(xs):\n    out = []\n    out = out + [xs]\n    return out\n",
    "a list is added of which nobody knows": LOOP.replace("[x]", "x"),
    "it is returned where more may follow": "def f(xs, ys):\n    out = []\n    try:\n"
        "        for x in xs:\n            out = out + [x]\n            return out\n"
        "    finally:\n        ys.append(1)\n".replace("    out = []\n    try:\n",
        "    try:\n        out = []\n"),
    "the place may be negative": "def f(xs, i):\n    left = list(xs)\n    for x in xs:\n"
        "        left = left[:i] + left[i + 1:]\n    return left\n",
    "the place may be negative in a range": "def f(xs, n):\n    left = list(xs)\n"
        "    for i in range(n, 3):\n        left = left[:i] + left[i + 1:]\n    return left\n",
    "the place is a constant below zero": "def f(xs):\n    left = list(xs)\n    for x in xs:\n"
        "        left = left[:-2] + left[-1:]\n    return left\n",
    "two go": "def f(xs):\n    left = list(xs)\n    for i in range(3):\n"
        "        left = left[:i] + left[i + 2:]\n    return left\n",
    "one goes while the list is gone through": "def f(xs):\n    left = list(xs)\n"
        "    for i, x in enumerate(left):\n        left = left[:i] + left[i + 1:]\n    return left\n",
    "one goes of another list": "def f(xs):\n    left = list(xs)\n    for i in range(3):\n"
        "        left = left[:i] + xs[i + 1:]\n    return left\n",
}  # fmt: skip


def run(source, call):
    names = {"__name__": "mod"}
    exec(compile(source, "mod.py", "exec"), names)
    return repr(eval(call, names))


@pytest.mark.parametrize("name", EDITED)
def test_a_list_is_changed_in_place(name):
    source, wanted = EDITED[name]
    edited = grow_in_place(source, "f")
    assert wanted in edited
    for call in ("f([3, 1, 2, 1])", "f([2, 4, 5, 7, 8, 1, 9, 9, 6, 6, 3, 3])", "f([4])"):
        assert run(edited, call) == run(source, call)
    assert grow_in_place(edited, "f") is None


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_what_does_not_qualify_is_left_alone(name):
    assert grow_in_place(LEFT_ALONE[name], "f") is None


def test_the_plain_loop_would_qualify():
    assert "out.append(x)" in grow_in_place(LOOP, "f")


def test_it_is_part_of_replacing_a_structure():
    source, wanted = EDITED["a sum"]
    assert wanted in MITIGATIONS["replace_structure"].edit(
        Site(Function("f", "m.py"), None, source)
    )
