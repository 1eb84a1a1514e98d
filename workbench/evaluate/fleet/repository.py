"""Revisions, committed: the same revisions make the same repository, ids of commits too."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from workbench.history import run_git
from workbench.simulate.revisions import Revision, email_of

_BRANCH = "refs/heads/main"


def commit_all(folder: Path, revisions: Iterable[Revision]) -> list[str]:
    """Make a repository in a new folder, and return the ids of its commits, oldest first."""
    folder.mkdir(parents=True)
    run_git(folder, "init", "--quiet", "--initial-branch=main", "--object-format=sha1")
    stream = "".join(map(_told, revisions))
    run_git(folder, "fast-import", "--quiet", stdin=f"{stream}done\n")
    run_git(folder, "checkout", "--quiet", "--force", "main")
    return run_git(folder, "rev-list", "--reverse", "--first-parent", "main").split()


def _told(revision: Revision) -> str:
    """Return a commit as `git fast-import` reads it."""
    who = f"{revision.author} <{email_of(revision.author)}> {int(revision.at.timestamp())} +0000"
    files = "".join(
        f"M 100644 inline {path}\n{_data(text)}" for path, text in revision.files.items()
    )
    return f"commit {_BRANCH}\nauthor {who}\ncommitter {who}\n{_data(revision.title)}{files}\n"


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"
