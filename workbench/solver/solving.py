"""Solve a case, or go on with one: each step is a call into one of the rooms below."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter

from workbench.attribute.candidates import MARGIN
from workbench.detect import DetectConfig
from workbench.errors import CaseError, ModelError, PatchError
from workbench.history import enclosing_function
from workbench.patch import find_fix, hand_over
from workbench.signals import function_series
from workbench.solver.cases import open_case, open_repository
from workbench.solver.detection import detect_case
from workbench.solver.options import SolveOptions
from workbench.solver.workloads import PlacedWorkload
from workbench.store import Store
from workbench.types import (
    MITIGATIONS,
    Case,
    Diagnosis,
    Fix,
    Outcome,
    Regression,
    Reproduction,
    Step,
    Suspect,
)

if TYPE_CHECKING:
    from workbench.agent import Investigation, Run, SavedInvestigations


_NOT_IN_CODE = ("accept", "add_capacity", "roll_back_flag")
"""Mitigations for which no code is edited."""


def solve(
    case: Case,
    options: SolveOptions | None = None,
    *,
    saved: Path | None = None,
    investigation_id: str = "",
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
    investigation_id : str
        What to keep it under. Default: the case's id and some letters.
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
        run = solving.start(file, investigation_id or f"{case.id}-{token_hex(3)}")
        with _kept(run, saved):
            run.begin(solving.job(), solving.regression.id, options.question, on_step)
        return solving.outcome(run)


@contextmanager
def _kept(run: Run, saved: Path | None) -> Iterator[None]:
    """Say of an investigation whose model fails where it is kept."""
    try:
        yield
    except ModelError as error:
        if saved is None:
            raise
        raise ModelError(f"{error}; kept: workbench resume {run.id}") from error


def resume(
    saved: Path,
    investigation_id: str,
    *,
    review: Mapping[str, Any] | None = None,
    step: int | None = None,
    skill: str = "",
    budget: Mapping[str, Any] | None = None,
    model: str = "",
    base_url: str = "",
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
    budget : mapping, optional
        Limits, as `workbench.agent.Budget` has them, in place of those that it began with, which
        it keeps. What a budget had ended goes on.
    model, base_url : str
        Another model than the one that it began with, or the same somewhere else.
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
        options = replace(
            options, budget={**options.budget, **(budget or {})}, model=model or options.model,
            base_url=base_url or ("" if model else options.base_url),
        )  # fmt: skip
        case = open_case(
            Path(job["case"]), repository=_path(job["repository"]),
            service=job.get("service"),
        )  # fmt: skip
        if placed := _read(PlacedWorkload, job.get("workload")):
            case = placed.place(case)
        if case.content_hash != job["content_hash"]:
            raise CaseError(f"{case.folder}: has other profiles than when {investigation_id} began")
        solving = _Solving(case, options, progress, job)
        run = solving.start(file, investigation_id)
        with _kept(run, saved):
            if review is not None:
                run.review(review, on_step)  # type: ignore[arg-type]  # checked there
            elif step is not None:
                run.rerun(step, skill, on_step)
            elif budget:
                run.go_on_with_more(on_step)
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


def open_investigation(case: Case, config: DetectConfig | None = None) -> Investigation:
    """Open what the tools read of a case: detected in its recording alone, nothing is run.

    `config` says what counts as a regression, as `SolveOptions.detection` does.
    """
    from workbench.agent import Investigation

    store, repository = Store.open(case.store), open_repository(case)
    service = _service(case)
    recording = store.recording(service)
    series = function_series(recording)
    detection, _ = detect_case(
        case, recording, series, None, repository, lambda text: None, None, config
    )
    return Investigation(
        recording, detection, repository, case.base, case.head, store.records(service),
        read_lines=partial(store.recording, service, by_line=True),
    )  # fmt: skip


def _service(case: Case) -> str | None:
    """Return which service of its store a case is of; None: there is one alone."""
    return case.service if case.is_store else None


class _Solving:
    """A case that is being solved: what was detected, and what its investigation needs."""

    def __init__(
        self, case: Case, options: SolveOptions, progress: Callable[[str], None],
        job: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        from workbench.agent import Budget, load_skills, make_model

        self._budget = Budget(**options.budget)
        self._skills = {skill.name: skill for skill in load_skills(options.skills)}
        settings = {"base_url": options.base_url} if options.base_url else {}
        self._model = make_model(options.model, self._skills, **settings)
        self._case, self._options, self._progress, self._clock = case, options, progress, _Clock()
        self._is_resumed = job is not None
        self._repository = open_repository(case)
        progress("detecting")
        self._recording = Store.open(case.store).recording(_service(case))
        self._series = function_series(self._recording)
        self._workload = case.workload if options.fix and self._repository else None
        self.detection, self._seen = detect_case(
            case, self._recording, self._series, self._workload, self._repository, progress,
            _read(Reproduction, (job or {}).get("reproduction")), options.detection,
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
            "detection": _dump(options.detection),
            "regression": self.regression.id,
        }
        placed = None
        if case.is_store and case.workload:
            placed = PlacedWorkload(case.workload, Path(case.workload_folder))
        return {
            "case": case.folder,
            "content_hash": case.content_hash,
            "repository": case.repository if case.is_store else "",
            "service": _service(case),
            "workload": _dump(placed),
            "found": _told(self.regression),
            "options": told,
            "reproduction": _dump(self._seen),
        }

    def start(self, file: SavedInvestigations, investigation_id: str) -> Run:
        """Return the run of the investigation."""
        from workbench.agent import Investigation, Run, build_graph

        self._progress("investigating")
        case, options = self._case, self._options
        store, service = Store.open(case.store), _service(case)
        self._evidence = Investigation(
            self._recording, self.detection, self._repository, case.base, case.head,
            store.records(service), read_lines=partial(store.recording, service, by_line=True),
        )  # fmt: skip
        self._is_kept = file.path is not None
        graph = build_graph(
            self._model, self._evidence, self._skills, checkpointer=file.saver,
            budget=self._budget, review=options.review, make_fix=self._make_fix,
            hand_over=self._hand_over if options.fix_first else None,
        )  # fmt: skip
        self._clock.lap("start")
        return Run(graph, self._evidence, self._skills, investigation_id)

    def _make_fix(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Make and measure a fix for a diagnosis that may be acted on."""
        from workbench.agent import to_diagnosis

        self._clock.lap("diagnose")
        diagnosis = to_diagnosis(told)
        case, options = self._case, self._options
        no_fix, fix = _no_fix(options, case), None
        if diagnosis.mitigation in _NOT_IN_CODE and not self._is_flag_in_code(diagnosis):
            no_fix = f"{diagnosis.mitigation}: {MITIGATIONS[diagnosis.mitigation]}"
        if self._repository and self._workload and not no_fix:
            base, is_first = self._base(), options.review and options.fix_first
            hot = {f._replace(name=enclosing_function(f.name)) for f in self._recording.functions}
            try:
                fix, no_fix = find_fix(
                    self._repository, self._evidence.history(base, case.head).weaves, base,
                    case.head, self._workload, Path(case.workload_folder or case.folder),
                    self.regression, diagnosis, self._suspects(diagnosis), hot,
                    n_runs=options.n_runs, is_handed_over=not is_first, progress=self._progress,
                )  # fmt: skip
            except PatchError as error:
                if not is_first:
                    raise
                no_fix = f"it could not be made: {error}"  # a person is asked all the same
            self._clock.lap("fix")
        return {"fix": _dump(fix), "no_fix": no_fix}

    def _hand_over(self, told: Mapping[str, Any], made: Mapping[str, Any]) -> dict[str, Any]:
        """Put a fix that was made before the review, and was approved, on its branch."""
        from workbench.agent import to_diagnosis

        fix = _read(Fix, made.get("fix"))
        if fix is None or not fix.verification.verified or self._repository is None:
            return dict(made)
        diagnosis = to_diagnosis(told)
        fix = hand_over(
            self._repository, self._base(), self._case.head, fix, self.regression, diagnosis,
            self._suspects(diagnosis),
        )  # fmt: skip
        return {**made, "fix": _dump(fix)}

    def _suspects(self, diagnosis: Diagnosis) -> list[Suspect]:
        """Return every candidate, those of the diagnosis first."""
        return _blamed_first(self._evidence.ranking(self.regression.id).suspects, diagnosis)

    def _base(self) -> str:
        """Return the revision to measure against: of a store, what ran just before the change.

        A store may have seen many deploys, and what its first window ran may be no better.
        """
        if not self._case.is_store or self._repository is None:
            return self._case.base
        end = max(self.regression.change_index_low - MARGIN, 1)
        before = [*map(str, self._recording.windows["version"].iloc[:end])]
        known = self._repository.resolve_all(before)
        return next((version for version in reversed(before) if version in known), self._case.base)

    def _is_flag_in_code(self, diagnosis: Diagnosis) -> bool:
        """Whether a flag is to be set back whose default is in the repository."""
        suspects = self._evidence.ranking(self.regression.id).suspects
        kinds = {s.change.kind for s in suspects if s.change.id == diagnosis.change_id}
        return diagnosis.mitigation == "roll_back_flag" and kinds == {"commit"}

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
        seconds = self._clock.seconds()
        if self._is_resumed:  # what it took in all, without the time that it lay there
            seconds["diagnose"] = trajectory.spent.get("seconds", 0.0)
        values = run.state.values
        made: Mapping[str, Any] = values.get("handed_over") or values.get("made", {})
        diagnosis = trajectory.diagnosis
        said: Mapping[str, Any] = values.get("review", {})
        if said.get("verdict") == "reject":
            made = {}
            by = f" by {said['by']}" if said.get("by") else ""
            told = f"Rejected{by}: {said.get('why', '')}. It was: {diagnosis.summary}"
            diagnosis = replace(
                diagnosis, change_id=None, summary=told, mitigation="", confidence=0.0
            )
        no_cause = "" if diagnosis.change_id else "no cause was named"
        waits = f"it {run.status}: workbench resume {run.id} --approve" if run.waits else ""
        return replace(
            outcome, ranking=self._evidence.ranking(self.regression.id), diagnosis=diagnosis,
            fix=_read(Fix, made.get("fix")), no_fix=made.get("no_fix") or no_cause or waits,
            steps=trajectory.steps, messages=trajectory.messages, seconds=seconds,
            skills={name: skill.content_hash for name, skill in self._skills.items()},
            investigation_id=run.id if self._is_kept else "", status=run.status, review=said,
        )  # fmt: skip


