"""What a case is made from: two releases of a package and a workload."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from workbench.errors import ParseError


class CaseSpec(BaseModel):
    """Two releases of a package, a workload that tells them apart, and what is known of the cause.

    `from_version` ran before the deploy. To read an improvement backwards, name the newer first.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    package: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    from_version: str = Field(pattern=r"^[A-Za-z0-9.!+_-]+$")
    to_version: str = Field(pattern=r"^[A-Za-z0-9.!+_-]+$")
    kind: Literal["regression", "improvement", "decoy", "cost_shift", "unknown"] = "unknown"
    """Unknown is not scored, unless culprits are named."""
    workload: str
    """Path of the workload, relative to the spec's folder."""
    workload_env: dict[str, str] = Field(default_factory=dict)
    pure_python_wheel: bool = False
    """Install the build without compiled extension, so that the profiler sees Python frames."""
    deps: tuple[str, ...] = ()
    """Pinned requirements (`name==version`) that both releases need."""
    culprit_functions: tuple[str, ...] = ()
    """The truth: `pkg.mod:qualified.name`; empty where nothing regressed."""
    category: str = ""
    cause: str = ""
    link: str | None = None
    seed: int = 0
    """Shuffles the order of the commits."""
    ratio: float | None = Field(default=None, gt=0)
    """CPU seconds per round after / before, of the medians of the recorded windows."""
    noise: float | None = Field(default=None, ge=0)
    """Of CPU seconds per round before: 1.4826 times the median distance from the median, as a part
    of it."""
    half: Literal["train", "test"] = "test"
    """`train` where it was at hand when rules were made; what it says is no measure of them."""
    is_shown: bool = False
    """Whether `workbench demo` solves it."""

    @field_validator("workload_env")
    @classmethod
    def _counts_rounds(cls, env: dict[str, str]) -> dict[str, str]:
        rounds = env.get("WL_REPEAT", "1")
        if not (rounds.isascii() and rounds.isdecimal() and int(rounds)):
            raise ValueError(f"expected WL_REPEAT to be a whole number from 1, got {rounds!r}")
        return env


def load_spec(path: Path, case_id: str | None = None) -> tuple[CaseSpec, Path]:
    """Read a spec, or one of a list of specs by its id.

    Returns
    -------
    (CaseSpec, Path)
        The spec, and the workload file it names.
    """
    if not path.is_file():
        raise ParseError("expected a case spec, found no such file", path)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ParseError(f"expected JSON: {error}", path) from error
    if isinstance(data, list):
        data = _choose(data, path, case_id)
    try:
        spec = CaseSpec.model_validate(data)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, ('$', *fault['loc'])))}: {fault['msg']}"
            for fault in error.errors()
        )
        raise ParseError(faults, path) from error
    workload = (path.parent / spec.workload).resolve()
    if not workload.is_file():
        raise ParseError(
            f"expected a workload at {spec.workload!r}, found none", path, "$.workload"
        )
    return spec, workload


def _choose(specs: list[object], path: Path, case_id: str | None) -> object:
    by_id = {str(spec.get("id")): spec for spec in specs if isinstance(spec, dict)}
    if case_id not in by_id:
        listed = ", ".join(by_id)
        raise ParseError(f"a list of specs: name one with --id (of {listed})", path)
    return by_id[case_id]
