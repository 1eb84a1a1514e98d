"""Solve a case: series, regressions, suspects, diagnosis, verified fix.

The order of the rooms below it, and nothing else: each step is a call into one of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, ValidationError, field_validator

from workbench.detect import DetectConfig, detect
from workbench.errors import CaseError, HistoryError
from workbench.history import Repository, enclosing_function
from workbench.patch import find_fix, reproduce
from workbench.signals import function_series, stacks
from workbench.store import Store
from workbench.types import (
    Case,
    Detection,
    Diagnosis,
    Fix,
    Outcome,
    Recording,
    Reproduction,
    SeriesMatrix,
    Step,
    Workload,
)

if TYPE_CHECKING:
    from workbench.agent import Investigation

CASE_FILE = "case.json"

_CASES = DetectConfig(min_relative=0.05, min_share=0.01, same_change=2)
"""What is worth an investigation: a twentieth of a function, and a hundredth of its service."""
_FALSE_ALARMS = 0.01
"""Recordings in which nothing happened of which one is investigated."""


@dataclass(frozen=True, slots=True)
class SolveOptions:
    """How to solve."""

    model: str = "playbook"
    """`playbook`, or `provider:model` as LangChain's init_chat_model knows it."""
    skills: Path | None = None
    """Folder of skills. Default: those that come with the workbench."""
    fix: bool = True
    """Run the workload: to reproduce what is not sure, and to make and measure a fix."""
    n_runs: int = 9
    """Interleaved runs of each version that a verification makes."""


