"""What is made of constants is told apart, and of which kind it is."""

import ast

import pytest

from workbench.python.fixed import Fixed
from workbench.python.results import is_immutable
from workbench.python.scope import Scope

MODULE = """\
import math, re, string, textwrap, urllib.parse
from decimal import Decimal

WORDS = ["a", "b"]
RATES = {"a": 1, "b": 2}
NESTED = [["a"]]
PAIR = ("x", 2)
GROWN = ["a"]
NAMES = ("x", "y")
BASE = "https://" + NAMES[0]
GROWN.append("c")


def f(given):
    local = given
    VALUE
"""
CONSTANT = [
    "'a'", "b'a'", "1.5", "None", "-1", "not WORDS", "1 < 2 < 3", "1 + 2 * 3", "3 / 2", "2 ** -1",
    "'%s' % PAIR[0]", "'a' * 3", "f'{PAIR} {2:>{3}}'", "BASE", "PAIR", "PAIR + ('y',)", "()",
    "'|'.join(WORDS)", "','.join(sorted(RATES))", "len(WORDS)", "max(RATES)", "sum([1, 2])",
    "tuple(w.upper() for w in WORDS if w != 'a')", "frozenset(WORDS)", "[w for w in WORDS]",
    "{w for w in 'ab'}", "sorted(WORDS, key=len)", "{w: len(w) for w in WORDS}", "{w: [w] for w in WORDS}", "re.I | re.M", "string.digits",
    "math.sqrt(2)", "re.escape('.')", "textwrap.dedent(' a')", "BASE[:3]", "WORDS[0]",
    "'a,b'.split(',')", "'a'.encode()", "'ab'.partition('a')", "'a'.startswith('a')",
    "'a' if WORDS else 'b'", "'a' or 'b'", "urllib.parse.quote('a b')", "int('3')", "str(4)",
    "tuple(map(str.upper, WORDS))", "range(3)", "any(w == 'a' for w in WORDS)",
]  # fmt: skip
OPEN = [
    "given", "local", "given.lower()", "GROWN", "len(GROWN)", "NESTED", "print", "open('x')",
    "missing", "[w for w in given]", "[w for w, in WORDS]", "f'{given}'", "'|'.join(given)",
    "Decimal(1) / Decimal(3)", "(lambda: 1)()", "id(1)", "hash('a')", "input()", "eval('1')",
    "re.sub('a', given, 'b')", "WORDS + WORDS", "RATES['a']", "WORDS.pop()", "str(*WORDS)",
    "sorted(WORDS, key=given)", "{w: given for w in WORDS}", "{given: w for w in WORDS}", "dict(**RATES)", "(w := 'a')",
]  # fmt: skip


def seen(text):
    source = MODULE.replace("VALUE", f"return ({text})")
    tree = ast.parse(source)
    function = tree.body[-1]
    return Fixed(Scope(source, tree, function), len(tree.body) - 1), function.body[-1].value, source


@pytest.mark.parametrize("text", CONSTANT)
def test_the_kind_of_what_is_made_of_constants_is_told(text):
    fixed, value, source = seen(text)
    kind = fixed.kind(value, {})
    names = {}
    exec(source, names)
    made = names["f"](None)
    told = {"RegexFlag": "int", "range": "list"}.get(type(made).__name__, type(made).__name__)
    assert kind.name in (told, "other")
    if is_immutable(kind):
        hash(made)
    if kind.element and made:
        assert {kind.element} & {type(next(iter(made))).__name__, "other"}


@pytest.mark.parametrize("text", OPEN)
def test_what_may_differ_is_not_taken_for_a_constant(text):
    fixed, value, _ = seen(text)
    assert not fixed.gives_immutable(value, {})
