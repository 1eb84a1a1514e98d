"""Each mitigation: what it edits, that the edit answers alike, and what it leaves alone."""

import difflib
import textwrap

import pytest

from workbench.patch.mitigations.catalogue import MITIGATIONS as EDITS
from workbench.patch.mitigations.catalogue import Site
from workbench.patch.mitigations.imports import lazy_import
from workbench.types import MITIGATIONS, Function

EDITED = {
    "a pattern is compiled once": (
        "precompile", "f('a12', 'x')",
        """
        import re

        # what follows is text


        def f(text, other):
            \"\"\"Find.\"\"\"
            # a comment
            found = re.search(r"\\d+", text, flags=re.I)  # digits
            return found and re.sub("x", other, text, count=1)
        """,
        """
        +_F_PATTERN = re.compile(r"\\d+", re.I)
        +_F_PATTERN_2 = re.compile("x")
        -    found = re.search(r"\\d+", text, flags=re.I)  # digits
        -    return found and re.sub("x", other, text, count=1)
        +    found = _F_PATTERN.search(text)  # digits
        +    return found and _F_PATTERN_2.sub(other, text, count=1)
        """,
    ),
    "a constant is made once": (
        "precompile", "f('b')",
        """
        import datetime
        WEEK = 7

        def f(x):
            return frozenset({"a", "b"}) & {x}, datetime.timedelta(days=WEEK), -datetime.timedelta(1)
        """,
        """
        +_F_FROZENSET = frozenset({"a", "b"})
        +_F_TIMEDELTA = datetime.timedelta(days=WEEK)
        +_F_TIMEDELTA_2 = datetime.timedelta(1)
        -    return frozenset({"a", "b"}) & {x}, datetime.timedelta(days=WEEK), -datetime.timedelta(1)
        +    return _F_FROZENSET & {x}, _F_TIMEDELTA, -_F_TIMEDELTA_2
        """,
    ),
    "a method's constant stands before its class": (
        "precompile", "A().f('2024')",
        """
        import re

        class A:
            @staticmethod
            def f(x):
                return bool(re.match("[0-9]+", x))
        """,
        """
        +_F_PATTERN = re.compile("[0-9]+")
        -        return bool(re.match("[0-9]+", x))
        +        return bool(_F_PATTERN.match(x))
        """,
    ),
    "a list of words becomes a set": (
        "replace_structure", "f(['a', 'e', 'é'])",
        """
        WORDS = [
            "a", "b",  # two
            "c", "é",
        ]

        def f(xs):
            return [x for x in xs if x not in WORDS]
        """,
        """
        -WORDS = [
        +WORDS = frozenset([
        -]
        +])
        """,
    ),
    "words of texts become a set": (
        "replace_structure", "f(['a', 'e', 'c'])",
        """
        TEXTS = {"x": "a b", "y": "c d"}
        WORDS = [word for text in TEXTS.values() for word in text.split()]

        def f(xs):
            return [x for x in xs if x not in WORDS]
        """,
        """
        -WORDS = [word for text in TEXTS.values() for word in text.split()]
        +WORDS = frozenset([word for text in TEXTS.values() for word in text.split()])
        """,
    ),
    "what was seen is a set": (
        "replace_structure", "f([3, 1, 3])",
        """
        def f(xs):
            seen, out = [], []
            known = []
            for x in xs:
                if x not in known:
                    known.append(x)
                    out.append(x)
            return out
        """,
        """
        -    known = []
        +    known = set()
        -            known.append(x)
        +            known.add(x)
        """,
    ),
    "a list is asked through a set": (
        "replace_structure", "f([3, 1], [1, 2])",
        """
        def f(xs, ys):
            odd = [y for y in ys if y % 2]
            n = 0
            # count
            for x in xs:
                if x in odd:
                    n += 1
            return n, len(odd)
        """,
        """
        +    odd_set = set(odd)
        -        if x in odd:
        +        if x in odd_set:
        """,
    ),
    "texts are joined once": (
        "replace_structure", "f('ab')",
        """
        def f(xs):
            text = "<"
            for x in xs:
                if x:
                    text += x + ","
            return text + ">"
        """,
        """
        -    text = "<"
        +    text_parts = ["<"]
        -            text += x + ","
        +            text_parts.append(x + ",")
        +    text = "".join(text_parts)
        """,
    ),
    "a list grows in place": (
        "replace_structure", "f('ab')",
        """
        def f(xs):
            out = []
            for x in xs:
                out = out + [x * 2]
            return out
        """,
        """
        -        out = out + [x * 2]
        +        out.append(x * 2)
        """,
    ),
    "many are asked for at once": (
        "batch_calls", "f(Store(), [1, 2])",
        """
        class Store:
            def fetch(self, number):
                return number * 2

            def fetch_many(self, numbers):
                return [n * 2 for n in numbers]

        def f(store, ids):
            return [store.fetch(i) for i in ids]
        """,
        """
        -    return [store.fetch(i) for i in ids]
        +    return store.fetch_many(ids)
        """,
    ),
    "a copy that is only looked at goes": (
        "drop_copy", "f({'a': [1, 2], 'n': 3})",
        """
        import copy, json

        def f(card):
            mine = copy.deepcopy(card)
            other = json.loads(json.dumps(card))
            return len(mine["a"]) + mine.get("n") + (other["n"] > 2)
        """,
        """
        -    mine = copy.deepcopy(card)
        +    mine = card
        -    other = json.loads(json.dumps(card))
        +    other = card
        """,
    ),
    "a key is asked for with a default": (
        "check_first", "f({'a': 1}, 'b'), f({'a': 1}, 'a')",
        """
        def f(table, key):
            try:
                found = table[key]
            except KeyError:
                found = 0
            try:
                return table[key]
            except KeyError:
                return None
        """,
        """
        -    try:
        -        found = table[key]
        -    except KeyError:
        -        found = 0
        -    try:
        -        return table[key]
        -    except KeyError:
        -        return None
        +    found = table.get(key, 0)
        +    return table.get(key)
        """,
    ),
    "an import rises": (
        "import_at_top", "f(2)",
        """
        import os

        def f(x):
            from math import sqrt
            return sqrt(x), os.sep
        """,
        """
        +from math import sqrt
        -    from math import sqrt
        """,
    ),
    "a debug line is made when wanted": (
        "guard_debug", "f([1])",
        """
        import logging
        log = logging.getLogger(__name__)

        def f(xs):
            log.debug("seen %s", sorted(xs))
            log.debug("done")
            return xs
        """,
        """
        -    log.debug("seen %s", sorted(xs))
        +    if log.isEnabledFor(logging.DEBUG):
        +        log.debug("seen %s", sorted(xs))
        """,
    ),
    "the least is found without sorting": (
        "do_less", "f([3, 1, 2], 2)",
        """
        def f(xs, n):
            first = sorted(xs, key=abs)[0]
            few = sorted(xs, reverse=True)[:n]
            return first, few, any([x > 1 for x in xs]), set(sorted(xs))
        """,
        """
        +import heapq
        -    first = sorted(xs, key=abs)[0]
        -    few = sorted(xs, reverse=True)[:n]
        -    return first, few, any([x > 1 for x in xs]), set(sorted(xs))
        +    first = min(xs, key=abs)
        +    few = heapq.nlargest(n, xs)
        +    return first, few, any(x > 1 for x in xs), set(xs)
        """,
    ),
    "a frozen object is shared": (
        "reuse_objects", "f(1)",
        """
        import dataclasses

        @dataclasses.dataclass(frozen=True)
        class Options:
            name: str = "a"

        def f(x):
            return Options(), x
        """,
        """
        +_F_OPTIONS = Options()
        -    return Options(), x
        +    return _F_OPTIONS, x
        """,
    ),
    "a function of a table keeps its answers": (
        "add_cache", "f('a'), f('b')",
        """
        _RATES = {"a": 2, "b": 3}
        KNOWN = ["a", "c"]

        def f(name: str) -> int:
            return _RATES[name] if name in KNOWN else _RATES.get(name, 0) * 2

        def g():
            return len(KNOWN)
        """,
        """
        +import functools
        +@functools.lru_cache(maxsize=1024)
        """,
    ),
    "a pure function keeps its answers": (
        "add_cache", "f('Ab', 2)",
        """
        import re
        WORD = re.compile("[a-z]+")

        def f(text: str, n: int = 1) -> tuple[str, ...]:
            return tuple(lower(word) * n for word in WORD.findall(text))

        def lower(word):
            return word.lower()
        """,
        """
        +import functools
        +@functools.lru_cache(maxsize=1024)
        """,
    ),
}  # fmt: skip

