"""A sum of all up to a place is kept from round to round."""

import random

import pytest

from workbench.patch.mitigations.catalogue import MITIGATIONS, Site
from workbench.patch.mitigations.running import keep_total
from workbench.types import Function

EDITED = {
    "all up to here": ("""\
def f(xs: list[int]):
    out = []
    for i, x in enumerate(xs):
        # so far
        out.append((x, sum(xs[: i + 1])))
    return out
""", """\
    xs_total = 0
    for i, x in enumerate(xs):
        # so far
        xs_total += xs[i]
        out.append((x, xs_total))
"""),
    "all before, and not in each round": ("""\
def f(xs: list[int], xs_total=3):
    out = []
    for i in range(len(xs)):
        if xs[i] % 2:
            continue
        if sum(xs[:i]) * 2 > xs[i]:
            out.append(sum(xs[:i + 1]))
    return out, xs_total
""", """\
    xs_total_2 = 0
    for i in range(len(xs)):
        xs_total_2 += xs[i]
        if xs[i] % 2:
            continue
        if (xs_total_2 - xs[i]) * 2 > xs[i]:
            out.append(xs_total_2)
"""),
}  # fmt: skip

LOOP = EDITED["all up to here"][0]

LEFT_ALONE = {
    "floats": LOOP.replace("list[int]", "list[float]"),
    "nobody says of what": LOOP.replace(": list[int]", ""),
    "another list": LOOP.replace("sum(xs[", "sum(out["),
    "another end": LOOP.replace("i + 1", "i + 2"),
    "another start": LOOP.replace("[: i", "[1 : i"),
    "a start of the sum": LOOP.replace("1])", "1], 5)"),
    "a start of the loop": LOOP.replace("enumerate(xs)", "enumerate(xs, 1)"),
    "a part of the places": LOOP.replace("i, x in enumerate(xs)", "i in range(1, len(xs))"),
    "the place is bound anew": LOOP.replace("        # so far", "        i = x"),
    "the list is changed": LOOP.replace("        # so far", "        xs[i] = 1"),
    "the list is handed on": LOOP.replace("        # so far", "        look(xs)"),
    "the list is bound anew": LOOP.replace("        # so far", "        xs = [1]"),
    "it is summed later": LOOP.replace("(x, sum(xs[: i + 1]))", "lambda: sum(xs[: i + 1])"),
    "sum is another": LOOP + "\n\ndef sum(xs):\n    return 1\n",
}


@pytest.mark.parametrize("name", EDITED)
def test_a_total_is_kept(name):
    source, wanted = EDITED[name]
    edited = keep_total(source, "f")
    assert wanted in edited
    before, after = {}, {}
    exec(source, before)
    exec(edited, after)
    rng = random.Random(1)
    for n in range(20):
        xs = [rng.randrange(-9, 9) for _ in range(n)]
        assert before["f"](xs) == after["f"](xs)
    assert keep_total(edited, "f") is None


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_what_does_not_qualify_is_left_alone(name):
    assert LEFT_ALONE[name] != LOOP
    assert keep_total(LEFT_ALONE[name], "f") is None


def test_it_is_part_of_hoisting():
    assert MITIGATIONS["hoist"].edit(Site(Function("f", "m.py"), None, LOOP)) == keep_total(
        LOOP, "f"
    )
