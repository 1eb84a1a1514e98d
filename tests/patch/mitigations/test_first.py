"""The first of what is sorted, or looked for, is found without a list of all."""

import random

import pytest

from workbench.patch.mitigations.catalogue import MITIGATIONS, Site
from workbench.patch.mitigations.first_match import first_match
from workbench.patch.mitigations.first_of import first_of_sorted
from workbench.types import Function

ITEMS = """\
from typing import NamedTuple

class Item(NamedTuple):
    name: str
    score: int
    tags: list = []

SOME = [Item("a", 1), Item("b", 3, ["x"]), Item("c", 3), Item("d", 1)]

"""

SORTED = {
    "a test, and an attribute": ("""\
def f(xs):
    by = sorted(xs, key=lambda x: x.score)
    return by[0].name if by else None
""", """\
    first = min(xs, key=lambda x: x.score, default=None)
    return first.name if first is not None else None
"""),
    "the most, of what has a size": ("""\
def f(xs: list[Item]):
    first = 2
    by = sorted(xs, key=key, reverse=True)
    if not by:
        return None
    return by[0], first

def key(x):
    return x.score
""", """\
    first_2 = max(xs, key=key, default=None)
    if not xs:
        return None
    return first_2, first
"""),
    "left when there is nothing": ("""\
def f(xs):
    by: list = sorted((x for x in xs if x.score), key=lambda x: (-x.score, x.name))
    # nothing
    if not by or by[0].score < 2:
        return None
    best = by[0]
    return best
""", """\
    first = min((x for x in xs if x.score), key=lambda x: (-x.score, x.name), default=None)
    # nothing
    if first is None or first.score < 2:
        return None
    best = first
    return best
"""),
    "taken at once": ("""\
def f(xs):
    if not xs:
        return None
    by = sorted(xs, key=lambda x: x.score)
    best = by[0]
    return best.name
""", """\
    first = min(xs, key=lambda x: x.score)
    best = first
"""),
    "a key that looks into each": ("""\
def score(x):
    return -x.score

def f(xs):
    ys = [x for x in xs if x.name]
    ys.append(Item("e", 0))
    by = sorted(ys, key=score)
    return by[0] if by else None
""", """\
    first = min(ys, key=score, default=None)
    return first if first is not None else None
"""),
    "taken in the branch of a test": ("""\
def f(xs):
    by = sorted(xs, key=lambda x: x.score, reverse=True)
    if by and xs:
        return by[0].name
    return None
""", """\
    first = max(xs, key=lambda x: x.score, default=None)
    if first is not None and xs:
        return first.name
"""),
}  # fmt: skip

SORTED_ALONE = {
    "the second is looked at": "by = sorted(xs, key=lambda x: x.score)\n    return by[0], by[1]",
    "the list is handed on": "by = sorted(xs, key=lambda x: x.score)\n    return by[0], by",
    "the length is asked": "by = sorted(xs, key=lambda x: x.score)\n"
        "    return by[0] if len(by) else None",
    "it may be empty": "by = sorted(xs, key=lambda x: x.score)\n    n = len(xs)\n"
        "    return by[0] if n > 3 else None",
    "it may be empty, where it is not tested": "by = sorted(xs, key=lambda x: x.score)\n"
        "    n = by[0]\n    return n if by else None",
    "an error is caught": "try:\n        by = sorted(xs, key=lambda x: x.score)\n"
        "        return by[0]\n    except IndexError:\n        return None",
    "an element may be None": "by = sorted(xs)\n    return by[0] if by else None",
    "an element may be None for its key": "by = sorted(xs, key=str)\n"
        "    return by[0] if by else None",
    "what is sorted is added to": "ys = list(xs)\n    by = sorted(ys)\n    ys.append(1)\n"
        "    return by[0] if by else None",
    "it is bound twice": "by = sorted(xs, key=lambda x: x.score)\n    if xs:\n        by = [1]\n"
        "    return by[0] if by else None",
    "the order is not certain": "by = sorted(xs, key=lambda x: x.score, reverse=xs)\n"
        "    return by[0] if by else None",
    "it is looked at later": "by = sorted(xs, key=lambda x: x.score)\n"
        "    return lambda: by[0] if by else None",
    "a text holds it": "by = sorted(xs, key=lambda x: x.score)\n"
        "    return f'{by[0]}' if by else None",
    "sorted is another": "by = sorted(xs, key=lambda x: x.score)\n    return by[0] if by else None\n\n"
        "def sorted(xs, key):\n    return xs",
    "min is another": "by = sorted(xs, key=lambda x: x.score)\n    return by[0] if by else None\n\n"
        "def min(xs):\n    return xs",
    "the value of the list matters": "by = sorted(xs, key=lambda x: x.score)\n"
        "    return by and by[0]",
}  # fmt: skip

MATCHED = {
    "a list of the function's own": ("""\
def f(xs: list[Item]):
    # look
    found = [x for x in xs if x.score > 2]
    return found[0] if found else None
""", """\
    # look
    return next((x for x in xs if x.score > 2), None)
"""),
    "a list of a function": ("""\
def good(items: list[Item], least, tag="x"):
    \"\"\"Find.\"\"\"
    return [item.name for item in items if item.score >= least and tag in item.tags]

def f(xs):
    least = 2
    found = good(xs, least)
    best = found[0] if found else "none"
    return best
""", """\
    best = next((item.name for item in xs if item.score >= least and 'x' in item.tags), "none")
"""),
    "a return on a condition": ("""\
class Shop:
    def __init__(self, items):
        self.items = items

def f(xs):
    shop = Shop(xs)
    found = [tag for x in shop.items for tag in x.tags if is_good(x)]
    if not found:
        return 0
    return found[0]

def is_good(x):
    return x.score > 2
""", """\
    return next((tag for x in shop.items for tag in x.tags if is_good(x)), 0)
"""),
    "a return of nothing": ("""\
def f(xs: list[Item]):
    found = [x for x in xs if x.score > 2]
    if found:
        return found[0]
    return
""", """\
    return next((x for x in xs if x.score > 2), None)
"""),
}  # fmt: skip

