"""What a program leaves behind in public: counters, records, logs. Part of `tracer.py`."""

import gc
import hashlib
import logging
import os
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from types import FunctionType, MethodType, ModuleType
from typing import Any

_PLAIN = (str, bytes, int, float, complex, bool, type(None))
_DEPTH, _ITEMS = 6, 20_000


class Log:
    """Counts the lines that are logged, by logger, level and text."""

    def __init__(self) -> None:
        self.lines: Counter[str] = Counter()
        self._make = logging.getLogRecordFactory()
        logging.setLogRecordFactory(self._note)

    def _note(self, name: str, level: int, *arguments: Any, **more: Any) -> logging.LogRecord:
        record = self._make(name, level, *arguments, **more)
        self.lines[f"{name} {record.levelname} {record.msg}"] += 1
        return record


def public_state(folder: str) -> dict[str, str]:
    """Return name -> digest of all that is public in the modules of a folder, and of the objects of
    their classes that are alive: what does not begin with an underscore, and is data.
    """
    found = {}
    names = set()
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and os.path.realpath(file).startswith(folder):
            names.add(name)
            for key, value in list(vars(module).items()):
                if not key.startswith("_") and _is_data(value):
                    found[f"{name}.{key}"] = _digest(value)
    attributes: dict[str, Counter[str]] = {}
    for one in gc.get_objects():
        kind = type(one)
        if getattr(kind, "__module__", None) in names and not isinstance(one, type):
            for key, value in _attributes(one).items():
                if not key.startswith("_") and _is_data(value):
                    place = f"{kind.__module__}.{kind.__qualname__}.{key}"
                    attributes.setdefault(place, Counter())[_digest(value)] += 1
    for place, values in attributes.items():
        found[place] = _digest(sorted(values))  # of how many objects there are nobody asks
    return found


def _is_data(value: object) -> bool:
    return not isinstance(value, ModuleType | FunctionType | MethodType | type | Callable)


def _attributes(one: object) -> dict[str, object]:
    told = dict(getattr(one, "__dict__", {}))
    for kind in type(one).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(one, name):
                told[name] = getattr(one, name)
    return told


def _digest(value: object) -> str:
    left = [_ITEMS]
    return hashlib.sha256(_told(value, _DEPTH, left).encode("utf-8", "replace")).hexdigest()[:16]


def _told(value: object, depth: int, left: list[int]) -> str:
    """Return a text that is the same for equal data, in whatever order it was made."""
    left[0] -= 1
    if isinstance(value, _PLAIN):
        return f"{type(value).__name__} {value!r}"
    if depth == 0 or left[0] < 0:
        return "…"
    if isinstance(value, Mapping):
        pairs = (
            f"{_told(k, depth - 1, left)}: {_told(v, depth - 1, left)}" for k, v in value.items()
        )
        return "{" + ", ".join(sorted(pairs)) + "}"
    if isinstance(value, set | frozenset):
        return "{" + ", ".join(sorted(_told(v, depth - 1, left) for v in value)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_told(v, depth - 1, left) for v in value) + "]"
    return f"a {type(value).__qualname__}"
