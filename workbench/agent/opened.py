"""A service of a store, opened for tools: what is slow to find is found when it is asked for."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd

from workbench.agent.investigation import Investigation
from workbench.detect import DetectConfig, detect
from workbench.errors import HistoryError
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


def open_service(
    store: Store, name: str, repository: Path | None, *, needs_code: bool = True
) -> Investigation:
    """Open a service.

    Parameters
    ----------
    store : Store
        With its profiles.
    name : str
        Of the service.
    repository : Path or None
        Its code, where there is any.
    needs_code : bool
        Whether to raise HistoryError where the repository does not know what the windows ran; else
        the service is opened without its code.
    """
    recording = store.recording(name)
    versions = recording.windows["version"]
    opened = Investigation(
        recording, partial(detect_worth_a_look, recording), None, str(versions.iloc[0]),
        str(versions.iloc[-1]), store.records(name),
        read_lines=partial(store.recording, name, by_line=True),
    )  # fmt: skip
    if repository is None:
        return opened
    code = Repository(repository)
    try:
        code.resolve(opened.base)
        code.resolve(opened.head)
    except HistoryError as error:
        if needs_code:
            raise
        return replace(opened, without_code=f"no code to read of {name}: {error}")
    return replace(opened, repository=code)


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
