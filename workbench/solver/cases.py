"""Open what is to be solved: a case folder, or a store with or without its repository."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field, ValidationError, field_validator

from workbench.errors import CaseError, HistoryError
from workbench.history import Repository
from workbench.store import Store
from workbench.types import Case, Workload

CASE_FILE = "case.json"


def open_case(folder: Path, *, repository: Path | None = None, service: str | None = None) -> Case:
    """Open a case folder, or a store with or without the repository of its service.

    Parameters
    ----------
    folder : Path
        A folder that `workbench case build` made, or a store.
    repository : Path, optional
        For a store: the code. The versions of its first and last window name the revisions.
    service : str, optional
        For a store: which one. Default: the only one there is.

    Returns
    -------
    Case
        CaseError where the folder is neither, or what is in it is not what it should be.
    """
    folder = folder.resolve()
    if (folder / CASE_FILE).is_file():
        for name, option, given in (
            ("repository", "repo", repository), ("service", "service", service)
        ):  # fmt: skip
            if given is not None:
                told = f"a case has a {name} of its own; --{option} is for a store"
                raise CaseError(f"{folder}: {told}")
        return _read_case(folder)
    if not (folder / "store.json").is_file():
        found = "neither" if folder.is_dir() else "no such folder"
        raise CaseError(
            f"{folder}: expected a case ({CASE_FILE}) or a store (store.json), found {found}"
        )
    store = Store.open(folder)
    recording = store.recording(service)
    versions = recording.windows["version"]
    return Case(
        id=folder.name, service=recording.service, folder=str(folder),
        base=str(versions.iloc[0]), head=str(versions.iloc[-1]), store=str(folder),
        repository=str(repository.resolve()) if repository else "",
        content_hash=store.fingerprint(),
    )  # fmt: skip


def _read_case(folder: Path) -> Case:
    path = folder / CASE_FILE
    try:
        seen = _CaseFile.model_validate_json(path.read_bytes())
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, ('$', *fault['loc'])))}: {fault['msg']}"
            for fault in error.errors()
        )
        raise CaseError(f"{path}: {faults}") from error
    return Case(
        id=seen.id, service=seen.service, folder=str(folder), base=seen.base, head=seen.head,
        store=str(folder / "store"), repository=str(folder / "repo"), workload=seen.workload,
        content_hash=Store.open(folder / "store").fingerprint(),
    )  # fmt: skip


class _CaseFile(BaseModel):
    """What a case's file says."""

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    service: str
    base: str
    head: str
    workload: Workload

    @field_validator("workload")
    @classmethod
    def _can_run(cls, workload: Workload) -> Workload:
        if not workload.command or workload.rounds < 1 or workload.timeout_s <= 0:
            raise ValueError("expected a command, at least one round, and time to do them")
        return workload


def open_repository(case: Case) -> Repository | None:
    """Return the case's repository; CaseError where it is not as it should be."""
    if not case.repository:
        return None
    try:
        repository = Repository(case.repository)
        for revision in (case.base, case.head):
            repository.resolve(revision)
        changed = repository.uncommitted()
    except HistoryError as error:
        raise CaseError(str(error)) from error
    if changed:
        raise CaseError(
            f"{repository.folder}: expected a clean repository, found uncommitted changes in "
            f"{', '.join(changed[:3])}{' …' if len(changed) > 3 else ''}"
        )
    return repository
