"""The linked board: choose a regression, see what is behind it, have it investigated, decide."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import ipywidgets
import traitlets

from workbench.agent import Investigation, load_skills
from workbench.board.code import first_of_ours, source_of
from workbench.board.inquiry import NO_FIX, STOPPED, Inquiry
from workbench.detect import DetectConfig
from workbench.errors import WorkbenchError
from workbench.solver import SolveOptions, investigations_file, open_case, open_investigation
from workbench.store import Store
from workbench.types import Case, Outcome, Ranking, Regression
from workbench.views import Flame, Source, flame_of, recording_flame
from workbench.views.metrics import UNITS
from workbench.widgets import (
    AgentView,
    FixCard,
    FlameGraph,
    ProgressBar,
    RegressionBoard,
    SeriesExplorer,
    SourceLines,
    SuspectTable,
    Task,
)
from workbench.widgets.view import View, still_html, views_page, write_page

SHEETS = ("Series", "Flame graph", "Suspects", "Source", "Investigation", "Fix")
_NO_SOURCE = Source("Choose a regression, or a function in the flame graph.")


class Board(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Regressions of a service, linked to what is behind each.

    It is made of widgets that work alone, and only ties them together: `regressions`, `series`,
    `flame`, `suspects`, `source`, `agent` and `fix`. Windows that are brushed among the series are
    shown as a flame graph, a function that is chosen there with its code.

    Parameters
    ----------
    case : Case, or path
        A case folder, or a store; as `workbench.solver.open_case` opens it.
    repository : path, optional
        For a store: the code of its service.
    options : SolveOptions, optional
        Model, skills and effort of investigations, which always stop for a review; and what counts
        as a regression. Default of that: in a case what a program would look into, in a store what
        `workbench detect` shows.
    saved : path, optional
        File of investigations. Default: that of the user.
    """

    regression = traitlets.Instance(Regression, allow_none=True, help="The one that is chosen.")
    outcome = traitlets.Instance(Outcome, allow_none=True, help="The latest investigation's.")

    def __init__(
        self,
        case: Case | Path | str,
        *,
        repository: Path | str | None = None,
        options: SolveOptions | None = None,
        saved: Path | None = None,
    ) -> None:
        if not isinstance(case, Case):
            folder = Path(repository) if repository is not None else None
            case = open_case(Path(case), repository=folder)
        options = options or SolveOptions()
        self.case = case
        if options.detection is None and case.workload is None:
            options = replace(options, detection=DetectConfig())  # as `workbench detect` shows them
        self.investigation: Investigation = open_investigation(case, options.detection)
        detection, series = self.investigation.detection, self.investigation.series
        found = (*detection.found, *detection.gains)
        ours = {one.id: first_of_ours(self.investigation, one) for one in found}
        under = {one.id: ours[one.id] for one in found if ours[one.id] != one.subject}
        self.regressions = RegressionBoard(detection, series=series, under=under)
        self.series = SeriesExplorer(
            series, detection=detection, changes=self.investigation.changes, unit=UNITS,
            title=case.service,
        )  # fmt: skip
        self.flame = FlameGraph(flame_of({}), title=case.service)
        self.suspects = SuspectTable(Ranking(), read_diff=self.investigation.diff)
        self.source = SourceLines(_NO_SOURCE)
        self.agent = AgentView(
            skills=[skill.name for skill in load_skills(options.skills, "defense")]
        )
        self.fix = FixCard(note=NO_FIX)
        self.inquiry = Inquiry(
            case, self.investigation, options, saved or investigations_file(), self.agent,
            self.fix, self._take,
        )  # fmt: skip
        self._start = ipywidgets.Button(button_style="primary", icon="search")
        self._said = ipywidgets.HTML()
        self._showing, self._ranking = ProgressBar(), ProgressBar()
        self._is_following = False
        self.sheets = ipywidgets.Tab([*self.views[1:]], titles=SHEETS)
        bar = ipywidgets.HBox([self._start, self._said, self._showing, self._ranking])
        super().__init__([self.regressions, bar, self.sheets])
        self._link()
        self.regressions.selected = [one.id for one in found[:1]]
        self.wait()
        self._settle()

    @property
    def views(self) -> tuple[View, ...]:
        """What it is made of: the table, then a view for each sheet."""
        sheets = (self.series, self.flame, self.suspects, self.source, self.agent, self.fix)
        return (self.regressions, *sheets)

    def choose(self, regression_id: str) -> None:
        """Choose a regression, as a click would, and wait until all is shown of it."""
        self.regressions.selected = [regression_id]
        self.wait()

    def wait(self) -> None:
        """Wait until what was chosen or brushed is shown."""
        self._showing.finish()
        self._ranking.finish()

    def investigate(self, question: str = "") -> Task:
        """Have the agent investigate the chosen regression; it stops for a review."""
        if self.regression is None:
            raise WorkbenchError("expected a regression to investigate: choose one first")
        return self.inquiry.begin(self.regression, question)

    def to_html(self, path: Path | str | None = None, *, title: str = "") -> str | Path:
        """Make all of it one page, as of a view; the sheets are of the chosen regression."""
        named = [("Regressions", self.regressions), *zip(SHEETS, self.views[1:], strict=True)]
        of = f": {self.regression.subject}" if self.regression else ""
        text = views_page(named, title=title or f"Regressions of {self.case.service}{of}")
        return write_page(text, path)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        shown = super()._repr_mimebundle_(**kwargs)
        return {**shown, "text/html": "".join(map(still_html, self.views))}

    # ---- one regression, and what is behind it ---------------------------------------------------

    def _link(self) -> None:
        self.regressions.observe(self._told(self._follow), "selected")
        self.series.observe(self._told(self._brush), "window")
        self.flame.observe(self._told(self._show_source), "selection")
        self.agent.observe(self._told(self._settle), ["is_running", "status"])
        self._start.on_click(self._told(self._press))

    def _told(self, act: Callable[[], object]) -> Callable[[Any], None]:
        """Return what does something when it is asked to, and says on the board why it cannot."""

        def do(change: Any) -> None:
            self._tell("")
            try:
                act()
            except WorkbenchError as error:
                self._tell(str(error))

        return do

    def _follow(self) -> None:
        found = self.regression = self.regressions.regression
        self.inquiry.show(found)
        self._settle()
        self._show((flame_of({}, title=self.case.service), _NO_SOURCE))  # until it is there
        self.suspects.ranking = Ranking()
        self._is_following = True
        self.series.set_trait("window", None)
        self._is_following = False
        self.series.selected = []
        if found is not None:
            self.series.choose((found.subject, found.metric))
        self._show_change()
        self._rank()

    def _show_change(self) -> None:
        """Show what the regression changed, and the code that it is in."""
        found, recording = self.regression, self.investigation.recording

        def compare(task: Task) -> tuple[Flame, Source]:
            if found is None or not 1 <= found.change_index < recording.n_windows:
                return flame_of({}, title=self.case.service), _NO_SOURCE
            flame = recording_flame(recording, found.change_index)
            task.tell("its code")
            subject = first_of_ours(self.investigation, found)
            return flame, source_of(self.investigation, subject, found)

        name = found.subject if found else "nothing"
        self._showing.latest(f"Comparing before and after of {name}", compare, self._show)

    def _rank(self) -> None:
        """Show who could have caused the regression; of an improvement nobody is looked for."""
        found, known = self.regression, self.investigation.detection.found

        def rank(task: Task) -> Ranking:
            if found is None or found not in known:
                return Ranking()
            task.tell("what was changed about then")
            n = len(self.investigation.candidates(found.id))
            task.tell(f"{n:,} candidates")
            return self.investigation.ranking(found.id)

        def show(ranking: Ranking) -> None:
            self.suspects.ranking = ranking

        name = found.subject if found else "nothing"
        self._ranking.latest(f"Ranking who changed {name}", rank, show)

    def _brush(self) -> None:
        """Show what ran in the windows that are brushed; in none, what the regression changed."""
        brushed: tuple[int, int] | None = self.series.window or None
        if brushed is None:
            if not self._is_following:
                self._show_change()
            return
        first, end = brushed
        bounds, windows = self.series.window_bounds, f"windows {first} to {end - 1}"

        def read(task: Task) -> Flame:
            profile = Store.open(self.case.store).profile(self.case.service, *bounds)
            return flame_of(profile, title=windows)

        def show(flame: Flame) -> None:
            self.flame.flame = flame
            self._tell(f"{windows.capitalize()} are on the sheet Flame graph.")

        self._showing.latest(f"Reading {windows}", read, show)

    def _show(self, shown: tuple[Flame, Source]) -> None:
        self.flame.flame, self.source.source = shown

    def _show_source(self) -> None:
        chosen = self.flame.selection
        if self.regression is None or chosen.empty or chosen["node"].iloc[-1] == 0:
            return
        node = int(chosen["node"].iloc[-1])
        subject = self.flame.flame.path(node)[-1].subject
        self.source.source = source_of(self.investigation, subject, self.regression)

    # ---- what the agent makes of it --------------------------------------------------------------

    def _press(self) -> None:
        """Begin an investigation, or go on with what was stopped."""
        task = self.inquiry.go_on() if self.agent.status == STOPPED else self.investigate()
        if not task.is_over:
            self.sheets.selected_index = SHEETS.index("Investigation")

    def _settle(self) -> None:
        is_stopped = self.agent.status == STOPPED
        self._start.description = "Go on" if is_stopped else "Investigate"
        self._start.tooltip = (
            "Go on from the last step that was kept" if is_stopped
            else "Have the agent find out who did it; it stops for your review"
        )  # fmt: skip
        self._start.disabled = self.regression is None or self.inquiry.is_running

    def _take(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self._tell(" ".join(outcome.warnings))
        sheet = "Investigation" if outcome.fix is None else "Fix"
        self.sheets.selected_index = SHEETS.index(sheet)

    def _tell(self, text: str) -> None:
        self._said.value = html.escape(text)
