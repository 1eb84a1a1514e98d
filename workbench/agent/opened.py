"""A service of a store, opened for tools: what is slow to find is found when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import RLock
from typing import Any

import pandas as pd

from workbench.agent.investigation import Investigation
from workbench.detect import DetectConfig, detect
from workbench.history import Repository
from workbench.signals import stacks
from workbench.store import Store
from workbench.types import Detection

_MIN_RELATIVE, _MIN_SHARE = 0.02, 0.005
"""What is worth a look: a fiftieth of a function, and a two-hundredth of its service."""
_FEWEST_WINDOWS = 10
"""In fewer no step can be told."""
_FALSE_ALARMS = 0.05
"""Recordings in which nothing happened of which one is reported."""


@dataclass
class OpenedService(Investigation):
    """An investigation that detects when it is first asked what was detected."""

    detection: Detection = field(init=False, repr=False, compare=False)
    detection_lock: Any = field(default_factory=RLock, repr=False, compare=False)
    """Held while that goes on, which holds up nothing else."""

    def __getattr__(self, name: str) -> Any:
        """Find what was detected; there is nothing else that an instance may lack."""
        if name != "detection":
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        with self.detection_lock:
            if "detection" not in vars(self):
                self.detection = self._detect()
        return vars(self)["detection"]

    def _detect(self) -> Detection:
        if self.recording.n_windows < _FEWEST_WINDOWS:
            return Detection((), (), pd.DataFrame(), pd.DataFrame())
        config = DetectConfig(
            min_relative=_MIN_RELATIVE, min_share=_MIN_SHARE,
            alerts_per_1000_series=1000 * _FALSE_ALARMS / len(self.series.values),
        )  # fmt: skip
        return detect(self.series, stacks=stacks(self.recording), config=config)


def open_service(store: Store, name: str, repository: Path | None) -> OpenedService:
    """Open a service; HistoryError where the repository does not know what its windows ran."""
    recording = store.recording(name)
    code = None if repository is None else Repository(repository)
    versions = recording.windows["version"]
    base, head = str(versions.iloc[0]), str(versions.iloc[-1])
    if code is not None:
        code.resolve(base)
        code.resolve(head)
    return OpenedService(
        recording, code, base, head, store.records(name),
        read_lines=partial(store.recording, name, by_line=True),
    )  # fmt: skip
