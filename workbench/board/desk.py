"""Opportunities, the patches that wait for a review, and what both are worth: linked widgets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import ipywidgets
import traitlets

from workbench.capacity import Assumptions, capacity_plan, capacity_timeline, opportunity_events
from workbench.errors import CaseError
from workbench.history import Repository
from workbench.solver import (
    SolveOptions,
    find_mended,
    find_opportunities,
    investigations_file,
    open_case,
    place_workload,
    resume,
    solve,
    waiting,
    with_states,
)
from workbench.store import Store
from workbench.types import Case, Opportunity, Outcome, TrackRecord
from workbench.widgets import CapacityView, OpportunityBoard, ReviewQueue


class OpportunityDesk(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """What a service does in vain: choose a place, have a patch made and measured, review it.

    Parameters
    ----------
    folder : Path
        A case, or a store whose versions the repository knows.
    repository : Path, optional
        The code, where `folder` is a store.
    service : str, optional
        Where the store has several.
    workload : Path, optional
        TOML file that names what measures the code. Default: `workbench.toml` of the repository;
        without one, opportunities are shown, and no patch of them is made.
    options : SolveOptions, optional
        Model, skills and effort; a patch is always made before it is reviewed.
    saved : Path, optional
        File of investigations. Default: the user's.

    Raises
    ------
    CaseError
        Where there is no code to look for opportunities in.
    """

    outcome = traitlets.Instance(Outcome, allow_none=True, help="The latest patch's, or review's.")

    def __init__(
        self, folder: Path | str, repository: Path | str | None = None, *,
        service: str | None = None, workload: Path | None = None,
        options: SolveOptions | None = None, saved: Path | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        opened = open_case(
            Path(folder), repository=Path(repository) if repository else None, service=service
        )
        if not opened.repository:
            raise CaseError(f"{folder}: an opportunity is found in code; give its repository")
        self.case: Case = place_workload(opened, workload)
        self.options, self.saved = options or SolveOptions(), saved or investigations_file()
        self._store = Store.open(self.case.store)
        name = self.case.service if self.case.is_store else None
        self._found = find_opportunities(self._store, Repository(self.case.repository), name)
        found = with_states(self._found, self.saved)
        can_solve = self.case.workload is not None
        self.opportunities = OpportunityBoard(found, solve=self._solve if can_solve else None)
        self.queue = ReviewQueue(self._waiting(), review=self._review)
        self.capacity = CapacityView(*self._worth(found))
        super().__init__([self.opportunities, self.queue, self.capacity], **kwargs)

    def _waiting(self) -> list[Any]:
        """Return the patches of this service that wait."""
        return [
            one for one in waiting(self.saved) if one.pattern and one.service == self.case.service
        ]

    def _worth(self, found: list[Opportunity]) -> tuple[Any, Any]:
        """Return what patches gave back so far, and what waits."""
        windows = self._store.recording(
            self.case.service if self.case.is_store else None
        ).windows["at"]  # fmt: skip
        since, until = windows.iloc[0].to_pydatetime(), windows.iloc[-1].to_pydatetime()
        told = (self.options.assumptions or Assumptions()).with_records(
            self._store.table("services")
        )
        resolved = [one for one in find_mended(self.saved).values() if one.state == "resolved"]
        events = [
            event for one in resolved if one.service == self.case.service
            for event in opportunity_events(
                one.service, one.title, one.opportunity, one.saving, one.at, told
            )
        ]  # fmt: skip
        record = TrackRecord(since, max([until, *(event.at for event in events)]), "")
        return (
            capacity_timeline(record, told, more=events),
            capacity_plan(record, told, opportunities=found),
        )

    def _solve(self, one: Opportunity) -> Opportunity:
        """Make and measure a patch; it then waits for a review."""
        options = replace(self.options, opportunity=one.id, review=True, fix_first=True)
        tell = partial(_tell, self.opportunities)
        self.outcome = solve(
            self.case, options, saved=self.saved, progress=tell,
            on_step=lambda step: tell(step.title),
        )  # fmt: skip
        self.queue.waiting = self._waiting()
        self._show_worth()
        return with_states([one], self.saved)[0]

    def _review(self, investigation: str, said: Mapping[str, Any]) -> Outcome:
        """Take a person's word; an approved patch is on its branch after that."""
        self.outcome = resume(
            self.saved, investigation, review=said, progress=partial(_tell, self.queue)
        )
        self.opportunities.opportunities = with_states(self._found, self.saved)
        self._show_worth()
        return self.outcome

    def _show_worth(self) -> None:
        view = CapacityView(*self._worth(with_states(self._found, self.saved)))
        self.capacity, self.children = view, [self.opportunities, self.queue, view]


def _tell(view: OpportunityBoard | ReviewQueue, text: str) -> None:
    """Tell who looks on how far the work is; Cancel is heard here, too."""
    if view.task:
        view.task.tell(text)
