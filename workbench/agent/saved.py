"""Investigations that are kept: each step in a file, to go on after a kill, or anew from any step."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import platformdirs
from langgraph.checkpoint.sqlite import SqliteSaver

from workbench.agent.run import DONE, STOPPED, WAITS, config_of
from workbench.errors import ToolError


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
        found = self.saver.get_tuple(config_of(investigation_id))
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
