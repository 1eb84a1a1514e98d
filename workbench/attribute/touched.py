"""Which recorded functions a change could have acted on.

A commit acts on the functions whose lines it touched; lines outside of any function (a constant, a
default, a decorator's argument), and those of settings files, act on the functions that name what
they define. A flag, a setting
or an experiment acts on the functions that read it, a dependency on those of its package.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from workbench.attribute.dependencies import bumped
from workbench.attribute.diffs import rebound, settings_changed
from workbench.attribute.words import spellings
from workbench.history import MODULE, Commit, Hunk
from workbench.types import Change, Function

_ASSIGNED = re.compile(
    r"^\s*(?:export\s+|public\s+|private\s+|protected\s+|static\s+|final\s+|const\s+|let\s+|var\s+"
    r"|pub\s+|#define\s+)*([A-Za-z_$][\w$]*)\s*(?::[^=]+)?=(?!=)"
)
_MAJOR = re.compile(r"/v\d+$")  # of a Go module
_VERSIONED = re.compile(r"@v?\d[\w.+-]*$|-\d[\w.+-]*$")
_OF_LIBRARIES = {
    "site-packages", "dist-packages", "node_modules", "vendor", "mod", "gems", "deps",
    "third_party",
}  # fmt: skip
"""Folders that hold libraries."""
_SEPARATORS = re.compile(r"[\W_]+")
_MADE = re.compile(r"\b([A-Z]\w*)\s*\(")
_GIVEN = re.compile(
    r"\b_?(\w+)\s*(?::\s*[\w.]+\s*)?(?::?=(?!=)|:)\s*(?:new\s+)?(?:\w+\.)*(?=[A-Z]\w*\s*\()"
)
_BRACKET = re.compile(r"[()]")
_METHOD_CALL = re.compile(r"(?:\b|_)([A-Za-z]\w*)\s*(?:\.|->|::)\s*(\w+)\s*\(")
_MIN_WORD = 3
"""Shorter names say too little to be looked for."""


@dataclass(frozen=True, eq=False, repr=False)
class Code:
    """What is known of the code that ran: texts of the recorded functions, and diffs."""

    texts: Mapping[Function, str] = field(default_factory=dict)
    """Source of each recorded function, where it is known."""
    outside: Mapping[str, str] = field(default_factory=dict)
    """Path -> source outside of any function."""
    commits: Mapping[str, Commit] = field(default_factory=dict)
    """By id, with what each changed."""

    def hunks(self, change: Change) -> Sequence[Hunk]:
        """Return what a change did to files; nothing for one that is no commit."""
        commit = self.commits.get(change.id)
        hunks = commit.hunks if commit else ()
        if change.is_roll_back:
            hunks = tuple(replace(h, removed=h.added, added=h.removed) for h in hunks)
        return hunks

    def readers(self, names: Iterable[str], files: Collection[str] | None = None) -> set[Function]:
        """Return the functions that name any of some things, also by a constant that holds it.

        Parameters
        ----------
        names : iterable of str
            Of constants, flags, settings.
        files : collection of str, optional
            Only the functions in these. Default: all.
        """
        wanted = {name for name in names if len(_plain(name)) >= _MIN_WORD}
        if not wanted:
            return set()
        pattern = _any_of(wanted)
        looked_at = self.outside if files is None else set(files) & self.outside.keys()
        aliases = {
            match[1]
            for path in looked_at
            for line in self.outside[path].split("\n")
            if pattern.search(line) and (match := _ASSIGNED.match(line))
        }
        pattern = _any_of(wanted | {alias for alias in aliases if len(alias) >= _MIN_WORD})
        return {
            function
            for function, text in self.texts.items()
            if (files is None or function.file in files) and pattern.search(text)
        }

    def made_with(self, names: Collection[str]) -> tuple[set[Function], set[Function]]:
        """Return what uses the objects that are made with what some names hold.

        A setting is often read once, by code that makes an object of it and then runs no more.

        Returns
        -------
        callers : set of Function
            Those that call methods of such an object by the name that it was given.
        methods : set of Function
            Of the classes of such objects, also of others made of them.
        """
        wanted = {name for name in names if len(_plain(name)) >= _MIN_WORD}
        made: dict[str, set[str]] = {}
        for target, classes in self._made_with(_any_of(wanted)) if wanted else ():
            made.setdefault(target, set()).update(classes)
        methods: dict[str, set[Function]] = {}
        for function in self.texts if made else ():
            owner = function.name.rpartition(".")[0].rpartition(".")[2]
            methods.setdefault(owner, set()).add(function)
        called = {
            target: {f.name.rpartition(".")[2] for name in classes for f in methods.get(name, ())}
            for target, classes in made.items()
        }
        callers = {
            function for function, text in self.texts.items()
            if any(name in called.get(target, ()) for target, name in _METHOD_CALL.findall(text))
        } if any(called.values()) else set()  # fmt: skip
        of_classes = (methods.get(name, set()) for classes in made.values() for name in classes)
        return callers, set().union(*of_classes)

    def _made_with(self, pattern: re.Pattern[str]) -> Iterator[tuple[str, set[str]]]:
        """Yield the name that is given to what is made with a match, and the classes it is of."""
        for text in self.texts.values():
            for statement in _statements(text) if pattern.search(text) else ():
                for match in pattern.finditer(statement):
                    before = statement[: match.start()]
                    given = [g for g in _GIVEN.finditer(before) if _is_open(before[g.end() :])]
                    part = before[given[-1].start() :] if given else statement
                    if classes := {*_MADE.findall(part)}:
                        yield given[-1][1] if given else "", classes

    def importers(self, path: str) -> set[str]:
        """Return the files that name a module, and itself."""
        stem = path.rpartition("/")[2].partition(".")[0]
        named = re.compile(rf"\b{re.escape(stem)}\b")
        return {path} | {file for file, text in self.outside.items() if named.search(text)}


def touched(change: Change, code: Code, recorded: Mapping[Function, int]) -> frozenset[int]:
    """Return which recorded functions a change could have acted on, as their numbers.

    Parameters
    ----------
    change : Change
        With its functions, where it is a commit.
    code : Code
        What is known of the code that ran.
    recorded : mapping of Function to int
        Every function of the recording with its number.
    """
    found = {f for f in change.functions if f in recorded}
    hunks = code.hunks(change)
    if change.kind == "commit" and change.id not in code.commits and not found:
        found = {f for f in recorded if _is_in(f.file, change.files)}  # all that is known of it
    for path in {f.file for f in change.functions if f.name == MODULE}:
        found |= code.readers(rebound(hunks, path), {path})
        names = _defined_outside((h for h in hunks if h.path == path), code)
        if names:
            found |= code.readers(names, code.importers(path))
    keys = {change.key, *settings_changed(hunks)}
    found |= code.readers(keys)
    if not found & recorded.keys():  # read before anything was recorded
        callers, methods = code.made_with(keys)
        found |= callers if callers & recorded.keys() else methods
    for package in [change.key] if change.kind == "dependency" else bumped(hunks):
        found |= _of_package(package, recorded)
    return frozenset(recorded[function] for function in found if function in recorded)


def _defined_outside(hunks: Iterable[Hunk], code: Code) -> set[str]:
    """Return the names that changed lines outside of functions define, or are part of."""
    names = set()
    for hunk in hunks:
        lines = code.outside.get(hunk.path, "").split("\n")
        places = {line.rstrip(): number for number, line in enumerate(lines) if line.strip()}
        assigned = _assigned(lines)
        for line in hunk.added:
            if (number := places.get(line.rstrip())) is not None:
                names |= assigned[number]
        names |= {match[1] for line in hunk.removed if (match := _ASSIGNED.match(line))}
    return names


def _assigned(lines: Iterable[str]) -> list[set[str]]:
    """Return what the statement that each line is in assigns to; it may begin lines before."""
    found: list[set[str]] = []
    for line in lines:
        match = _ASSIGNED.match(line)
        goes_on = bool(found) and (not line.strip() or line[0] in " \t)]}")
        found.append({match[1]} if match else found[-1] if goes_on else set())
    return found


def _is_in(recorded: str, paths: Iterable[str]) -> bool:
    """Tell whether a recorded file is one of some paths, relative to another folder perhaps."""
    file = f"/{recorded.lstrip('/')}"
    return any(path and (file.endswith(f"/{path}") or f"/{path}".endswith(file)) for path in paths)


def _of_package(package: str, recorded: Iterable[Function]) -> set[Function]:
    """Return the functions in files of a package, as its name stands in their paths."""
    name = tuple(map(_plain, re.split(r"[/:]", _MAJOR.sub("", package))))
    if not any(name):
        return set()
    return {f for f in recorded if _is_of_package(name, f.file.removesuffix(".py").split("/"))}


def _is_of_package(name: tuple[str, ...], path: Sequence[str]) -> bool:
    """Tell whether a file is in a package: in a folder of its name where libraries are.

    That is at the top, in what holds libraries, or anywhere with its version behind the name.
    """
    bare = [_VERSIONED.sub("", part) for part in path]
    plain = tuple(map(_plain, bare))
    for start in range(len(path) - len(name) + 1):
        end = start + len(name)
        if plain[start:end] == name and (
            start == 0 or path[start - 1] in _OF_LIBRARIES or bare[end - 1] != path[end - 1]
        ):
            return True
    return False


def _plain(name: str) -> str:
    return _SEPARATORS.sub("_", name).strip("_").lower()


def _statements(text: str) -> Iterator[str]:
    """Yield the statements of a function: lines, and those that brackets hold together."""
    held: list[str] = []
    depth = 0
    for line in text.split("\n"):
        held.append(line)
        depth += sum(line.count(c) for c in "([{") - sum(line.count(c) for c in ")]}")
        if depth <= 0:
            yield "\n".join(held)
            held, depth = [], 0
    yield "\n".join(held)


def _is_open(text: str) -> bool:
    """Tell whether the first bracket of a text is open at its end."""
    depth = 0
    for bracket in _BRACKET.findall(text):
        depth += 1 if bracket == "(" else -1
        if not depth:
            return False
    return depth > 0


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    """Match any of some names as a whole word, however they are written."""
    ways = "|".join(way for name in sorted(names) for way in spellings(name))
    return re.compile(rf"(?:(?<!\w)|(?=\}}))(?:{ways})(?!\w)", re.IGNORECASE)
