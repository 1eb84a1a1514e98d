"""Read a git repository through the git command, with nothing of the user's set-up in the way."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from workbench.errors import HistoryError
from workbench.types import Change

# A repository under investigation is foreign: no hooks, no external diff, no prompts. And what git
# prints is read by programs: no setting may change its form.
_SETTINGS = (
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.autocrlf=false",
    "core.quotePath=false", "color.ui=false", "color.diff=false", "color.grep=false",
    "diff.interHunkContext=0", "diff.noprefix=false", "diff.mnemonicPrefix=false",
    "grep.column=false", "i18n.logOutputEncoding=UTF-8", "log.showSignature=false",
    "commit.cleanup=whitespace", "commit.gpgSign=false", "gc.auto=0", "maintenance.auto=false",
)  # fmt: skip
_SAFE_OPTIONS = tuple(word for setting in _SETTINGS for word in ("-c", setting))
_SAFE_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C",
}  # fmt: skip
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_COMMIT_MARK = "\x00commit\x00"


@dataclass(frozen=True, slots=True)
class Hunk:
    """One replaced run of lines; lines keep their terminators."""

    path: str
    old_start: int
    """0-based first line replaced; where nothing is removed, the line it is inserted before."""
    removed: tuple[str, ...]
    added: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit with what it changed, against its first parent."""

    id: str
    title: str
    author: str
    email: str
    at: datetime
    hunks: tuple[Hunk, ...] = field(default=(), repr=False)


def run_git(
    folder: Path | str, *arguments: str, stdin: str = "", env: Mapping[str, str] | None = None
) -> str:
    """Run git in a folder and return what it printed; HistoryError carries what it complained of.

    Text that is not UTF-8 passes through unharmed as surrogates.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", *_SAFE_OPTIONS, *arguments],
            cwd=folder,
            input=stdin.encode("utf-8", "surrogateescape"),
            capture_output=True,
            env=environment | _SAFE_ENVIRONMENT | dict(env or {}),
            check=False,
        )
    except (OSError, ValueError) as error:  # no git; a null byte or half a character as argument
        raise HistoryError(f"{folder}: git {arguments[0]}: {error}") from error
    if done.returncode:
        complaint = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no message"]
        raise HistoryError(f"{folder}: git {arguments[0]}: {complaint[-1]}")
    return done.stdout.decode("utf-8", "surrogateescape")


class Repository:
    """Read access to one git repository; nothing here writes."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise HistoryError(f"{self.folder}: expected a git repository, found no such folder")
        top = run_git(self.folder, "rev-parse", "--show-toplevel").strip()
        if Path(top).resolve() != self.folder.resolve():
            raise HistoryError(
                f"{self.folder}: expected the top of a git repository, which is {top}"
            )

    def resolve(self, revision: str) -> str:
        """Return the full id of a revision."""
        try:
            spec = f"{revision}^{{commit}}"
            return run_git(self.folder, "rev-parse", "--verify", "--end-of-options", spec).strip()
        except HistoryError as error:
            raise HistoryError(f"{self.folder}: no revision {revision!r}") from error

    def uncommitted(self) -> list[str]:
        """Return paths that differ from HEAD or are untracked; empty for a clean tree."""
        out = run_git(self.folder, "status", "--porcelain", "--no-renames", "-z")
        return [entry[3:] for entry in out.split("\0") if entry]

    def files(self, revision: str) -> list[str]:
        """Return the paths at a revision."""
        out = run_git(self.folder, "ls-tree", "-r", "-z", "--name-only", self.resolve(revision))
        return [path for path in out.split("\0") if path]

    def read(self, path: str, revision: str) -> str:
        """Return a file's text at a revision; HistoryError where it is not there."""
        try:
            return run_git(self.folder, "cat-file", "blob", f"{self.resolve(revision)}:{path}")
        except HistoryError as error:
            raise HistoryError(f"{self.folder}: no file {path!r} at {revision}") from error

    def find(self, path: str, revision: str) -> str | None:
        """Return a file's text at a revision, or None where it is not there."""
        listed = run_git(self.folder, "ls-tree", "-z", self.resolve(revision), "--", path)
        is_file = listed.split(" ")[1:2] == ["blob"]  # rather than a folder or a submodule
        return self.read(path, revision) if is_file else None

    def commits(self, base: str, head: str) -> list[Commit]:
        """Return the commits after `base` up to `head`, oldest first, along first parents."""
        fields = "%x00commit%x00%H%x00%an%x00%ae%x00%aI%x00%s"
        out = run_git(
            self.folder, "log", "--reverse", "--first-parent", "--diff-merges=first-parent",
            "--patch", "--unified=0", "--no-renames", "--no-ext-diff", "--no-textconv",
            "--ignore-submodules=all", "--src-prefix=a/", "--dst-prefix=b/", f"--format={fields}",
            f"{self.resolve(base)}..{self.resolve(head)}",
        )  # fmt: skip
        return list(_parse_log(out))

    def changes(self, revision: str = "HEAD", *, since: str = "") -> list[Change]:
        """Return the commits up to a revision, oldest first, along first parents, without diffs.

        Parameters
        ----------
        since : str, optional
            A revision; only what came after it. Default: all of history.
        """
        span = (
            f"{self.resolve(since)}..{self.resolve(revision)}" if since else self.resolve(revision)
        )
        out = run_git(
            self.folder, "log", "--reverse", "--first-parent", "--diff-merges=first-parent",
            "--name-only", "-z", "--no-renames", "--ignore-submodules=all",
            "--format=%x01%H%x00%an%x00%ae%x00%aI%x00%s", span,
        )  # fmt: skip
        return [_change(entry) for entry in out.split("\x01")[1:]]

    def show(self, commit: str) -> str:
        """Return one commit as people read it: header, message and diff.

        The message is indented, so that a line of it is never taken for one of the diff.
        """
        return run_git(
            self.folder, "show", "--format=commit %h%nAuthor: %an <%ae>%nDate: %aI%n%n%w(0,4,4)%B",
            "--patch", "--no-renames", "--no-ext-diff", "--no-textconv", self.resolve(commit),
        )  # fmt: skip

    def search(self, pattern: str, revision: str, limit: int = 50) -> list[tuple[str, int, str]]:
        """Find lines that match an extended regular expression.

        Returns
        -------
        list of (path, line, text)
            At most `limit`; the line number is 1-based.
        """
        at = self.resolve(revision)
        try:
            out = run_git(self.folder, "grep", "-nIE", "--null", "-e", pattern, at)
        except HistoryError as error:
            if str(error).endswith("no message"):  # git grep leaves with 1 where nothing matched
                return []
            raise
        rows = [line.split("\0", 2) for line in out.split("\n") if line.count("\0") >= 2]
        return [(path.removeprefix(f"{at}:"), int(line), text) for path, line, text in rows[:limit]]


