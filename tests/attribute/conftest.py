"""Growth of stacks from literals: `{"main;f": 1.0}` before and after."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.attribute import Growth
from workbench.types import SERVICE, Change, Function, Recording

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SAMPLES = 1000
"""Samples for each unit of cost: many, so that what is seen is so."""


def function(name: str) -> Function:
    """Return a function of `app.py`; one of a name in capitals is of a library."""
    return Function(name, "lib.py" if name.isupper() else "app.py")


@pytest.fixture(scope="session")
def make_growth() -> Callable[..., Growth]:
    """Cost of each stack before, and after, and what regressed -> Growth."""

    def make(
        before: Mapping[str, float],
        after: Mapping[str, float],
        subject: str = SERVICE,
        **kwargs: Any,
    ) -> Growth:
        stacks = sorted({*before, *after})
        frames = [[function(name) for name in stack.split(";")] for stack in stacks]
        functions = sorted({function for stack in frames for function in stack})
        nothing = np.array([], int)
        recording = Recording(
            service="svc", windows=pd.DataFrame(index=range(6)), functions=tuple(functions),
            stack_starts=np.cumsum([0, *map(len, frames)]),
            stack_functions=np.array([functions.index(f) for stack in frames for f in stack]),
            sample_windows=nothing, sample_stacks=nothing, sample_counts=nothing,
        )  # fmt: skip
        levels = [np.array([side.get(s, 0.0) for s in stacks]) for side in (before, after)]
        samples = [SAMPLES * level for level in levels]
        return Growth(recording, *levels, *samples, subject, **kwargs)

    return make


@pytest.fixture(scope="session")
def change() -> Callable[..., Change]:
    """Id, names of functions touched, other fields -> Change."""

    def make(name: str, *functions: str, file: str = "app.py", **kwargs: Any) -> Change:
        touched = tuple(Function(function, file) for function in functions)
        return Change(name, kwargs.pop("title", name), "Ada", "", NOON, functions=touched, **kwargs)

    return make
