"""What a server of tools reads: a store of one or more services, and the repository of their code.

Nothing heavy is imported before the first service is asked for, so that a server answers at once.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from workbench.agent.tools.brief import clip
from workbench.errors import StoreError, ToolError

if TYPE_CHECKING:
    from workbench.agent.investigation import Investigation
    from workbench.history import Repository
    from workbench.store import Store
    from workbench.types import Opportunity

    FindOpportunities = Callable[[Store, Repository, str], Sequence[Opportunity]]

_LOOK_EVERY_S = 60.0


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
    find_opportunities : callable, optional
        (store, repository, service) -> what the service does in vain. Default: nobody can tell.
    """

    def __init__(
        self, store: Path, repository: Path | None = None, service: str = "", *,
        find_opportunities: FindOpportunities | None = None,
    ) -> None:  # fmt: skip
        if not (store / "store.json").is_file():
            found = "none" if store.is_dir() else "no such folder"
            raise StoreError(f"{store}: expected a store (store.json), found {found}")
        if repository is not None and not repository.is_dir():
            raise StoreError(f"{repository}: expected a git repository, found no such folder")
        self.folder, self.repository, self.service = store, repository, service
        self._find_opportunities = find_opportunities
        self._lock = Lock()
        self._looked_at, self._stamp = -math.inf, 0
        self._services: list[str] = []
        self._opening: dict[str, Any] = {}
        self._opened: dict[str, Investigation] = {}

    def services(self) -> list[str]:
        """Return the services there are, by name; ToolError where the chosen one is not there."""
        known = self._services
        if not known:
            known = self._store().services()
            if self.service and self.service not in known:
                raise ToolError(f"no service {clip(self.service, 80)!r}; {_listed(known)}")
            known = [self.service] if self.service else known
            self._services = known
        return known

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
        """Return what is known of a service; one thread opens it, the others wait.

        Where the store has changed since, what is over a minute old is opened anew.
        """
        self._forget_old()
        name, opened = self.name(service), self._opened
        if name not in opened:
            with self._lock:
                opening = self._opening.setdefault(name, Lock())
            with opening:
                if name not in opened:
                    opened[name] = self._open(name)
        return opened[name]

    def _forget_old(self) -> None:
        if time.monotonic() - self._looked_at < _LOOK_EVERY_S:
            return
        with self._lock:
            self._looked_at = time.monotonic()
            segments = self.folder / "segments"
            stamp = segments.stat().st_mtime_ns if segments.is_dir() else 0
            if stamp != self._stamp:
                self._stamp, self._services, self._opened = stamp, [], {}

    def warm_up(self) -> None:
        """Open the only service, and find its regressions, before anybody asks."""
        if len(self.services()) == 1:
            found = self.investigation()
            _ = found.total_values, found.detection

    def _store(self) -> Store:
        from workbench.store import Store

        return Store.open(self.folder)

    def _open(self, name: str) -> Investigation:
        from workbench.agent.opened import open_service

        # The repository may be that of some of the services alone.
        needs_code, store = len(self.services()) == 1, self._store()
        opened = open_service(store, name, self.repository, needs_code=needs_code)
        if opened.repository is None or self._find_opportunities is None:
            return opened
        find = partial(self._find_opportunities, store, opened.repository, name)
        return replace(opened, find_opportunities=find)


def _listed(services: list[str]) -> str:
    shown = ", ".join(clip(name, 60) for name in services[:8])
    more = f" and {len(services) - 8} more" if len(services) > 8 else ""
    return f"there are {shown}{more}" if services else "the store has no profiles"