LEFT_ALONE = {
    "a pattern of an argument": ("precompile", "import re\ndef f(p, x):\n    return re.match(p, x)\n"),
    "a pattern that is bound below": (
        "precompile", "import re\ndef f(x):\n    return re.match(P, x)\nP = 'a'\n",
    ),
    "words that are iterated over": (
        "replace_structure",
        "W = ['a', 'b', 'c', 'd']\ndef f(x):\n    return x in W, [w for w in W]\n",
    ),
    "words that are added to": (
        "replace_structure",
        "W = ['a', 'b', 'c', 'd']\ndef f(x):\n    W.append(x)\n    return x in W\n",
    ),
    "a list whose order is given": (
        "replace_structure",
        "def f(xs):\n    seen = []\n    for x in xs:\n        if x not in seen:\n"
        "            seen.append(x)\n    return seen\n",
    ),
    "a list that the loop changes": (
        "replace_structure",
        "def f(xs):\n    known = [1]\n    for x in xs:\n        if x in known:\n"
        "            known.remove(x)\n    return 1\n",
    ),
    "a text that the loop reads": (
        "replace_structure",
        "def f(xs):\n    t = ''\n    for x in xs:\n        t += x\n        print(t)\n    return t\n",
    ),
    "a number that grows": (
        "replace_structure",
        "def f(xs):\n    n = 0\n    for x in xs:\n        n += x\n    return n\n",
    ),
    "a list that somebody else holds": (
        "replace_structure",
        "def f(xs, ys):\n    zs = ys\n    for x in xs:\n        zs = zs + [x]\n    return zs\n",
    ),
    "no call for many": (
        "batch_calls",
        "class S:\n    def get(self, x):\n        return x\n\ndef f(s, xs):\n"
        "    return [s.get(x) for x in xs]\n",
    ),
    "a call for many of another kind": (
        "batch_calls",
        "class S:\n    def get(self, x):\n        return x\n    def get_many(self, n: int):\n"
        "        return n\n\ndef f(s, xs):\n    return [s.get(x) for x in xs]\n",
    ),
    "a copy that is changed": (
        "drop_copy",
        "import copy\ndef f(x):\n    y = copy.deepcopy(x)\n    y['a'] = 1\n    return len(y)\n",
    ),
    "a copy that is given away": (
        "drop_copy", "import copy\ndef f(x):\n    return copy.deepcopy(x)\n",
    ),
    "a copy whose part is changed": (
        "drop_copy",
        "import copy\ndef f(x):\n    y = copy.deepcopy(x)\n    y['a'].append(1)\n    return len(y)\n",
    ),
    "a copy whose part is given away": (
        "drop_copy",
        "import copy\ndef f(x):\n    y = copy.deepcopy(x)\n    for part in y:\n        g(part)\n",
    ),
    "a handler that does more": (
        "check_first",
        "def f(t, k):\n    try:\n        x = t[k]\n    except KeyError:\n        x = make()\n    return x\n",
    ),
    "a key that is computed": (
        "check_first",
        "def f(t, k):\n    try:\n        return t[g(k)]\n    except KeyError:\n        return None\n",
    ),
    "another error": (
        "check_first",
        "def f(t, k):\n    try:\n        return t[k]\n    except IndexError:\n        return None\n",
    ),
    "an import of two meanings": (
        "import_at_top",
        "def f():\n    from math import sqrt\n    return sqrt(1)\n\ndef g():\n"
        "    from cmath import sqrt\n    return sqrt(1)\n",
    ),
    "an import that the module shadows": (
        "import_at_top", "sqrt = 1\ndef f():\n    from math import sqrt\n    return sqrt(1)\n",
    ),
    "a line that is guarded": (
        "guard_debug",
        "import logging\nlog = logging.getLogger()\ndef f(x):\n"
        "    if log.isEnabledFor(logging.DEBUG):\n        log.debug(str(x))\n",
    ),
    "a logger of one's own": ("guard_debug", "def f(log, x):\n    log.debug(str(x))\n"),
    "all that is sorted": ("do_less", "def f(xs):\n    return sorted(xs), sorted(xs)[-1]\n"),
    "a function of the clock": (
        "add_cache", "import time\ndef f(x: int) -> float:\n    return x * time.time()\n",
    ),
    "a function that reads what changes": (
        "add_cache", "T = {}\ndef f(x: int) -> int:\n    return T[x]\n",
    ),
    "a function that reads a table that grows": (
        "add_cache",
        "T = {'a': 1}\ndef f(x: str) -> int:\n    return T[x]\n\ndef g(x):\n    T[x] = 2\n",
    ),
    "a function that reads a table that is given away": (
        "add_cache",
        "T = {'a': 1}\ndef f(x: str) -> int:\n    return T[x]\n\ndef g():\n    return T\n",
    ),
    "a function that reads what others may think theirs": (
        "add_cache", "rates = {'a': 1}\ndef f(x: str) -> int:\n    return rates[x]\n",
    ),
    "a function that reads what can be changed inside": (
        "add_cache", "T = {'a': [1]}\ndef f(x: str) -> int:\n    return T[x][0]\n",
    ),
    "a function that gives a list": (
        "add_cache", "def f(x: int) -> list[int]:\n    return [x]\n",
    ),
    "a function that takes a list": (
        "add_cache", "def f(x: list[int]) -> int:\n    return len(x)\n",
    ),
    "a function that calls one that is not pure": (
        "add_cache",
        "N = []\ndef f(x: int) -> int:\n    return g(x)\n\ndef g(x):\n    N.append(x)\n    return x\n",
    ),
    "a method": ("add_cache", "class A:\n    def f(self, x: int) -> int:\n        return x\n"),
}  # fmt: skip


