"""Frozen objects of constants are made once; whatever could tell is left alone."""

import pytest

from workbench.patch.mitigations.catalogue import MITIGATIONS as EDITS
from workbench.patch.mitigations.catalogue import Site
from workbench.types import Function

SOURCE = '''\
from dataclasses import dataclass, field

LIMIT = 3


@dataclass(frozen=True, slots=True)
class Settings:
    """How."""

    limit: int = 1
    names: tuple[str, ...] = field(default_factory=tuple)

    def __post_init__(self):
        if self.limit < 0 or not isinstance(self.names, tuple):
            raise ValueError(f"{self.limit}")


def f(x):
    return Settings(), Settings(limit=LIMIT, names=("a",)), Settings(x)
'''

BELOW = """\
from dataclasses import dataclass


def f(x):
    return Settings("a"), Settings("a")


@dataclass(frozen=True)
class Settings:
    name: str

    def g(self):
        return Settings("b")


def h():
    return f(1)
"""

LEFT_ALONE = {
    "a class that is not frozen": SOURCE.replace("frozen=True, ", ""),
    "a class that tells by identity": SOURCE.replace("slots=True", "eq=False"),
    "another decorator": SOURCE.replace("@dataclass", "@count\n@dataclass").replace(
        "LIMIT = 3", "def count(made):\n    return made"
    ),
    "another's decorator": SOURCE.replace("from dataclasses import dataclass, field", (
        "from dataclasses import field\ndef dataclass(**_):\n    return lambda made: made"
    )),
    "a field that may be changed": SOURCE.replace("tuple[str, ...] =", "list[str] ="),
    "a default that may be changed": SOURCE.replace("default_factory=tuple", "default_factory=list"),
    "a class of another kind": SOURCE.replace("class Settings:", "class Settings(list):"),
    "a making that is counted": SOURCE.replace("        if self", "        print(self)\n        if self"),
    "a making that fills in": SOURCE.replace(
        "        if self", "        object.__setattr__(self, 'limit', 2)\n        if self"
    ),
    "a class with state": SOURCE.replace("    limit: int = 1\n", "    limit: int = 1\n    seen = []\n"),
    "a making of one's own": SOURCE.replace("__post_init__(self)", "__new__(self)"),
    "objects that are told apart": SOURCE + "\n\ndef g(x, y):\n    return x is y\n",
    "an error that is caught": SOURCE.replace(
        "    return Settings(),", "    try:\n        return Settings(),"
    ) + "    except ValueError:\n        return None\n",
    "arguments that differ": SOURCE.replace("Settings(), Settings(limit=LIMIT, names=('a',)), ", "")
    .replace('Settings(), Settings(limit=LIMIT, names=("a",)), ', ""),
    "nothing below the class": BELOW[: BELOW.index("\n\ndef h")],
}  # fmt: skip


def edit(source, name="f"):
    return EDITS["reuse_objects"].edit(Site(Function(name, "mod.py"), None, source))


def run(source, call):
    names = {"__name__": "mod"}
    exec(compile(source, "mod.py", "exec"), names)
    return eval(call, names)


def test_an_object_that_is_always_alike_is_made_once():
    edited = edit(SOURCE)
    assert "_F_SETTINGS = Settings()\n" in edited
    assert '_F_SETTINGS_2 = Settings(limit=LIMIT, names=("a",))\n' in edited
    assert "return _F_SETTINGS, _F_SETTINGS_2, Settings(x)" in edited
    assert repr(run(edited, "f(5)")) == repr(run(SOURCE, "f(5)"))
    assert run(edited, "f(1)[0] is f(1)[0]")
    assert edit(edited) is None


@pytest.mark.parametrize(
    ("name", "call"), [("f", "f(1)"), ("Settings.g", "Settings('x').g()")], ids=["f", "method"]
)
def test_an_object_stands_below_its_class(name, call):
    edited = edit(BELOW, name)
    assert edited.index("class Settings") < edited.index("_SETTINGS = Settings(")
    assert edited.index("_SETTINGS = Settings(") < edited.index("def h")
    assert repr(run(edited, call)) == repr(run(BELOW, call))


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_what_is_not_alike_for_certain_is_left_alone(name):
    assert LEFT_ALONE[name] not in (SOURCE, BELOW)
    assert edit(LEFT_ALONE[name]) is None
