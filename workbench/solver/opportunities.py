"""What a service of a store does in vain, by the code that its latest windows ran."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from workbench.errors import HistoryError
from workbench.history import Repository
from workbench.opportunity import find_opportunities as find_in_recording
from workbench.store import Store
from workbench.types import Opportunity, Recording

_IMPORT_FOLDERS = ("src", "lib", "python")
_INSTALLED = ("site-packages", "dist-packages", "/lib/python3", "<frozen")
_LARGEST = 2_000_000
"""Bytes of a file that is read; a larger one is not written by people."""
_ENOUGH = 20_000
"""Samples of the latest version from which on those before it are not looked at."""


def find_opportunities(
    store: Store,
    repository: Repository,
    service: str | None = None,
    *,
    patterns: Collection[str] | None = None,
) -> list[Opportunity]:
    """Find what a service does in vain, in its last windows.

    Windows of earlier versions count for files that were the same then, where the latest version
    has few samples.

    Parameters
    ----------
    store : Store
        With its profiles, and what is told beside them.
    repository : Repository
        Of its code, which knows the version of some window.
    service : str, optional
        Default: the only one of the store.
    patterns : collection of str, optional
        Names of the rules to ask (`workbench.opportunity.PATTERNS`). Default: all.

    Returns
    -------
    list of Opportunity
        As `workbench.opportunity.find_opportunities` gives them; `file` is a path of the
        repository.

    Raises
    ------
    HistoryError
        Where the repository knows no version that a window ran.
    """
    recording, commits = latest_windows(store.recording(service, by_line=True), repository)
    head = commits[-1]
    blobs = {b.path: b.id for b in repository.blobs(head) if b.n_bytes <= _LARGEST}
    recorded = sorted({f.file for f in recording.functions if f.file.endswith(".py")})
    paths = {file: path for file in recorded if (path := repository_path(file, blobs))}
    return [
        replace(one, file=paths.get(one.file, one.file))
        for one in find_in_recording(
            recording, _reader(repository, blobs, paths), records=store.records(service),
            since=first_windows(repository, commits, paths), patterns=patterns,
        )
    ]  # fmt: skip


def latest_windows(recording: Recording, repository: Repository) -> tuple[Recording, list[str]]:
    """Return the last windows, and the commit that each ran, the oldest first.

    Those that ran the last version which the repository knows, and where these have few samples,
    those before them.
    """
    versions = [str(version) for version in recording.windows["version"]]
    known = repository.resolve_all(versions)
    last = max((i for i, version in enumerate(versions) if version in known), default=-1)
    if last < 0:
        told = repr(versions[-1]) if versions and versions[-1] else "no version"
        raise HistoryError(
            f"{repository.folder}: expected a version that {recording.service} ran, its last "
            f"window has {told}; ingest with --version"
        )
    head, first = known[versions[last]], last
    totals = np.bincount(
        recording.sample_windows, recording.sample_counts, minlength=recording.n_windows
    )
    while first and (commit := known.get(versions[first - 1])):
        if commit != head and totals[first : last + 1].sum() >= _ENOUGH:
            break
        first -= 1
    commits = [known[version] for version in versions[first : last + 1]]
    return recording.between(first, last + 1), commits


def first_windows(
    repository: Repository, commits: Sequence[str], paths: Mapping[str, str]
) -> dict[str, int]:
    """Return for each recorded file the first window from which on it is as it is in the last."""
    now = {blob.path: blob.id for blob in repository.blobs(commits[-1])}
    same, first = dict(paths), dict.fromkeys(paths, 0)
    for window in range(len(commits) - 2, -1, -1):
        if commits[window] == commits[window + 1]:
            continue
        then = {blob.path: blob.id for blob in repository.blobs(commits[window])}
        for file, path in list(same.items()):
            if then.get(path) != now[path]:
                first[file] = window + 1
                del same[file]
    return first


def repository_path(file: str, paths: Collection[str]) -> str | None:
    """Return the path in the repository that a recorded file is; None for what is not of it."""
    plain = file.replace("\\", "/")
    if any(part in plain for part in _INSTALLED):
        return None
    options = [plain, *(f"{folder}/{plain}" for folder in _IMPORT_FOLDERS)]
    if plain.startswith("/"):
        parts = plain.strip("/").split("/")
        options = ["/".join(parts[i:]) for i in range(len(parts) - 1)]
    return next((path for path in options if path in paths), None)


def _reader(
    repository: Repository, blobs: Mapping[str, str], paths: Mapping[str, str]
) -> Callable[[str], str | None]:
    """Return what reads a recorded file, or a path of the repository; those recorded at once."""
    wanted: Sequence[str] = sorted(set(paths.values()))
    read = repository.read_blobs(blobs[path] for path in wanted)
    texts = {path: data.decode("utf-8", "replace") for path, data in zip(wanted, read, strict=True)}

    def read_source(file: str) -> str | None:
        path = paths.get(file, file)
        if path not in texts and path in blobs:
            (data,) = repository.read_blobs([blobs[path]])
            texts[path] = data.decode("utf-8", "replace")
        return texts.get(path)

    return read_source
