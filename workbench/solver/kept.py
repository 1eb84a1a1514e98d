"""Values as an investigation keeps them: JSON text, read back as what they were."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

_Value = TypeVar("_Value")


def dump(value: Any) -> str:
    """Return a dataclass as JSON text of plain letters; empty for none."""
    return "" if value is None else json.dumps(asdict(value), default=_plain)


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case Path():
            return str(value)
    return sorted(value)  # a set


def read(kind: type[_Value], text: str | None) -> _Value | None:
    """Return what was dumped; None for an empty text."""
    return TypeAdapter(kind).validate_python(json.loads(text)) if text else None