def edit(strategy, source, name):
    return EDITS[strategy].edit(Site(Function(name, "mod.py"), None, source))


def run(source, call):
    names = {"__name__": "mod"}
    exec(compile(source, "mod.py", "exec"), names)
    return repr(eval(call, names))


@pytest.mark.parametrize("name", EDITED)
def test_the_diff_shows_the_change_and_nothing_else(name):
    strategy, call, source, diff = EDITED[name]
    source = textwrap.dedent(source).lstrip()
    function = "A.f" if "class A" in source else "f"
    edited = edit(strategy, source, function)
    assert edited is not None
    lines = difflib.unified_diff(source.splitlines(), edited.splitlines(), lineterm="", n=0)
    shown = [x for x in lines if x[0] in "+-" and x[:3] not in ("+++", "---") and x[1:].strip()]
    wanted = [line for line in textwrap.dedent(diff).splitlines() if line]
    assert sorted(shown) == sorted(wanted)
    assert run(edited, call) == run(source, call)
    assert edit(strategy, edited, function) in (None, edited)


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_what_does_not_qualify_is_left_alone(name):
    strategy, source = LEFT_ALONE[name]
    assert edit(strategy, source, "A.f" if "class A" in source else "f") is None


def test_every_edit_has_a_name_that_a_diagnosis_may_give():
    assert set(EDITS) <= set(MITIGATIONS)
    assert {strategy for strategy, *_ in EDITED.values()} | {"hoist", "restore_cache"} == set(EDITS)


