"""Tell which definition in a repository a profile's function is.

Files are compared by their last parts, as profilers give them absolute, relative to where modules
are imported from, or by the last part alone; so are qualified names. What could be several
definitions is none.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property

from workbench.attribute.code.grammars import language_of
from workbench.attribute.code.languages import Definition
from workbench.attribute.code.names import NO_CRATES, Parts, readings, split_name
from workbench.types import Function

_INSTALLED = re.compile(r".*/(?:(?:site|dist)-packages|lib/python3\.\d+t?)/", re.S | re.I)
_ADDRESS = re.compile(r"^[a-z][\w+.-]*:/+|\?.*$", re.I)
_MODULE_VERSION = re.compile(r"@v?\d[^/]*")
_IMPORT_FOLDERS = {"src", "lib", "python"}
_COMPLETE = {"java", "c", "php", "hack", "javascript", "typescript"}
"""Languages whose definitions have their whole name: one that is longer is another function's."""
_MANY_FILES = 16
_BARE_IS_WHOLE = {"c", "cpp", "rust", "php", "hack"}
"""Languages whose profilers qualify names: a bare one is that of no method."""


class SuffixIndex:
    """Sequences of parts, found by what they end with; sorted out only as far as is asked."""

    def __init__(self, keys: Sequence[Parts]) -> None:
        self.keys = keys
        self._groups: dict[Parts, list[int]] = {(): list(range(len(keys)))}
        self._is_split: set[Parts] = set()

    def longest(self, parts: Parts) -> tuple[int, list[int]]:
        """Return how many last parts agree with those of some key, and of which keys."""
        suffix: Parts = ()
        for depth in range(1, len(parts) + 1):
            if suffix not in self._is_split:
                self._split(suffix)
            longer = parts[-depth:]
            if longer not in self._groups:
                break
            suffix = longer
        return len(suffix), self._groups[suffix] if suffix else []

    def _split(self, suffix: Parts) -> None:
        depth = len(suffix) + 1
        groups: dict[Parts, list[int]] = defaultdict(list)
        for index in self._groups[suffix]:
            if len(self.keys[index]) >= depth:
                groups[self.keys[index][-depth:]].append(index)
        self._groups.update(groups)
        self._is_split.add(suffix)


class Resolver:
    """Answers for one set of definitions, quick to ask many times."""

    def __init__(self, definitions: Sequence[Definition]) -> None:
        self.definitions = definitions
        self._matched: dict[str, list[str]] = {}
        self._unplaced: dict[str, Definition | None] = {}

    def resolve(self, function: Function) -> Definition | None:
        """Return the definition of a function; None for none, or for more than one."""
        if function.file and language_of(_ADDRESS.sub("", function.file)):
            return self._in_files(function, self._files(function.file))
        return self._by_name_alone(function.name)

    @cached_property
    def _parts(self) -> list[Parts]:
        return [split_name(definition.name) for definition in self.definitions]

    # by file

    @cached_property
    def _by_path(self) -> dict[str, list[Definition]]:
        by_path: dict[str, list[Definition]] = defaultdict(list)
        for definition in self.definitions:
            by_path[definition.path].append(definition)
        return dict(by_path)

    @cached_property
    def _paths(self) -> tuple[list[str], SuffixIndex]:
        paths = list(self._by_path)
        return paths, SuffixIndex([tuple(path.split("/")) for path in paths])

    @cached_property
    def _by_last(self) -> dict[tuple[str, str], list[Definition]]:
        """Definitions by path and last part of their name."""
        by_last: dict[tuple[str, str], list[Definition]] = defaultdict(list)
        for definition, parts in zip(self.definitions, self._parts, strict=True):
            if parts:
                by_last[definition.path, parts[-1]].append(definition)
        return dict(by_last)

    def _files(self, file: str) -> list[str]:
        """Return the paths in the repository that a profile's path may be."""
        if file not in self._matched:
            self._matched[file] = self._match(file)
        return self._matched[file]

    def _match(self, file: str) -> list[str]:
        path = _MODULE_VERSION.sub("", _ADDRESS.sub("", file.replace("\\", "/")))
        relative = _INSTALLED.sub("", path)
        parts = tuple(part for part in relative.split("/") if part not in {"", ".", ".."})
        paths, index = self._paths
        n_common, found = index.longest(parts)
        exact = [i for i in found if index.keys[i] == parts]
        if exact:
            return [paths[exact[0]]]
        is_whole = n_common == len(parts)
        is_loose = n_common > 1 and relative == path
        return [paths[i] for i in found if is_whole or is_loose or len(index.keys[i]) == n_common]

    def _in_files(self, function: Function, paths: Sequence[str]) -> Definition | None:
        meanings = readings(function.name)
        if len(paths) > _MANY_FILES:  # its name tells more
            found = self._by_name_alone(function.name)
            if found and found.path.endswith(paths[0].rpartition("/")[2]) and found.path in paths:
                return found
        for parts in meanings:
            scored = [
                (score, definition)
                for path in paths
                for definition in self._by_last.get((path, parts[-1]), ())
                if (score := _agreement(definition, parts, function.line))
            ]
            best = max((score for score, _ in scored), default=None)
            winners = [definition for score, definition in scored if score == best]
            if winners:
                return winners[0] if len(winners) == 1 else None
        if not meanings and function.line and len(paths) == 1:  # anonymous
            return _around(self._by_path[paths[0]], function.line - 1)
        return None

    # by name alone

    @cached_property
    def _names(self) -> tuple[list[Definition], SuffixIndex]:
        named = zip(self.definitions, self._parts, strict=True)
        pairs = [(d, key) for d, parts in named for key in _keys(d, parts)]
        return [d for d, _ in pairs], SuffixIndex([key for _, key in pairs])

    def _by_name_alone(self, name: str) -> Definition | None:
        if name not in self._unplaced:
            self._unplaced[name] = self._anywhere(name)
        return self._unplaced[name]

    def _anywhere(self, name: str) -> Definition | None:
        for parts in readings(name):
            found = self._named(name, parts)
            if found:
                return found[0] if len(found) == 1 else None
        return None

    def _named(self, name: str, parts: Parts) -> list[Definition]:
        """Return the definitions that a name may mean, without those that are less likely."""
        owners, index = self._names
        n_common, found = index.longest(parts)
        candidates = [
            (owners[i], len(index.keys[i]) == n_common)
            for i in found
            if _is_written_so(owners[i].language, name, parts)
        ]
        if n_common < len(parts):
            candidates = [
                (d, True) for d, is_whole in candidates
                if is_whole and _may_be_longer(d.language, parts, n_common)
            ]  # fmt: skip
        distinct = list(dict.fromkeys(d for d, _ in candidates))
        if len(distinct) > 1:
            exact = [d for d in distinct if split_name(d.name) == parts]
            if len(parts) == 1:
                exact = [d for d in exact if d.language in _BARE_IS_WHOLE]
            in_crate = [d for d in distinct if parts[0] in _crates(d)]
            distinct = exact or in_crate or distinct
        return distinct


