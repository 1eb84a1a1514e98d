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
TINIEST, HUGEST = float(np.finfo("float32").tiny), float(np.finfo("float32").max)
"""Between these a float32 keeps seven digits."""
DECIBELS = 20
"""One byte tells a false discovery rate: -20 log10 of it, so to 6 %; 0 is untested."""


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
    """Return a flame graph as `views/js/flame_view.js` takes it.

    ProfileError where its values do not fit into the four bytes that each has there.
    """
    check_float32(float(flame.largest[0]), f"{flame.title}: {flame.unit}")
    packages, package = _coded(package_of(function) for function in flame.functions)
    kinds, kind = _coded(flame.kinds or ("",) * len(flame.functions))
    small = len(flame.functions) < 2**16
    columns = {
        "names": text_column(function.name for function in flame.functions),
        "files": text_column(function.file for function in flame.functions),
        "package": number_column(package, "uint32"),
        "kind": number_column(kind, "uint32"),
        "parent": number_column(flame.parent, "int32"),
        "function": number_column(np.maximum(flame.function, 0), "uint16" if small else "int32"),
        "after": number_column(flame.after, "float32"),
    }
    if flame.before is not None:
        columns["before"] = number_column(flame.before, "float32")
    if flame.q_value is not None:
        columns["significance"] = number_column(_significance(flame.q_value), "uint8")
    return {
        "title": flame.title,
        "unit": flame.unit,
        "limit": flame.limit,
        "is_estimate": flame.is_estimate,
        "columns": columns,
        "packages": packages,
        "kinds": kinds,
    }


def check_float32(largest: float, what: str, error: type[WorkbenchError] = ProfileError) -> None:
    """Raise where the largest of some values is too large, or too small, for float32."""
    if largest and not TINIEST <= largest <= HUGEST:
        raise error(f"{what}: expected values from {TINIEST:.0e} to {HUGEST:.0e}, got {largest:g}")


def _significance(q_value: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    scaled = -DECIBELS * np.log10(np.maximum(q_value, 1e-300))
    return np.where(np.isnan(q_value), 0, np.clip(np.ceil(scaled), 1, 255))


def _coded(names: Iterable[str]) -> tuple[list[str], list[int]]:
    """Return the distinct names, and of each which of them it is."""
    numbers: dict[str, int] = {}
    codes = [numbers.setdefault(name, len(numbers)) for name in names]
    return [*numbers], codes
