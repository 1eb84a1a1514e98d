"""How a user names a workload: a TOML file, by default `workbench.toml` at the top of a repository.

    [workload]                          # what measures the code of this repository
    function = "bench.orders:run"       # called, timed, and what it returns compared; or
    command = ["bench/orders.py"]       # a script that prints the line of a workload itself
    sources = ["src"]                   # where packages lie; default: the top of the repository
    paths = ["bench/data"]              # import path besides the code
    held_out = [{ WL_INPUTS = "large" }]  # variables for inputs that no search for a fix sees
    tests = ["-m", "pytest", "-q"]

    [services."checkout".workload]      # of one service alone, where several share a repository
    function = "bench.checkout:run"

Paths are relative to the file's folder. What measures is taken from there, the same for each
version that is compared; what is measured, from that version.

A playbook is code that the user trusts, and comes from folders of skills that the user names. A
workload is code of the repository, as its tests are: whoever can write to the repository decides
what it does. So nothing of it is imported here; it only ever runs confined, in the sandbox.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.errors import CaseError, ParseError
from workbench.types import Case, Workload

WORKLOAD_FILE = "workbench.toml"
_RUNNER = Path(__file__).parent / "inside" / "runner.py"
_LINE = "WL cpu=<CPU seconds> wall=<seconds> check=<value>"
_WANTED = (
    'expected either function = "module:name", or command = ["script.py"] of a script that does '
    f"WL_REPEAT rounds of work and prints the line `{_LINE}`"
)


@dataclass(frozen=True, slots=True)
class PlacedWorkload:
    """A workload, and where it is."""

    workload: Workload
    folder: Path
    """What its paths are relative to."""

    def place(self, case: Case) -> Case:
        """Return a store with this as its workload."""
        return replace(case, workload=self.workload, workload_folder=str(self.folder))


class _Table(BaseModel):
    """A table `workload` of the file."""

    model_config = ConfigDict(extra="forbid", strict=True)

    function: str = Field("", pattern=r"^(?:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*)?$")
    command: list[str] = []
    sources: list[str] = []
    paths: list[str] = []
    rounds: int = Field(1, ge=1)
    env: dict[str, str] = {}
    timeout_s: float = Field(120.0, gt=0, allow_inf_nan=False, strict=False)
    held_out: list[dict[str, str]] = []
    tests: list[str] = []
    libraries: str = ""


def place_workload(case: Case, file: Path | None = None) -> Case:
    """Return a case with the workload that is named for it, if one is; see `find_workload`.

    CaseError where a file is given for a case that has a workload of its own.
    """
    if not case.is_store:
        if file is not None:
            raise CaseError(
                f"{case.folder}: a case has a workload of its own; --workload is for a store"
            )
        return case
    repository = Path(case.repository) if case.repository else None
    placed = find_workload(repository, case.service, file)
    return placed.place(case) if placed else case


def find_workload(
    repository: Path | None, service: str, file: Path | None = None
) -> PlacedWorkload | None:
    """Return the workload of a service, as a file names it.

    Parameters
    ----------
    repository : Path, optional
        The folder whose `workbench.toml` is read, where there is one.
    service : str
        Its own table counts before the one for all.
    file : Path, optional
        The file, in place of that of the repository.

    Returns
    -------
    PlacedWorkload or None
        None where nothing is named; ParseError, with file and key, where what is named is wrong.
    """
    path = file or (repository / WORKLOAD_FILE if repository else None)
    if path is None or (file is None and not path.is_file()):
        return None
    told = _read(path)
    key, table = _table_of(told, service, path)
    if table is None:
        others = told.get("services", {}).values()
        if file and not any(isinstance(other, dict) and "workload" in other for other in others):
            raise ParseError(
                f"expected a table [workload], found {', '.join(told) or 'none'}", path
            )
        return None
    return PlacedWorkload(_workload(table, path, key), path.resolve().parent)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise ParseError(f"expected a file: {error.strerror}", path) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ParseError(f"expected TOML: {error}", path) from error


def _table_of(told: Mapping[str, Any], service: str, path: Path) -> tuple[str, Any]:
    """Return where the table of a service is, and the table; None where there is none."""
    services = told.get("services", {})
    if not isinstance(services, dict):
        raise ParseError("expected a table", path, "services")
    own = services.get(service, {})
    if not isinstance(own, dict):
        raise ParseError("expected a table", path, f'services."{service}"')
    if "workload" in own:
        return f'services."{service}".workload', own["workload"]
    return "workload", told.get("workload")


def _workload(table: Any, path: Path, key: str) -> Workload:
    try:
        told = _Table.model_validate(table)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join([key, *map(str, fault["loc"])])
        raise ParseError(f"{fault['msg']}, got {fault['input']!r:.80}", path, place) from error
    folder = path.resolve().parent
    if bool(told.function) == bool(told.command):
        raise ParseError(_WANTED, path, key)
    if told.function:
        file = _file_of(told.function, folder)
        if file is None:
            module = told.function.partition(":")[0]
            expected = f"{module.replace('.', '/')}.py in {folder}"
            raise ParseError(f"expected {expected}, found none", path, f"{key}.function")
        arguments = [str(file), told.function]
    else:
        _check_there(folder, told.command[:1], path, f"{key}.command")
        arguments = [told.command[0], "", *told.command[1:]]
    for name in ("paths", "libraries"):
        value = getattr(told, name)
        listed = value if isinstance(value, list) else [value] if value else []
        _check_there(folder, listed, path, f"{key}.{name}")
    for source in told.sources:
        if Path(source).is_absolute() or ".." in Path(source).parts:
            raise ParseError(f"expected a folder within the code, got {source!r}", path,
                             f"{key}.sources")  # fmt: skip
    command = told.command
    if told.function or told.sources:
        command = [str(_RUNNER), str(folder), ":".join(told.sources), *arguments]
    return Workload(
        tuple(command), tuple(told.paths), told.rounds, told.env, told.timeout_s,
        tuple(told.held_out), tuple(told.tests), told.libraries,
    )  # fmt: skip


def _file_of(function: str, folder: Path) -> Path | None:
    """Return the file of a function's module, relative to its folder; None where there is none."""
    stem = Path(*function.partition(":")[0].split("."))
    found = (stem.with_suffix(".py"), stem / "__init__.py")
    return next((file for file in found if (folder / file).is_file()), None)


def _check_there(folder: Path, names: list[str], path: Path, place: str) -> None:
    for name in names:
        if not (folder / name).exists():
            raise ParseError(f"expected {name!r} in {folder}, found none", path, place)
