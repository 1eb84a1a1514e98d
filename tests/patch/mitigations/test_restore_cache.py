"""A lost cache comes back as it was, and only where that is certain."""

import difflib
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import PatchError
from workbench.patch.mitigations.restore_cache import restore_cache


def text(source):
    return textwrap.dedent(source).strip("\n") + "\n"


def added_lines(before, after):
    diff = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))
    assert not [line for line in diff[2:] if line.startswith("-")]
    return [line[1:] for line in diff[2:] if line.startswith("+")]


BODY = """
def price(item, tax=0):
    # costly
    return sum(range(item)) + tax
"""


DECORATED = {  # before, after (both without the function), lines that come back
    "bare": ("from functools import lru_cache\n@lru_cache", "", None),
    "called": ("from functools import lru_cache\n@lru_cache()  # hot", "", None),
    "with arguments": (
        "from functools import lru_cache\n@lru_cache(maxsize=8, typed=True)",
        "",
        None,
    ),
    "cache": ("from functools import cache\n@cache", "", None),
    "module": ("import functools\n@functools.lru_cache(None)", "", None),
    "module, renamed": ("import functools as ft\n@ft.lru_cache(None)", "", None),
    "name, renamed": ("from functools import lru_cache as memo\n@memo(None)", "", None),
    "import is still there": (
        "from functools import lru_cache\n@lru_cache",
        "from functools import lru_cache",
        ["@lru_cache"],
    ),
    "size is still there": (
        "from functools import lru_cache\nSIZE = 3\n@lru_cache(SIZE)",
        "SIZE = 3",
        ["from functools import lru_cache", "@lru_cache(SIZE)"],
    ),
    "other names imported": (
        "import re\nfrom functools import lru_cache, partial\n@lru_cache",
        "import re",
        ["from functools import lru_cache", "@lru_cache"],
    ),
    "between imports": (
        "import abc\nimport functools\nimport re\n@functools.cache",
        "import abc\nimport re",
        ["import functools", "@functools.cache"],
    ),
    "above another decorator": (
        "from functools import cache, wraps\ndef same(f):\n    return f\n@cache\n@same",
        "from functools import cache, wraps\ndef same(f):\n    return f\n@same",
        ["@cache"],
    ),
}


@pytest.mark.parametrize(("before", "after", "lines"), DECORATED.values(), ids=DECORATED)
@settings(max_examples=5, deadline=None)
@given(questions=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), max_size=6))
def test_decorator_comes_back(before, after, lines, questions):
    before, after = before + BODY, after + BODY
    restored = restore_cache(before, after, "price")
    expected = lines or before.strip().splitlines()[:2]
    assert added_lines(after, restored) == expected
    assert answers(restored, questions) == answers(after, questions)
    assert "cache_info" in dir(load(restored)["price"])
    assert restore_cache(before, restored, "price") is None


def load(source):
    names = {}
    exec(compile(source, "restored.py", "exec"), names)
    return names


def answers(source, questions):
    price = load(source)["price"]
    return [price(*question) for question in questions]


def test_name_joins_the_import_that_is_there():
    names = "from functools import (\n    cache,\n    partial,\n    wraps,\n)\n"
    before = names + "@cache\ndef f(x): return x\n"
    after = names.replace("    cache,\n", "") + "def f(x): return x\n"
    assert restore_cache(before, after, "f") == before
    last = before.replace("cache,\n    partial,\n    wraps", "partial,\n    cache")
    assert restore_cache(last, "from functools import partial\ndef f(x): return x\n", "f") == (
        "from functools import partial, cache\n@cache\ndef f(x): return x\n"
    )


def test_layout_is_as_before():
    before = text(
        '''
        """Prices."""

        from __future__ import annotations

        from functools import lru_cache

        import abc


        class Shop:
            # what it costs
            @staticmethod
            @lru_cache(maxsize=None)  # hot
            def price(item):
                """Sum."""
                return sum(range(item))
        '''
    )
    after = before.replace("from functools import lru_cache\n\n", "")
    after = after.replace("    @lru_cache(maxsize=None)  # hot\n", "")
    assert restore_cache(before, after, "Shop.price") == before


def test_changed_body_keeps_its_change():
    before = "from functools import cache\n@cache\ndef f(x):\n    return x + 1\n"
    after = "def f(x):\n    y = [x]\n    y.append(2)\n    return sum(y)\n"
    expected = "from functools import cache\n@cache\n" + after
    assert restore_cache(before, after, "f") == expected