def innermost(definitions: Iterable[Definition], line: int) -> Definition | None:
    """Return the innermost definition at a 0-based line of the file that they are of."""
    around = [d for d in definitions if d.start <= line < d.end]
    return max(around, key=lambda d: (d.start, -d.end), default=None)


def _around(definitions: Sequence[Definition], line: int) -> Definition | None:
    """Return what an anonymous function that begins at a line stands in, as far as that tells."""
    begun = [d for d in definitions if d.start == line]
    is_whole_file = line == 0  # the code outside of functions is a function to V8
    if len(begun) > 1 or is_whole_file:
        return None
    return begun[0] if begun else innermost(definitions, line)


def _agreement(definition: Definition, parts: Parts, line: int) -> tuple[bool, int, int] | None:
    """Tell how well a name agrees with that of a definition in its file; None for not."""
    own = split_name(definition.name)
    if definition.language == "go":
        own = own[1:]  # its package is known by the file, and may have another name
    n_common = _n_common(own, parts)
    if n_common < min(len(own), len(parts)) and definition.language not in {
        "javascript", "typescript",  # named after what they were called on
    }:  # fmt: skip
        return None
    is_there = bool(line) and definition.start < line <= definition.end
    return is_there, n_common, -abs(len(own) - n_common)


def _n_common(some: Parts, others: Parts) -> int:
    count = 0
    for left, right in zip(reversed(some), reversed(others), strict=False):
        if left != right:
            break
        count += 1
    return count


def _keys(definition: Definition, name: Parts) -> list[Parts]:
    """Return what a definition may be called where no file is told, as fully as is known."""
    *folders, file = definition.path.split("/")
    if definition.language == "python":
        stem = file.rpartition(".")[0]
        while folders and folders[0] in _IMPORT_FOLDERS:
            folders = folders[1:]
        return [(*folders, *([] if stem == "__init__" else [stem]), *name)]
    if definition.language == "go" and name:
        is_other = not folders or folders[-1] != name[0]
        return [(*folders, *name[1:]), name] if is_other else [(*folders, *name[1:])]
    return [name]


def _is_written_so(language: str, name: str, parts: Parts) -> bool:
    """Tell whether a name has the form of a language."""
    if "::" in name or "->" in name:
        return language in {"cpp", "rust", "php", "hack"}
    if "\\" in name:
        return language in {"php", "hack"}
    return len(parts) == 1 or language not in {"c", "cpp", "rust", "php", "hack"}


def _may_be_longer(language: str, parts: Parts, n_common: int) -> bool:
    """Tell whether a name may have more before it than its definition has."""
    if language == "rust":
        return len(parts) == n_common + 1 and parts[0] not in NO_CRATES
    return n_common > 1 and language not in _COMPLETE


def _crates(definition: Definition) -> set[str]:
    """Return the folders of a file as crates are named."""
    if definition.language != "rust":
        return set()
    return {folder.replace("-", "_") for folder in definition.path.split("/")[:-1]}
