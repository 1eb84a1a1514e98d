"""What the commits between two revisions did to the code."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from workbench.attribute.codemap import CodeMap, describe_changes, read_sources
from workbench.attribute.languages import line_definitions
from workbench.attribute.moves import Sources
from workbench.attribute.touched import Code
from workbench.history import MODULE, Commit, FileWeave, Repository, weave_files
from workbench.types import Change, Function


@dataclass
class CodeHistory:
    """The commits after `base` up to `head`; computed on first use."""

    repository: Repository
    base: str
    head: str

    @cached_property
    def commits(self) -> list[Commit]:
        """With what each of them changed, oldest first."""
        return self.repository.commits(self.base, self.head)

    @cached_property
    def weaves(self) -> dict[str, FileWeave]:
        """The history of every file that the commits touched."""
        return weave_files(self.commits, self.read_base)

    @cached_property
    def changes(self) -> list[Change]:
        """The commits as candidate causes, with the functions that each of them touched."""
        return describe_changes(self.commits, self.weaves, self.read_base)

    @cached_property
    def sources(self) -> Sources:
        """The functions that the commits may have moved, before and now."""
        return read_sources(self.weaves, self.read_base)

    def known_as(self, recorded: Collection[Function]) -> dict[Function, Function]:
        """Return recorded functions as the code names them, by path; those it has not are left out.

        Profilers tell paths relative to where code was imported from, repositories to their top,
        and each language has names of its own.
        """
        known: dict[Function, Function] = {}
        for revision in (self.head, self.base):  # what is gone was there before
            missing = [f for f in recorded if f not in known]
            if missing:
                found = CodeMap.build(self.repository, revision).resolve_all(missing)
                known |= {f: Function(d.name, d.path) for f, d in found.items()}
        paths = {function.file: code.file for function, code in known.items()}
        for function in recorded:  # the code outside of functions
            if function.name == MODULE and function.file in paths:
                known[function] = Function(MODULE, paths[function.file])
        return known

    def code(self, recorded: Iterable[Function]) -> Code:
        """Return what is known of the code of the recorded functions, named as by `known_as`."""
        wanted = {f.file for f in recorded} | self.weaves.keys()
        ids = {b.path: b.id for b in self.repository.blobs(self.head) if b.path in wanted}
        texts: dict[Function, str] = {}
        outside: dict[str, str] = {}
        for path, content in zip(ids, self.repository.read_blobs(ids.values()), strict=True):
            parts = _parts(content.decode("utf-8", "replace"), path)
            outside[path] = parts.pop(Function(MODULE, path), "")
            texts |= parts
        commits = {commit.id: commit for commit in self.commits}
        return Code(texts, outside, commits)

    def read_base(self, path: str) -> str | None:
        """Return a file before the first of the commits; None where it was not there."""
        return self.repository.find(path, self.base)


def _parts(text: str, path: str) -> dict[Function, str]:
    """Return the text of each function of a file, and of what is outside of any."""
    found: dict[Function, list[str]] = {}
    for line, name in zip(text.split("\n"), line_definitions(text, path), strict=True):
        if name:
            found.setdefault(Function(name, path), []).append(line)
    return {function: "\n".join(lines) for function, lines in found.items()}