def test_property_becomes_cached_again():
    before = text(
        """
        from functools import cached_property
        class Page:
            def __init__(self, text):
                self.text = text
            @cached_property
            def words(self):
                return self.text.split()
        """
    )
    after = before.replace("from functools import cached_property\n", "")
    after = after.replace("@cached_property", "@property")
    assert restore_cache(before, after, "Page.words") == before


def test_nested_function_is_reached():
    head = "from functools import cache\ndef a():\n"
    before = head + "    @cache\n    def b(x):\n        return x\n    return b\n"
    after = before.replace("    @cache\n", "")
    assert restore_cache(before, after, "a.<locals>.b") == before
    assert restore_cache(before, after, "a") is None


CACHED = (
    "from functools import cache, cached_property, lru_cache\nimport other\nstate = {}\nlog = []\n"
)

REFUSED = {  # function before, function now: nothing may come back
    "never had one": ("def f(x): return x", "def f(x): return x + 1"),
    "has it still": ("@cache\ndef f(x): return x", "@lru_cache\ndef f(x): return x"),
    "has another": ("@cache\ndef f(x): return x", "@other.memoize\ndef f(x): return x"),
    "not of functools": ("@other.cache\ndef f(x): return x", "def f(x): return x"),
    "parameter renamed": ("@cache\ndef f(x): return x", "def f(y): return y"),
    "parameter added": ("@cache\ndef f(x): return x", "def f(x, *, y=0): return x"),
    "default changed": ("@cache\ndef f(x=1): return x", "def f(x=2): return x"),
    "default unhashable": ("@cache\ndef f(x=[]): return x", "def f(x=[]): return x"),
    "argument unhashable": ("@cache\ndef f(x): return x", "def f(x: list[int]): return x"),
    "generator": ("@cache\ndef f(x): return [x]", "def f(x): yield x"),
    "coroutine": ("@cache\ndef f(x): return x", "async def f(x): return x"),
    "changes a global": (
        "@cache\ndef f(x): return x",
        "def f(x):\n    log.append(x)\n    return x",
    ),
    "stores in a global": (
        "@cache\ndef f(x): return x",
        "def f(x):\n    state[x] = 1\n    return x",
    ),
    "declares a global": (
        "@cache\ndef f(x): return x",
        "def f(x):\n    global state\n    state = x\n    return x",
    ),
    "reads a global": ("@cache\ndef f(x): return x", "def f(x): return state[x]"),
    "changes its argument": ("@cache\ndef f(x): return x", "def f(x):\n    x.n = 1\n    return x"),
    "reads state of its argument": ("@cache\ndef f(x): return x", "def f(x): return x.n"),
    "reads a clock": (
        "@cache\ndef f(x): return x",
        "def f(x):\n    import time\n    return time.time() + x",
    ),
    "gives a list now": ("@cache\ndef f(x): return tuple(x)", "def f(x): return list(x)"),
    "cleared in a way that went": (
        "@cache\ndef f(x): return x\ndef reset(): f.cache_clear()",
        "def f(x): return x\ndef reset(): pass",
    ),
    "was cached, is no property": (
        "class f:\n    @cached_property\n    def g(self): return 1",
        "class f:\n    def g(self): return 1",
    ),
    "property emptied in a way that went": (
        "class f:\n    @cached_property\n    def g(self): return 1\n    def h(self): del self.g",
        "class f:\n    @property\n    def g(self): return 1\n    def h(self): pass",
    ),
    "slots came": (
        "class f:\n    @cached_property\n    def g(self): return 1",
        "class f:\n    __slots__ = ('n',)\n    @property\n    def g(self): return 1",
    ),
    "class compares by value now": (
        "class f:\n    @cache\n    def g(self): return 1",
        "class f:\n    def g(self): return 1\n    def __eq__(self, other): return True",
    ),
    "defined twice": (
        "@cache\ndef f(x): return x",
        "if state:\n    def f(x): return x\nelse:\n    def f(x): return x",
    ),
    "name means something else": (
        "@cache\ndef f(x): return x",
        "cache = {}\ndef f(x): return x",
    ),
    "constant of the decorator went": (
        "SIZE = 3\n@lru_cache(SIZE)\ndef f(x): return x",
        "def f(x): return x",
    ),
    "new function": ("def g(x): return x", "def f(x): return x"),
}


@pytest.mark.parametrize(("before", "after"), REFUSED.values(), ids=REFUSED)
def test_refuses(before, after):
    qualname = "f.g" if after.startswith("class") else "f"
    assert restore_cache(CACHED + before + "\n", CACHED + after + "\n", qualname) is None