MATCHED_ALONE = {
    "the list is used again": "def f(xs: list):\n    found = [x for x in xs]\n"
        "    print(found)\n    return found[0] if found else None\n",
    "the last is taken": "def f(xs: list):\n    found = [x for x in xs]\n"
        "    return found[-1] if found else None\n",
    "a condition has an effect": "def f(xs: list):\n    found = [x for x in xs if x.pop()]\n"
        "    return found[0] if found else None\n",
    "an element has an effect": "def f(xs: list):\n    found = [note(x) for x in xs]\n"
        "    return found[0] if found else None\n\ndef note(x):\n    SOME.append(x)\n    return x\n",
    "a name sounds like an effect": "from other import save_item\n\ndef f(xs: list):\n"
        "    found = [save_item(x) for x in xs]\n    return found[0] if found else None\n",
    "an iterator may go on": "def f(xs):\n    found = [x for x in xs if x.score]\n"
        "    return found[0] if found else None\n",
    "an inner iterator may go on": "def f(xs: list):\n    found = [y for x in xs for y in x]\n"
        "    return found[0] if found else None\n",
    "the default is computed": "def f(xs: list):\n    found = [x for x in xs]\n"
        "    return found[0] if found else make()\n",
    "something is done between": "def f(xs: list):\n    found = [x for x in xs]\n    xs.clear()\n"
        "    return found[0] if found else None\n",
    "another list is tested": "def f(xs: list):\n    found = [x for x in xs]\n"
        "    return found[0] if xs else None\n",
    "the function does more": "def good(xs: list):\n    xs.sort()\n    return [x for x in xs]\n\n"
        "def f(xs):\n    found = good(xs)\n    return found[0] if found else None\n",
    "an argument is computed": "def good(xs: list):\n    return [x for x in xs]\n\n"
        "def f(xs):\n    found = good(xs[1:])\n    return found[0] if found else None\n",
    "a name means another thing": "def good(xs: list):\n    return [x for x in xs if x > N]\n\n"
        "N = 1\n\ndef f(xs):\n    N = 5\n    found = good(xs)\n    return found[0] if found else N\n",
    "an element's name is an argument's": "def good(xs: list, y):\n"
        "    return [x for x in xs if x > y]\n\n"
        "def f(xs, x):\n    found = good(xs, x)\n    return found[0] if found else None\n",
    "it is awaited": "async def f(xs: list):\n    found = [await x for x in xs]\n"
        "    return found[0] if found else None\n",
    "next is another": "def f(xs: list):\n    found = [x for x in xs]\n"
        "    return found[0] if found else None\n\ndef next(x):\n    return x\n",
}  # fmt: skip


def run(source, call):
    names = {"__name__": "mod"}
    exec(compile(source, "mod.py", "exec"), names)
    return repr(eval(call, names))


CALLS = ("f(SOME)", "f([])", "f(SOME[2:])", "f(SOME[3:])")


@pytest.mark.parametrize("name", SORTED)
def test_the_first_of_what_is_sorted_is_found(name):
    source, wanted = SORTED[name]
    edited = first_of_sorted(ITEMS + source, "f")
    assert wanted in edited
    assert [run(edited, call) for call in CALLS] == [run(ITEMS + source, call) for call in CALLS]
    assert first_of_sorted(edited, "f") is None


@pytest.mark.parametrize("name", ["a test, and an attribute", "the most, of what has a size"])
def test_the_same_of_equal_ones_is_found(name):
    source = ITEMS + SORTED[name][0]
    names, other_names = {"__name__": "mod"}, {"__name__": "mod"}
    exec(source, names)
    exec(first_of_sorted(source, "f"), other_names)
    rng = random.Random(4)
    for _ in range(200):
        items = [names["Item"](str(i), rng.randrange(3)) for i in range(rng.randrange(9))]
        assert names["f"](items) == other_names["f"](items)


@pytest.mark.parametrize("name", SORTED_ALONE)
def test_what_is_sorted_for_more_is_left_alone(name):
    assert first_of_sorted(f"{ITEMS}def f(xs):\n    {SORTED_ALONE[name]}\n", "f") is None


@pytest.mark.parametrize("name", MATCHED)
def test_a_search_stops_at_the_first(name):
    source, wanted = MATCHED[name]
    edited = first_match(ITEMS + source, "f")
    assert wanted in edited
    assert [run(edited, call) for call in CALLS] == [run(ITEMS + source, call) for call in CALLS]
    assert first_match(edited, "f") is None


@pytest.mark.parametrize("name", MATCHED_ALONE)
def test_a_search_for_more_is_left_alone(name):
    assert first_match(ITEMS + MATCHED_ALONE[name], "f") is None


def test_both_are_parts_of_doing_less():
    source = ITEMS + SORTED["taken at once"][0].replace(
        "    if not xs", "    if any([x.score > 5 for x in xs]):\n        return 1\n    if not xs"
    )
    edited = MITIGATIONS["do_less"].edit(Site(Function("f", "mod.py"), None, source))
    assert "any(x.score > 5 for x in xs)" in edited
    assert "min(xs, " in edited
    assert [run(edited, call) for call in CALLS] == [run(source, call) for call in CALLS]
