"""Solve a case, or go on with one: each step is a call into one of the rooms below."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from workbench.capacity import Assumptions
from workbench.detect import DetectConfig
from workbench.errors import CaseError, ModelError
from workbench.solver.cases import open_case
from workbench.solver.kept import dump, read
from workbench.solver.options import SolveOptions
from workbench.solver.past import keep_past_case
from workbench.solver.subjects import (
    OpportunitySubject,
    RegressionSubject,
    Subject,
    service_of,
)
from workbench.solver.workloads import PlacedWorkload
from workbench.types import (
    Case,
    Fix,
    Outcome,
    PullRequest,
    Step,
)

if TYPE_CHECKING:
    from workbench.agent import Investigation, Run, SavedInvestigations

_NOTHING_TO_DO = {"defense": "no cause was named", "offense": "it is left as it is"}


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
    if not solving.is_there:
        return solving.outcome()

    from workbench.agent import SavedInvestigations

    with SavedInvestigations(saved) as file:
        run = solving.start(file, investigation_id or f"{case.id}-{token_hex(3)}")
        with _kept(run, saved):
            solving.subject.begin(run, solving.job(), on_step)
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
    open_at: str = "",
    progress: Callable[[str], None] = lambda text: None,
    on_step: Callable[[Step], None] = lambda step: None,
) -> Outcome:
    """Go on with an investigation that was kept.

    What a review comes to, a rejected diagnosis or a verified fix, becomes a past case of the
    store.

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
    open_at : str
        `github` or `gitlab`: push the branch of the approved fix, and open a pull request there.
        PatchError where that cannot be; the fix is kept, so that it can be tried again.
    progress, on_step
        As `solve` takes them.

    Returns
    -------
    Outcome
        As `solve` gives it; ToolError where there is no such investigation, or it does not wait for
        a review that is given.
    """
    from workbench.agent import SavedInvestigations, to_diagnosis

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
        if placed := read(PlacedWorkload, job.get("workload")):
            case = placed.place(case)
        if case.content_hash != job["content_hash"]:
            raise CaseError(f"{case.folder}: has other profiles than when {investigation_id} began")
        solving = _Solving(case, options, progress, job)
        run = solving.start(file, investigation_id)
        desk = solving.fixing.desk(run, open_at, review) if open_at and not run.opened else None
        with _kept(run, saved):
            if review is not None:
                run.review(review, on_step)  # type: ignore[arg-type]  # checked there
            elif step is not None:
                run.rerun(step, skill, on_step)
            elif budget:
                run.go_on_with_more(on_step)
            else:
                run.go_on(on_step)
        if desk is not None:
            solving.fixing.open(run, desk)
        outcome = solving.outcome(run)
        failed = keep_past_case(outcome, to_diagnosis(run.state.values["diagnosis"]))
        return replace(outcome, warnings=(failed,) if failed else ())


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
    options = SolveOptions(fix=False, detection=config)
    return RegressionSubject(case, options, lambda text: None).evidence


class _Solving:
    """A case that is being solved: what it is about, and what its investigation needs."""

    def __init__(
        self, case: Case, options: SolveOptions, progress: Callable[[str], None],
        job: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        from workbench.agent import Budget, load_skills, make_model

        self._budget = Budget(**options.budget)
        kind = OpportunitySubject if options.opportunity else RegressionSubject
        self.subject: Subject = kind(case, options, progress, job or {})
        skills = load_skills(options.skills, self.subject.side.name)
        self._skills = {skill.name: skill for skill in skills}
        settings = {"base_url": options.base_url} if options.base_url else {}
        self._model = make_model(options.model, self._skills, **settings)
        self._case, self._options, self._progress, self._clock = case, options, progress, _Clock()
        self._is_resumed = job is not None
        self.is_there = self.subject.is_there
        self._clock.lap("detect")

    def job(self) -> dict[str, Any]:
        """Return what has to be known to go on with it."""
        case, options, own = self._case, self._options, self.subject.job()
        told = {
            **asdict(options),
            "skills": str(options.skills.resolve()) if options.skills else "",
            "budget": {**options.budget},
            "detection": dump(options.detection),
            "assumptions": dump(options.assumptions),
            **own.pop("options"),
        }
        placed = None
        if case.is_store and case.workload:
            placed = PlacedWorkload(case.workload, Path(case.workload_folder))
        return {
            "case": case.folder,
            "content_hash": case.content_hash,
            "repository": case.repository if case.is_store else "",
            "service": service_of(case),
            "workload": dump(placed),
            "options": told,
            **own,
        }

    def start(self, file: SavedInvestigations, investigation_id: str) -> Run:
        """Return the run of the investigation."""
        from workbench.agent import Run, build_graph

        self._progress("investigating")
        subject, options = self.subject, self._options
        self._is_kept = file.path is not None
        self.fixing = subject.fixing()
        graph = build_graph(
            self._model, subject.evidence, self._skills, side=subject.side,
            checkpointer=file.saver, budget=self._budget, review=options.review,
            make_fix=self._make_fix,
            hand_over=self.fixing.hand_over if options.fix_first else None,
        )  # fmt: skip
        self._clock.lap("start")
        return Run(graph, subject.evidence, self._skills, investigation_id)

    def _make_fix(
        self, told: Mapping[str, Any], edits: Sequence[Mapping[str, str]]
    ) -> dict[str, Any]:
        self._clock.lap("diagnose")
        made = self.fixing.make(told, edits)
        self._clock.lap("fix")
        return made

    def outcome(self, run: Run | None = None) -> Outcome:
        """Return what came of it."""
        subject = self.subject
        outcome = subject.describe(
            Outcome(
                self._case, subject.recording, subject.series, subject.detection,
                model=self._options.model,
            )
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
        fix = read(Fix, made.get("fix"))
        can_act = fix or subject.side.may_act(asdict(diagnosis))
        nothing = "" if can_act else _NOTHING_TO_DO[subject.side.name]
        waits = f"it {run.status}: workbench resume {run.id} --approve" if run.waits else ""
        return replace(
            outcome, diagnosis=diagnosis, fix=fix,
            no_fix=made.get("no_fix") or nothing or waits,
            steps=trajectory.steps, messages=trajectory.messages, seconds=seconds,
            skills={name: skill.content_hash for name, skill in self._skills.items()},
            investigation_id=run.id if self._is_kept else "", status=run.status, review=said,
            opened=read(PullRequest, run.opened),
        )  # fmt: skip


def _read_options(told: Mapping[str, Any]) -> SolveOptions:
    kept = {
        "skills": _path(told["skills"]),
        "detection": read(DetectConfig, told.get("detection")),
        "assumptions": read(Assumptions, told.get("assumptions")),
    }
    return SolveOptions(**{**told, **kept})


def _path(text: str) -> Path | None:
    return Path(text) if text else None


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
