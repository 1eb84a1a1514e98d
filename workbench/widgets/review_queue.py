"""What waits for a person's word: read one, and approve it, put it right, or reject it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import traitlets

from workbench.errors import ToolError, WorkbenchError
from workbench.types import Waiting
from workbench.widgets.agent_view import check_decision
from workbench.widgets.review_came import came_of
from workbench.widgets.review_rows import queued, still_of, table_of, told_queue
from workbench.widgets.task import DONE, FAILED, RUNNING, Task, TaskView, told_error
from workbench.widgets.view import LEAST_HEIGHT

Review = Callable[[str, Mapping[str, Any]], object]
"""Id of an investigation, and a person's word on it -> what came of it."""


class ReviewQueue(TaskView):
    """The review queue, the longest waiting first; choose one, read it, and say your word.

    Parameters
    ----------
    waiting : sequence of Waiting
        As `workbench.solver.waiting` finds them.
    review : callable, optional
        Takes the id of an investigation and a person's word: `verdict` (`approve`, `edit` or
        `reject`), and where they were given `by`, `why`, and `changes` (fields of the diagnosis,
        with `edit`); `workbench.solver.resume` does what it says. Called in a thread. What it
        returns is kept in `results`, and an Outcome, or a text, is told. Then the item leaves the
        list; where it raises, the item stays. Default: the command that does it is shown, to copy.
    height : int
        Of the table, in pixels, at most.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from workbench.types import Diagnosis, Waiting
    >>> why = Diagnosis("R-1", "It parses twice", "c0ffee12")
    >>> one = Waiting("shop-1", datetime(2026, 1, 5, tzinfo=UTC), "R-1", "shop", "app:read", "cost",
    ...               1.0, 2.0, None, why, no_fix="none was found")
    >>> queue = ReviewQueue([one], review=lambda name, said: f"{name} goes back")
    >>> queue.selected = "shop-1"
    >>> queue.selection[["subject", "cause", "is_verified"]].values.tolist()
    [['app:read', 'c0ffee12', False]]
    >>> queue.decide("reject", why="the traffic grew").wait()
    'shop-1 goes back'
    >>> queue.waiting, queue.results
    ((), {'shop-1': 'shop-1 goes back'})
    """

    module = "review_queue.js"
    styles = (
        *("parts.css", "table.css", "task.css", "rows/view.css", "diff/view.css", "fix/view.css"),
        *("agent/review.css", "queue/view.css"),
    )

    _told = traitlets.Dict().tag(sync=True)
    _reviews = traitlets.Dict().tag(sync=True)
    _came = traitlets.List(traitlets.Dict()).tag(sync=True)
    height = traitlets.Int(420, min=LEAST_HEIGHT).tag(sync=True)
    waiting = traitlets.Any(
        (),
        help="What waits, the longest first; assign others, and the choice stays if it is there.",
    )
    selected = traitlets.Unicode(help="Id of the chosen investigation; empty for none.").tag(
        sync=True
    )
    selection = traitlets.Instance(pd.DataFrame, help="The chosen one as a row.")
    results = traitlets.Dict(help="What `review` returned, by id.")

    def __init__(
        self,
        waiting: Sequence[Waiting] = (),
        *,
        review: Review | None = None,
        height: int = 420,
        **kwargs: Any,
    ) -> None:
        self._review = review
        found = queued(waiting)
        super().__init__(waiting=found, selection=table_of(found, ()), height=height, **kwargs)
        self.observe(self._show, "waiting")
        self._show()
        self.on_msg(self._hear)

    @traitlets.validate("waiting")
    def _order(self, proposal: Any) -> tuple[Waiting, ...]:
        return queued(proposal["value"])

    def _show(self, change: Any = None) -> None:
        ids = {one.investigation for one in self.waiting}
        with self._turn, self.hold_sync():
            self._told = told_queue(self.waiting, can_review=self._review is not None)
            self._reviews = {name: told for name, told in self._reviews.items() if name in ids}
            self._came = [told for told in self._came if told["id"] not in ids]
            self.selected = self.selected if self.selected in ids else ""
        self._choose()

    @traitlets.validate("selected")
    def _known(self, proposal: Any) -> str:
        return self._find(proposal["value"]).investigation if proposal["value"] else ""

    @traitlets.observe("selected")
    def _choose(self, change: Any = None) -> None:
        self.selection = table_of(self.waiting, [self.selected] if self.selected else [])

    def _find(self, name: str) -> Waiting:
        found: tuple[Waiting, ...] = self.waiting
        for one in found:
            if one.investigation == name:
                return one
        known = ", ".join([one.investigation for one in found[:5]]) or "none"
        raise WorkbenchError(f"{name[:80]!r} waits for no review; there are {known}")

    def decide(
        self, verdict: str, name: str = "", *, by: str = "", why: str = "",
        changes: Mapping[str, Any] | None = None,
    ) -> Task:  # fmt: skip
        """Have `review` called, as a click would.

        Parameters
        ----------
        verdict : str
            `approve`, `edit` or `reject`.
        name : str
            Id of an investigation. Default: the chosen one.
        by : str
            Who decides.
        why : str
            The reason; needed to reject.
        changes : mapping, optional
            With `edit`: fields of the diagnosis that are put right.

        Raises
        ------
        WorkbenchError
            There is no `review`, nothing is chosen, this is no decision (a ToolError), or something
            else is being done.
        """
        if self._review is None:
            raise WorkbenchError("a word cannot be said from here: no `review` was given")
        if not (name or self.selected):
            raise WorkbenchError("expected one that waits for a review: choose it first")
        one = self._find(name or self.selected)
        said = check_decision(verdict, by, why, changes or {})
        if one.pattern and "change_id" in said.get("changes", {}):
            raise ToolError("change_id: nobody is to blame for an opportunity")
        return self.begin(
            f"Review of {one.investigation[:60]}", partial(self._work, self._review, one, said),
            partial(self._keep, one, said), partial(self._settle, one.investigation, verdict),
        )  # fmt: skip

    def _work(self, review: Review, one: Waiting, said: Mapping[str, Any], task: Task) -> object:
        self._mark(one.investigation, said["verdict"], RUNNING)
        return review(one.investigation, said)

    def _keep(self, one: Waiting, said: Mapping[str, Any], result: object) -> None:
        """Keep what came of a review, and take what was decided out of the list.

        One of the same id that came to wait at another time is another, and stays.
        """
        name = one.investigation
        came = {"id": name, "subject": one.subject, "text": came_of(said, result)}
        self.results = {**self.results, name: result}
        with self._turn, self.hold_sync():
            self.waiting = [
                other for other in self.waiting
                if (other.investigation, other.since) != (name, one.since)
            ]  # fmt: skip
            self._came = [came, *(told for told in self._came if told["id"] != name)]

    def _settle(self, name: str, verdict: str, task: Task) -> None:
        if task.state == DONE:
            with self._turn:
                self._reviews = {one: told for one, told in self._reviews.items() if one != name}
            return
        self._mark(
            name, verdict, task.state, told_error(task.error) if task.state == FAILED else ""
        )

    def _mark(self, name: str, verdict: str, state: str, text: str = "") -> None:
        with self._turn:
            if any(one.investigation == name for one in self.waiting):
                told = {"state": state, "verdict": verdict, "text": text}
                self._reviews = {**self._reviews, name: told}

    def _hear(self, widget: object, content: Any, buffers: object) -> None:
        """Begin what a click asks for, and say why where that cannot be."""
        if content.get("kind") != "review":
            return
        said = content.get("said") or {}
        problem = ""
        try:
            one = self._find(str(content.get("id", "")))
            self.decide(
                str(said.get("verdict", "")), one.investigation, by=str(said.get("by", "")),
                why=str(said.get("why", "")), changes=said.get("changes"),
            )  # fmt: skip
        except WorkbenchError as error:
            problem = told_error(error)
        self.send({"kind": "heard", "problem": problem})

    def still(self) -> dict[str, str]:
        """Return the first of them as a table."""
        return still_of(self.waiting)
