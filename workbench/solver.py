"""Solve a case: series, regressions, suspects, diagnosis, verified fix.

The order of the rooms below it, and nothing else: each step is a call into one of them.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from hashlib import blake2b
from math import isfinite
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, TypeVar

import platformdirs
from pydantic import BaseModel, Field, TypeAdapter, ValidationError, field_validator

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
    Regression,
    Reproduction,
    SeriesMatrix,
    Step,
    Suspect,
    Workload,
)

if TYPE_CHECKING:
    from workbench.agent import Investigation, Run, SavedInvestigations

WAITS = "waits for review"
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
    regression: str = ""
    """Id of the regression to investigate, or what it is of. Default: the largest."""
    question: str = ""
    """What a person asks about it; skills are chosen by it too."""
    review: bool = False
    """Stop at the diagnosis, until a person has approved it."""
    budget: Mapping[str, Any] = field(default_factory=dict)
    """What the investigation may take, as `workbench.agent.Budget` has it."""
    base_url: str = ""
    """Where the model is, for a provider's client that can be pointed elsewhere."""


def investigations_file() -> Path:
    """Return where investigations are kept: `WORKBENCH_STATE`, or the user's data folder."""
    if told := os.environ.get("WORKBENCH_STATE"):
        return Path(told)
    return platformdirs.user_data_path("efficiency-workbench") / "investigations.db"


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
    saved: Path | None = None,
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
    saved : Path, optional
        File to keep each step in, so that `resume` can go on from it. Default: none is kept.
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
    solving = _Solving(case, options, progress)
    if not solving.detection.found:
        return solving.outcome()

    from workbench.agent import SavedInvestigations

    with SavedInvestigations(saved) as file:
        run = solving.start(file, f"{case.id}-{token_hex(3)}")
        run.begin(solving.job(), solving.regression.id, options.question, on_step)
        return solving.outcome(run)


def resume(
    saved: Path,
    investigation_id: str,
    *,
    review: Mapping[str, Any] | None = None,
    step: int | None = None,
    skill: str = "",
    progress: Callable[[str], None] = lambda text: None,
    on_step: Callable[[Step], None] = lambda step: None,
) -> Outcome:
    """Go on with an investigation that was kept.

    Parameters
    ----------
    saved : Path
        The file that it is in.
    investigation_id : str
        Which one.
    review : mapping, optional
        A person's word: `verdict` (`approve`, `edit`, `reject`), and `by`, `why`, `changes`.
    step : int, optional
        Number of a step to run again from.
    skill : str
        To run it under.
    progress, on_step
        As `solve` takes them.

    Returns
    -------
    Outcome
        As `solve` gives it; ToolError where there is no such investigation, or it does not wait for
        a review that is given.
    """
    from workbench.agent import SavedInvestigations

    with SavedInvestigations(_existing(saved)) as file:
        job = file.find(investigation_id).job
        options = _read_options(job["options"])
        case = open_case(Path(job["case"]), repository=_path(job["repository"]))
        if case.content_hash != job["content_hash"]:
            raise CaseError(f"{case.folder}: has other profiles than when {investigation_id} began")
        solving = _Solving(case, options, progress, job)
        run = solving.start(file, investigation_id)
        if review is not None:
            run.review(review, on_step)  # type: ignore[arg-type]  # checked there
        elif step is not None:
            run.rerun(step, skill, on_step)
        else:
            run.go_on(on_step)
        return solving.outcome(run)


def kept_steps(saved: Path, investigation_id: str) -> list[tuple[int, str]]:
    """Return (number, what is next) of each step of an investigation that was kept."""
    from workbench.agent import SavedInvestigations

    with SavedInvestigations(_existing(saved)) as file:
        return file.steps(investigation_id)


def _existing(saved: Path) -> Path:
    if not saved.is_file():
        raise CaseError(f"{saved}: expected a file of investigations, found none")
    return saved


