"""What a function makes of constants moves to the module; what may change stays."""

import textwrap

import pytest

from workbench.patch.mitigations.catalogue import MITIGATIONS as EDITS
from workbench.patch.mitigations.catalogue import Site
from workbench.types import Function

MOVED = {
    "a chain of locals": (
        "f('a Cat and a dog.'), f('')",
        """
        import re

        WORDS = ["cat", "dog."]

        def f(text):
            # longest first
            words = "|".join(re.escape(w) for w in sorted(WORDS, key=len, reverse=True))
            pattern = re.compile(rf"\\b(?:{words})", re.I | re.M)  # of words
            return [m.group(0) for m in pattern.finditer(text)]
        """,
        """
        # longest first
        _F_WORDS = "|".join(re.escape(w) for w in sorted(WORDS, key=len, reverse=True))
        _F_PATTERN = re.compile(rf"\\b(?:{_F_WORDS})", re.I | re.M)  # of words
        def f(text):
            return [m.group(0) for m in _F_PATTERN.finditer(text)]
        """,
    ),
    "a list that only the chain looks at": (
        "f('a.b')",
        """
        import re

        def f(text):
            marks = [".", "-"]
            escaped = [re.escape(mark) for mark in marks]
            pattern = "|".join(escaped)
            return re.split(pattern, text)
        """,
        """
        _F_MARKS = [".", "-"]
        _F_ESCAPED = [re.escape(mark) for mark in _F_MARKS]
        _F_PATTERN = "|".join(_F_ESCAPED)
        _F_PATTERN_2 = re.compile(_F_PATTERN)
        def f(text):
            return _F_PATTERN_2.split(text)
        """,
    ),
    "functions that are handed on": (
        "f('A')",
        """
        _NAMES = ("b", "a")

        def f(text):
            known = frozenset(map(str.upper, _NAMES))
            return text in known, lambda: known
        """,
        """
        _F_KNOWN = frozenset(map(str.upper, _NAMES))
        def f(text):
            return text in _F_KNOWN, lambda: _F_KNOWN
        """,
    ),
    "an address in a method": (
        "A().f('x')",
        """
        from urllib.parse import urlsplit

        HOST = "example.org"
        BASE = "https://" + HOST

        class A:
            def f(self, text):
                address = urlsplit(f"{BASE}/index")
                return address.netloc + text, f"{address.path}"
        """,
        """
        _F_ADDRESS = urlsplit(f"{BASE}/index")
        class A:
            def f(self, text):
                return _F_ADDRESS.netloc + text, f"{_F_ADDRESS.path}"
        """,
    ),
    "a pattern of a known text": (
        "f('ab')",
        """
        import re
        LETTERS = {"a": 1, "b": 2}

        def f(text):
            return re.findall(f"[{''.join(LETTERS)}]", text)
        """,
        """
        _F_PATTERN = re.compile(f"[{''.join(LETTERS)}]")
        def f(text):
            return _F_PATTERN.findall(text)
        """,
    ),
    "tables that are asked": (
        "f('a'), f('x')",
        """
        WORDS = ["a", "b"]

        def f(word):
            names = {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}
            known = {w.lower() for w in WORDS}
            mark = {"a": "1", "b": "2", "c": "3", "d": "4", "e": "5"}.get(word)
            return names.get(word), word in known, [n for n in names], mark
        """,
        """
        _F_NAMES = {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}
        _F_KNOWN = {w.lower() for w in WORDS}
        _F_TABLE = {"a": "1", "b": "2", "c": "3", "d": "4", "e": "5"}
        def f(word):
            mark = _F_TABLE.get(word)
            return _F_NAMES.get(word), word in _F_KNOWN, [n for n in _F_NAMES], mark
        """,
    ),
    "a text over several lines": (
        "f('x')",
        '''
        def f(text):
            words = """
            a
              b""".upper()
            return words + text
        ''',
        '''
        _F_WORDS = """
            a
              b""".upper()
        def f(text):
            return _F_WORDS + text
        ''',
    ),
    "a value over several lines": (
        "f('1-2')",
        """
        import re

        def f(text):
            first = "".join(["[", "0-9", "]"])
            pattern = (
                first + "-"
                + first
            )
            return re.match(pattern, text, flags=re.I) is not None
        """,
        """
        _F_FIRST = "".join(["[", "0-9", "]"])
        _F_PATTERN = (_F_FIRST + "-"
            + _F_FIRST)
        _F_PATTERN_2 = re.compile(_F_PATTERN, re.I)
        def f(text):
            return _F_PATTERN_2.match(text) is not None
        """,
    ),
}

CHAIN = """\
import re

WORDS = ["a", "b"]


def f(text):
    words = "|".join(WORDS)
    return re.match(words, text)
"""

TABLE = "def f(text):\n    names = {'a': 1, 'b': 2, 'c': 3, 'd': 4, 'e': 5}\n"

