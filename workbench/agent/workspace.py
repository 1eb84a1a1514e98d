"""What a server of tools reads: a store of one or more services, and the repository of their code.

Nothing heavy is imported before the first service is asked for, so that a server answers at once.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any

from workbench.agent.tools.brief import clip
from workbench.errors import StoreError, ToolError, WorkbenchError

if TYPE_CHECKING:
    from workbench.agent.investigation import Investigation
    from workbench.store import Store


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

    def warm_up(self) -> None:
        """Open the only service, and find its regressions, before anybody asks."""
        with suppress(WorkbenchError):  # whoever asks is told
            if len(self.services()) == 1:
                found = self.investigation()
                _ = found.total_values, found.detection

    def _store(self) -> Store:
        from workbench.store import Store

        return Store.open(self.folder)

    def _open(self, name: str) -> Investigation:
        from workbench.agent.opened import open_service

        return open_service(self._store(), name, self.repository)


def _listed(services: list[str]) -> str:
    shown = ", ".join(clip(name, 60) for name in services[:8])
    more = f" and {len(services) - 8} more" if len(services) > 8 else ""
    return f"there are {shown}{more}" if services else "the store has no profiles"
