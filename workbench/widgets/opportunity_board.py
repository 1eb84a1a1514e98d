"""Where a service does work in vain, ranked; a patch of the one that is chosen can be asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pandas as pd
import traitlets

from workbench.errors import WorkbenchError
from workbench.types import Opportunity
from workbench.widgets.opportunity_rows import ranked, still_of, table_of, told_opportunities
from workbench.widgets.task import FAILED, RUNNING, Task, TaskView, told_error
from workbench.widgets.view import LEAST_HEIGHT

_LONGEST_NAME, _LONGEST_TEXT = 60, 1000


class OpportunityBoard(TaskView):
    """Ranked opportunities with what each would save; choose one, read why, have a patch made.

    Parameters
    ----------
    opportunities : iterable of Opportunity
        As `workbench.solver.find_opportunities` finds them; they are ranked by `score`.
    solve : callable, optional
        Opportunity -> anything, called in a thread when a patch is asked for. What it returns is
        kept in `results`; a text is shown besides, and an Opportunity of the same id (in another
        state, say) takes the place of the one that was given. `board.task.tell` in it shows how
        far it is, and hears Cancel. Default: the command that does it is shown, to copy.
    height : int
        Of the table, in pixels, at most.

    Examples
    --------
    >>> from workbench.types import Amount, Opportunity
    >>> copy = Opportunity("O-1", "shop", "app:read", "app.py", 3, 4, "copy", "Do not copy", 0.1,
    ...                    Amount(0.05, 0.02, 0.08))
    >>> board = OpportunityBoard([copy])
    >>> board.selected = ["O-1"]
    >>> board.selection[["function", "saving_ratio"]].values.tolist()
    [['app:read', 0.05]]
    >>> board.opportunity.title
    'Do not copy'
    """

    module = "opportunity_board.js"
    styles = ("parts.css", "table.css", "task.css", "rows/view.css", "opportunity/view.css")

    _told = traitlets.Dict().tag(sync=True)
    _solves = traitlets.Dict().tag(sync=True)
    height = traitlets.Int(420, min=LEAST_HEIGHT).tag(sync=True)
    opportunities = traitlets.Any(
        (), help="What is shown, ranked; assign others, and what is chosen stays where it is there."
    )
    selected = traitlets.List(
        traitlets.Unicode(), help="Ids of those that are chosen; the last of them is shown."
    ).tag(sync=True)
    selection = traitlets.Instance(pd.DataFrame, help="The chosen ones, one a row.")
    opportunity = traitlets.Instance(
        Opportunity, allow_none=True, read_only=True, help="The one that is shown."
    )
    results = traitlets.Dict(help="What `solve` returned, by id.")

    def __init__(
        self,
        opportunities: Iterable[Opportunity] = (),
        *,
        solve: Callable[[Opportunity], object] | None = None,
        height: int = 420,
        **kwargs: Any,
    ) -> None:
        self._solve = solve
        found = ranked(opportunities)
        super().__init__(
            opportunities=found, selection=table_of(found, ()), height=height, **kwargs
        )
        self.observe(self._show, "opportunities")
        self._show()
        self.on_msg(self._hear)

    @traitlets.validate("opportunities")
    def _rank(self, proposal: Any) -> tuple[Opportunity, ...]:
        return ranked(proposal["value"])

    def _show(self, change: Any = None) -> None:
        ids = {one.id for one in self.opportunities}
        with self._turn, self.hold_sync():
            self._told = told_opportunities(self.opportunities, can_solve=self._solve is not None)
            self._solves = {name: told for name, told in self._solves.items() if name in ids}
            self.selected = [name for name in self.selected if name in ids]
        self._choose()

    @traitlets.validate("selected")
    def _known(self, proposal: Any) -> list[str]:
        chosen = [*dict.fromkeys(proposal["value"])]
        known = {one.id for one in self.opportunities}
        for name in chosen:
            if name not in known:
                self._find(name)  # tells which there are
        return chosen

    @traitlets.observe("selected")
    def _choose(self, change: Any = None) -> None:
        shown = self._find(self.selected[-1]) if self.selected else None
        self.set_trait("opportunity", shown)
        self.selection = table_of(self.opportunities, self.selected)

    def _find(self, name: str) -> Opportunity:
        found: tuple[Opportunity, ...] = self.opportunities
        for one in found:
            if one.id == name:
                return one
        known = ", ".join([one.id for one in found[:5]]) or "none"
        raise WorkbenchError(f"no opportunity {name[:80]!r}; there are {known}")

    def make_patch(self, name: str = "") -> Task:
        """Have `solve` called, as a click would.

        Parameters
        ----------
        name : str
            Id of an opportunity. Default: that of the one that is shown.

        Raises
        ------
        WorkbenchError
            There is no `solve`, nothing is chosen, or something else is being done.
        """
        if self._solve is None:
            raise WorkbenchError("a patch cannot be made from here: no `solve` was given")
        one = self._find(name) if name else self.opportunity
        if one is None:
            raise WorkbenchError("expected an opportunity to make a patch of: choose one first")
        return self.begin(
            f"Patch of {_short(one.function)}", partial(self._work, self._solve, one),
            partial(self._keep, one.id), partial(self._settle, one.id),
        )  # fmt: skip

    def _work(self, solve: Callable[[Opportunity], object], one: Opportunity, task: Task) -> object:
        self._mark(one.id, RUNNING, "")
        return solve(one)

    def _keep(self, name: str, result: object) -> None:
        """Keep what `solve` returned, and show an opportunity that is the same one."""
        self.results = {**self.results, name: result}
        if isinstance(result, Opportunity) and result.id == name:
            self.opportunities = [result if one.id == name else one for one in self.opportunities]

    def _settle(self, name: str, task: Task) -> None:
        text = task.result if isinstance(task.result, str) else ""
        error = told_error(task.error) if task.state == FAILED else ""
        self._mark(name, task.state, error or " ".join(text.split())[:_LONGEST_TEXT])

    def _mark(self, name: str, state: str, text: str) -> None:
        with self._turn:
            if any(one.id == name for one in self.opportunities):
                self._solves = {**self._solves, name: {"state": state, "text": text}}

    def _hear(self, widget: object, content: Any, buffers: object) -> None:
        """Begin what a click asks for, and say why where that cannot be."""
        if content.get("kind") != "solve":
            return
        problem = ""
        try:
            self.make_patch(self._find(str(content.get("id", ""))).id)
        except WorkbenchError as error:
            problem = told_error(error)
        self.send({"kind": "heard", "problem": problem})

    def still(self) -> dict[str, str]:
        """Return the first of them as a table."""
        return still_of(self.opportunities)


def _short(name: str) -> str:
    """Return a name without its middle where it is long."""
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[: _LONGEST_NAME // 3]}…{name[-(2 * _LONGEST_NAME // 3) + 1 :]}"
