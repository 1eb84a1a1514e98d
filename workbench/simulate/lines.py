"""Lines of code that parse: what the drawn lines of changes and bodies are written as.

A drawn line (`if v1 is None:`) is one of a kind, not yet code: here it gets the names of the
function that it stands in, and what else it takes to be valid. Each line knows from which version
to which it is there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.simulate.call_trees import NOUNS, VERBS
from workbench.types import Function

NEVER = 1_000_000_000
"""Version in which what stays is taken out."""
OWN = "svc/"
"""Folder of what is the service's own; all else are libraries."""
_NUMBERED = re.compile(r"\bv(\d)\b")
_SHARED = re.compile(rf"(?<![\w.])((?:{'|'.join(VERBS)}|validate)_(?:{'|'.join(NOUNS)}))\(")
_NEEDED = (
    (re.compile(r"\bcopy\."), "import copy"),
    (re.compile(r"\bjson\."), "import json"),
    (re.compile(r"\bre\."), "import re"),
    (re.compile(r"\blru_cache\b"), "from functools import lru_cache"),
    (re.compile(r"\bflags\."), "from svc import flags"),
    (re.compile(r"\bsettings\."), "from svc import settings"),
    (re.compile(r"\bexperiments\."), "from svc import experiments"),
)


@dataclass(slots=True)
class Line:
    """A line, and the versions that have it."""

    text: str
    born: int = 0
    """The first version that has it."""
    died: int = NEVER
    """The first that has it no more."""
    needs: str = ""
    """What has to be imported for it; empty for nothing but what its words tell."""

    def is_in(self, version: int) -> bool:
        """Tell whether a version has it."""
        return self.born <= version < self.died

    @property
    def imports(self) -> set[str]:
        """What has to be imported for it."""
        found = {line for pattern, line in _NEEDED if pattern.search(self.text)}
        return found | {self.needs} if self.needs else found


@dataclass(frozen=True, slots=True)
class Names:
    """What the names of drawn lines stand for in one function."""

    function: Function
    given: tuple[str, ...]
    """Names of what it is given, at least three."""

    @property
    def is_method(self) -> bool:
        """Whether it is one of a class."""
        return "." in self.function.name

    def put_into(self, drawn: str) -> str:
        """Return a drawn line with the names that this function has."""
        text = _NUMBERED.sub(lambda match: self._named(int(match[1])), drawn)
        if not self.is_method:
            text = re.sub(r"\bself\.", f"{self.given[0]}.", text)
        return _SHARED.sub(r"common.\1(", text)

    def _named(self, number: int) -> str:
        return self.given[0] if number < 2 else self.given[1 + number % (len(self.given) - 1)]


def statement(drawn: str, names: Names) -> list[str]:
    """Return the lines of a statement of the kind of a drawn line, indented as in a body.

    Parameters
    ----------
    drawn : str
        Such as `v1 = sorted(v3)` or `for v1 in v2:`.
    names : Names
        Of the function that it is put into.
    """
    text = names.put_into(drawn).strip()
    first, second = names.given[:2]
    if text == "break":
        lines = [f"for item in {second}:", f"    if item == {first}:", f"        {first} = item",
                 "        break"]  # fmt: skip
    elif text.startswith("return"):
        condition = f"if not {first}:" if text.endswith(first) else f"if {first} == {second}:"
        lines = [condition, f"    {text}"]
    elif text.startswith("if "):
        lines = [text, f"    {first} = {second}"]
    elif text.startswith("for "):
        lines = [f"for item in {text.partition(' in ')[2]}", f"    {first} = item"]
    elif text.startswith("while "):
        lines = [text, f"    {first} = {second}"]
    elif text.startswith("try: "):
        lines = ["try:", f"    {text[5:]}", "except ValueError:", f"    {first} = {second}"]
    else:
        lines = [text]
    return [line if line.startswith("@") else f"    {line}" for line in lines]


def call(caller: Names, callee: Function, *, keeps: bool) -> Line:
    """Return a line in which one function calls another.

    Parameters
    ----------
    caller : Names
        Of what calls.
    callee : Function
        What is called: of the same class, the same module, another, or a library.
    keeps : bool
        Whether what it returns is kept.
    """
    told = caller.given[0]
    owner, _, name = callee.name.rpartition(".")
    module, needs = _module(callee.file) if callee.file != caller.function.file else ("", "")
    prefix = f"{module}." if module else ""
    if owner and not module and owner == caller.function.name.rpartition(".")[0]:
        text = f"self.{name}({told})"
    elif owner:
        text = f"{prefix}{owner}({told}).{name}({caller.given[1]})"
    else:
        text = f"{prefix}{name}({told})"
    return Line(f"    {told} = {text}" if keeps else f"    {text}", needs=needs)


def of_each(text: str, caller: Names) -> str:
    """Return the text of a call as it is in a loop, of what each round is about."""
    return text.replace(f"({caller.given[0]})", "(item)", 1)


def _module(file: str) -> tuple[str, str]:
    """Return the name under which code knows a module, and how it is imported."""
    parts = file.removesuffix(".py").split("/")
    if not file.startswith(OWN):
        return parts[0], f"import {parts[0]}"
    *folders, stem = parts
    if len(folders) == 1:
        return stem, f"from {folders[0]} import {stem}"
    alias = f"{folders[-1]}_{stem}"
    return alias, f"from {'.'.join(folders)} import {stem} as {alias}"


def shared_names(lines: Sequence[str]) -> set[str]:
    """Return the names of `svc/common.py` that lines of code use."""
    return {name for line in lines for name in re.findall(r"\bcommon\.(\w+)\(", line)}
