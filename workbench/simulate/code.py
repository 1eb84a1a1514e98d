"""The source code of a simulated service, in every version that its commits make.

Each function calls what the call tree says it calls, and has plain lines besides. What a version
has are the lines that are alive in it, so a commit changes what it is said to change and nothing
else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from workbench.simulate.call_trees import NOUNS
from workbench.simulate.lines import (
    NEVER,
    OWN,
    Line,
    Names,
    call,
    of_each,
    shared_names,
    statement,
)
from workbench.types import Function

_SERVED = {
    "svc/flags.py": '"""Flags, by what the console of flags says."""\n\n\n'
    "_reached = {}\n\n\ndef is_on(name):\n    return _reached.get(name, False)\n",
    "svc/settings.py": '"""Settings, as they are rolled out."""\n\n\n'
    "_told = {}\n\n\ndef get(name, usual):\n    return _told.get(name, usual)\n",
    "svc/experiments.py": '"""Arms of experiments."""\n\n\n'
    '_arms = {}\n\n\ndef arm(name):\n    return _arms.get(name, "control")\n',
}
"""Modules that every service has."""
_GIVEN = tuple(noun for noun in NOUNS if noun != "log")  # which each module has for its logger


@dataclass(slots=True)
class Definition:
    """A function in all of its versions."""

    names: Names
    decorators: list[Line]
    body: list[list[Line]]
    """Statements; those that are not there in a version have no line that is."""
    born: int = 0

    def alive(self, version: int) -> list[list[Line]]:
        """Return the statements of a version, each with the lines that it has there."""
        groups = ([line for line in group if line.is_in(version)] for group in self.body)
        return [group for group in groups if group]

    @property
    def lines(self) -> Iterator[Line]:
        """All of its lines, of whichever version."""
        yield from self.decorators
        for group in self.body:
            yield from group


@dataclass(slots=True)
class ServiceCode:
    """Modules with their functions, and plain texts, in all versions."""

    definitions: dict[Function, Definition] = field(default_factory=dict)
    texts: dict[str, list[Line]] = field(default_factory=dict)
    """Path of what is no code -> its lines."""
    touched: dict[int, set[str]] = field(default_factory=dict)
    """Version -> files that differ from the version before."""
    order: dict[str, list[Definition]] = field(default_factory=dict)
    """Path -> what it defines, in order; those of a class beside each other."""

    def define(
        self, function: Function, drawn: Iterable[str], rng: np.random.Generator, born: int = 0
    ) -> Definition:
        """Add a function with statements of the kinds of some drawn lines."""
        chosen = rng.choice(len(_GIVEN), 3, replace=False)
        names = Names(function, tuple(_GIVEN[i] for i in chosen))
        body = [[Line(text, born) for text in statement(line, names)] for line in drawn]
        made = Definition(names, [], body, born)
        self.definitions[function] = made
        known = self.order.setdefault(function.file, [])
        owner = function.name.rpartition(".")[0]
        mates = [i for i, d in enumerate(known) if owner and _owner(d) == owner]
        known.insert(mates[-1] + 1 if mates else len(known), made)
        if born:
            self.touch(born, function.file)
        return made

    def insert(self, function: Function, lines: list[Line], rng: np.random.Generator) -> None:
        """Put a statement, or some that stay together, somewhere into a function."""
        made = self.definitions[function]
        made.body.insert(int(rng.integers(0, len(made.body) + 1)), lines)
        for line in lines:
            self.touch(line.born, function.file)
            self.touch(line.died, function.file)

    def touch(self, version: int, path: str) -> None:
        """Note that a version changes a file."""
        if 0 < version < NEVER:
            self.touched.setdefault(version, set()).add(path)

    @property
    def paths(self) -> list[str]:
        """Every file that is written out of lines."""
        return sorted({*self.order, *self.texts})

    def render(self, path: str, version: int, *, part: float = 1.0) -> str:
        """Return the text of a file.

        Parameters
        ----------
        path : str
            One of `paths`.
        version : int
            0 for the code before all commits that are looked at.
        part : float
            How far it had been written before that, 0 to 1.
        """
        if path in self.texts:
            return "".join(f"{line.text}\n" for line in self.texts[path] if line.is_in(version))
        alive = [d for d in self.order[path] if d.born <= version]
        bodies = [d.alive(version) for d in alive]
        left = math.ceil(part * sum(map(len, bodies)))
        shown: list[tuple[Definition, list[Line]]] = []
        for definition, body in zip(alive, bodies, strict=True):
            if left > 0 or not shown:
                shown.append((definition, [line for group in body[:left] for line in group]))
            left = max(left - len(body), 0)
        return _module_text(path, shown, version)

    def n_statements(self, path: str) -> int:
        """Return how many steps a file could have been written in."""
        return sum(len(d.alive(0)) for d in self.order.get(path, ()) if d.born == 0)

    def scaffold(self) -> dict[str, str]:
        """Return the files that no commit touches: packages, and what all modules share."""
        found = dict(_SERVED)
        for path in self.order:
            folders = path.split("/")[:-1]
            found |= {"/".join([*folders[: i + 1], "__init__.py"]): "" for i in range(len(folders))}
        texts = [line.text for made in self.definitions.values() for line in made.lines]
        shared = "".join(
            f"\n\ndef {name}(*given):\n    return given[0] if given else None\n"
            for name in sorted(shared_names(texts))
        )
        return found | {"svc/common.py": f'"""What all parts of the service share."""\n{shared}'}


def add_calls(
    code: ServiceCode, caller: Function, callees: Iterable[Function], rng: np.random.Generator
) -> None:
    """Let a function call others, from its first version on."""
    made = code.definitions[caller]
    for callee in callees:
        line = call(made.names, callee, keeps=bool(rng.random() < 0.7))
        line.born = made.born
        code.insert(caller, [line], rng)


def find_call(
    code: ServiceCode, caller: Function, callee: Function
) -> tuple[Line, list[Line]] | None:
    """Return the line of a call, of those that stay, and the statement that it is of."""
    made = code.definitions[caller]
    texts = [call(made.names, callee, keeps=keeps).text.strip() for keeps in (True, False)]
    wanted = {*texts, *(of_each(text, made.names) for text in texts)}
    for group in made.body:
        for line in group:
            if line.died == NEVER and line.text.strip() in wanted:
                return line, group
    return None


def replace_line(line: Line, group: list[Line], texts: Iterable[Line], version: int) -> None:
    """Put lines into the place of another, as deep as it is, from a version on."""
    depth = len(line.text) - len(line.text.lstrip())
    place = next(i for i, known in enumerate(group) if known is line) + 1
    line.died = version
    group[place:place] = [
        Line(" " * (depth - 4) + new.text, version, new.died, new.needs) for new in texts
    ]


def is_own(function: Function) -> bool:
    """Tell whether a function is the service's, rather than of a library."""
    return function.file.startswith(OWN)


