"""A progress bar alone: long work of what other widgets show, of which only the latest counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import traitlets

from workbench.widgets.task import Task, TaskView


class _Asked(NamedTuple):
    title: str
    work: Callable[[Task], Any]
    then: Callable[[Any], object]


class ProgressBar(TaskView):
    """Long work of others, one piece at a time: what is asked for later takes its place.

    Examples
    --------
    >>> bar = ProgressBar()
    >>> bar.latest("Counting", lambda task: sum(range(10)), print)
    >>> bar.finish()
    45
    """

    module = "progress_bar.js"

    _waiting: _Asked | None = None

    def latest(
        self, title: str, work: Callable[[Task], Any], then: Callable[[Any], object],
        patience_s: float = 0.3,
    ) -> None:  # fmt: skip
        """Do something in place of what is being done, which is asked to end.

        Parameters
        ----------
        title, work, then
            As `begin` takes them. Of several that wait only the last is done.
        patience_s : float
            How long to wait for it here, so that what is quick is there at once.
        """
        with self._turn:
            if self.task is not None and self.is_running:
                self._waiting = _Asked(title, work, then)
                self.task.cancel()
                return
            task = self.begin(title, work, then)
        task.join(patience_s)

    @traitlets.observe("is_running")
    def _go_on(self, change: Any) -> None:
        asked = self._waiting
        if not change["new"] and asked is not None:
            self._waiting = None
            self.begin(*asked)

    def cancel(self) -> None:
        """Ask what is being done to end, and do not begin what waits."""
        with self._turn:
            self._waiting = None
        super().cancel()

    def finish(self) -> None:
        """Wait until nothing is being done; what failed is shown, not raised.

        What is being done does not wait for itself.
        """
        while True:
            with self._turn:  # in which the next one is begun, too
                task = self.task if self.is_running else None
            if task is None or task.is_own:
                return
            task.join()

    def still(self) -> dict[str, str]:
        """Return what is being done, if anything is."""
        return {"text/plain": f"{self.task.title}…" if self.task and self.is_running else ""}
