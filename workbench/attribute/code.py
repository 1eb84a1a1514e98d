"""What the commits between two revisions did to the code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from workbench.attribute.codemap import describe_changes, read_sources
from workbench.attribute.moves import Sources
from workbench.attribute.touched import Code
from workbench.history import MODULE, Commit, FileWeave, Repository, line_functions, weave_files
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

    def known_as(self, recorded: Iterable[Function]) -> dict[Function, Function]:
        """Return recorded functions as the code names them, by path; those it has not are left out.

        Profilers tell paths relative to where code was imported from, repositories to their top.
        """
        by_end: dict[str, list[str]] = {}
        for path in self.repository.files(self.head):
            by_end.setdefault(path.rpartition("/")[2], []).append(path)
        files = {f.file for f in recorded}
        paths = {
            file: _longest_match(file, by_end.get(file.rpartition("/")[2], ())) for file in files
        }
        return {f: f._replace(file=found) for f in recorded if (found := paths[f.file])}

    def code(self, recorded: Iterable[Function]) -> Code:
        """Return what is known of the code of the recorded functions, named as by `known_as`."""
        texts: dict[Function, str] = {}
        outside: dict[str, str] = {}
        for path in sorted({f.file for f in recorded} | self.weaves.keys()):
            text = self.repository.find(path, self.head)
            if text is not None and path.endswith(".py"):
                parts = _parts(text, path)
                outside[path] = parts.pop(Function(MODULE, path), "")
                texts |= parts
        commits = {commit.id: commit for commit in self.commits}
        return Code(texts, outside, commits)

    def read_base(self, path: str) -> str | None:
        """Return a file before the first of the commits; None where it was not there."""
        return self.repository.find(path, self.base)


def _longest_match(file: str, paths: Iterable[str]) -> str | None:
    """Return the path that shares most of its end with a file; None for none or several."""
    wanted = file.split("/")[::-1]

    def common(path: str) -> int:
        pairs = zip(wanted, path.split("/")[::-1], strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))

    ranked = sorted(paths, key=lambda path: (-common(path), len(path)))
    if len(ranked) > 1 and common(ranked[0]) == common(ranked[1]) < len(wanted):
        return None
    return ranked[0] if ranked else None


def _parts(text: str, path: str) -> dict[Function, str]:
    """Return the text of each function of a file, and of what is outside of any."""
    found: dict[Function, list[str]] = {}
    for line, name in zip(text.split("\n"), line_functions(text), strict=True):
        if name:
            found.setdefault(Function(name, path), []).append(line)
    return {function: "\n".join(lines) for function, lines in found.items()}