def _owner(definition: Definition) -> str:
    return definition.names.function.name.rpartition(".")[0]


def _module_text(path: str, shown: list[tuple[Definition, list[Line]]], version: int) -> str:
    needed = {"import logging", "from svc import common"}
    for definition, lines in shown:
        for line in (*lines, *(d for d in definition.decorators if d.is_in(version))):
            needed |= line.imports
    groups: list[list[str]] = [[], [], []]  # of the language, of others, of the service
    for told in sorted(needed):
        name = told.split()[1].partition(".")[0]
        groups[2 if name == OWN[:-1] else 0 if name in _STANDARD else 1].append(told)
    imports = "\n\n".join("\n".join(group) for group in groups if group)
    parts = [f'"""{_about(path)}"""', "", imports, "", "log = logging.getLogger(__name__)"]
    owner = ""
    for definition, lines in shown:
        previous, owner = owner, _owner(definition)
        if owner and owner != previous:
            parts += ["", "", f"class {owner}:", "    def __init__(self, source=None):",
                      "        self.source = source", "        self.cache = {}"]  # fmt: skip
        indent = "    " if owner else ""
        parts += ["", ""] if not owner else [""]
        parts += [f"{indent}{line}" for line in _function_lines(definition, lines, version)]
    return "\n".join(parts) + "\n"


_STANDARD = {"copy", "functools", "json", "logging", "re"}


def _about(path: str) -> str:
    *folders, file = path.removesuffix(".py").split("/")
    return f"{file.title()} of {folders[-1]}."


def _function_lines(definition: Definition, lines: list[Line], version: int) -> Iterator[str]:
    names = definition.names
    yield from (line.text for line in definition.decorators if line.is_in(version))
    first, *others = names.given
    told = ", ".join(
        [*(["self"] if names.is_method else []), first, *(f"{n}=None" for n in others)]
    )
    yield f"def {names.function.name.rpartition('.')[2]}({told}):"
    yield from (line.text for line in lines)
    yield f"    return {first}"
