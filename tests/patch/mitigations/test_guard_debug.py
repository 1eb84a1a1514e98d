"""Lines of a log are made only where a logger wants them, one of Python's or of one's own."""

import logging
import sys
import types

import pytest

from workbench.patch.mitigations.catalogue import MITIGATIONS, Site
from workbench.patch.mitigations.guard_debug import guard_debug
from workbench.types import Function

OWN = """\
class Base:
    def __init__(self, level=20):
        self.level, self.lines = level, []

    @property
    def is_debug(self):
        return self.level <= 10

    def debug(self, event, **fields):
        if self.is_debug:
            self.lines.append((event, fields))


class Journal(Base):
    pass


def get_journal(name: str) -> Journal:
    return Journal()


journal = Journal()
"""

DESCRIBE = """\

def describe(x):
    MADE.append(x)
    return f"<{x}>"


MADE = []
"""

F = """\
def f(x):
    # tell
    log.debug("seen", what=describe(x))
    return x
""" + DESCRIBE.replace("    MADE.append(x)\n", "")


def load(source, name="mod"):
    module = types.ModuleType(name)
    exec(compile(source, f"{name}.py", "exec"), vars(module))
    return module


@pytest.mark.parametrize(
    "head",
    [
        "from own_logs import journal as log\n",
        "from own_logs import Journal\n\nlog = Journal()\n",
        "from own_logs import get_journal\n\nlog = get_journal(__name__)\n",
        "import own_logs\n\nlog = own_logs.get_journal(__name__)\n",
    ],
)
@pytest.mark.parametrize("level", [10, 20])
def test_a_logger_of_ones_own_is_asked(head, level, monkeypatch):
    source = f"{head}\n\n{F}"
    edited = guard_debug(source, "f", lambda: ["print log\n", OWN])
    assert (
        '    # tell\n    if log.is_debug:\n        log.debug("seen", what=describe(x))\n' in edited
    )
    seen = []
    for text in (source, edited):
        monkeypatch.setitem(sys.modules, "own_logs", load(OWN, "own_logs"))
        module = load(text)
        module.log.level = level
        assert module.f(3) == 3
        seen.append(module.log.lines)
    assert seen[0] == seen[1] == ([("seen", {"what": "<3>"})] if level == 10 else [])
    assert guard_debug(edited, "f", lambda: [OWN]) is None
    assert guard_debug(source, "f") is None


@pytest.mark.parametrize(
    ("text", "other", "asked"),
    [
        ("    @property\n    def is_debug(self)", "    def is_debug(self)", "log.is_debug()"),
        ("is_debug", "debug_enabled", "log.debug_enabled"),
        ("    @property\n    def is_debug(self)", "    def isEnabledFor(self, level)",
         "log.isEnabledFor(logging.DEBUG)"),
        ("    @property\n    def is_debug(self):\n        return self.level <= 10\n",
         "        self.is_debug = level <= 10\n", "log.is_debug"),
    ],
)  # fmt: skip
def test_it_is_asked_by_what_it_has(text, other, asked):
    assert text in OWN
    source = f"from own_logs import journal as log\n\n\n{F}"
    edited = guard_debug(source, "f", lambda: [OWN.replace(text, other)])
    assert f"    if {asked}:\n" in edited
    assert ("import logging" in edited) == ("logging." in asked)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("is_debug", "wanted"),  # nothing tells
        ("    @property\n    def is_debug(self)", "    def is_debug(self, event)"),
        ("    @property\n", "    @functools.cache\n"),
        ("def debug(", "def say("),
        ("        if self.is_debug:\n", "        self.n += 1\n        if self.is_debug:\n"),
        ("journal = Journal()", "journal = make()"),
        ("journal = Journal()", "journal = Journal()\njournal = Journal(1)"),
        ("class Journal(Base):", "class Journal:\n    pass\n\n\nclass Journal(Base):"),
    ],
)
def test_a_logger_that_is_not_known_is_left_alone(text, other):
    assert text in OWN
    source = f"from own_logs import journal as log\n\n\n{F}"
    assert guard_debug(source, "f", lambda: [OWN.replace(text, other)]) is None


