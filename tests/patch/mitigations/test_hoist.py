"""Hoisting moves what cannot raise and cannot change, and nothing else."""

import ast
import difflib
import functools
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import PatchError
from workbench.patch.mitigations.hoist import hoist_invariant

HEADER = """
import re
from re import compile as make_pattern

WORD = r"[a-z]+"
STOP = ["the", "a"]
GROWING = []


def grow(item):
    GROWING.append(item)


"""


def function(text):
    return HEADER + textwrap.dedent(text).strip() + "\n"


def changed_lines(before, after):
    diff = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))
    return [line for line in diff[2:] if not line.startswith("@@")]


MOVES = {
    "pattern": (
        """
        def f(lines: list[str], limit: int):
            found = []

            # each line once
            for line in lines:
                if re.compile(r"[a-z]+", re.IGNORECASE).search(line):  # words
                    found.append(line)
            return found
        """,
        [
            '+    pattern = re.compile(r"[a-z]+", re.IGNORECASE)',
            '-        if re.compile(r"[a-z]+", re.IGNORECASE).search(line):  # words',
            "+        if pattern.search(line):  # words",
        ],
    ),
    "whole assignment, with its comment": (
        """
        def f(lines: list[str], limit: int):
            found = []
            for line in lines:
                # é: what a word is
                word = make_pattern(WORD + "$")  # anchored
                if word.search(line):
                    found.append(line)
            return found
        """,
        [
            "+    # é: what a word is",
            '+    word = make_pattern(WORD + "$")  # anchored',
            "-        # é: what a word is",
            '-        word = make_pattern(WORD + "$")  # anchored',
        ],
    ),
    "membership in a list made anew": (
        """
        def f(lines: list[str], limit: int):
            return_value = []
            for word in lines:
                if word and word not in list(STOP):
                    return_value.append(word)
            return return_value
        """,
        [
            "+    stop_list = list(STOP)",
            "-        if word and word not in list(STOP):",
            "+        if word and word not in stop_list:",
        ],
    ),
    "display that touches its operator": (
        """
        def f(lines: list[str], limit: int):
            choices = 0
            while limit > 0:
                limit -= 1
                choices += "a" in[lines, STOP]
            return choices
        """,
        [
            "+    choices_2 = [lines, STOP]",
            '-        choices += "a" in[lines, STOP]',
            '+        choices += "a" in(choices_2)',
        ],
    ),
    "outermost loop that allows it": (
        """
        def f(lines: list[str], limit: int):
            total = 0
            for line in lines:
                letters = list(line)
                for letter in letters:
                    total += letter in sorted(lines) or len(lines) > limit
            return total
        """,
        [
            "+    sorted_lines = sorted(lines)",
            "+    n_lines = len(lines)",
            "-            total += letter in sorted(lines) or len(lines) > limit",
            "+            total += letter in sorted_lines or n_lines > limit",
        ],
    ),
    "condition of a while": (
        """
        def f(lines: list[str], limit: int):
            i = 0
            while i < len(lines) and i < limit:
                i += 1
            return i
        """,
        [
            "+    n_lines = len(lines)",
            "-    while i < len(lines) and i < limit:",
            "+    while i < n_lines and i < limit:",
        ],
    ),
    "table looked up": (
        """
        def f(lines: list[str], limit: int):
            found = []
            for line in lines:
                found.append({"a": 1, "b": limit}.get(line[:1], 0))
            return found
        """,
        [
            '+    table = {"a": 1, "b": limit}',
            '-        found.append({"a": 1, "b": limit}.get(line[:1], 0))',
            "+        found.append(table.get(line[:1], 0))",
        ],
    ),
    "joined constants": (
        """
        def f(lines: list[str], limit: int):
            found = ""
            for line in lines:
                found += line + ", ".join(STOP)
            return found
        """,
        [
            '+    stop_text = ", ".join(STOP)',
            '-        found += line + ", ".join(STOP)',
            "+        found += line + stop_text",
        ],
    ),
    "generator consumed on the spot": (
        """
        def f(lines: list[str], limit: int):
            found = 0
            for line in lines:
                found += any(letter in frozenset(STOP) for letter in line)
            return found
        """,
        [
            "+    stop_frozenset = frozenset(STOP)",
            "-        found += any(letter in frozenset(STOP) for letter in line)",
            "+        found += any(letter in stop_frozenset for letter in line)",
        ],
    ),
}