HEAVY = """\
import heavy
import os


def f(x):
    \"\"\"Do.\"\"\"
    return heavy.do(x)


def g():
    return os.sep
"""


def test_a_heavy_import_is_made_where_it_is_used():
    edited = lazy_import(HEAVY, "heavy")
    assert edited.startswith("import os\n")
    assert '    """Do."""\n    import heavy\n    return heavy.do(x)\n' in edited
    assert edited.count("import heavy") == 1


@pytest.mark.parametrize(
    "more", ["X = heavy.X\n", "@heavy.it\ndef h(): ...\n", "def h(x=heavy.X): ...\n",
             "class A(heavy.B): ...\n", "def h() -> heavy.X: ...\n"],
)  # fmt: skip
def test_an_import_that_is_needed_when_the_module_is_loaded_stays(more):
    assert lazy_import(HEAVY + more, "heavy") is None


def test_a_constant_that_another_file_names_stays():
    strategy, _, source, _ = EDITED["a list of words becomes a set"]
    source = textwrap.dedent(source).lstrip()
    site = Site(Function("f", "mod.py"), None, source, lambda: [source, "from mod import WORDS\n"])
    assert EDITS[strategy].edit(site) is None
    assert EDITS[strategy].edit(site._replace(others=lambda: [source, "x = 1\n"]))
