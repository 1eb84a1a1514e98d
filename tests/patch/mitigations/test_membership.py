"""What a function gives is asked for members as a set, where nothing else is done with it."""

import textwrap

import pytest

from workbench.patch.mitigations.catalogue import MITIGATIONS, Site
from workbench.patch.mitigations.membership import ask_sets
from workbench.types import Function

SOURCE = """\
def known(n: int) -> list[int]:
    return [n, n + 1, n + 1]


def f(xs, n=2):
    # once
    ids = known(n)
    kept = [x for x in xs if x not in ids]
    for x in xs:
        if x in ids:
            kept.append(-x)
    return kept
"""

IMPORTED = SOURCE[SOURCE.index("def f") :]


def run(source, call):
    names = {"__name__": "mod"}
    exec(compile(source, "mod.py", "exec"), names)
    return repr(eval(call, names))


@pytest.mark.parametrize(
    "returns",
    ["list[int]", "tuple[int, ...]", "Sequence[int]", "'list[int]'", "List[tuple[int, str]]",
     "typing.Collection[int | None]"],
)  # fmt: skip
def test_a_list_of_what_can_be_hashed_is_asked_as_a_set(returns):
    source = "import typing\nfrom typing import List, Sequence\n\n" + SOURCE.replace(
        "list[int]", returns
    )
    edited = ask_sets(source, "f")
    assert "    # once\n    ids = set(known(n))\n" in edited
    assert run(edited, "f([1, 2, 3, 4])") == run(source, "f([1, 2, 3, 4])")
    assert ask_sets(edited, "f") is None


@pytest.mark.parametrize(
    "returns",
    ["list[list[int]]", "list", "set[int]", "Sequence[str]", "Iterable[int]", "Iterator[int]",
     "dict[int, int]", "list[int] | None", "list[T]", "'list['", "tuple[int, list[int]]"],
)  # fmt: skip
def test_what_may_not_be_hashed_or_is_no_list_stays(returns):
    assert ask_sets(SOURCE.replace("-> list[int]", f"-> {returns}"), "f") is None


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("    return kept\n", "    return kept, ids\n"),
        ("    return kept\n", "    return kept, len(ids)\n"),
        ("    return kept\n", "    return kept, ids[0]\n"),
        ("    return kept\n", "    ids = [1]\n    return kept, 1 in ids\n"),
        ("if x in ids", "if [x] in ids"),
        ("if x in ids", "if ids in x"),
        ("def f(xs, n=2)", "def f(xs: list, n=2)\n".strip().replace("n=2", "n=2, set=set")),
        ("def known", "@cached\ndef known"),
        ("-> list[int]", ""),
        ("known(n)\n", "known(n)[:]\n"),
        ("def f(", "def known(n):\n    return 1\n\n\ndef f("),
    ],
)
def test_a_list_that_is_used_otherwise_stays(text, other):
    assert text in SOURCE
    assert ask_sets(SOURCE.replace(text, other), "f") is None


def test_a_list_that_is_asked_once_stays():
    source = SOURCE[: SOURCE.index("def f")] + (
        "def f(xs):\n    for x in xs:\n        ids = known(x)\n        if x in ids:\n"
        "            return x\n"
    )
    assert ask_sets(source, "f") is None


def test_a_function_of_another_file_says_what_it_gives():
    source = f"from other import ids_of as known\n\n\n{IMPORTED}"
    other = "def ids_of(n) -> list[int]:\n    return [n]\n"
    assert "ids = set(known(n))" in ask_sets(source, "f", lambda: ["def ids_of(:\n", other])
    assert ask_sets(source, "f") is None
    unlike = other.replace("-> list[int]", "-> list[dict]")
    assert ask_sets(source, "f", lambda: [other, unlike]) is None


def test_a_method_says_what_it_gives():
    source = "class A:\n" + textwrap.indent(SOURCE, "    ")
    source = source.replace("(xs", "(self, xs").replace("known(n:", "known(self, n:")
    source = source.replace("= known", "= self.known")
    edited = ask_sets(source, "A.f")
    assert "ids = set(self.known(n))" in edited
    assert run(edited, "A().f([1, 2, 3])") == run(source, "A().f([1, 2, 3])")
    assert ask_sets(source.replace("list[int]", "list[A]"), "A.f") is None
    assert ask_sets(source.replace("self.known(n)\n", "xs.known(n)\n"), "A.f") is None


def test_it_is_part_of_replacing_a_structure():
    site = Site(Function("f", "mod.py"), None, SOURCE)
    assert MITIGATIONS["replace_structure"].edit(site) == ask_sets(SOURCE, "f")
