"""Investigations in a file: each step is kept, to go on after a kill, or anew from any step."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from langgraph.checkpoint.sqlite import SqliteSaver

from workbench.agent.run import DONE, STOPPED, WAITS, checkpoint_of, config_of
from workbench.agent.trajectory import tell_next
from workbench.errors import ToolError


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
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What it has come to, as `State` has it."""

    @property
    def waits(self) -> bool:
        """Whether a person's word is waited for."""
        return self.status == WAITS


class SavedInvestigations:
    """A file of investigations.

    Parameters
    ----------
    path : Path or None
        SQLite; made where it is not there. None: nothing is kept.
    """

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        try:
            self._connection = sqlite3.connect(
                path or ":memory:", check_same_thread=False, timeout=30.0
            )
        except sqlite3.Error as error:
            raise ToolError(f"{path}: cannot be opened: {error}") from error
        try:
            rows = self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            tables = {name for (name,) in rows}
            if tables and "checkpoints" not in tables:
                raise sqlite3.DatabaseError(f"it has {', '.join(sorted(tables)[:3])}")
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

    def __contains__(self, investigation_id: str) -> bool:
        """Whether one of this id was begun."""
        return self.saver.get_tuple(config_of(investigation_id)) is not None

    def all(self) -> list[Kept]:
        """Return every investigation, latest first."""
        rows = self._connection.execute(
            "SELECT thread_id FROM checkpoints GROUP BY thread_id ORDER BY max(checkpoint_id) DESC"
        )
        return [self.find(thread_id) for (thread_id,) in rows.fetchall()]

    def find(self, investigation_id: str) -> Kept:
        """Return one by its id; ToolError names those there are."""
        found = self.saver.get_tuple(config_of(investigation_id))
        if found is None:
            rows = self._connection.execute("SELECT DISTINCT thread_id FROM checkpoints LIMIT 10")
            known = ", ".join(row[0] for row in rows) or "none"
            told = investigation_id[:80]
            raise ToolError(f"no investigation {told!r} in {self.path}; there are {known}")
        values = found.checkpoint["channel_values"]
        waits = any(channel == "__interrupt__" for _, channel, _ in found.pending_writes or ())
        status = WAITS if waits else STOPPED if _next(values) else DONE
        at = datetime.fromisoformat(found.checkpoint["ts"])
        job = values.get("job") or values.get("__start__", {}).get("job", {})
        return Kept(investigation_id, job, status, at, values)

    def steps(self, investigation_id: str) -> list[tuple[int, str]]:
        """Return (number, what is next) of each step that leads to where it is, the first first."""
        self.find(investigation_id)
        known = {checkpoint_of(t.config): t for t in self.saver.list(config_of(investigation_id))}
        found, step = [], next(iter(known.values()), None)
        while step is not None:
            values = step.checkpoint["channel_values"]
            found.append(tell_next(_next(values), values))
            step = known.get(checkpoint_of(step.parent_config))
        return [*enumerate(found[::-1])]


def _next(values: Mapping[str, Any]) -> list[str]:
    """Return the nodes that were to follow: what LangGraph keeps to start them is still there."""
    named = [name.removeprefix("branch:to:") for name in values if name.startswith("branch:to:")]
    tasks = [task.node for task in values.get("__pregel_tasks") or () if not named]
    return [*named, *dict.fromkeys(tasks), *(["__start__"] if "__start__" in values else [])]
