"""A service of a store, opened for tools: what is slow to find is found when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
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
FEWEST_WINDOWS = 10
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
    versions = [str(version) for version in recording.windows["version"]]
    opened = Investigation(
        recording, partial(detect_worth_a_look, recording), None, versions[0], versions[-1],
        store.records(name), read_lines=partial(store.recording, name, by_line=True),
    )  # fmt: skip
    if repository is None:
        return opened
    code = Repository(repository)
    known = _resolved(code, versions)
    if known:
        ran = [version for version in versions if version in known]
        return replace(opened, repository=code, base=known[ran[0]], head=known[ran[-1]])
    named = f"no revision {versions[-1]!r}, which its last window ran"
    found = (
        f"{named}; ingest with --version"
        if any(versions)
        else ("its windows have no version; ingest with --version")
    )
    fault = f"{repository}: expected the versions of {name}, found {found}"
    if needs_code:
        raise HistoryError(fault)
    return replace(opened, without_code=f"no code to read: {fault}")


def _resolved(code: Repository, versions: Sequence[str]) -> dict[str, str]:
    """Return the commits of the versions that the repository knows.

    The last may be named by what moves, such as a branch: it is what was checked out then.
    """
    known = code.resolve_all(versions)
    if not known and versions[-1]:
        with suppress(HistoryError):
            known = {versions[-1]: code.resolve(versions[-1])}
    return known


def detect_worth_a_look(recording: Recording) -> Detection:
    """Detect what is worth an investigation; nothing in a recording of too few windows."""
    if recording.n_windows < FEWEST_WINDOWS:
        return Detection((), (), pd.DataFrame(), pd.DataFrame())
    series = function_series(recording)
    config = DetectConfig(
        min_relative=_MIN_RELATIVE, min_share=_MIN_SHARE,
        alerts_per_1000_series=1000 * _FALSE_ALARMS / len(series.values),
    )  # fmt: skip
    return detect(series, stacks=stacks(recording), config=config)
