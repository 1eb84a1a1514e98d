"""Long work of a widget: in a thread, with progress that it shows, and a Cancel that is heard.

A widget derives from `TaskView` and calls `begin` with what is to be done and what is to be done
with the result:

    class Finder(TaskView):
        def look(self):
            self.begin("Looking", self._look, self._show)

        def _look(self, task):  # in a thread of its own
            found = []
            for number, part in enumerate(self.parts):
                task.tell(f"part {number + 1} of {len(self.parts)}", number / len(self.parts))
                found += look_through(part)
            return found

        def _show(self, found):  # in that thread too, when it is done
            self.found = found

`tell` raises `Cancelled` once somebody asked for an end; so does `check`, which tells nothing.
The ES module of the widget puts `followTask(model, signal).element` where the bar shall stand.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar

import traitlets

from workbench.errors import WorkbenchError
from workbench.widgets.view import View

RUNNING, STOPPING = "running", "stopping"
DONE, CANCELLED, FAILED = "done", "cancelled", "failed"
SHOWN_EVERY_S = 0.1
"""Progress is sent no more often than that; the last word always is."""
_MAX_ERROR = 1000

_log = logging.getLogger(__name__)


class Cancelled(Exception):
    """Somebody asked the work to end."""


class Task:
    """One piece of long work: where it tells how far it is, and what waits for its end."""

    def __init__(self, title: str, changed: Callable[[], None]) -> None:
        self.title = title
        self.state = RUNNING
        """`running`, `stopping` (it was asked to), `done`, `cancelled` or `failed`."""
        self.text = ""
        self.ratio: float | None = None
        """How much is done, 0 to 1; None where that is not known."""
        self.error: Exception | None = None
        self.result: Any = None
        self._changed = changed
        self._began_s = time.monotonic()
        self._stop, self._ended = threading.Event(), threading.Event()
        self._turn = threading.Lock()
        self._thread: int | None = None

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody asked it to end."""
        return self._stop.is_set()

    @property
    def is_over(self) -> bool:
        """Whether it has ended, in whichever way."""
        return self._ended.is_set()

    @property
    def is_own(self) -> bool:
        """Whether it is asked by what it does itself."""
        return self._thread == threading.get_ident()

    def check(self) -> None:
        """Raise Cancelled where somebody asked it to end."""
        if self.is_cancelled:
            raise Cancelled(f"{self.title}: cancelled")

    def tell(self, text: str, ratio: float | None = None) -> None:
        """Say what is being done, and how much is (0 to 1); Cancelled where it shall end."""
        self.check()
        is_known = ratio is not None and math.isfinite(ratio)
        self.text, self.ratio = text, min(max(ratio or 0.0, 0.0), 1.0) if is_known else None
        self._changed()

    def cancel(self) -> None:
        """Ask it to end, which it does when it next tells something."""
        self._stop.set()
        with self._turn:
            is_running = self.state == RUNNING
            if is_running:
                self.state = STOPPING
        if is_running:
            self._changed()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait until it has ended, in whichever way; return whether it has."""
        return self._ended.wait(timeout_s)

    def wait(self, timeout_s: float | None = None) -> Any:
        """Return the result when there is one; raise what the work raised."""
        if not self.join(timeout_s):
            raise TimeoutError(f"{self.title} still runs after {timeout_s} s")
        if self.error is not None:
            raise self.error
        return self.result

    def work(self, work: Callable[[Task], Any], then: Callable[[Any], object]) -> None:
        """Do it, here and now, and hand the result on; it is not over before `end`."""
        self._thread = threading.get_ident()
        state = FAILED  # unless told otherwise: also where the interpreter is made to stop
        try:
            self.result = work(self)
            self.check()
            then(self.result)
            state = DONE
        except Cancelled as error:
            state, self.error = CANCELLED, error
        except Exception as error:
            self.error = error
        finally:
            with self._turn:
                self.state = state

    def end(self) -> None:
        """Let go of those who wait for it."""
        self._ended.set()

    def told(self) -> dict[str, Any]:
        """Return it as `views/js/task.js` takes it."""
        return {
            "title": self.title,
            "state": self.state,
            "text": told_error(self.error) if self.state == FAILED else self.text,
            "ratio": self.ratio,
            "seconds": time.monotonic() - self._began_s,
        }


class TaskView(View):
    """A widget that does long work, one piece at a time."""

    styles: ClassVar[tuple[str, ...]] = ("task.css",)

    _task = traitlets.Dict().tag(sync=True)
    is_running = traitlets.Bool(False, help="Whether work is being done; to be read only.")

    task: Task | None = None
    """The latest one."""

    def __init__(self, **kwargs: Any) -> None:
        self._turn = threading.RLock()
        self._sender: threading.Timer | None = None
        super().__init__(**kwargs)
        self.on_msg(self._hear_cancel)

    def begin(
        self,
        title: str,
        work: Callable[[Task], Any],
        then: Callable[[Any], object] = lambda result: None,
        ended: Callable[[Task], object] = lambda task: None,
    ) -> Task:
        """Do something long in a thread.

        Parameters
        ----------
        title : str
            What is done, as the widget shows it.
        work : callable
            Task -> result. It calls `task.tell` now and then.
        then : callable
            Takes the result, in the same thread, before anything else can begin. It is not called
            where the work was cancelled or failed.
        ended : callable
            Told of the task when it is over, in whichever way, in the same thread.

        Returns
        -------
        Task
            `wait` returns the result, or raises what the work raised. What is no `WorkbenchError`
            is logged with its traceback besides.

        Raises
        ------
        WorkbenchError
            Something else is being done.
        """
        with self._turn:
            if self.task is not None and self.is_running:
                raise WorkbenchError(f"{title} has to wait: {self.task.title} is being done")
            task = self.task = Task(title, self._send_soon)
            self.is_running = True
            self._task = task.told()
        threading.Thread(
            target=self._do, args=(task, work, then, ended), name=title, daemon=True
        ).start()
        return task

    def cancel(self) -> None:
        """Ask what is being done to end; nothing where nothing is."""
        if self.task is not None:
            self.task.cancel()

    def close(self) -> None:
        """Close the widget; what is being done is asked to end."""
        self.cancel()
        super().close()

    def _do(
        self, task: Task, work: Callable[[Task], Any], then: Callable[[Any], object],
        ended: Callable[[Task], object],
    ) -> None:  # fmt: skip
        try:
            task.work(work, then)
            if task.state == FAILED and task.error is not None:
                log_error(task.title, task.error)
            ended(task)
        finally:
            try:
                self._close()
            finally:
                task.end()

    def _close(self) -> None:
        with self._turn:
            if self._sender is not None:
                self._sender.cancel()
            self._send_now()
            self.send_state("_task")  # whatever another thread held back just now
            self.is_running = False

    def _send_soon(self) -> None:
        with self._turn:
            if self._sender is None:
                self._sender = threading.Timer(SHOWN_EVERY_S, self._send_now)
                self._sender.daemon = True
                self._sender.start()

    def _send_now(self) -> None:
        with self._turn:
            self._sender = None
            if self.task is not None:
                self._task = self.task.told()

    def _hear_cancel(self, widget: object, content: Any, buffers: object) -> None:
        if content.get("kind") == "cancel":
            self.cancel()


def told_error(error: BaseException | None) -> str:
    """Return an error as one line: of the workbench its words, of others the type besides."""
    if error is None:
        return "ended before it was done"
    words = " ".join(str(error).split())[:_MAX_ERROR]
    if isinstance(error, WorkbenchError) and words:
        return words
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def log_error(title: str, error: BaseException) -> None:
    """Log what nobody foresaw, with its traceback."""
    if not isinstance(error, WorkbenchError):
        _log.error("%s failed", title, exc_info=error)
