"""Work on a repository without touching it: worktrees in a temporary folder, then a branch."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType

from workbench.errors import HistoryError, PatchError
from workbench.history import Repository, run_git
from workbench.patch.scratch import remove_left, scratch_folder
from workbench.types import Patch

_AUTHOR = {
    "GIT_AUTHOR_NAME": "efficiency workbench",
    "GIT_AUTHOR_EMAIL": "workbench@example.invalid",
    "GIT_COMMITTER_NAME": "efficiency workbench",
    "GIT_COMMITTER_EMAIL": "workbench@example.invalid",
}


class Workspace:
    """Three worktrees of a repository: `good` (base), `bad` (head) and `fixed` (head, edited).

    A context manager; on leaving, the worktrees are gone and the user's own tree, index and
    branches are as they were, but for a branch made by `commit`. They are as they were after a
    kill too, whenever it comes; what it leaves in the temporary folder is removed by the next
    workspace.
    """

    def __init__(self, repository: Repository, base: str, head: str) -> None:
        if changed := repository.uncommitted():
            raise PatchError(
                f"{repository.folder}: expected a clean working tree, found changes in "
                f"{', '.join(changed[:3])}{' …' if len(changed) > 3 else ''}"
            )
        self.repository = repository
        self.base, self.head = repository.resolve(base), repository.resolve(head)
        self._place = Path()
        self._stack = contextlib.ExitStack()
        self._edited: set[str] = set()

    def __enter__(self) -> Workspace:
        remove_left()
        run_git(self.repository.folder, "worktree", "prune")
        self._stack.callback(run_git, self.repository.folder, "worktree", "prune")
        try:
            self._place = self._stack.enter_context(scratch_folder())
            for name, revision in (("good", self.base), ("bad", self.head), ("fixed", self.head)):
                run_git(
                    self.repository.folder, "worktree", "add", "--quiet", "--detach",
                    str(self._place / name), revision,
                )  # fmt: skip
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def has_good(self) -> bool:
        """Whether there is another version to go back to."""
        return self.base != self.head

    @property
    def good(self) -> Path:
        """The code before the regression."""
        return self._place / "good"

    @property
    def bad(self) -> Path:
        """The code as it is."""
        return self._place / "bad"

    @property
    def fixed(self) -> Path:
        """The code as a patch would have it."""
        return self._place / "fixed"

    def apply(self, files: Mapping[str, str | None]) -> None:
        """Make `fixed` the head with just these files replaced (None: deleted)."""
        for path in self._edited - files.keys():
            self._write(path, self.repository.find(path, self.head))
        for path, text in files.items():
            self._write(path, text)
        self._edited = set(files)

    def _write(self, path: str, text: str | None) -> None:
        target = (self.fixed / path).resolve()
        if not target.is_relative_to(self.fixed.resolve()):
            raise PatchError(f"expected a path inside the repository, got {path!r}")
        if text is None:
            target.unlink(missing_ok=True)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode("utf-8", "surrogateescape"))

    def reverted(self, commit: str) -> dict[str, str | None]:
        """Return the files of `fixed` as they are when one commit is taken back by a merge.

        Empty where it does not come off: later commits changed the same lines.
        """
        self.apply({})
        run_git(self.fixed, "reset", "--quiet", "--hard", self.head)
        try:
            run_git(self.fixed, "revert", "--no-commit", "--no-edit", commit, env=_AUTHOR)
            told = run_git(self.fixed, "diff", "--cached", "--name-only", "-z", self.head)
            paths = [path for path in told.split("\0") if path]
            return {path: self._read(path) for path in paths}
        except HistoryError:
            return {}
        finally:
            run_git(self.fixed, "reset", "--quiet", "--hard", self.head)
            self._edited = set()

    def _read(self, path: str) -> str | None:
        file = self.fixed / path
        return file.read_bytes().decode("utf-8", "surrogateescape") if file.is_file() else None

    def texts(self, revision: str, paths: Iterable[str]) -> dict[str, str | None]:
        """Return the texts of files as they are at a revision; None for one that is not there."""
        return {path: self.repository.find(path, revision) for path in paths}

    def strays(self) -> list[str]:
        """Return the paths in `fixed` that are not as the patch has them: what runs wrote there."""
        told = run_git(self.fixed, "status", "--porcelain", "-z", "--untracked-files=all")
        changed = {line[3:] for line in told.split("\0") if line}
        return sorted(changed - self._edited)

    def diff(self) -> str:
        """Return the unified diff of `fixed` against the head."""
        run_git(self.fixed, "add", "--all", "--intent-to-add")
        return run_git(self.fixed, "diff", "--no-ext-diff", "--no-textconv", self.head)

    def commit(self, patch: Patch, branch: str) -> tuple[str, str]:
        """Commit `fixed` as one commit on a new branch of the repository.

        The same patch gives the same commit; a branch of that name with anything else on it is
        left alone and a number is added to the name.

        Returns
        -------
        (str, str)
            Branch and commit id.
        """
        at = run_git(self.repository.folder, "show", "-s", "--format=%cI", self.head).strip()
        run_git(self.fixed, "add", "--all")
        run_git(
            self.fixed, "commit", "--quiet", "--no-verify", "--message", patch.summary,
            env=_AUTHOR | {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at},
        )  # fmt: skip
        commit = run_git(self.fixed, "rev-parse", "HEAD").strip()
        refs = run_git(
            self.repository.folder, "for-each-ref", "--format=%(refname:short) %(objectname)",
            "refs/heads",
        )  # fmt: skip
        existing = dict(line.rsplit(" ", 1) for line in refs.splitlines())
        names = [branch, *(f"{branch}-{n}" for n in range(2, len(existing) + 3))]
        name = next(n for n in names if existing.get(n, commit) == commit)
        run_git(self.repository.folder, "update-ref", f"refs/heads/{name}", commit)
        return name, commit
