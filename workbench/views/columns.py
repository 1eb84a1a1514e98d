"""Columns as they travel to a browser: bytes, with the name of what they hold."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.errors import ProfileError, WorkbenchError
from workbench.views.flame import Flame
from workbench.views.packages import package_of

DTYPES = ("int32", "uint32", "uint16", "uint8", "float32", "float64")
"""That the browser has arrays of."""
MOST_EXACT = 200_000
"""Nodes of which values are sent to the last digit; of more to seven."""
BELIEVED = 1 << 15
"""Bit of a change that is believed; the others hold its false discovery rate."""
STEPS = 1000
"""So many to a power of ten; 0 is untested."""


def number_column(values: npt.ArrayLike, dtype: str) -> dict[str, Any]:
    """Return numbers as a column."""
    if dtype not in DTYPES:
        raise ValueError(f"expected one of {', '.join(DTYPES)}, got {dtype!r}")
    return {"dtype": dtype, "data": np.ascontiguousarray(values, dtype).tobytes()}


def text_column(values: Iterable[str]) -> dict[str, Any]:
    """Return texts as a column."""
    return {"dtype": "json", "data": json.dumps([*values], separators=(",", ":")).encode()}


def number_or_none(value: Any) -> float | None:
    """Return a number as it travels: what is missing, or not finite, is None."""
    return None if value is None or not np.isfinite(value) else float(value)


def in_text(value: Any, where: str = "") -> Any:
    """Return what `json` can write: bytes become base64, wherever they are; NaN becomes null.

    WorkbenchError where something is none of texts, numbers, lists and mappings of these; it
    names the place by its keys and indices, after `where`.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {_key(key, where): in_text(each, f"{where}.{key}") for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [in_text(each, f"{where}[{at}]") for at, each in enumerate(value)]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float):
        return value
    seen = f"{type(value).__name__}: {value!r:.80}"
    raise WorkbenchError(
        f"{where.lstrip('.')}: expected texts, numbers, lists or mappings, got {seen}"
    )


def _key(key: Any, where: str) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, int | np.integer):
        return str(key)
    raise WorkbenchError(f"{where.lstrip('.')}: expected texts as keys, got {key!r:.80}")


def flame_columns(flame: Flame) -> dict[str, Any]:
    """Return a flame graph as `views/js/flame/view.js` takes it.

    ProfileError where its values do not fit into the bytes that each has there.
    """
    packages, package = _coded(package_of(function) for function in flame.functions)
    kinds, kind = _coded(flame.kinds or ("",) * len(flame.functions))
    small = len(flame.functions) < 2**16
    exact = "float64" if flame.n_nodes <= MOST_EXACT else "float32"
    check_size(float(flame.largest[0]), exact, f"{flame.title}: {flame.unit}")
    columns = {
        "names": text_column(function.name for function in flame.functions),
        "files": text_column(function.file for function in flame.functions),
        "package": number_column(package, "uint32"),
        "kind": number_column(kind, "uint32"),
        "parent": number_column(flame.parent, "int32"),
        "function": number_column(np.maximum(flame.function, 0), "uint16" if small else "int32"),
        "after": number_column(flame.after, exact),
    }
    if flame.before is not None:
        columns["before"] = number_column(flame.before, exact)
    if flame.q_value is not None:
        columns["significance"] = number_column(_significance(flame), "uint16")
    return {
        "title": flame.title,
        "unit": flame.unit,
        "of": flame.of,
        "limit": flame.limit,
        "is_estimate": flame.is_estimate,
        "wholes": None if flame.wholes is None else [*flame.wholes],
        "n_profiles": [*flame.n_profiles],
        "columns": columns,
        "packages": packages,
        "kinds": kinds,
    }


def check_size(
    largest: float, dtype: str, what: str, error: type[WorkbenchError] = ProfileError
) -> None:
    """Raise where the largest of some values is too large, or too small, for a type of float."""
    least, most = float(np.finfo(dtype).tiny), float(np.finfo(dtype).max)
    if largest and not least <= largest <= most:
        raise error(f"{what}: expected values from {least:.0e} to {most:.0e}, got {largest:g}")


def _significance(flame: Flame) -> npt.NDArray[np.int64]:
    """Return of each node whether its change is believed, and how surely, in two bytes."""
    rate = np.ones(flame.n_nodes) if flame.q_value is None else flame.q_value
    steps = np.rint(-STEPS * np.log10(np.clip(rate, 1e-32, 1.0)))
    told = np.where(np.isnan(rate), 0, steps + 1).astype(np.int64)
    return told | np.where(flame.is_significant, BELIEVED, 0)


def _coded(names: Iterable[str]) -> tuple[list[str], list[int]]:
    """Return the distinct names, and of each which of them it is."""
    numbers: dict[str, int] = {}
    codes = [numbers.setdefault(name, len(numbers)) for name in names]
    return [*numbers], codes