def _told(regression: Regression) -> dict[str, Any]:
    """Return what is told of a regression while it waits for a review."""
    names = ("id", "service", "subject", "metric", "before", "after", "watts")
    told = {name: getattr(regression, name) for name in names}
    return {**told, "at": "" if regression.at is None else regression.at.isoformat()}


def _blamed_first(suspects: Sequence[Suspect], diagnosis: Diagnosis) -> list[Suspect]:
    """Return suspects in the order of the diagnosis, then of the ranking."""
    order = dict.fromkeys([diagnosis.change_id, *diagnosis.suspects])
    place = {change_id: number for number, change_id in enumerate(order)}
    return sorted(suspects, key=lambda suspect: place.get(suspect.change.id, len(place)))


def _no_fix(options: SolveOptions, case: Case) -> str:
    """Return why no fix is looked for; empty where one is."""
    if not options.fix:
        return "a fix was not asked for"
    return "" if case.workload else "there is no workload to measure one with"


def _read_options(told: Mapping[str, Any]) -> SolveOptions:
    read = {
        "skills": _path(told["skills"]),
        "detection": _read(DetectConfig, told.get("detection")),
    }
    return SolveOptions(**{**told, **read})


def _path(text: str) -> Path | None:
    return Path(text) if text else None


def _dump(value: Fix | Reproduction | DetectConfig | PlacedWorkload | None) -> str:
    """Return a value as JSON text of plain letters; empty for none."""
    return "" if value is None else json.dumps(asdict(value), default=_plain)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else sorted(value)  # sets are sorted


_Value = TypeVar("_Value", Fix, Reproduction, DetectConfig, PlacedWorkload)


def _read(kind: type[_Value], text: str | None) -> _Value | None:
    """Return what was dumped."""
    return TypeAdapter(kind).validate_python(json.loads(text)) if text else None


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
