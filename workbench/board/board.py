"""The linked board: choose a regression, see what is behind it, have it investigated, decide."""

from __future__ import annotations

import html
from dataclasses import replace
from pathlib import Path
from typing import Any

import ipywidgets
import traitlets

from workbench.agent import Investigation, load_skills
from workbench.board.code import first_of_ours, source_of
from workbench.errors import HistoryError, ToolError, WorkbenchError
from workbench.solver import (
    SolveOptions,
    investigations_file,
    kept_steps,
    open_case,
    open_investigation,
    resume,
    solve,
)
from workbench.store import Store
from workbench.types import Case, Outcome, Ranking, Regression, Step
from workbench.views import Source, flame_of, recording_flame
from workbench.widgets import (
    AgentView,
    FixCard,
    FlameGraph,
    RegressionBoard,
    SeriesExplorer,
    SourceLines,
    SuspectTable,
    Task,
)
from workbench.widgets.view import still_html

SHEETS = ("Series", "Flame graph", "Suspects", "Source", "Investigation", "Fix")
UNITS = {"cost": "seconds", "gcpu": "share", "self_gcpu": "share"}


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
        Model, skills and effort of investigations. They always stop for a review.
    saved : path, optional
        File of investigations. Default: that of the user.
    """

    regression = traitlets.Instance(Regression, allow_none=True, help="The one that is chosen.")
    outcome = traitlets.Instance(Outcome, allow_none=True, help="What came of its investigation.")

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
        self.case, self.options = case, options or SolveOptions()
        self.saved = saved or investigations_file()
        self.investigation: Investigation = open_investigation(case)
        self._skills = [skill.name for skill in load_skills(self.options.skills)]
        detection, series = self.investigation.detection, self.investigation.series
        self.regressions = RegressionBoard(detection, series=series)
        self.series = SeriesExplorer(
            series, detection=detection, changes=self.investigation.changes, unit=UNITS,
            title=case.service,
        )  # fmt: skip
        self.flame = FlameGraph(flame_of({}), title=case.service)
        self.suspects = SuspectTable(Ranking(), read_diff=self.investigation.diff)
        self.source = SourceLines(Source("Choose a regression, or a function in the flame graph."))
        self.agent = AgentView(skills=self._skills, on_review=self._review, on_rerun=self._rerun)
        self.fix = FixCard(note="A fix is made when a diagnosis has been approved.")
        self._start = ipywidgets.Button(
            description="Investigate", button_style="primary", icon="search",
            tooltip="Have the agent find out who did it; it stops for your review",
        )  # fmt: skip
        self._start.on_click(lambda _: self.investigate())
        self._said = ipywidgets.HTML()
        self.sheets = ipywidgets.Tab(
            [self.series, self.flame, self.suspects, self.source, self.agent, self.fix],
            titles=SHEETS,
        )
        bar = ipywidgets.HBox([self._start, self._said])
        super().__init__([self.regressions, bar, self.sheets])
        self.regressions.observe(self._follow, "selected")
        self.series.observe(self._show_windows, "window")
        self.flame.observe(self._show_source, "selection")
        self.regressions.selected = [r.id for r in detection.found[:1]]
        self._start.disabled = self.regression is None

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        shown = super()._repr_mimebundle_(**kwargs)
        views = (self.regressions, self.series, self.flame, self.suspects, self.source, self.agent)
        return {**shown, "text/html": "".join(map(still_html, views))}

    # ---- one regression, and what is behind it ---------------------------------------------------

    def choose(self, regression_id: str) -> None:
        """Choose a regression, as a click would."""
        self.regressions.selected = [regression_id]

    def _follow(self, change: Any) -> None:
        found = self.regression = self.regressions.regression
        if found is None:
            return
        recording = self.investigation.recording
        self.series.choose((found.subject, found.metric))
        if 1 <= found.change_index < recording.n_windows:
            self.flame.flame = recording_flame(recording, found.change_index)
        self.source.source = source_of(
            self.investigation, first_of_ours(self.investigation, found), found
        )
        self._show_suspects(found)

    def _show_suspects(self, found: Regression) -> None:
        try:
            self.suspects.ranking = self.investigation.ranking(found.id)
        except (ToolError, HistoryError) as error:
            self._tell(str(error))

    def _show_windows(self, change: Any) -> None:
        """Show what ran in the windows that were brushed."""
        brushed: tuple[int, int] | None = change["new"]
        if brushed is None:
            return
        first, end = brushed
        profile = Store.open(self.case.store).profile(self.case.service, *self.series.window_bounds)
        self.flame.flame = flame_of(profile, title=f"windows {first} to {end - 1}")

    def _show_source(self, change: Any) -> None:
        chosen = self.flame.selection
        if self.regression is None or chosen.empty or chosen["node"].iloc[-1] == 0:
            return
        node = int(chosen["node"].iloc[-1])
        subject = self.flame.flame.path(node)[-1].subject
        self.source.source = source_of(self.investigation, subject, self.regression)

    # ---- what the agent makes of it --------------------------------------------------------------

    def investigate(self, question: str = "") -> Task:
        """Have the agent investigate the chosen regression; it stops for a review."""
        if self.regression is None:
            raise WorkbenchError("expected a regression to investigate: choose one first")
        chosen = self.regression
        options = replace(self.options, review=True, regression=chosen.id, question=question)
        self.agent.steps, self.agent.diagnosis, self.agent.status = (), None, "runs"
        self.fix.fix = None

        def work(task: Task) -> Outcome:
            return solve(
                self.case, options, saved=self.saved, progress=task.tell, on_step=self._add(task)
            )

        return self._begin(f"Investigating {chosen.subject}", work)

    def _review(self, said: dict[str, Any]) -> None:
        """Go on with what a person decided; a fix is made where it was approved."""

        def work(task: Task) -> Outcome:
            return resume(
                self.saved, self._kept().investigation_id, review=said, progress=task.tell,
                on_step=self._add(task),
            )  # fmt: skip

        is_rejected = said["verdict"] == "reject"
        self._begin("Taking the review" if is_rejected else "Making and measuring a fix", work)

    def _rerun(self, step: int, skill: str) -> None:
        def work(task: Task) -> Outcome:
            return resume(
                self.saved, self._kept().investigation_id, step=step, skill=skill,
                progress=task.tell, on_step=self._add(task),
            )  # fmt: skip

        self._begin(f"Running again from step {step}", work)

    def _kept(self) -> Outcome:
        if self.outcome is None or not self.outcome.investigation_id:
            raise WorkbenchError("expected an investigation that was kept, there is none yet")
        return self.outcome

    def _add(self, task: Task) -> Any:
        def add(step: Step) -> None:
            task.check()
            self.agent.add_step(step)

        return add

    def _begin(self, title: str, work: Any) -> Task:
        task = self.agent.begin(title, work, self._take)
        self.sheets.selected_index = SHEETS.index("Investigation")
        return task

    def _take(self, outcome: Outcome) -> None:
        """Show what came of it."""
        self.outcome = outcome
        self.agent.titles = {c.id: c.title for c in self.investigation.changes}
        self.agent.kept = _with_a_skill(kept_steps(self.saved, outcome.investigation_id))
        self.agent.steps = outcome.steps
        self.agent.diagnosis = outcome.diagnosis
        self.agent.status = outcome.status
        self.fix.titles = self.agent.titles
        self.fix.note = outcome.no_fix
        self.fix.fix = outcome.fix
        if outcome.fix is not None:
            self.sheets.selected_index = SHEETS.index("Fix")

    def _tell(self, text: str) -> None:
        self._said.value = html.escape(text)


def _with_a_skill(kept: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Return the steps to run again from: those after skills were chosen."""
    names = [text for _, text in kept]
    first = names.index("select_skills") + 1 if "select_skills" in names else 0
    return [(number, text.replace("_", " ")) for number, text in kept[first:]]
