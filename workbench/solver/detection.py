"""What regressed in a case: as its recording shows it, and a run of its workload where needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from workbench.detect import DetectConfig, detect
from workbench.history import Repository
from workbench.patch import reproduce
from workbench.signals import stacks
from workbench.types import Case, Detection, Recording, Reproduction, SeriesMatrix, Workload

_CASES = DetectConfig(min_relative=0.05, min_share=0.01, same_change=2)
"""What is worth an investigation: a twentieth of a function, and a hundredth of its service."""
_FALSE_ALARMS = 0.01
"""Recordings in which nothing happened of which one is investigated."""


def detect_case(
    case: Case, recording: Recording, series: SeriesMatrix, workload: Workload | None,
    repository: Repository | None, progress: Callable[[str], None], seen: Reproduction | None,
    config: DetectConfig | None,
) -> tuple[Detection, Reproduction | None]:  # fmt: skip
    """Detect; what the recording leaves open is settled by running the workload, unless it was."""
    config = config or case_config(len(series.values))
    search = partial(detect, series, stacks=stacks(recording))
    detection = search(config=replace(config, keep_open=config.keep_open or workload is not None))
    if _is_plain(detection) or not (repository and workload):
        return detection, None
    seen = seen or reproduce(
        repository, case.base, case.head, workload, Path(case.folder), progress=progress
    )
    return search(config=replace(config, total_ratio=seen.ratio if seen.is_real else 1.0)), seen


def case_config(
    n_series: int, n_looks: float = 1.0, service_watts: float | None = None
) -> DetectConfig:
    """Return what is worth an investigation, in a recording that is looked at so many times."""
    budget = 1000 * _FALSE_ALARMS / n_series / n_looks
    return replace(_CASES, alerts_per_1000_series=budget, service_watts=service_watts)


def _is_plain(detection: Detection) -> bool:
    """Tell whether the recording alone shows that there is a regression, or none."""
    return not detection.found or any(r.is_sure for r in detection.found)
