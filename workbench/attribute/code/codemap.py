"""Where functions stand in source code, and which of them each change touched."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from workbench.attribute.code.grammars import language_of
from workbench.attribute.code.languages import Definition, definitions, line_definitions, place
from workbench.attribute.code.names import split_name
from workbench.attribute.code.parsing import parse_blobs
from workbench.attribute.code.resolve import Resolver, innermost
from workbench.attribute.code.span_cache import SpanCache
from workbench.attribute.code.trees import no_cycles_sought, read_both
from workbench.attribute.code.written import MOST_BYTES
from workbench.attribute.moves import Sources
from workbench.history import MODULE, Commit, FileWeave, Repository, split_lines
from workbench.types import Change, Function


class CodeMap:
    """All functions of one revision of a repository, in any language that is known."""

    def __init__(self, definitions: Iterable[Definition]) -> None:
        self.definitions = sorted(definitions, key=lambda d: (d.path, d.start, -d.end))

    @classmethod
    def build(
        cls, repository: Repository, revision: str, *, cache: Path | str | None = None,
        progress: Callable[[int, int], object] | None = None,
    ) -> CodeMap:  # fmt: skip
        """Find the functions of all files at a revision; a content seen before is not read again.

        Parameters
        ----------
        cache : Path or str, optional
            Folder in which what is found is kept. Default: one of the user's.
        progress : callable, optional
            Told how many files were parsed, and how many are to be.
        """
        sources = [
            (b, language) for b in repository.blobs(revision) if (language := language_of(b.path))
        ]
        kept = SpanCache(cache)
        found = kept.get((blob.id, language) for blob, language in sources)
        missing = {
            (blob.id, language): blob.n_bytes
            for blob, language in sources
            if blob.n_bytes <= MOST_BYTES and (blob.id, language) not in found
        }
        if missing:
            parsed = parse_blobs(repository, missing, progress)
            kept.put(parsed)
            found |= parsed
        return cls(
            definition
            for blob, language in sources
            for definition in place(found.get((blob.id, language), ()), blob.path, language)
        )

    @property
    def n_functions(self) -> int:
        """How many there are."""
        return len(self.definitions)

    def find(self, name: str, limit: int = 20) -> list[Definition]:
        """Return definitions by name, the best first.

        They are those of that qualified name; where there are none, those that end with it; else
        those that have it anywhere, in whichever case.
        """
        found: Sequence[Definition] = ()
        for wanted in Function.names_in(name):
            found = found or self._by_name.get(wanted, ())
        if not found and (parts := split_name(name)):
            ending = self._by_last.get(parts[-1], ())
            found = [d for d in ending if split_name(d.name)[-len(parts) :] == parts]
        if not found and name:
            low = name.lower()
            found = [d for d in self.definitions if low in d.name.lower()]
        return sorted(found, key=lambda d: (len(d.name), d.path, d.start))[:limit]

    def in_file(self, path: str) -> list[Definition]:
        """Return the definitions of a file, outer before inner."""
        first = bisect_left(self.definitions, path, key=lambda d: d.path)
        last = bisect_left(self.definitions, path + "\0", key=lambda d: d.path)
        return self.definitions[first:last]

    def at(self, path: str, line: int) -> Definition | None:
        """Return the innermost definition at a line, 0-based; None for code outside of any."""
        return innermost(self.in_file(path), line)

    def resolve(self, function: Function) -> Definition | None:
        """Return the definition that a profile's function is; None where that is not clear.

        Profiles name functions and files in their own ways: see `attribute.names` and
        `attribute.resolve`.
        """
        return self._resolver.resolve(function)

    def resolve_all(self, functions: Iterable[Function]) -> dict[Function, Definition]:
        """Return the definitions of those functions that have one."""
        resolve = self._resolver.resolve
        with no_cycles_sought():
            return {f: definition for f in functions if (definition := resolve(f))}

    @cached_property
    def _resolver(self) -> Resolver:
        return Resolver(self.definitions)

    @cached_property
    def _by_name(self) -> dict[str, list[Definition]]:
        return _grouped((d.name, d) for d in self.definitions)

    @cached_property
    def _by_last(self) -> dict[str, list[Definition]]:
        named = ((split_name(d.name), d) for d in self.definitions)
        return _grouped((parts[-1], d) for parts, d in named if parts)


def _grouped(pairs: Iterable[tuple[str, Definition]]) -> dict[str, list[Definition]]:
    groups: dict[str, list[Definition]] = defaultdict(list)
    for key, definition in pairs:
        groups[key].append(definition)
    return dict(groups)


def changed_functions(
    weaves: Mapping[str, FileWeave], read_base: Callable[[str], str | None]
) -> dict[str, set[Function]]:
    """Map each commit to the functions whose lines it added, altered or removed.

    Added lines are placed in the last revision, removed ones in the first, so each file is parsed
    at most twice however many commits touched it. What stands outside of functions is `MODULE`;
    files in no known language have no functions.
    """
    found: dict[str, set[Function]] = defaultdict(set)
    with no_cycles_sought():
        for path, weave in weaves.items():
            if language_of(path):
                for commit, name in _touched(path, weave):
                    found[commit].add(Function(name, path))
    return dict(found)


def _touched(path: str, weave: FileWeave) -> set[tuple[str, str]]:
    """Return each commit with the names of what it touched in a file."""
    touched: dict[str, set[tuple[str, int]]] = {"base": set(), "head": set(), "between": set()}
    for commit, side, line in weave.touched():
        touched[side].add((commit, line))
    texts = {"base": _base_text(weave), "head": weave.text()}
    if touched["base"] and touched["head"]:
        read_both(texts["base"], texts["head"], path)
    found: set[tuple[str, str]] = set()
    for side, text in texts.items():
        if touched[side]:
            names = line_definitions(text, path)
            found |= {(commit, names[line]) for commit, line in touched[side] if names[line]}
    if touched["between"]:
        names = line_definitions(texts["head"], path)
        for commit, line in touched["between"]:
            around = {*names[max(line - 1, 0) : line + 1]}
            if len(around) == 1 and line and not around <= {"", MODULE}:
                found.add((commit, around.pop()))
    return found


def _base_text(weave: FileWeave) -> str:
    """Return the file at the first revision, which the weave has whole."""
    return "".join(line.text for line in weave.lines if line.added is None)


def describe_changes(
    commits: Iterable[Commit],
    weaves: Mapping[str, FileWeave],
    read_base: Callable[[str], str | None],
) -> list[Change]:
    """Return the commits as changes, with the functions that each of them touched."""
    functions = changed_functions(weaves, read_base)
    changes = []
    for commit in commits:
        change = Change(
            id=commit.id, title=commit.title, author=commit.author, email=commit.email,
            at=commit.at, n_added=sum(len(h.added) for h in commit.hunks),
            n_removed=sum(len(h.removed) for h in commit.hunks),
        )  # fmt: skip
        files = tuple(sorted({hunk.path for hunk in commit.hunks}))
        touched = tuple(sorted(functions.get(commit.id, ())))
        changes.append(replace(change, files=files, functions=touched))
    return changes


def read_sources(
    weaves: Mapping[str, FileWeave], read_base: Callable[[str], str | None]
) -> Sources:
    """Return the text of every function of the changed files, before and after the changes."""
    sources: tuple[dict[Function, str], dict[Function, str]] = ({}, {})
    with no_cycles_sought():
        for path, weave in weaves.items():
            if language_of(path):
                texts = _base_text(weave), weave.text()
                for side, text in zip(sources, texts, strict=True):
                    side.update(_function_texts(path, text))
    return Sources(*sources)


def _function_texts(path: str, text: str) -> Iterator[tuple[Function, str]]:
    lines = split_lines(text)
    for definition in definitions(text, path):
        yield Function(definition.name, path), "".join(lines[definition.start : definition.end])
