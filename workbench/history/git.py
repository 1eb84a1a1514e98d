"""Read a git repository through the git command, with nothing of the user's set-up in the way."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import IO, NamedTuple

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
MOST_SEARCHED_BYTES = 4_000_000
"""Files larger than this are not searched."""
_LONG_DIFF = 100_000
"""Characters from which it takes git too long to find the function of each place."""
_NO_TREE = Path(__file__).resolve().parent
"""A folder that no attributes stand in."""
_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SHORT_ID = re.compile(r"[0-9a-f]{7,64}")
_VERSION = re.compile(r"\w[\w.+/-]*")
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


class Blob(NamedTuple):
    """A file at a revision, before it is read."""

    path: str
    id: str
    """That of its content, whatever its path."""
    n_bytes: int


class BlamedLine(NamedTuple):
    """A line of a file, and the commit that wrote it."""

    number: int
    """1-based."""
    commit: str
    author: str
    at: datetime
    text: str
    """Without its terminator."""


def run_git(
    folder: Path | str,
    *arguments: str,
    stdin: str = "",
    env: Mapping[str, str] | None = None,
    timeout_s: float | None = None,
) -> str:
    """Run git in a folder and return what it printed; HistoryError carries what it complained of.

    Text that is not UTF-8 passes through unharmed as surrogates. Git is killed where it takes
    longer than `timeout_s`.
    """
    try:
        done = subprocess.run(
            ["git", *_SAFE_OPTIONS, *arguments],
            cwd=folder,
            input=stdin.encode("utf-8", "surrogateescape"),
            capture_output=True,
            env=_environment() | dict(env or {}),
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise HistoryError(f"{folder}: git {arguments[0]} took over {timeout_s:g} s") from error
    except (OSError, ValueError) as error:  # no git; a null byte or half a character as argument
        raise HistoryError(f"{folder}: git {arguments[0]}: {error}") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        last = (said.splitlines() or ["no message"])[-1]
        raise HistoryError(f"{folder}: git {arguments[0]}: {last}", said)
    return done.stdout.decode("utf-8", "surrogateescape")


def _environment() -> dict[str, str]:
    """Return the environment of git: the user's, but for what is about git."""
    return {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | _SAFE_ENVIRONMENT


class Repository:
    """Read access to one git repository; nothing here writes."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self._known: set[str] = set()
        if not self.folder.is_dir():
            raise HistoryError(f"{self.folder}: expected a git repository, found no such folder")
        top = run_git(self.folder, "rev-parse", "--show-toplevel").strip()
        if Path(top).resolve() != self.folder.resolve():
            raise HistoryError(
                f"{self.folder}: expected the top of a git repository, which is {top}"
            )

    def resolve(self, revision: str) -> str:
        """Return the full id of a revision."""
        if revision in self._known:
            return revision
        try:
            spec = f"{revision}^{{commit}}"
            out = run_git(self.folder, "rev-parse", "--verify", "--end-of-options", spec)
        except HistoryError as error:
            raise HistoryError(f"{self.folder}: no revision {revision!r}") from error
        self._known.add(out.strip())  # ids of commits, which stay what they are
        return out.strip()

    def resolve_all(self, versions: Iterable[str]) -> dict[str, str]:
        """Return the commit that each of many versions names; those it does not know are left out.

        A version is a tag, with or without `v` before it, or a commit id of at least 7 characters.
        What moves, such as a branch, names no version; nor does a number that an id begins with.
        """
        asked: list[tuple[str, str]] = []
        for version in dict.fromkeys(versions):
            if _VERSION.fullmatch(version):
                asked += [(version, f"refs/tags/{tag}") for tag in (version, f"v{version}")]
            if _SHORT_ID.fullmatch(version):
                asked.append((version, version))
        lines = "".join(f"{name}^{{commit}}\n" for _, name in asked)
        told = run_git(self.folder, "cat-file", "--batch-check=%(objectname)", stdin=lines)
        found: dict[str, str] = {}
        for (version, _), sha in zip(asked, told.splitlines(), strict=True):
            if _ID.fullmatch(sha):
                found.setdefault(version, sha)
        return found

    def trunk(self, versions: Sequence[str]) -> tuple[str, ...]:
        """Return the line of first parents that some versions stand on or branch from.

        Parameters
        ----------
        versions : sequence of str
            Full ids, in the order in which they ran. Those that have no past in common with the
            last are left out; in a shallow clone that may be any.

        Returns
        -------
        tuple of str
            Commits, each the first parent of the next. The first is in the past of every version;
            the last is the last version, or what was built on it.
        """
        last = versions[-1]
        trunk = self._line(versions[0], last)
        if set(versions) <= set(trunk):
            return trunk
        kin = [version for version in sorted({*versions}) if self.are_related(version, last)]
        tips = run_git(self.folder, "merge-base", "--independent", *kin).split()
        later = [tip for tip in tips if self._common([last, tip]) == last]
        return self._line(self._common(kin), min(later, default=last))

    def branched_from(self, version: str, trunk: Sequence[str]) -> str:
        """Return the newest commit of a trunk that a version has in its past."""
        return self._line(version, trunk[-1])[0]

    def are_related(self, one: str, other: str) -> bool:
        """Tell whether two commits have a past in common."""
        return bool(self._common([one, other]))

    def _line(self, oldest: str, tip: str) -> tuple[str, ...]:
        """Return the first parents of a tip, from the newest that is in the past of a commit."""
        out = run_git(
            self.folder, "rev-list", "--first-parent", "--parents", "--reverse", f"{oldest}..{tip}"
        )
        rows = [line.split() for line in out.splitlines()]
        return (*rows[0][1:2], *(row[0] for row in rows)) if rows else (tip,)

    def _common(self, commits: Sequence[str]) -> str:
        """Return the newest commit that some have in common; empty where there is none."""
        with suppress(HistoryError):  # git fails, and says nothing
            return run_git(self.folder, "merge-base", "--octopus", *commits).split()[0]
        return ""

    def uncommitted(self) -> list[str]:
        """Return paths that differ from HEAD or are untracked; empty for a clean tree."""
        out = run_git(self.folder, "status", "--porcelain", "--no-renames", "-z")
        return [entry[3:] for entry in out.split("\0") if entry]

    def files(self, revision: str) -> list[str]:
        """Return the paths at a revision."""
        out = run_git(self.folder, "ls-tree", "-r", "-z", "--name-only", self.resolve(revision))
        return [path for path in out.split("\0") if path]

    def blobs(self, revision: str) -> list[Blob]:
        """Return the files at a revision with ids and sizes; no links and no submodules."""
        out = run_git(self.folder, "ls-tree", "-r", "-l", "-z", self.resolve(revision))
        return [blob for entry in out.split("\0") if (blob := _blob(entry))]

    def read_blobs(self, ids: Iterable[str]) -> Iterator[bytes]:
        """Yield the content of each of some files, by the ids that `blobs` gives, in their order.

        One git process reads them all, one after the other as they are asked for.
        """
        with tempfile.TemporaryFile() as asked:
            for blob in ids:
                if not _ID.fullmatch(blob):
                    raise HistoryError(f"{self.folder}: expected the id of a file, got {blob!r}")
                asked.write(blob.encode() + b"\n")
            asked.seek(0)
            yield from self._read_batch(asked)

    def _read_batch(self, asked: IO[bytes]) -> Iterator[bytes]:
        try:
            process = subprocess.Popen(
                ["git", *_SAFE_OPTIONS, "cat-file", "--batch"],
                cwd=self.folder, stdin=asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env=_environment(),
            )  # fmt: skip
        except OSError as error:
            raise HistoryError(f"{self.folder}: git cat-file: {error}") from error
        with process, suppress(BrokenPipeError):
            out = process.stdout
            assert out is not None
            try:
                while header := out.readline():
                    what, kind, *size = header.decode("ascii", "replace").split()
                    if not size:
                        raise HistoryError(f"{self.folder}: git cat-file: {what} is {kind}")
                    content = out.read(int(size[0]) + 1)
                    if len(content) != int(size[0]) + 1:
                        raise HistoryError(f"{self.folder}: git cat-file: {what} is cut short")
                    yield content[:-1]
            finally:
                process.kill()

    def size(self, path: str, revision: str) -> int:
        """Return how many bytes a file has at a revision; HistoryError where it is not there."""
        return self._blob_at(path, revision).n_bytes

    def read(self, path: str, revision: str, *, max_bytes: int | None = None) -> str:
        """Return a file's text at a revision; HistoryError where it is not there.

        Parameters
        ----------
        max_bytes : int, optional
            A file that is larger is not read, which is a HistoryError too. Default: any size.
        """
        blob = self._blob_at(path, revision)
        if max_bytes is not None and blob.n_bytes > max_bytes:
            raise HistoryError(
                f"{self.folder}: {path!r} at {revision} has {blob.n_bytes} bytes, "
                f"expected at most {max_bytes}"
            )
        return run_git(self.folder, "cat-file", "blob", blob.id)

    def find(self, path: str, revision: str) -> str | None:
        """Return a file's text at a revision, or None where it is not there."""
        blob = self._find_blob(path, revision)
        return run_git(self.folder, "cat-file", "blob", blob.id) if blob else None

    def _blob_at(self, path: str, revision: str) -> Blob:
        try:
            blob = self._find_blob(path, revision) if path else None
        except HistoryError as error:
            raise HistoryError(f"{self.folder}: no file {path!r} at {revision}") from error
        if blob is None:
            raise HistoryError(f"{self.folder}: no file {path!r} at {revision}")
        return blob

    def _find_blob(self, path: str, revision: str) -> Blob | None:
        """Return a file or link at a revision; None for what is neither."""
        listed = run_git(self.folder, "ls-tree", "-l", "-z", self.resolve(revision), "--", path)
        blob = _blob(listed.removesuffix("\0"), with_links=True)
        return blob if blob and blob.path == path else None

    def blame(
        self, path: str, revision: str, start: int, end: int, *, timeout_s: float = 20.0
    ) -> list[BlamedLine]:
        """Return who wrote lines of a file.

        Parameters
        ----------
        start, end : int
            0-based first line and the one after the last, as those of a `Span`; cut to the file.

        Returns
        -------
        list of BlamedLine
            In the order of the file; line numbers are 1-based.
        """
        at = self.resolve(revision)
        self._blob_at(path, at)
        start = max(0, start)
        if end <= start:
            return []
        try:
            out = run_git(
                self.folder, "-c", "blame.ignoreRevsFile=", "blame", "--line-porcelain",
                "--no-textconv", "--no-progress", f"-L{start + 1},{end}", at, "--", path,
                timeout_s=timeout_s,
            )  # fmt: skip
        except HistoryError as error:
            if " has only " in str(error):  # the file ends before the lines begin
                return []
            raise
        return list(_parse_blame(out))

    def commits(self, base: str, head: str) -> list[Commit]:
        """Return the commits after `base` up to `head`, oldest first, along first parents."""
        fields = "%x00commit%x00%H%x00%an%x00%ae%x00%aI%x00%s"
        out = self._read(
            "log", "--reverse", "--first-parent", "--diff-merges=first-parent",
            "--patch", "--unified=0", "--no-renames", "--no-ext-diff", "--no-textconv",
            "--ignore-submodules=all", "--src-prefix=a/", "--dst-prefix=b/", f"--format={fields}",
            f"{self.resolve(base)}..{self.resolve(head)}",
        )  # fmt: skip
        return list(_parse_log(out))

    def changes(
        self, revision: str = "HEAD", *, since: str = "", most: int | None = None
    ) -> list[Change]:
        """Return the commits up to a revision, oldest first, along first parents, without diffs.

        Parameters
        ----------
        since : str, optional
            A revision; only what came after it. Default: all of history.
        most : int, optional
            How many, the latest. Default: all.
        """
        mark = secrets.token_hex(16)  # that no name or title can hold
        span = (
            f"{self.resolve(since)}..{self.resolve(revision)}" if since else self.resolve(revision)
        )
        out = run_git(
            self.folder, "log", "--reverse", "--first-parent", "--diff-merges=first-parent",
            "--name-only", "-z", "--no-renames", "--ignore-submodules=all",
            f"--format={mark}%H%x00%an%x00%ae%x00%aI%x00%s",
            *([] if most is None else [f"--max-count={most}"]), span,
        )  # fmt: skip
        return [_change(entry) for entry in out.split(mark)[1:]]

    def show(self, commit: str) -> str:
        """Return one commit as people read it: header, message and diff.

        The message is indented, so that a line of it is never taken for one of the diff. Beside
        each place stands the function that it is in; in a long diff, of what stands outermost.
        """
        diff = self._show(commit)
        languages = f"core.attributesFile={Path(__file__).with_name('languages.attributes')}"
        return diff if len(diff) > _LONG_DIFF else self._show(commit, "-c", languages)

    def _show(self, commit: str, *options: str) -> str:
        return self._read(
            *options, "show", "--format=commit %h%nAuthor: %an <%ae>%nDate: %aI%n%n%w(0,4,4)%B",
            "--patch", "--no-renames", "--no-ext-diff", "--no-textconv", self.resolve(commit),
        )  # fmt: skip

    def search(
        self, pattern: str, revision: str, limit: int = 50, *, path: str = "",
        timeout_s: float = 2.0,
    ) -> list[tuple[str, int, str]]:  # fmt: skip
        """Find lines that match an extended regular expression.

        Binary files are left out, and those that are larger than `MOST_SEARCHED_BYTES`.

        Parameters
        ----------
        path : str, optional
            Only files in this folder, or whose paths match this pattern (`*.py`). Default: all.
        timeout_s : float
            HistoryError where it takes longer.

        Returns
        -------
        list of (path, line, text)
            At most `limit`; the line number is 1-based.
        """
        at = self.resolve(revision)
        try:
            out = self._read(
                "grep", "-nIE", "--null", "-e", pattern, at, "--",
                f":(top){path}", *self._too_large(at),
                env={"GIT_LITERAL_PATHSPECS": "0"}, timeout_s=timeout_s,
            )  # fmt: skip
        except HistoryError as error:
            if str(error).endswith("no message"):  # git grep leaves with 1 where nothing matched
                return []
            if " took over " in str(error):
                raise HistoryError(f"{error}: expected a simpler pattern") from error
            if ": -e option, " in str(error):
                why = str(error).rpartition(": ")[2]
                raise HistoryError(
                    f"expected an extended regular expression, got {pattern!r}: {why}"
                ) from error
            raise
        rows = [line.split("\0", 2) for line in out.split("\n") if line.count("\0") >= 2]
        return [(path.removeprefix(f"{at}:"), int(line), text) for path, line, text in rows[:limit]]

    def _read(
        self, *arguments: str, env: Mapping[str, str] | None = None, timeout_s: float | None = None
    ) -> str:
        """Run git without the attributes of the working tree, by which authors may hide files."""
        away = {"GIT_DIR": self._git_folder, "GIT_WORK_TREE": str(_NO_TREE),
                "GIT_INDEX_FILE": str(_NO_TREE / "no-index")}  # fmt: skip
        try:
            return run_git(_NO_TREE, *arguments, env=away | dict(env or {}), timeout_s=timeout_s)
        except HistoryError as error:
            told = str(error).replace(str(_NO_TREE), str(self.folder), 1)
            raise HistoryError(told) from error

    @cached_property
    def _git_folder(self) -> str:
        return run_git(self.folder, "rev-parse", "--absolute-git-dir").removesuffix("\n")

    def _too_large(self, commit: str) -> list[str]:
        """Return what keeps git from searching large files."""
        sizes = self.blobs(commit)
        return [f":(exclude,literal,top){b.path}" for b in sizes if b.n_bytes > MOST_SEARCHED_BYTES]


def _blob(entry: str, *, with_links: bool = False) -> Blob | None:
    """Parse one entry of `git ls-tree -l -z`; None for what is no file."""
    about, _, path = entry.partition("\t")
    mode, kind, blob, size = about.split() if about else ("", "", "", "")
    is_file = kind == "blob" and size.isdigit() and (with_links or mode != "120000")
    return Blob(path, blob, int(size)) if is_file else None


def _parse_blame(out: str) -> Iterator[BlamedLine]:
    """Parse `git blame --line-porcelain`, which tells all of each line."""
    about: dict[str, str] = {}
    head: list[str] = []
    for line in out.split("\n"):
        if line.startswith("\t"):
            at = _seconds(about.get("author-time", ""))
            yield BlamedLine(int(head[2]), head[0], about.get("author", ""), at, line[1:])
            about, head = {}, []
        elif not head:
            head = line.split(" ")
        else:
            key, _, value = line.partition(" ")
            about[key] = value


def _seconds(text: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(text), UTC)
    except (ValueError, OverflowError, OSError):  # git keeps whatever time an author claims
        return datetime.fromtimestamp(0, UTC)


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