# Bodies of `def f(items: list[str], other, count: int, *rest, **named)` that must stay as they are.
DECOYS = {
    "unknown argument": "for x in items:\n    x in list(other)",
    "argument that may be none": "for x in items:\n    len(none)",
    "loop target": "for x in items:\n    len(x)",
    "target of an inner loop": "for x in items:\n    for y in rest:\n        str(y)",
    "name assigned in the loop": "for x in items:\n    len(items)\n    items = []",
    "name augmented in the loop": "for x in items:\n    str(count)\n    count += 1",
    "name bound by walrus": "for x in items:\n    len(items)\n    (items := [x])",
    "name bound by with": "for x in items:\n    len(items)\n    with other as items: pass",
    "name bound by match": (
        "for x in items:\n    len(items)\n    match x:\n        case [*items]: pass"
    ),
    "name deleted": "while count:\n    len(items)\n    del items",
    "container that grows": "for x in other:\n    items.append(len(items))",
    "container that shrinks": "while len(items) > 0:\n    items.pop()",
    "item assigned": "for x in other:\n    named[x] = len(named)",
    "item deleted": "for x in other:\n    del items[0]\n    len(items)",
    "passed to an unknown call": "for x in other:\n    other(items)\n    len(items)",
    "second name for it": "alias = items\nfor x in other:\n    alias.append(x)\n    len(items)",
    "kept by an object": "other.kept = items\nfor x in other:\n    len(items)",
    "changed by a closure": (
        "def add():\n    items.append(1)\nfor x in other:\n    add()\n    len(items)"
    ),
    "rebound by a closure": (
        "def clear():\n    nonlocal items\n    items = []\n"
        "for x in other:\n    clear()\n    len(items)"
    ),
    "global that others change": "for x in other:\n    grow(x)\n    x in list(GROWING)",
    "generator may be resumed": "for x in other:\n    yield len(items)",
    "swapped for another": (
        "for x in other:\n    items, rest = rest, items\n    for y in other:\n        tuple(items)"
    ),
    "dictionary that may grow on reading": "for x in other:\n    named[x]\n    len(named)",
    "attribute": "for x in items:\n    x in list(other.values)",
    "unknown method": "for x in items:\n    other.compute()",
    "unknown function": "for x in items:\n    grow('x')",
    "pattern that does not compile": "for x in items:\n    re.compile('(')",
    "pattern of an argument": "for x in items:\n    re.compile(other)",
    "pattern that warns": "for x in items:\n    re.compile('[[a]')",
    "elements that may not hash": "pairs = [[1]]\nfor x in items:\n    x in set(pairs)",
    "elements that may not compare": "mixed = [1, 'a']\nfor x in items:\n    sorted(mixed)",
    "elements added of other types": (
        "words = ['a']\nwords.append(other)\nfor x in items:\n    x in set(words)"
    ),
    "number that may not parse": "for x in items:\n    int(other)",
    "list that is kept": "found = []\nfor x in items:\n    found.append(list(items))",
    "assigned list that is changed": "for x in other:\n    row = list(items)\n    row.append(x)",
    "shadowed builtin": "len = other\nfor x in other:\n    len(items)",
    "shadowed module": "re = other\nfor x in other:\n    re.compile('a')",
    "module imported in the loop": "for x in other:\n    import re as r\n    r.compile('a')",
    "bound on one branch": "if other:\n    ys = [1]\nfor x in items:\n    x in list(ys)",
    "bound later in an outer loop": (
        "ys = [1]\nfor x in other:\n    for z in other:\n        z in list(ys)\n    ys = x"
    ),
    "runs later": "for x in items:\n    other(lambda: len(items))",
    "runs once": "for x in items:\n    if x:\n        return len(items)",
    "runs once, on failure": "for x in items:\n    if x:\n        raise ValueError(len(items))",
    "in an f-string": "for x in items:\n    other(f'{len(items)}')",
    "folded by the compiler": "for x in items:\n    x in ['a', 'b'] or x in {'c'}",
    "evaluated once": "for x in list(items):\n    other(x)\nelse:\n    len(items)",
    "not in a loop": "len(items)\nre.compile('a')",
    "looks at its variables": "for x in items:\n    len(items)\n    locals()",
    "a generator that is kept": "for x in items:\n    other(y in list(items) for y in other)",
}


