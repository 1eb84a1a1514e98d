"""What the agent makes of each regression, and a person of that: solver and views tied together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.agent import Investigation, SavedInvestigations
from workbench.errors import WorkbenchError
from workbench.solver import SolveOptions, kept_steps, resume, solve
from workbench.types import Case, Outcome, Regression, Step
from workbench.widgets import AgentView, FixCard, Task

NO_FIX = "A fix is made when a diagnosis has been approved."
WAITS_HERE = "It waits for your review, on the sheet Investigation: a fix follows an approval."
STOPPED = "stopped"
"""Status of an investigation that goes on where it was cancelled or killed."""
_Work = Callable[[Task], Outcome]


class Inquiry:
    """Investigations of one case, one a regression, in one view of the agent and one of a fix.

    Parameters
    ----------
    case, investigation, options, saved
        What is looked into, and how; `saved` is the file that investigations are kept in.
    agent, fix
        The views, which it fills.
    taken : callable
        Told of each outcome as it comes.
    """

    def __init__(
        self, case: Case, investigation: Investigation, options: SolveOptions, saved: Path,
        agent: AgentView, fix: FixCard, taken: Callable[[Outcome], object],
    ) -> None:  # fmt: skip
        self.case, self.investigation, self.options, self.saved = (
            case,
            investigation,
            options,
            saved,
        )
        self.agent, self.fix, self._taken = agent, fix, taken
        self.regression: Regression | None = None
        """The one that the views are of."""
        self.outcomes: dict[str, Outcome] = {}
        """The latest of each regression, by its id."""
        agent.on_review, agent.on_rerun = self.review, self.rerun

    @property
    def is_running(self) -> bool:
        """Whether something is being done."""
        return bool(self.agent.is_running)

    @property
    def outcome(self) -> Outcome | None:
        """The latest of the regression that is shown."""
        return None if self.regression is None else self.outcomes.get(self.regression.id)

    def show(self, regression: Regression | None) -> None:
        """Show what is known of another regression; nothing changes while something is done."""
        if self.is_running or regression == self.regression:
            return
        self.regression = regression
        self._clear()
        if self.outcome is not None:
            self._fill(self.outcome)

    def begin(self, regression: Regression, question: str = "") -> Task:
        """Investigate a regression, until a review is needed; WorkbenchError while busy."""
        options = replace(self.options, review=True, regression=regression.id, question=question)

        def work(task: Task) -> Outcome:
            self.regression = regression
            self.outcomes.pop(regression.id, None)
            self._clear("runs")
            return solve(
                self.case, options, saved=self.saved, progress=task.tell, on_step=self._add(task)
            )

        return self._do(f"Investigating {regression.subject}", work)

    def review(self, said: dict[str, Any]) -> None:
        """Take what a person decided; a fix is made where it was approved."""
        is_rejected = said["verdict"] == "reject"
        title = "Taking the review" if is_rejected else "Making and measuring a fix"
        self._do(title, self._resumed(review=said))

    def rerun(self, step: int, skill: str) -> None:
        """Run again from a step, under another skill where one is named."""
        name = dict(self.agent.kept).get(step, str(step))
        self._do(f"Running again from step {name}", self._resumed(step=step, skill=skill))

    def go_on(self) -> Task:
        """Go on with what was cancelled or killed."""
        return self._do("Going on", self._resumed())

    def _resumed(self, **told: Any) -> _Work:
        kept = self.outcome
        if kept is None or not kept.investigation_id:
            raise WorkbenchError("expected an investigation that was kept, there is none yet")

        def work(task: Task) -> Outcome:
            self.agent.status = "runs"
            return resume(
                self.saved, kept.investigation_id, progress=task.tell, on_step=self._add(task),
                **told,
            )  # fmt: skip

        return work

    def _add(self, task: Task) -> Callable[[Step], None]:
        def add(step: Step) -> None:
            task.check()
            self.agent.add_step(step)

        return add

    def _do(self, title: str, work: _Work) -> Task:
        return self.agent.begin(title, work, self._take, self._ended)

    def _take(self, outcome: Outcome) -> None:
        assert self.regression is not None
        self.outcomes[self.regression.id] = outcome
        self._fill(outcome)
        self._taken(outcome)

    def _ended(self, task: Task) -> None:
        """Say where it stands, where it was cancelled or failed."""
        if task.state == "done":
            return
        self.agent.status = task.state
        if self.outcome is not None:
            with SavedInvestigations(self.saved) as file:
                kept = file.find(self.outcome.investigation_id)
            self.agent.status = kept.status
            assert self.regression is not None
            self.outcomes[self.regression.id] = replace(self.outcome, status=kept.status)

    def _clear(self, status: str = "") -> None:
        agent, found = self.agent, self.regression
        agent.question = "" if found is None else f"What made {found.subject} dearer? ({found.id})"
        agent.steps, agent.diagnosis, agent.kept, agent.decision = (), None, [], {}
        agent.status = status
        self.fix.note, self.fix.fix, self.fix.opened = NO_FIX, None, None

    def _fill(self, outcome: Outcome) -> None:
        agent, titles = self.agent, {c.id: c.title for c in self.investigation.changes}
        agent.titles = self.fix.titles = titles
        kept = kept_steps(self.saved, outcome.investigation_id)
        agent.kept = _with_a_skill(kept, outcome.steps)
        agent.steps = outcome.steps
        agent.diagnosis = outcome.diagnosis
        agent.status = outcome.status
        waits = outcome.status == "waits for review"
        self.fix.note = WAITS_HERE if waits else outcome.no_fix
        self.fix.fix, self.fix.opened = outcome.fix, outcome.opened


def _with_a_skill(kept: list[tuple[int, str]], steps: Sequence[Step]) -> list[tuple[int, str]]:
    """Return the steps to run again from, those after skills were chosen.

    Each is told by its number in the list that is shown, where it is in that.
    """
    names = [text for _, text in kept]
    first = names.index("select_skills") + 1 if "select_skills" in names else 0
    told, at = [], -1
    for place, (number, text) in enumerate(kept):
        found = [i for i in range(at + 1, len(steps)) if text.startswith(steps[i].node)][:1]
        at = found[0] if found else at
        words = text.replace("_", " ")
        if place >= first:
            told.append((number, f"{at}: {words}" if found else words))
    return told
