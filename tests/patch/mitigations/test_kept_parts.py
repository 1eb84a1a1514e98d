"""Of a function that cannot be kept as a whole: what it asks the library, and what it ends with."""

import textwrap

import pytest

from workbench.patch.mitigations.catalogue import MITIGATIONS as EDITS
from workbench.patch.mitigations.catalogue import Site
from workbench.types import Function

KEPT = {
    "a time is read": (
        "f([{'at': '2024-01-02'}, {'at': '2024-01-02'}])",
        """
        from datetime import date, datetime

        def f(rows):
            return [(datetime.fromisoformat(row["at"]), date.fromisoformat("2024-01-01"))
                    for row in rows]
        """,
        """
        _cached_fromisoformat = functools.lru_cache(maxsize=1024)(datetime.fromisoformat)
        def f(rows):
            return [(_cached_fromisoformat(row["at"]), date.fromisoformat("2024-01-01"))
                    for row in rows]
        """,
    ),
    "a time is read by its format": (
        "f(['2024-01-02', '2024-01-03'])",
        """
        import functools as ft
        import datetime as dt
        FORMAT = "%Y-%m-%d"

        def f(rows):
            return [dt.datetime.strptime(row, FORMAT) for row in rows]
        """,
        """
        _cached_strptime = ft.lru_cache(maxsize=1024)(dt.datetime.strptime)
        def f(rows):
            return [_cached_strptime(row, FORMAT) for row in rows]
        """,
    ),
    "a known text is made something of": (
        "A().f('http://a/b', [3])",
        """
        import decimal
        from ipaddress import ip_address as address
        from urllib.parse import urlsplit

        class A:
            async def g(self):
                return 1

            def f(self, url: str, rows):
                told = ".".join(map(str, [127, 0, 0, *rows]))
                return urlsplit(url).path, address(told), [decimal.Decimal(str(x)) for x in rows]
        """,
        """
        _cached_urlsplit = functools.lru_cache(maxsize=1024)(urlsplit)
        _cached_address = functools.lru_cache(maxsize=1024)(address)
        _cached_decimal = functools.lru_cache(maxsize=1024)(decimal.Decimal)
        class A:
            async def g(self):
                return 1
            def f(self, url: str, rows):
                told = ".".join(map(str, [127, 0, 0, *rows]))
                return _cached_urlsplit(url).path, _cached_address(told), [_cached_decimal(str(x)) for x in rows]
        """,
    ),
    "words of a setting": (
        "f({'w': ' A, b'}), f({})",
        """
        def f(settings):
            told = settings.get("w", "")
            if not told:
                return frozenset()
            return frozenset(part.strip().lower() for part in told.split(",") if part)
        """,
        """
        @functools.lru_cache(maxsize=1024)
        def _f_of_told(told: str):
            return frozenset(part.strip().lower() for part in told.split(",") if part)
        def f(settings):
            told = settings.get("w", "")
            if not told:
                return frozenset()
            return _f_of_told(told)
        """,
    ),
    "two texts of a method": (
        "A().f('A-b', 'x')",
        """
        MARKS = ["-", "+"]

        class A:
            def f(self, left: str, right: str):
                self.n = 1
                return tuple(
                    f"{left.count(mark)}{right}" for mark in MARKS
                )
        """,
        """
        @functools.lru_cache(maxsize=1024)
        def _f_of_left_and_right(left: str, right: str):
            return (tuple(
                    f"{left.count(mark)}{right}" for mark in MARKS
                ))
        class A:
            def f(self, left: str, right: str):
                self.n = 1
                return _f_of_left_and_right(left, right)
        """,
    ),
}

TAIL = """\
STOPS = ("a", "b")


def f(settings):
    told = settings.get("w")
    return frozenset(part.strip() for part in told.split(",") if part not in STOPS)
"""