@pytest.mark.parametrize(("text", "expected"), MOVES.values(), ids=MOVES)
def test_moves_and_alters_nothing_else(text, expected):
    source = function(text)
    edited = hoist_invariant(source, "f")
    assert sorted(changed_lines(source, edited)) == sorted(expected)


@pytest.mark.parametrize("text", [text for text, _ in MOVES.values()], ids=MOVES)
@settings(deadline=None, max_examples=30)
@given(lines=st.lists(st.text("abthe ", max_size=6), max_size=5), limit=st.integers(-1, 5))
def test_edited_source_runs_alike(text, lines, limit):
    source = function(text)
    assert run(hoisted(source), lines, limit) == run(source, lines, limit)


@functools.cache
def hoisted(source):
    return hoist_invariant(source, "f")


def run(source, *arguments):
    names = {}
    exec(compile(source, "edited.py", "exec"), names)
    return names["f"](*arguments)


@pytest.mark.parametrize("text", [text for text, _ in MOVES.values()], ids=MOVES)
def test_second_application_finds_nothing(text):
    assert hoist_invariant(hoist_invariant(function(text), "f"), "f") is None


@pytest.mark.parametrize("body", DECOYS.values(), ids=DECOYS)
def test_decoy_stays(body):
    head = "def f(items: list[str], other, count: int, none: list = None, *rest, **named):\n"
    source = HEADER + head + textwrap.indent(body, "    ") + "\n"
    ast.parse(source)
    assert hoist_invariant(source, "f") is None


SNIPPETS = st.sampled_from(
    [
        "out.append(len(a))",
        "out.append(x in list(a))",
        "out.append(x in set(a))",
        "out.append(sorted(b)[:1])",
        "out.append(str(n))",
        "out.append(tuple(b))",
        "out.append([y for y in b if y in list(a)])",
        "a.append(x)",
        "b.append(x)",
        "a = [x]",
        "n += 1",
        "b = list(a)",
        "c = sorted(a)",
        "c = len(b)",
        "out.append({'p': n, 'q': 2}.get(x))",
        "a, b = b, a",
        "out.append(re.compile('[pq]').findall(x))",
        "other = b; other.append(x)",
        "out.extend(a)",
        "drop(b)",
        "if x == 'p': continue",
        "if n > 4: break",
        "if len(a) > 5: return out, len(b)",
    ]
)
BLOCKS = st.lists(SNIPPETS, min_size=1, max_size=5)


@settings(deadline=None)
@given(BLOCKS, BLOCKS, BLOCKS, st.lists(st.sampled_from("pqr"), max_size=4), st.integers(0, 5))
def test_any_loop_runs_alike(before, outer, inner, words, n):
    lines = [
        "import re",
        "def drop(items):",
        "    if items: items.pop()",
        "def f(a: list[str], b: list[str], n: int):",
        "    out = []",
        "    x = 'p'",
        *(f"    {line}" for line in before if "continue" not in line and "break" not in line),
        "    for x in ['p', 'q']:",
        *(f"        {line}" for line in outer),
        "        for x in list(b)[:3]:",
        *(f"            {line}" for line in inner),
        "    return out, a, b, n",
    ]
    source = "\n".join(lines) + "\n"
    edited = hoist_invariant(source, "f")
    if edited is not None:
        expected = outcome(source, words, n)
        assert outcome(edited, words, n) == expected or expected is UnboundLocalError
        assert hoist_invariant(edited, "f") is None


