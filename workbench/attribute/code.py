"""What the commits between two revisions did to the code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from workbench.attribute.codemap import describe_changes, read_sources
from workbench.attribute.moves import Sources
from workbench.history import Commit, FileWeave, Repository, weave_files
from workbench.types import Change


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

    def read_base(self, path: str) -> str | None:
        """Return a file before the first of the commits; None where it was not there."""
        return self.repository.find(path, self.base)
