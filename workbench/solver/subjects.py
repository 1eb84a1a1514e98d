"""What an investigation is about: a regression of a case, or an opportunity of a store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import CaseError
from workbench.history import Repository
from workbench.signals import function_series
from workbench.solver.cases import open_repository
from workbench.solver.detection import detect_case
from workbench.solver.fixing import Fixing
from workbench.solver.kept import dump, read
from workbench.solver.opportunities import find_opportunities
from workbench.solver.opportunity_fixing import OpportunityFixing
from workbench.solver.options import SolveOptions
from workbench.solver.regression_fixing import RegressionFixing
from workbench.store import Store
from workbench.types import (
    Case,
    Detection,
    Opportunity,
    Outcome,
    Ranking,
    Recording,
    Regression,
    Reproduction,
    SeriesMatrix,
    Step,
)

if TYPE_CHECKING:
    from workbench.agent import Investigation, Run
    from workbench.agent.sides import Side

Progress = Callable[[str], None]
_NOTHING = Detection((), (), pd.DataFrame(), pd.DataFrame())


def service_of(case: Case) -> str | None:
    """Return which service of its store a case is of; None: there is one alone."""
    return case.service if case.is_store else None


@dataclass
class Subject(ABC):
    """What is investigated, opened; what takes long is done when it is first asked for."""

    case: Case
    options: SolveOptions
    progress: Progress
    kept: Mapping[str, Any] = field(default_factory=dict)
    """The job that was kept, where it goes on with one."""

    @property
    @abstractmethod
    def side(self) -> Side:
        """Which side of the graph it is for."""

    @property
    @abstractmethod
    def detection(self) -> Detection:
        """What was detected in its recording."""

    @property
    @abstractmethod
    def is_there(self) -> bool:
        """Whether there is anything to investigate."""

    @abstractmethod
    def job(self) -> dict[str, Any]:
        """Return what has to be known to go on with it: `found`, and changed `options`."""

    @abstractmethod
    def begin(self, run: Run, job: Mapping[str, Any], on_step: Callable[[Step], None]) -> None:
        """Begin its investigation."""

    @abstractmethod
    def fixing(self) -> Fixing:
        """Return what mends it."""

    @abstractmethod
    def describe(self, outcome: Outcome) -> Outcome:
        """Return an outcome with what only this kind of subject has."""

    @cached_property
    def repository(self) -> Repository | None:
        """The code, where there is any."""
        return open_repository(self.case)

    @cached_property
    def store(self) -> Store:
        """Where the profiles are."""
        return Store.open(self.case.store)

    @cached_property
    def recording(self) -> Recording:
        """What was recorded of the service."""
        return self.store.recording(service_of(self.case))

    @cached_property
    def series(self) -> SeriesMatrix:
        """Its series."""
        return function_series(self.recording)

    @cached_property
    def evidence(self) -> Investigation:
        """What tools read."""
        from workbench.agent import Investigation

        case, service = self.case, service_of(self.case)
        find: Callable[[], Sequence[Opportunity]] | None = None
        if self.repository:
            find = partial(find_opportunities, self.store, self.repository, service)
        return Investigation(
            self.recording, self.detection, self.repository, case.base, case.head,
            self.store.records(service), find_opportunities=find,
            read_lines=partial(self.store.recording, service, by_line=True),
        )  # fmt: skip


class RegressionSubject(Subject):
    """The largest regression of a case, or the one that is asked for."""

    @property
    def side(self) -> Side:
        """Defense."""
        from workbench.agent.sides import DEFENSE

        return DEFENSE

    @property
    def detection(self) -> Detection:
        """What was detected, once runs have settled what the recording leaves open."""
        return self._detected[0]

    @property
    def reproduction(self) -> Reproduction | None:
        """What running the workload showed, where that was needed."""
        return self._detected[1]

    @cached_property
    def _detected(self) -> tuple[Detection, Reproduction | None]:
        self.progress("detecting")
        workload = self.case.workload if self.options.fix and self.repository else None
        return detect_case(
            self.case, self.recording, self.series, workload, self.repository, self.progress,
            read(Reproduction, self.kept.get("reproduction")), self.options.detection,
        )  # fmt: skip

    @property
    def is_there(self) -> bool:
        """Whether anything regressed."""
        return bool(self.detection.found)

    @cached_property
    def regression(self) -> Regression:
        """The one that is investigated; CaseError where there is none of that name."""
        asked, found = self.options.regression, self.detection.found
        named = [r for r in found if not asked or asked in (r.id, r.subject)]
        if not named:
            known = ", ".join(f"{r.id} ({r.subject})" for r in found[:10])
            raise CaseError(f"no regression {asked[:200]!r}; there are {known}")
        return named[0]

    def job(self) -> dict[str, Any]:
        """Return which regression it is, and what runs showed."""
        return {
            "found": _told(self.regression), "reproduction": dump(self.reproduction),
            "options": {"regression": self.regression.id},
        }  # fmt: skip

    def begin(self, run: Run, job: Mapping[str, Any], on_step: Callable[[Step], None]) -> None:
        """Ask who did it."""
        run.begin(job, self.regression.id, self.options.question, on_step)

    def fixing(self) -> Fixing:
        """Return what searches a fix of it."""
        return RegressionFixing(
            self.case, self.options, self.evidence, self.progress, self.regression
        )

    def describe(self, outcome: Outcome) -> Outcome:
        """Return an outcome with who was suspected."""
        ranking = self.evidence.ranking(self.regression.id) if self.is_there else Ranking()
        return replace(outcome, reproduction=self.reproduction, ranking=ranking)


class OpportunitySubject(Subject):
    """An opportunity of a store; nothing is detected for it."""

    @property
    def side(self) -> Side:
        """Offense."""
        from workbench.agent.sides import OFFENSE

        return OFFENSE

    @property
    def detection(self) -> Detection:
        """Nothing: nobody asked what regressed."""
        return _NOTHING

    @property
    def is_there(self) -> bool:
        """Whether there is code to look for it in; else CaseError."""
        if self.repository is None:
            raise CaseError(f"{self.case.folder}: an opportunity is found in code; give --repo")
        return True

    @cached_property
    def opportunity(self) -> Opportunity:
        """The one that is mended; CaseError where there is none of that id."""
        self.progress("looking for opportunities")
        found, asked = self.evidence.opportunities, self.options.opportunity
        named = [one for one in found if one.id == asked]
        if not named:
            known = ", ".join(f"{one.id} ({one.function})" for one in found[:10]) or "none"
            raise CaseError(f"no opportunity {asked[:200]!r}; there are {known}")
        return named[0]

    def job(self) -> dict[str, Any]:
        """Return which opportunity it is."""
        one = self.opportunity
        names = ("id", "service", "function", "file", "line", "pattern", "title")
        told = {name: getattr(one, name) for name in names}
        found = {**told, "subject": one.function, "metric": "saving", "watts": one.watts.value}
        return {"found": found, "options": {"opportunity": one.id}}

    def begin(self, run: Run, job: Mapping[str, Any], on_step: Callable[[Step], None]) -> None:
        """Ask whether to edit, and how."""
        question = self.options.question
        run.begin(job, "", question, on_step, opportunity_id=self.opportunity.id)

    def fixing(self) -> Fixing:
        """Return what tries edits of it."""
        return OpportunityFixing(
            self.case, self.options, self.evidence, self.progress, self.opportunity
        )

    def describe(self, outcome: Outcome) -> Outcome:
        """Return an outcome with the opportunity."""
        return replace(outcome, opportunity=self.opportunity)


def _told(regression: Regression) -> dict[str, Any]:
    """Return what is told of a regression while it waits for a review."""
    names = ("id", "service", "subject", "metric", "before", "after", "watts")
    told = {name: getattr(regression, name) for name in names}
    return {**told, "at": "" if regression.at is None else regression.at.isoformat()}