STAYS = {
    "a format of the locale": (
        "from datetime import datetime\ndef f(x):\n    return datetime.strptime(x, '%d %b')\n"
    ),
    "a format that is asked for": (
        "from datetime import datetime\ndef f(x, y):\n    return datetime.strptime(x, y)\n"
    ),
    "the clock": "from datetime import datetime\ndef f(x):\n    return datetime.now(x)\n",
    "a zone": "from zoneinfo import ZoneInfo\ndef f(x: str):\n    print()\n    return ZoneInfo(x)\n",
    "what may be no text": (
        "from decimal import Decimal\ndef f(rows):\n    return [Decimal(row) for row in rows]\n"
    ),
    "what may be bytes": (
        "from urllib.parse import urlsplit\ndef f(rows):\n    return [urlsplit(r) for r in rows]\n"
    ),
    "an option": (
        "from decimal import Decimal\ndef f(x: str, c):\n    return Decimal(x, context=c), c\n"
    ),
    "many arguments": "from datetime import date\ndef f(x):\n    return date.fromisoformat(*x)\n",
    "a constant": "from datetime import date\ndef f():\n    return date.fromisoformat('2024-01-01')\n",
    "a name of the function's own": (
        "def f(x):\n    from datetime import date\n    return date.fromisoformat(x)\n"
    ),
    "a name that is bound below": (
        "def f(x):\n    return date.fromisoformat(x)\n\nfrom datetime import date\n"
    ),
    "a class of the module": (
        "class date:\n    pass\n\ndef f(x):\n    return date.fromisoformat(x)\n"
    ),
    "a tail that can be changed": TAIL.replace("frozenset", "set"),
    "a tail of what can be changed": TAIL.replace("frozenset(part.strip()", "tuple([part]"),
    "a tail of what may be no text": TAIL.replace('told.split(",")', "told"),
    "a tail of something else": TAIL.replace("part not in STOPS", "part in settings"),
    "a tail of what changes": TAIL.replace('("a", "b")', '["a", "b"]') + "\nSTOPS.append('c')\n",
    "a tail that asks somebody": TAIL.replace("part.strip()", "ask(part)"),
    "a tail that is kept": "import functools\n" + TAIL.replace("def f", "@functools.cache\ndef f"),
    "a tail of too many texts": (
        "def f(a: str, b: str, c: str, d=print()):\n    print()\n"
        "    return a.lower() + b.lower() + c.lower()\n"
    ),
    "a tail that costs little": "def f(a: str):\n    print(a)\n    return a.lower()\n",
    "a tail of a function inside": (
        "def f(xs):\n    def g(a: str):\n        return a.lower().strip()\n    return [g(x) for x in xs]\n"
    ),
}


def edit(source, name="f"):
    return EDITS["add_cache"].edit(Site(Function(name, "mod.py"), None, source))


def run(source, call):
    names = {"__name__": "mod"}
    exec(compile(source, "mod.py", "exec"), names)
    return repr(eval(call, names))


@pytest.mark.parametrize("name", KEPT)
def test_a_part_of_a_function_is_kept(name):
    call, source, wanted = KEPT[name]
    source, wanted = (textwrap.dedent(text).lstrip() for text in (source, wanted))
    qualname = "A.f" if "class A" in source else "f"
    edited = edit(source, qualname)
    assert edited is not None
    lines = [line for line in edited.splitlines() if line]
    assert lines[-len(wanted.splitlines()) :] == wanted.splitlines()
    assert run(edited, call) == run(source, call)
    assert edit(edited, qualname) is None


@pytest.mark.parametrize("name", STAYS)
def test_what_may_answer_otherwise_is_left_alone(name):
    source = STAYS[name]
    assert source != TAIL
    assert edit(source) is None


def test_the_tail_that_stays_for_others_is_kept_by_itself():
    edited = edit(TAIL)
    assert "return _f_of_told(told)" in edited
    assert run(edited, "f({'w': 'a, c'})") == run(TAIL, "f({'w': 'a, c'})")


def test_errors_are_raised_as_before():
    source = (
        "from datetime import date\ndef f(xs):\n    return [date.fromisoformat(x) for x in xs]\n"
    )
    for text in (source, edit(source)):
        for wrong, error in (([1], TypeError), ([[]], TypeError), (["x"], ValueError)):
            with pytest.raises(error):
                run(text, f"f({wrong!r})")


def test_an_import_stands_above_what_needs_it():
    source = TAIL + "\n\nimport os\n"
    assert run(edit(source), "f({'w': 'c'})") == run(source, "f({'w': 'c'})")
