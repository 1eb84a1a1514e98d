"""Build the repository of a case: the old release, then what the new one changed, in commits."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from workbench.errors import CaseError
from workbench.evaluate.cases.split import ChangeKey, SplitFile, change_order, split_file
from workbench.history import Repository, function_spans, run_git
from workbench.types import Function

_EPOCH = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)  # commits of a case are dated from here
_AUTHORS = ("Ada Keller", "Bruno Okafor", "Chen Wei", "Dalia Haddad", "Emil Novak", "Fatou Ndiaye")
_METADATA = ".dist-info/"


@dataclass(frozen=True, slots=True)
class BuiltHistory:
    """The repository of a case and the truth about it."""

    base: str
    head: str
    n_commits: int
    culprits: tuple[str, ...]
    """Ids of the commits that touched a culprit function."""


def build_repository(
    folder: Path, before: Path, after: Path, *, tags: tuple[str, str],
    culprits: Sequence[str], seed: int,
) -> BuiltHistory:  # fmt: skip
    """Write a repository whose first commit is one release and whose last tree is another.

    Parameters
    ----------
    folder : Path
        Made here; must not exist.
    before, after : Path
        Folders of the two releases.
    tags : (str, str)
        Names of the first and last commit.
    culprits : sequence of str
        Subjects of the culprit functions; their commits are neither first nor last.
    seed : int
        Shuffles the order; the same seed gives the same commit ids.
    """
    folder = folder.resolve()
    old, new = _read_tree(before), _read_tree(after)
    paths = sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
    files = {path: split_file(path, old.get(path), new.get(path)) for path in paths}
    keys = change_order(files)
    if not keys:
        raise CaseError(f"{before.name} and {after.name} do not differ")
    guilty = {key for key in keys if _touches(key, old, new, set(culprits))}
    order = _shuffle(keys, guilty, seed)
    folder.mkdir(parents=True)
    run_git(folder, "init", "--quiet", "--initial-branch=main")
    marks = _import(folder, old, files, order)
    head = marks[-1]
    run_git(folder, "tag", tags[0], marks[0])
    run_git(folder, "tag", tags[1], head)
    run_git(folder, "reset", "--quiet", "--hard", head)
    repository = Repository(folder)
    if {p: repository.read(p, head) for p in repository.files(head)} != new:
        raise CaseError(f"{folder}: the last commit is not the release {tags[1]}")
    ids = dict(zip(order, marks[1:], strict=True))
    return BuiltHistory(marks[0], head, len(order), tuple(ids[k] for k in order if k in guilty))


def _read_tree(folder: Path) -> dict[str, str]:
    """Read all files as text; bytes that are not UTF-8 pass through as surrogates."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().decode("utf-8", "surrogateescape")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _touches(
    key: ChangeKey, old: Mapping[str, str], new: Mapping[str, str], culprits: set[str]
) -> bool:
    """Tell whether a change touched a culprit function; a whole file touches all in it."""
    if key.part:
        return Function(key.part, key.path).subject in culprits
    texts = (old.get(key.path, ""), new.get(key.path, ""))
    names = (span.name for text in texts for span in function_spans(text))
    return key.path.endswith(".py") and any(
        Function(name, key.path).subject in culprits for name in names
    )


def _shuffle(keys: Sequence[ChangeKey], guilty: set[ChangeKey], seed: int) -> list[ChangeKey]:
    """Shuffle so that no culprit is first or last, where there are enough innocent changes."""
    order = list(keys)
    random.Random(seed).shuffle(order)
    innocent = [i for i, key in enumerate(order) if key not in guilty]
    if len(innocent) >= 2:
        for place, other in ((0, innocent[0]), (len(order) - 1, innocent[-1])):
            order[place], order[other] = order[other], order[place]
    return order


def _import(
    folder: Path, old: Mapping[str, str], files: Mapping[str, SplitFile], order: list[ChangeKey]
) -> list[str]:
    """Write the first release and one commit for each change; return their ids, oldest first."""
    headers = [_commit_header(0, "Import the release")]
    states: list[Mapping[str, str | None]] = [dict(old)]
    applied: dict[str, set[ChangeKey]] = {}
    for number, key in enumerate(order, start=1):
        done = applied.setdefault(key.path, set())
        done.add(key)
        text_before = files[key.path].text(done - {key})
        text = files[key.path].text(done)
        headers.append(_commit_header(number, _title(key, text_before, text)))
        states.append({key.path: text})
    return _fast_import(folder, headers, states)


def _title(key: ChangeKey, before: str | None, after: str | None) -> str:
    """Say what changed, in one line."""
    if before is None or after is None:
        return f"{'Add' if before is None else 'Remove'} {key.path}"
    if not key.part:
        return f"Update {key.path}"
    grown = len(after.split("\n")) - len(before.split("\n"))
    size = f"{grown:+d} lines" if grown else "same length"
    part = "top level" if key.part.startswith("<module>") else key.part
    return f"Change {part} in {key.path} ({size})"


def _commit_header(number: int, title: str) -> str:
    name = _AUTHORS[number % len(_AUTHORS)]
    email = f"{name.split()[0].lower()}@example.invalid"
    seconds = int((_EPOCH + timedelta(minutes=number)).timestamp())
    person = f"{name} <{email}> {seconds} +0000"
    message = f"{title}\n"
    return f"author {person}\ncommitter {person}\ndata {len(message.encode())}\n{message}"


def _fast_import(
    folder: Path, headers: Sequence[str], states: Sequence[Mapping[str, str | None]]
) -> list[str]:
    """Write commits onto main; each state names the files that differ from the one before."""
    stream = []
    for mark, (header, state) in enumerate(zip(headers, states, strict=True), start=1):
        stream.append(f"commit refs/heads/main\nmark :{mark}\n{header}")
        for path, text in state.items():
            quoted = '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
            if text is None:
                stream.append(f"D {quoted}\n")
            else:
                size = len(text.encode("utf-8", "surrogateescape"))
                stream.append(f"M 100644 inline {quoted}\ndata {size}\n{text}\n")
    marks = folder / ".git" / "case-marks"
    run_git(folder, "fast-import", "--quiet", f"--export-marks={marks}", stdin="".join(stream))
    rows = dict(line.split() for line in marks.read_text().splitlines())
    marks.unlink()
    return [rows[f":{mark}"] for mark in range(1, len(headers) + 1)]