def open_case(folder: Path, *, repository: Path | None = None) -> Case:
    """Open a case folder, or a store with or without the repository of its service.

    Parameters
    ----------
    folder : Path
        A folder that `workbench case build` made, or a store.
    repository : Path, optional
        For a store: the code. The versions of its first and last window name the revisions.

    Returns
    -------
    Case
        CaseError where the folder is neither, or what is in it is not what it should be.
    """
    folder = folder.resolve()
    if (folder / CASE_FILE).is_file():
        if repository is not None:
            raise CaseError(f"{folder}: a case has a repository of its own; --repo is for a store")
        return _read_case(folder)
    if not (folder / "store.json").is_file():
        found = "neither" if folder.is_dir() else "no such folder"
        raise CaseError(
            f"{folder}: expected a case ({CASE_FILE}) or a store (store.json), found {found}"
        )
    recording = Store.open(folder).recording()
    versions = recording.windows["version"]
    return Case(
        id=folder.name, service=recording.service, folder=str(folder),
        base=str(versions.iloc[0]), head=str(versions.iloc[-1]), store=str(folder),
        repository=str(repository.resolve()) if repository else "",
        content_hash=_content_hash(folder),
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
        content_hash=_content_hash(folder / "store"),
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


def _content_hash(store: Path) -> str:
    """Return a hash of what was recorded; segments are named by their content."""
    names = sorted(path.name for path in (store / "segments").glob("[!.]*"))
    return blake2b("\0".join(names).encode(), digest_size=8).hexdigest()


def solve(
    case: Case,
    options: SolveOptions | None = None,
    *,
    progress: Callable[[str], None] = lambda text: None,
    on_step: Callable[[Step], None] = lambda step: None,
) -> Outcome:
    """Solve a case from its profiles to a verified fix.

    Parameters
    ----------
    case : Case
        As `open_case` returns it.
    options : SolveOptions, optional
        Model, skills, effort.
    progress : callable
        Told in words what is under way.
    on_step : callable
        Told of each step of the investigation.

    Returns
    -------
    Outcome
        With no diagnosis where nothing regressed, with no fix where none was found.
    """
    options = options or SolveOptions()
    folder = Path(case.folder)
    clock = _Clock()
    repository = _open_repository(case)
    progress("detecting")
    recording = Store.open(case.store).recording()
    series = function_series(recording)
    workload = case.workload if options.fix and repository else None
    detection, seen = _detect(case, recording, series, workload, repository, progress)
    clock.lap("detect")
    outcome = Outcome(case, recording, series, detection, model=options.model, reproduction=seen)
    if not detection.found:
        return replace(outcome, seconds=clock.seconds())

    from workbench.agent import Investigation, investigate, load_skills, make_model

    progress("investigating")
    skills = {skill.name: skill for skill in load_skills(options.skills)}
    model = make_model(options.model, skills)
    clock.lap("start")
    store = Store.open(case.store)
    evidence = Investigation(
        recording, detection, repository, case.base, case.head, store.records(),
        read_lines=partial(store.recording, by_line=True),
    )  # fmt: skip
    regression = detection.found[0]
    trajectory = investigate(evidence, regression.id, model, skills, on_step=on_step)
    ranking = evidence.ranking(regression.id)
    clock.lap("diagnose")
    fix: Fix | None = None
    diagnosis = trajectory.diagnosis
    no_fix = _no_fix(options, case, diagnosis)
    if repository and workload and not no_fix:
        hot = {f._replace(name=enclosing_function(f.name)) for f in recording.functions}
        fix, no_fix = find_fix(
            repository, evidence.history(case.base, case.head).weaves, case.base, case.head,
            workload, folder, regression, diagnosis, ranking.suspects, hot,
            n_runs=options.n_runs, progress=progress,
        )  # fmt: skip
        clock.lap("fix")
    return replace(
        outcome, ranking=ranking, diagnosis=diagnosis, fix=fix, no_fix=no_fix,
        steps=trajectory.steps, messages=trajectory.messages, seconds=clock.seconds(),
        skills={name: skill.content_hash for name, skill in skills.items()},
    )  # fmt: skip


def open_investigation(case: Case) -> Investigation:
    """Open what the tools read of a case: detected in its recording alone, nothing is run."""
    from workbench.agent import Investigation

    store, repository = Store.open(case.store), _open_repository(case)
    recording = store.recording()
    series = function_series(recording)
    detection, _ = _detect(case, recording, series, None, repository, lambda text: None)
    return Investigation(
        recording, detection, repository, case.base, case.head, store.records(),
        read_lines=partial(store.recording, by_line=True),
    )  # fmt: skip


def _detect(
    case: Case, recording: Recording, series: SeriesMatrix, workload: Workload | None,
    repository: Repository | None, progress: Callable[[str], None],
) -> tuple[Detection, Reproduction | None]:  # fmt: skip
    """Detect; what the recording leaves open is settled by running the workload."""
    config = replace(_CASES, alerts_per_1000_series=1000 * _FALSE_ALARMS / len(series.values))
    search = partial(detect, series, stacks=stacks(recording))
    detection = search(config=replace(config, keep_open=workload is not None))
    if _is_plain(detection) or not (repository and workload):
        return detection, None
    seen = reproduce(
        repository, case.base, case.head, workload, Path(case.folder), progress=progress
    )
    return search(config=replace(config, total_ratio=seen.ratio if seen.is_real else 1.0)), seen


def _is_plain(detection: Detection) -> bool:
    """Tell whether the recording alone shows that there is a regression, or none."""
    return not detection.found or any(r.is_sure for r in detection.found)


def _no_fix(options: SolveOptions, case: Case, diagnosis: Diagnosis) -> str:
    """Return why no fix is looked for; empty where one is."""
    if not options.fix:
        return "a fix was not asked for"
    if not diagnosis.change_id:
        return "no cause was named"
    return "" if case.workload else "there is no workload to measure one with"


def _open_repository(case: Case) -> Repository | None:
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


class _Clock:
    """Seconds of each part, and of all."""

    def __init__(self) -> None:
        self._began = self._last = time.perf_counter()
        self._parts: dict[str, float] = {}

    def lap(self, part: str) -> None:
        now = time.perf_counter()
        self._parts[part] = now - self._last
        self._last = now

    def seconds(self) -> dict[str, float]:
        parts = {part: self._parts.get(part, 0.0) for part in ("detect", "diagnose", "fix")}
        return parts | {"total": time.perf_counter() - self._began}


def to_json(outcome: Outcome, mlflow_run_id: str | None = None) -> dict[str, Any]:
    """Return what `workbench solve --json` prints."""
    diagnosis, fix = outcome.diagnosis, outcome.fix
    accused = diagnosis is not None and diagnosis.change_id is not None
    return {
        "case": outcome.case.id,
        "regressions": [
            {
                "function": r.subject,
                "metric": r.metric,
                "change_index": r.change_index,
                "before": r.before,
                "after": r.after,
                "relative_delta": r.relative_delta if r.before else None,
            }
            for r in outcome.detection.found
        ],
        "cause": {
            "commit": diagnosis.change_id,
            "functions": list(diagnosis.functions),
            "confidence": diagnosis.confidence,
        }
        if diagnosis and accused
        else None,
        "suspects": [suspect.change.id for suspect in outcome.suspects],
        "none_of_these": outcome.ranking.none_probability,
        "diagnosis": diagnosis.summary if diagnosis else "no regression",
        "mitigation": (fix.patch.strategy if fix else diagnosis.mitigation) if diagnosis else "",
        "fix": _fix_json(fix),
        "no_fix": outcome.no_fix,
        "seconds": dict(outcome.seconds),
        "mlflow_run_id": mlflow_run_id,
    }


def _fix_json(fix: Fix | None) -> Mapping[str, Any] | None:
    if fix is None:
        return None
    seen = fix.verification
    return {
        "applied": seen.applied,
        "verified": seen.verified,
        "ratio_before": _measured(seen.ratio_before),
        "ratio_after": _measured(seen.ratio_after),
        "gain_restored": _measured(seen.gain_restored),
        "interval": [_measured(bound) for bound in seen.interval],
        "summary": fix.patch.summary,
        "reason": seen.reason,
        "branch": fix.branch,
        "reverted": list(fix.patch.reverted),
    }


def _measured(value: float) -> float | None:
    """Return a number as JSON has it; None for one that was not measured."""
    return value if isfinite(value) else None