MEMOS = {  # body of f(x) with a memo; `costly(x)` is what f computes
    "asked first": """
        if x in _known:
            return _known[x]
        value = costly(x)
        _known[x] = value
        return value
        """,
    "asked for forgiveness": """
        try:
            return _known[x]
        except KeyError:
            value = _known[x] = costly(x)
            return value
        """,
    "asked for forgiveness, then on": """
        try:
            return _known[x]
        except KeyError:
            pass
        _known[x] = costly(x)
        return _known[x]
        """,
    "filled when missing": """
        if x not in _known:
            _known[x] = costly(x)
        return _known[x]
        """,
    "looked up": """
        value = _known.get(x)
        if value is not None:
            return value
        value = costly(x)
        _known[x] = value
        return value
        """,
    "key of its own, kept small": """
        key = (type(x), x)
        if key in _known:
            return _known[key]
        value = costly(x)
        if len(_known) > LIMIT:
            _known.clear()
        _known[key] = value
        return value
        """,
}
MODULE = """
import re

LIMIT = 3
_known = {}


def costly(x):
    return [x, x * 2]


def f(x):
    \"\"\"Costs.\"\"\"
"""


def memo_module(body, *, has_store=True):
    module = MODULE if has_store else MODULE.replace("_known = {}\n", "")
    return module + textwrap.indent(text(body), "    ")


@pytest.mark.parametrize("has_store", [True, False], ids=["store kept", "store gone"])
@pytest.mark.parametrize("body", MEMOS.values(), ids=MEMOS)
@settings(max_examples=5, deadline=None)
@given(questions=st.lists(st.integers(0, 6), max_size=8))
def test_memo_comes_back(body, has_store, questions):
    before = memo_module(body)
    after = memo_module("return costly(x)", has_store=has_store)
    restored = restore_cache(before, after, "f")
    assert restored == before
    old, new = load(restored)["f"], load(after)["f"]
    assert [old(question) for question in questions] == [new(question) for question in questions]
    assert restore_cache(before, restored, "f") is None


def test_memo_keeps_the_docstring_of_today():
    before = memo_module(MEMOS["asked first"])
    after = memo_module("return costly(x)").replace("Costs.", "What it costs.")
    assert restore_cache(before, after, "f") == before.replace("Costs.", "What it costs.")


def test_memo_is_refused_where_the_work_changed():
    before = memo_module(MEMOS["asked first"])
    assert restore_cache(before, memo_module("return costly(x + 1)"), "f") is None


def test_memo_is_refused_where_what_emptied_it_went():
    before = memo_module(MEMOS["asked first"]) + "def reset():\n    _known.clear()\n"
    after = memo_module("return costly(x)") + "def reset():\n    pass\n"
    assert restore_cache(before, after, "f") is None


LAZY = text(
    """
    class Page:
        kind = "page"

        def __init__(self, text):
            self.text = text
            self._words = None
            self.n = 0

        @property
        def words(self):
            if self._words is None:
                self._words = self.text.split()
            return self._words
    """
)
EAGER = LAZY[: LAZY.index("        if self._words")] + "        return self.text.split()\n"


@pytest.mark.parametrize("line", ["", "        self._words = None\n"], ids=["kept", "gone"])
def test_attribute_is_computed_once_again(line):
    assert restore_cache(LAZY, EAGER.replace(line, "", 1) if line else EAGER, "Page.words") == LAZY


@pytest.mark.parametrize("when", ["kept", "gone"])
def test_dictionary_of_an_object_comes_back(when):
    before = text(
        """
        class Shop:
            def __init__(self, rate):
                self._prices = {}
                self.rate = rate

            def price(self, item):
                try:
                    return self._prices[item]
                except KeyError:
                    price = self._prices[item] = item * self.rate
                    return price
        """
    )
    after = before[: before.index("        try:")] + "        return item * self.rate\n"
    after = after.replace("        self._prices = {}\n", "") if when == "gone" else after
    assert restore_cache(before, after, "Shop.price") == before


def test_attribute_is_refused_where_a_setter_emptied_it():
    setter = "\n    def set(self, text):\n        self.text = text\n"
    before = LAZY + setter + "        self._words = None\n"
    assert restore_cache(before, EAGER + setter, "Page.words") is None


def test_source_that_does_not_parse_names_the_line():
    with pytest.raises(PatchError, match="after, line 2"):
        restore_cache("def f(): pass\n", "x = 1\nfor for\n", "f")


def test_unknown_function_is_named():
    with pytest.raises(PatchError, match=r"'Cls\.f'"):
        restore_cache("def f(): pass\n", "def f(): pass\n", "Cls.f")