METHOD = """\
import logging


class A:
    def __init__(self, log: logging.Logger):
        self.log = log
        self.other = logging.getLogger("other")

    def f(self, xs):
        text = ", ".join(str(x) for x in xs)
        n = len(xs)
        self.log.debug("seen %s of %s", text, n)
        self.other.info("sum %s", sum(xs))
        return xs
"""


def test_a_logger_that_an_object_holds_is_asked(caplog):
    edited = guard_debug(METHOD, "A.f")
    wanted = """\
        if self.log.isEnabledFor(logging.DEBUG):
            text = ", ".join(str(x) for x in xs)
            n = len(xs)
            self.log.debug("seen %s of %s", text, n)
        if self.other.isEnabledFor(logging.INFO):
            self.other.info("sum %s", sum(xs))
"""
    assert wanted in edited
    for text in (METHOD, edited):
        for level in (logging.DEBUG, logging.WARNING):
            caplog.clear()
            caplog.set_level(level)
            load(text).A(logging.getLogger("first")).f([1, 2])
            told = [record.getMessage() for record in caplog.records]
            assert told == (["seen 1, 2 of 2", "sum 3"] if level == logging.DEBUG else [])
    assert guard_debug(edited, "A.f") is None


@pytest.mark.parametrize("made", ["log: Journal\n\n", "def __init__(self, log: Journal):\n"
                                  "        self.log = log\n\n"])  # fmt: skip
def test_a_logger_that_an_object_is_given_is_asked(made):
    source = f"from own_logs import Journal\n\n\nclass A:\n    {made}"
    source += "    def f(self, x):\n        self.log.debug('seen', what=str(x))\n"
    assert "        if self.log.is_debug:\n" in guard_debug(source, "A.f", lambda: [OWN])
    assert guard_debug(source.replace("log: Journal", "log: Other"), "A.f", lambda: [OWN]) is None
    two = source + "\n    def g(self):\n        self.log = open_log()\n"
    assert guard_debug(two, "A.f", lambda: [OWN]) is None


HEAD = "import logging\nlog = logging.getLogger(__name__)\n\n"


@pytest.mark.parametrize(
    "body",
    [
        "log.debug('%s', describe(xs))",  # notes what it is asked
        "log.debug('%s', xs.pop())",
        "log.debug('%s', save(xs))",
        "log.debug('%s', next(xs))",
        "log.debug('%s', (n := len(xs)))",
        "log.debug('%s', xs)",
        "log.debug('''\n%s''', len(xs))",
        "log.warning('%s', len(xs))",
        "text = str(xs)\n    log.debug(text)\n    return text",
        "if not log.isEnabledFor(logging.DEBUG):\n        return\n    log.debug('%s', len(xs))",
        "ys = map(str, xs)\n    log.debug('%s', list(ys))\n    return list(ys)",
        "ys = (x for x in xs)\n    log.debug('%s', list(ys))\n    return list(ys)",
        "log = xs\n    log.debug('%s', len(xs))",
    ],
)
def test_a_line_that_is_cheap_or_does_something_is_left_alone(body):
    assert guard_debug(f"{HEAD}def f(xs):\n    {body}\n{DESCRIBE}", "f") is None


def test_an_iterator_that_is_handed_in_is_left_alone():
    source = f"{HEAD}def f(xs: Iterator[int]):\n    log.debug('%s', list(xs))\n    return xs\n"
    assert guard_debug(source, "f") is None
    assert guard_debug(source.replace("Iterator", "list"), "f")


def test_the_other_files_are_handed_on():
    source = f"from own_logs import journal as log\n\n\n{F}"
    site = Site(Function("f", "mod.py"), None, source, lambda: [OWN])
    assert MITIGATIONS["guard_debug"].edit(site) == guard_debug(source, "f", lambda: [OWN])
