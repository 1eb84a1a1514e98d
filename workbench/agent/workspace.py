"""What a server of tools reads: a store of one or more services, and the repository of their code.

Nothing heavy is imported before the first service is asked for, so that a server answers at once.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any

from workbench.agent.tools.brief import clip
from workbench.errors import StoreError, ToolError

if TYPE_CHECKING:
    from workbench.agent.investigation import Investigation
    from workbench.store import Store
    from workbench.types import Detection, Recording

_MIN_RELATIVE, _MIN_SHARE = 0.02, 0.005
"""What is worth a look: a fiftieth of a function, and a two-hundredth of its service."""
_FALSE_ALARMS = 0.05
"""Recordings in which nothing happened of which one is reported."""
_FEWEST_WINDOWS = 10
"""In fewer no step can be told."""


class Workspace:
    """The services of a store, each opened when it is first asked for, by any thread.

    Parameters
    ----------
    store : Path
        Folder of a store.
    repository : Path, optional
        The code of its services. Default: there is none to read.
    service : str
        The one to offer; empty for all.
    """

    def __init__(self, store: Path, repository: Path | None = None, service: str = "") -> None:
        if not (store / "store.json").is_file():
            found = "none" if store.is_dir() else "no such folder"
            raise StoreError(f"{store}: expected a store (store.json), found {found}")
        if repository is not None and not repository.is_dir():
            raise StoreError(f"{repository}: expected a git repository, found no such folder")
        self.folder, self.repository, self.service = store, repository, service
        self._lock = Lock()
        self._services: list[str] = []
        self._opening: dict[str, Any] = {}
        self._opened: dict[str, Investigation] = {}

    def services(self) -> list[str]:
        """Return the services there are, by name; ToolError where the chosen one is not there."""
        if not self._services:
            known = self._store().services()
            if self.service and self.service not in known:
                raise ToolError(f"no service {clip(self.service, 80)!r}; {_listed(known)}")
            self._services = [self.service] if self.service else known
        return self._services

    def name(self, service: str = "") -> str:
        """Return the service that is meant: the only one where none is named."""
        known = self.services()
        if not service and len(known) == 1:
            return known[0]
        if service not in known:
            asked = f"no service {clip(service, 80)!r}" if service else "expected service"
            raise ToolError(f"{asked}; {_listed(known)}")
        return service

    def investigation(self, service: str = "") -> Investigation:
        """Return what is known of a service; one thread opens it, the others wait."""
        name = self.name(service)
        if name not in self._opened:
            with self._lock:
                opening = self._opening.setdefault(name, RLock())
            with opening:
                if name not in self._opened:
                    self._opened[name] = self._open(name)
        return self._opened[name]

    def _store(self) -> Store:
        from workbench.store import Store

        return Store.open(self.folder)

    def _open(self, name: str) -> Investigation:
        from workbench.agent.investigation import Investigation
        from workbench.history import Repository

        store = self._store()
        recording, records = store.recording(name), store.records(name)
        repository = None if self.repository is None else Repository(self.repository)
        versions = recording.windows["version"]
        base, head = str(versions.iloc[0]), str(versions.iloc[-1])
        if repository is not None:
            repository.resolve(base)
            repository.resolve(head)
        return Investigation(recording, _detect(recording), repository, base, head, records)


def _detect(recording: Recording) -> Detection:
    """Find the regressions of a service."""
    from workbench.detect import DetectConfig, detect
    from workbench.signals import function_series, stacks
    from workbench.types import Detection

    if recording.n_windows < _FEWEST_WINDOWS:
        import pandas as pd

        return Detection((), (), pd.DataFrame(), pd.DataFrame())
    series = function_series(recording)
    config = DetectConfig(
        min_relative=_MIN_RELATIVE, min_share=_MIN_SHARE,
        alerts_per_1000_series=1000 * _FALSE_ALARMS / len(series.values),
    )  # fmt: skip
    return detect(series, stacks=stacks(recording), config=config)


def _listed(services: list[str]) -> str:
    shown = ", ".join(clip(name, 60) for name in services[:8])
    more = f" and {len(services) - 8} more" if len(services) > 8 else ""
    return f"there are {shown}{more}" if services else "the store has no profiles"
