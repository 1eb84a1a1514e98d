"""A service of a store, opened for tools: what is slow to find is found when it is asked for."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pandas as pd

from workbench.agent.investigation import Investigation
from workbench.detect import DetectConfig, detect
from workbench.history import Repository
from workbench.signals import function_series, stacks
from workbench.store import Store
from workbench.types import Detection, Recording

_MIN_RELATIVE, _MIN_SHARE = 0.02, 0.005
"""What is worth a look: a fiftieth of a function, and a two-hundredth of its service."""
_FEWEST_WINDOWS = 10
"""In fewer no step can be told."""
_FALSE_ALARMS = 0.05
"""Recordings in which nothing happened of which one is reported."""


def open_service(store: Store, name: str, repository: Path | None) -> Investigation:
    """Open a service; HistoryError where the repository does not know what its windows ran."""
    recording = store.recording(name)
    code = None if repository is None else Repository(repository)
    versions = recording.windows["version"]
    base, head = str(versions.iloc[0]), str(versions.iloc[-1])
    if code is not None:
        code.resolve(base)
        code.resolve(head)
    return Investigation(
        recording, partial(detect_worth_a_look, recording), code, base, head,
        store.records(name), read_lines=partial(store.recording, name, by_line=True),
    )  # fmt: skip


def detect_worth_a_look(recording: Recording) -> Detection:
    """Detect what is worth an investigation; nothing in a recording of too few windows."""
    if recording.n_windows < _FEWEST_WINDOWS:
        return Detection((), (), pd.DataFrame(), pd.DataFrame())
    series = function_series(recording)
    config = DetectConfig(
        min_relative=_MIN_RELATIVE, min_share=_MIN_SHARE,
        alerts_per_1000_series=1000 * _FALSE_ALARMS / len(series.values),
    )  # fmt: skip
    return detect(series, stacks=stacks(recording), config=config)
