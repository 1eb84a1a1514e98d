"""What the commits between two revisions did to the code."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from workbench.attribute.code.codemap import CodeMap, describe_changes, read_sources
from workbench.attribute.code.languages import line_definitions
from workbench.attribute.diffs import runs_in_production, settings_changed
from workbench.attribute.moves import Sources
from workbench.attribute.touched import Code
from workbench.attribute.words import spellings
from workbench.errors import HistoryError
from workbench.history import MODULE, Commit, FileWeave, Repository, weave_files
from workbench.types import Change, Function

_MOST_NAMES = 200
_MOST_LINES = 2000
_MOST_SECONDS = 5.0


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

    def code(self, recorded: Iterable[Function], names: Iterable[str] = ()) -> Code:
        """Return what is known of the code of the recorded functions, named as by `known_as`.

        Of that which holds any of some names, too: of flags and settings, which code may read that
        was never recorded.
        """
        texts: dict[Function, str] = {}
        outside: dict[str, str] = {}
        set_by_commits = {n for commit in self.commits for n in settings_changed(commit.hunks)}
        paths = {f.file for f in recorded} | self.weaves.keys()
        paths |= self._paths_with({*names} | set_by_commits)
        for path, text in self._texts(paths, self.head).items():
            parts = _parts(text, path)
            outside[path] = parts.pop(Function(MODULE, path), "")
            texts |= parts
        commits = {commit.id: commit for commit in self.commits}
        return Code(texts, outside, commits)

    def _paths_with(self, names: Collection[str]) -> set[str]:
        """Return the files that hold any of some names; none where to look would take too long."""
        pattern = "|".join(way for name in sorted(names)[:_MOST_NAMES] for way in spellings(name))
        if not pattern:
            return set()
        try:
            rows = self.repository.search(pattern, self.head, _MOST_LINES, timeout_s=_MOST_SECONDS)
        except HistoryError:
            return set()
        return {path for path, _, _ in rows if runs_in_production(path)}

    def read_base(self, path: str) -> str | None:
        """Return a file before the first of the commits; None where it was not there."""
        return self._base_texts.get(path)

    @cached_property
    def _base_texts(self) -> dict[str, str]:
        """The files that the commits touched, as they were before; read all at once."""
        return self._texts(
            {hunk.path for commit in self.commits for hunk in commit.hunks}, self.base
        )

    def _texts(self, paths: Collection[str], revision: str) -> dict[str, str]:
        ids = {b.path: b.id for b in self.repository.blobs(revision) if b.path in paths}
        contents = self.repository.read_blobs(ids.values())
        return {
            path: content.decode("utf-8", "surrogateescape")
            for path, content in zip(ids, contents, strict=True)
        }


def _parts(text: str, path: str) -> dict[Function, str]:
    """Return the text of each function of a file, and of what is outside of any."""
    found: dict[Function, list[str]] = {}
    for line, name in zip(text.split("\n"), line_definitions(text, path), strict=True):
        if name:
            found.setdefault(Function(name, path), []).append(line)
    return {function: "\n".join(lines) for function, lines in found.items()}