def outcome(source, words, n):
    try:
        return run(source, list(words), list(reversed(words)), n)
    except UnboundLocalError:
        return UnboundLocalError


def test_zero_iterations_do_not_start_to_raise():
    source = "def f(a, b):\n    for x in a:\n        if x in list(b): pass\n"
    assert hoist_invariant(source, "f") is None


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["unix", "windows"])
def test_newlines_and_tabs_are_kept(newline):
    lines = ["def f(a: list):", "\tfor x in a:", "\t\tx in set('ab')", ""]
    expected = ["def f(a: list):", "\tas_set = set('ab')", "\tfor x in a:", "\t\tx in as_set", ""]
    assert hoist_invariant(newline.join(lines), "f") == newline.join(expected)


@pytest.mark.parametrize("name", ["Outer.Inner.go", "make.<locals>.go"])
def test_qualified_names_reach_nested_functions(name):
    body = ["def go(self):", "    while self:", "        str('x')"]
    indented = ["        " + line for line in body]
    lines = [
        "class Outer:",
        "    class Inner:",
        *indented,
        "def make():",
        "    if True:",
        *indented,
    ]
    source = "\n".join([*lines, ""])
    edited = hoist_invariant(source, name)
    (line,) = [i for i, line in enumerate(edited.splitlines()) if "as_str = str('x')" in line]
    assert line == (3 if name.startswith("Outer") else 8)


def test_star_import_hides_every_builtin():
    source = "def f(a: list):\n    for x in a:\n        len(a)\n"
    assert hoist_invariant(source, "f") is not None
    assert hoist_invariant("from m import *\n" + source, "f") is None


def test_source_that_does_not_parse_names_the_line():
    with pytest.raises(PatchError, match="line 2"):
        hoist_invariant("x = 1\nfor for\n", "f")


def test_unknown_function_is_named():
    with pytest.raises(PatchError, match=r"'Cls\.f'"):
        hoist_invariant("def f(): pass\n", "Cls.f")


@pytest.mark.parametrize("n_terms", [250, 400, 600, 3000])
def test_what_is_nested_too_deeply_is_one_error(n_terms):
    source = f"def f(x):\n    for i in x:\n        print({' + '.join(['1'] * n_terms)})\n"
    with pytest.raises(PatchError):
        hoist_invariant(source, "f")


ALIASED = {
    "another argument is the same list": """
        def f(xs: list, out: list):
            for i in range(3):
                out.append(len(xs))
            return out
        """,
    "a call may hold it too": """
        def f(xs: list, grow):
            n = 0
            for i in range(3):
                grow(i)
                n += len(xs)
            return n
        """,
    "it was given away before": """
        def f(rows: list, keep):
            xs = list(rows)
            keep(xs)
            n = 0
            for i in range(3):
                keep(None)
                n += len(xs)
            return n
        """,
    "its method has another name": """
        def f(rows):
            items = []
            add = items.append
            for row in rows:
                add(row)
                print(len(items))
        """,
    "an attribute is extended": """
        def f(self, xs: list):
            for i in range(3):
                self.xs += [i]
                print(len(xs))
        """,
    "an item of something else is set": """
        def f(xs: list, table: dict):
            for i in range(3):
                table["xs"][i:] = []
                print(len(xs))
        """,
    "something unknown is extended": """
        def f(xs: list, other):
            for i in range(3):
                other += [i]
                print(len(xs))
        """,
}


@pytest.mark.parametrize("text", ALIASED.values(), ids=ALIASED)
def test_what_others_may_hold_too_stays_where_they_may_change_it(text):
    assert hoist_invariant(function(text), "f") is None


def test_what_this_function_made_and_kept_moves_past_calls():
    text = """
        def f(rows, use):
            xs = [row for row in rows]
            for row in rows:
                use(len(xs))
        """
    assert "n_xs = len(xs)" in hoist_invariant(function(text), "f")
