from collections import Counter
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from workbench.types import Function, Recording


def build_recording(
    *windows: dict[str, int],
    cpu_seconds: list[float] | None = None,
    work: list[float] | None = None,
    service: str = "shop",
) -> Recording:
    """Build a recording from windows such as `{"main;parse;read": 12}`."""
    stacks = sorted({stack for window in windows for stack in window})
    names = sorted({name for stack in stacks for name in stack.split(";")})
    frames = [[names.index(name) for name in stack.split(";")] for stack in stacks]
    counts = Counter(
        {(w, stacks.index(s)): n for w, window in enumerate(windows) for s, n in window.items()}
    )
    samples = np.array([[w, s, n] for (w, s), n in sorted(counts.items())], dtype=np.int64).reshape(
        -1, 3
    )
    table = pd.DataFrame(
        {
            "at": pd.date_range("2025-03-01", periods=len(windows), freq="h"),
            "version": "1.0",
            "work": work if work is not None else np.nan,
            "cpu_seconds": cpu_seconds if cpu_seconds is not None else np.nan,
            "n_samples": [sum(window.values()) for window in windows],
        }
    )
    return Recording(
        service=service,
        windows=table,
        functions=tuple(Function(name, f"{name}.py") for name in names),
        stack_starts=np.cumsum([0, *map(len, frames)]),
        stack_functions=np.array([f for stack in frames for f in stack], dtype=np.int64),
        sample_windows=samples[:, 0],
        sample_stacks=samples[:, 1],
        sample_counts=samples[:, 2],
    )


@pytest.fixture
def make_recording() -> Callable[..., Recording]:
    return build_recording
