"""What a service of a store does in vain, by the code that its latest windows ran."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from workbench.errors import HistoryError
from workbench.history import Repository
from workbench.opportunity import find_opportunities as find_in_recording
from workbench.store import Store
from workbench.types import Opportunity, Recording

_IMPORT_FOLDERS = ("src", "lib", "python")
_INSTALLED = ("site-packages", "dist-packages", "/lib/python3", "<frozen")
_LARGEST = 2_000_000
"""Bytes of a file that is read; a larger one is not written by people."""


def find_opportunities(
    store: Store,
    repository: Repository,
    service: str | None = None,
    *,
    patterns: Collection[str] | None = None,
) -> list[Opportunity]:
    """Find what a service does in vain, in the windows of the latest version that is known.

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
    recording, head = latest_windows(store.recording(service, by_line=True), repository)
    blobs = {b.path: b.id for b in repository.blobs(head) if b.n_bytes <= _LARGEST}
    recorded = sorted({f.file for f in recording.functions if f.file.endswith(".py")})
    paths = {file: path for file in recorded if (path := repository_path(file, blobs))}
    return [
        replace(one, file=paths.get(one.file, one.file))
        for one in find_in_recording(
            recording, _reader(repository, blobs, paths), records=store.records(service),
            patterns=patterns,
        )
    ]  # fmt: skip


def latest_windows(recording: Recording, repository: Repository) -> tuple[Recording, str]:
    """Return the last windows that ran one version which the repository knows, and its commit."""
    versions = [str(version) for version in recording.windows["version"]]
    known = repository.resolve_all(versions)
    last = max((i for i, version in enumerate(versions) if version in known), default=-1)
    if last < 0:
        told = repr(versions[-1]) if versions and versions[-1] else "no version"
        raise HistoryError(
            f"{repository.folder}: expected a version that {recording.service} ran, its last "
            f"window has {told}; ingest with --version"
        )
    head = known[versions[last]]
    first = last
    while first and known.get(versions[first - 1]) == head:
        first -= 1
    return recording.between(first, last + 1), head


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
