"""Investigations that are kept: each step in a file, to go on after a kill, or anew from any step."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import platformdirs
from langchain_core.messages import message_to_dict
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command, StateSnapshot

from workbench.agent.graph import Graph
from workbench.agent.investigation import Investigation
from workbench.agent.nodes.review import check_review
from workbench.agent.state import Review
from workbench.agent.trajectory import Trajectory, describe_update, run_steps, to_diagnosis
from workbench.errors import ToolError
from workbench.types import Step

DONE, WAITS, STOPPED = "done", "waits for review", "stopped"


def default_place() -> Path:
    """Return the file that investigations are kept in."""
    return platformdirs.user_data_path("efficiency-workbench") / "investigations.db"


@dataclass(frozen=True, slots=True)
class Kept:
    """An investigation in a file of them."""

    id: str
    job: Mapping[str, Any]
    """What was asked for."""
    status: str
    """`done`, `waits for review`, or `stopped` on the way."""
    at: datetime
    """Of its latest step."""


class SavedInvestigations:
    """A file of investigations.

    Parameters
    ----------
    path : Path
        SQLite; made where it is not there.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._connection = sqlite3.connect(path, check_same_thread=False, timeout=30.0)
        try:
            self.saver = SqliteSaver(self._connection)
            self.saver.setup()
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise ToolError(f"{path}: expected a file of investigations: {error}") from error

    def __enter__(self) -> SavedInvestigations:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Close the file."""
        self._connection.close()

    def list(self) -> list[Kept]:
        """Return every investigation, latest first."""
        rows = self._connection.execute(
            "SELECT thread_id FROM checkpoints GROUP BY thread_id ORDER BY max(checkpoint_id) DESC"
        )
        return [self.find(thread_id) for (thread_id,) in rows.fetchall()]

    def find(self, investigation_id: str) -> Kept:
        """Return one by its id; ToolError names those there are."""
        found = self.saver.get_tuple(_config(investigation_id))
        if found is None:
            rows = self._connection.execute("SELECT DISTINCT thread_id FROM checkpoints LIMIT 10")
            known = ", ".join(row[0] for row in rows) or "there are none"
            raise ToolError(f"no investigation {investigation_id[:80]!r} in {self.path}; {known}")
        values = found.checkpoint["channel_values"]
        waits = any(channel == "__interrupt__" for _, channel, _ in found.pending_writes or ())
        status = WAITS if waits else STOPPED if _has_next(values) else DONE
        at = datetime.fromisoformat(found.checkpoint["ts"])
        return Kept(investigation_id, values.get("job", {}), status, at)


def _has_next(values: Mapping[str, Any]) -> bool:
    """Tell whether a node was to follow: what LangGraph keeps to start it is still there."""
    is_named = any(name.startswith("branch:to:") for name in values) or "__start__" in values
    return is_named or bool(values.get("__pregel_tasks"))


class SavedRun:
    """One investigation that is kept, with the graph that it runs on.

    Parameters
    ----------
    graph : Graph
        Compiled with the file's checkpointer.
    investigation : Investigation
        What its tools read.
    investigation_id : str
        What it is known by in the file.
    """

    def __init__(self, graph: Graph, investigation: Investigation, investigation_id: str) -> None:
        self.graph, self.investigation, self.id = graph, investigation, investigation_id
        self._config: Any = _config(investigation_id)

    @property
    def state(self) -> StateSnapshot:
        """Where it is."""
        return self.graph.get_state(self._config)

    @property
    def status(self) -> str:
        """`done`, `waits for review`, or `stopped` on the way."""
        state = self.state
        return WAITS if state.interrupts else STOPPED if state.next or not state.values else DONE

    def begin(
        self, job: Mapping[str, Any], regression_id: str, question: str = "",
        on_step: Callable[[Step], None] = lambda step: None,
    ) -> None:  # fmt: skip
        """Run from the start, as far as it goes."""
        given = {"job": dict(job), "regression_id": regression_id, "question": question}
        self._run(given, on_step)

    def go_on(self, on_step: Callable[[Step], None] = lambda step: None) -> None:
        """Run on from the last step that was kept; nothing where it is done or waits."""
        if self.status == STOPPED:
            self._run(None, on_step)

    def review(self, said: Review, on_step: Callable[[Step], None] = lambda step: None) -> None:
        """Take a person's word, and run on; ToolError where none is waited for, or it is no review."""
        if self.status != WAITS:
            raise ToolError(f"{self.id} does not wait for a review: it is {self.status}")
        check_review(said, self.investigation)
        self._run(Command(resume=dict(said)), on_step)

    def rerun(
        self, number: int, skill: str = "", on_step: Callable[[Step], None] = lambda step: None
    ) -> None:
        """Run again from after a step, under another skill where one is named.

        What came after it stays in the file, and is no longer where this investigation is. Calls
        that had been answered by then are not made again.
        """
        steps = self._snapshots()
        if not 0 <= number < len(steps):
            raise ToolError(f"no step {number}: there are 0 to {len(steps) - 1}")
        past = steps[number]
        if not past.values.get("skills"):
            raise ToolError(
                f"step {number} is before a skill was chosen; there is nothing to change"
            )
        changed: dict[str, Any] = {}
        if skill:
            changed = {"skills": [skill], "opinions": []}
        self._config = self.graph.update_state(
            past.config, changed, as_node="select_skills" if skill else None
        )
        self._run(None, on_step)
        self._config = _config(self.id)

    def steps(self) -> list[tuple[int, str]]:
        """Return (number, what is next) of each step that was kept, the first first."""
        return [
            (number, ", ".join(dict.fromkeys(past.next)) or "end")
            for number, past in enumerate(self._snapshots())
        ]

    def trajectory(self) -> Trajectory:
        """Return the investigation as it went so far; ToolError before there is a diagnosis."""
        values = self.state.values
        if "diagnosis" not in values:
            raise ToolError(f"{self.id} has no diagnosis yet: it stopped on the way")
        struck = tuple(item for opinion in values["opinions"] for item in opinion["struck"])
        messages = tuple(message_to_dict(message) for message in values["messages"])
        return Trajectory(
            to_diagnosis(values["diagnosis"]), tuple(self._told()), messages,
            dict(values.get("spent", {})), struck,
        )  # fmt: skip

    def _run(self, given: Any, on_step: Callable[[Step], None]) -> None:
        for step in run_steps(self.graph, given, config=self._config):
            on_step(step)

    def _snapshots(self) -> list[StateSnapshot]:
        """Return the steps that lead to where it is, the first first."""
        return [*self.graph.get_state_history(self._config)][::-1]

    def _told(self) -> Iterator[Step]:
        """Yield what each step told."""
        began: datetime | None = None
        for past in self._snapshots():
            at = datetime.fromisoformat(past.created_at or "")
            began = began or at
            seconds = (at - began).total_seconds()
            for task in past.tasks:
                for title, detail, call_id in describe_update(task.name, task.result or {}):
                    yield Step(task.name, title, detail, seconds, 0.0, call_id)


def _config(investigation_id: str) -> Any:
    return {"configurable": {"thread_id": investigation_id, "checkpoint_ns": ""}}