def _parse_log(out: str) -> Iterator[Commit]:
    """Parse `git log -p -U0`; hunk bodies are consumed by count, so no content is misread."""
    lines = out.split("\n")
    i = 0
    header: list[str] | None = None
    hunks: list[Hunk] = []
    paths = ("", "")
    while i < len(lines):
        line = lines[i]
        i += 1
        if line.startswith(_COMMIT_MARK):
            if header:
                yield _commit(header, hunks)
            header, hunks = line[len(_COMMIT_MARK) :].split("\x00"), []
        elif line.startswith("--- "):
            paths = (_path(line), _path(lines[i]))
            i += 1
        elif match := _HUNK.match(line):
            start, n_removed, _, n_added = (int(g) if g else 1 for g in match.groups())
            removed, i = _body(lines, i, n_removed)
            added, i = _body(lines, i, n_added)
            path = paths[1] or paths[0]
            start -= 1 if n_removed else 0
            hunks.append(Hunk(path, start, removed, added))
    if header:
        yield _commit(header, hunks)


def _commit(header: list[str], hunks: list[Hunk]) -> Commit:
    sha, author, email, at, title = header
    return Commit(sha, title, author, email, _time(at), tuple(hunks))


def _change(entry: str) -> Change:
    """Parse one entry of `git log -z --name-only`."""
    sha, author, email, at, title, *rest = entry.split("\0")
    files = tuple(path.removeprefix("\n") for path in rest if path.strip("\n"))
    return Change(sha, title, author, email, _time(at), files=files)


def _time(at: str) -> datetime:
    try:
        return datetime.fromisoformat(at)
    except ValueError:  # git keeps whatever time and zone an author claims
        return datetime.fromtimestamp(0, UTC)


def _path(line: str) -> str:
    """Return the path of a `---` or `+++` line; nothing for /dev/null."""
    name = line[4:].removesuffix("\t")
    if name.startswith('"'):
        raw = name[1:-1].encode("utf-8", "surrogateescape").decode("unicode_escape")
        name = raw.encode("latin-1").decode("utf-8", "surrogateescape")
    return "" if name == "/dev/null" else name[2:]


def _body(lines: list[str], i: int, count: int) -> tuple[tuple[str, ...], int]:
    body = [line[1:] + "\n" for line in lines[i : i + count]]
    i += count
    if i < len(lines) and lines[i].startswith("\\ No newline"):
        body[-1] = body[-1][:-1]
        i += 1
    return tuple(body), i