class _Solving:
    """A case that is being solved: what was detected, and what its investigation needs."""

    def __init__(
        self, case: Case, options: SolveOptions, progress: Callable[[str], None],
        job: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        self._case, self._options, self._progress, self._clock = case, options, progress, _Clock()
        self._repository = _open_repository(case)
        progress("detecting")
        self._recording = Store.open(case.store).recording()
        self._series = function_series(self._recording)
        self._workload = case.workload if options.fix and self._repository else None
        self.detection, self._seen = _detect(
            case, self._recording, self._series, self._workload, self._repository, progress,
            _read(Reproduction, (job or {}).get("reproduction")),
        )  # fmt: skip
        self._clock.lap("detect")

    @property
    def regression(self) -> Regression:
        """The one that is investigated; CaseError where there is none of that name."""
        asked, found = self._options.regression, self.detection.found
        named = [r for r in found if not asked or asked in (r.id, r.subject)]
        if not named:
            known = ", ".join(f"{r.id} ({r.subject})" for r in found[:10])
            raise CaseError(f"no regression {asked[:200]!r}; there are {known}")
        return named[0]

    def job(self) -> dict[str, Any]:
        """Return what has to be known to go on with it."""
        case, options = self._case, self._options
        told = {
            **asdict(options),
            "skills": str(options.skills.resolve()) if options.skills else "",
            "budget": {**options.budget},
            "regression": self.regression.id,
        }
        return {
            "case": case.folder,
            "content_hash": case.content_hash,
            "repository": "" if case.workload else case.repository,
            "options": told,
            "reproduction": _dump(self._seen),
        }

    def start(self, file: SavedInvestigations, investigation_id: str) -> Run:
        """Return the run of the investigation."""
        from workbench.agent import Budget, Investigation, Run, build_graph, load_skills, make_model

        self._progress("investigating")
        case, options = self._case, self._options
        skills = {skill.name: skill for skill in load_skills(options.skills)}
        settings = {"base_url": options.base_url} if options.base_url else {}
        model = make_model(options.model, skills, **settings)
        store = Store.open(case.store)
        self._evidence = Investigation(
            self._recording, self.detection, self._repository, case.base, case.head,
            store.records(), read_lines=partial(store.recording, by_line=True),
        )  # fmt: skip
        self._skills = {name: skill.content_hash for name, skill in skills.items()}
        self._is_kept = file.path is not None
        graph = build_graph(
            model, self._evidence, skills, checkpointer=file.saver,
            budget=Budget(**options.budget), review=options.review, make_fix=self._make_fix,
        )  # fmt: skip
        self._clock.lap("start")
        return Run(graph, self._evidence, skills, investigation_id)

    def _make_fix(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Make and measure a fix for a diagnosis that may be acted on."""
        from workbench.agent import to_diagnosis

        self._clock.lap("diagnose")
        diagnosis = to_diagnosis(told)
        case, options = self._case, self._options
        no_fix, fix = _no_fix(options, case), None
        if self._repository and self._workload and not no_fix:
            ranking = self._evidence.ranking(self.regression.id)
            hot = {f._replace(name=enclosing_function(f.name)) for f in self._recording.functions}
            fix, no_fix = find_fix(
                self._repository, self._evidence.history(case.base, case.head).weaves, case.base,
                case.head, self._workload, Path(case.folder), self.regression, diagnosis,
                _blamed_first(ranking.suspects, diagnosis), hot, n_runs=options.n_runs,
                progress=self._progress,
            )  # fmt: skip
            self._clock.lap("fix")
        return {"fix": _dump(fix), "no_fix": no_fix}

    def outcome(self, run: Run | None = None) -> Outcome:
        """Return what came of it."""
        outcome = Outcome(
            self._case, self._recording, self._series, self.detection, model=self._options.model,
            reproduction=self._seen,
        )  # fmt: skip
        if run is None:
            return replace(outcome, seconds=self._clock.seconds())
        self._clock.lap_unless("diagnose")
        trajectory = run.trajectory()
        made: Mapping[str, Any] = run.state.values.get("handed_over", {})
        diagnosis = trajectory.diagnosis
        said: Mapping[str, Any] = run.state.values.get("review", {})
        if said.get("verdict") == "reject":
            by = f" by {said['by']}" if said.get("by") else ""
            told = f"Rejected{by}: {said.get('why', '')}. It was: {diagnosis.summary}"
            diagnosis = replace(
                diagnosis, change_id=None, summary=told, mitigation="", confidence=0.0
            )
        no_cause = "" if diagnosis.change_id else "no cause was named"
        waits = f"it {WAITS}: workbench resume {run.id} --approve" if run.status == WAITS else ""
        return replace(
            outcome, ranking=self._evidence.ranking(self.regression.id),
            diagnosis=diagnosis, fix=_read(Fix, made.get("fix")),
            no_fix=made.get("no_fix") or no_cause or waits, steps=trajectory.steps,
            messages=trajectory.messages, seconds=self._clock.seconds(), skills=self._skills,
            investigation_id=run.id if self._is_kept else "", status=run.status,
        )  # fmt: skip


def _blamed_first(suspects: Sequence[Suspect], diagnosis: Diagnosis) -> list[Suspect]:
    """Return suspects in the order of the diagnosis, then of the ranking."""
    order = dict.fromkeys([diagnosis.change_id, *diagnosis.suspects])
    place = {change_id: number for number, change_id in enumerate(order)}
    return sorted(suspects, key=lambda suspect: place.get(suspect.change.id, len(place)))


def _read_options(told: Mapping[str, Any]) -> SolveOptions:
    return SolveOptions(**{**told, "skills": _path(told["skills"])})


def _path(text: str) -> Path | None:
    return Path(text) if text else None


def _dump(value: Fix | Reproduction | None) -> str:
    """Return a value as JSON text of plain letters; empty for none."""
    return "" if value is None else json.dumps(asdict(value))


_Value = TypeVar("_Value", Fix, Reproduction)


def _read(kind: type[_Value], text: str | None) -> _Value | None:
    """Return what was dumped."""
    return TypeAdapter(kind).validate_python(json.loads(text)) if text else None


def open_investigation(case: Case) -> Investigation:
    """Open what the tools read of a case: detected in its recording alone, nothing is run."""
    from workbench.agent import Investigation

    store, repository = Store.open(case.store), _open_repository(case)
    recording = store.recording()
    series = function_series(recording)
    detection, _ = _detect(case, recording, series, None, repository, lambda text: None, None)
    return Investigation(
        recording, detection, repository, case.base, case.head, store.records(),
        read_lines=partial(store.recording, by_line=True),
    )  # fmt: skip


def _detect(
    case: Case, recording: Recording, series: SeriesMatrix, workload: Workload | None,
    repository: Repository | None, progress: Callable[[str], None], seen: Reproduction | None,
) -> tuple[Detection, Reproduction | None]:  # fmt: skip
    """Detect; what the recording leaves open is settled by running the workload, unless it was."""
    config = replace(_CASES, alerts_per_1000_series=1000 * _FALSE_ALARMS / len(series.values))
    search = partial(detect, series, stacks=stacks(recording))
    detection = search(config=replace(config, keep_open=workload is not None))
    if _is_plain(detection) or not (repository and workload):
        return detection, None
    seen = seen or reproduce(
        repository, case.base, case.head, workload, Path(case.folder), progress=progress
    )
    return search(config=replace(config, total_ratio=seen.ratio if seen.is_real else 1.0)), seen


def _is_plain(detection: Detection) -> bool:
    """Tell whether the recording alone shows that there is a regression, or none."""
    return not detection.found or any(r.is_sure for r in detection.found)


def _no_fix(options: SolveOptions, case: Case) -> str:
    """Return why no fix is looked for; empty where one is."""
    if not options.fix:
        return "a fix was not asked for"
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

    def lap_unless(self, part: str) -> None:
        """End a part that was not ended before."""
        if part not in self._parts:
            self.lap(part)

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
        "category": diagnosis.category if diagnosis else "",
        "evidence": [asdict(item) for item in diagnosis.evidence] if diagnosis else [],
        "skill": diagnosis.skill if diagnosis else "",
        "mitigation": (fix.patch.strategy if fix else diagnosis.mitigation) if diagnosis else "",
        "fix": _fix_json(fix),
        "no_fix": outcome.no_fix,
        "investigation": outcome.investigation_id,
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