STAYS = {
    "words that are added to": CHAIN + "\ndef g(x):\n    WORDS.append(x)\n",
    "words of which one is replaced": CHAIN + "\ndef g(x):\n    WORDS[0] = x\n",
    "words that are dropped": CHAIN + "\ndef g():\n    del WORDS[0]\n",
    "words that grow": CHAIN + "\nWORDS += ['c']\n",
    "words that are bound anew": CHAIN + "\ndef g(x):\n    global WORDS\n    WORDS = x\n",
    "words that are given away": CHAIN + "\ndef g():\n    return WORDS\n",
    "words that are handed on": CHAIN + "\ndef g(h):\n    h(WORDS)\n",
    "words that have another name": CHAIN + "\nOTHERS = WORDS\n",
    "words that may be reached by name": CHAIN + "\ndef g(x):\n    globals()[x] = []\n",
    "words that others may think theirs": CHAIN.replace("WORDS", "words_of_mine"),
    "words that are still to come": CHAIN.replace('["a", "b"]', "[]"),
    "words that hold lists": CHAIN.replace('["a", "b"]', '[["a"], ["b"]]'),
    "words that are bound below": CHAIN.replace('WORDS = ["a", "b"]\n', "") + "\nWORDS = ['a']\n",
    "a function that is not known": CHAIN.replace("(WORDS)", "(map(load, WORDS))"),
    "a local that is bound twice": CHAIN.replace("    return", "    words += text\n    return"),
    "a local that is bound on a branch": CHAIN.replace(
        "    words =", "    if text:\n        words = text\n    else:\n        words ="
    ),
    "an error that is caught": CHAIN.replace(
        '    words = "|".join(WORDS)',
        '    try:\n        words = "|".join(WORDS)\n    except TypeError:\n        return None',
    ),
    "a function that looks at its locals": CHAIN.replace(
        "(words, text)", "(locals()['words'], text)"
    ),
    "a list that is given away": (
        "WORDS = ('b', 'a')\ndef f(text):\n    words = sorted(WORDS)\n    return words\n"
    ),
    "a local that costs nothing": "def f(text):\n    mark = 'a' + 'b'\n    return mark + text\n",
    "a table that is filled": TABLE + "    names[text] = 1\n    return names.get(text)\n",
    "a table that is given away": TABLE + "    return names\n",
    "a table that is handed on": TABLE + "    return g(names)\n\ndef g(x):\n    return x\n",
    "a table with another name": TABLE + "    mine = names\n    return mine.get(text)\n",
    "a table of what can be changed": TABLE.replace("5", "[5]") + "    return names.get(text)\n",
    "a table of an argument": TABLE.replace("5", "text") + "    return names.get(text)\n",
    "a small table": TABLE.replace(", 'e': 5", "") + "    return names.get(text)\n",
    "a table of no name that is given away": TABLE.replace("names =", "return"),
    "a table of no name that is emptied": TABLE.replace("names =", "return")[:-1] + ".pop('a')\n",
    "an argument": "def f(text):\n    words = text.lower()\n    return words + '!'\n",
    "a builtin of one's own": (
        "def sorted(x):\n    return [*x]\n\ndef f(text):\n"
        "    words = tuple(sorted(('b', 'a')))\n    return words\n"
    ),
    "an attribute": "class A:\n    def f(self):\n        x = self.y.upper()\n        return x, x\n",
    "what a name meant in another function": (
        "def f(text):\n    def inner(seen):\n        words = ' '.join(seen)\n        return words\n"
        "    return inner(text)\n"
    ),
    "a zone that may be missing": (
        "from zoneinfo import ZoneInfo\ndef f(text):\n    try:\n        return ZoneInfo('Europe/Kyiv')\n"
        "    except KeyError:\n        return None\n"
    ),
}


def edit(source, name):
    return EDITS["precompile"].edit(Site(Function(name, "mod.py"), None, source))


def run(source, call):
    names = {"__name__": "mod"}
    exec(compile(source, "mod.py", "exec"), names)
    result = eval(call, names)
    return repr(result).partition("<function")[0]


@pytest.mark.parametrize("name", MOVED)
def test_what_is_made_of_constants_moves_above_the_function(name):
    call, source, wanted = MOVED[name]
    source, wanted = (textwrap.dedent(text).lstrip() for text in (source, wanted))
    qualname = "A.f" if "class A" in source else "f"
    edited = edit(source, qualname)
    assert edited is not None
    lines = [line for line in edited.splitlines() if line]
    assert lines[-len(wanted.splitlines()) :] == wanted.splitlines()
    assert run(edited, call) == run(source, call)
    assert edit(edited, qualname) is None


@pytest.mark.parametrize("name", STAYS)
def test_what_may_change_stays(name):
    source = STAYS[name]
    edited = edit(source, "A.f" if "class A" in source else "f")
    assert edited is None


def test_the_chain_that_stays_for_others_moves_by_itself():
    edited = edit(CHAIN, "f")
    assert '_F_WORDS = "|".join(WORDS)\n_F_PATTERN = re.compile(_F_WORDS)\n' in edited
    assert run(edited, "f('b')") == run(CHAIN, "f('b')")


@pytest.mark.parametrize(
    "other",
    ["import mod\nmod.WORDS.append('c')\n", "mod.WORDS[0] = 'c'\n", "mod.WORDS += ['c']\n",
     "mod.WORDS = []\n", "del mod.WORDS[0]\n"],
)  # fmt: skip
def test_words_that_another_file_changes_stay(other):
    site = Site(Function("f", "mod.py"), None, CHAIN, lambda: [CHAIN, other])
    assert EDITS["precompile"].edit(site) is None
    private = site._replace(after=CHAIN.replace("WORDS", "_WORDS"))
    assert EDITS["precompile"].edit(private)


@pytest.mark.parametrize("other", ["from mod import WORDS\nprint(WORDS[0] == 1)\n", "WORDS = 3\n"])
def test_words_that_another_file_reads_move(other):
    site = Site(Function("f", "mod.py"), None, CHAIN, lambda: [CHAIN, other])
    assert EDITS["precompile"].edit(site) == edit(CHAIN, "f")
