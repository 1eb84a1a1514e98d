"""Checks data."""

import logging
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from shapes.formats import FORMATS
from shapes.problems import Place, Problem, SchemaError, render_path
from shapes.refs import Schema, follow

log = logging.getLogger(__name__)

CHECKED: Counter[str] = Counter()
"""Values checked since the start, by type; and `problems`."""

MAX_DEPTH = 40

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


class Validator:
    """Checks data against one schema; `on_problem` is told each problem as it is found."""

    def __init__(
        self, schema: Schema, on_problem: Callable[[Problem], None] | None = None, limit: int = 100
    ) -> None:
        self._root = schema
        self._followed: dict[int, Schema] = {}
        self._patterns: dict[str, re.Pattern[str]] = {}
        self._on_problem = on_problem
        self._limit = limit

    def check(self, value: object) -> list[Problem]:
        """What is wrong with a value, at most `limit` problems; raises SchemaError."""
        problems: list[Problem] = []
        self._check(value, self._root, None, 0, problems)
        log.debug("found %d problems", len(problems))
        return problems

    def _report(self, problems: list[Problem], place: Place | None, message: str) -> None:
        if len(problems) < self._limit:
            problem = Problem(render_path(place), message)
            problems.append(problem)
            CHECKED["problems"] += 1
            if self._on_problem is not None:
                self._on_problem(problem)

    def _resolve(self, schema: Schema) -> Schema:
        if "$ref" not in schema:
            return schema
        found = self._followed.get(id(schema))
        if found is None:
            found = self._followed[id(schema)] = follow(self._root, schema)
        return found

    def _check(
        self,
        value: object,
        schema: Schema,
        place: Place | None,
        depth: int,
        problems: list[Problem],
    ) -> None:
        if depth > MAX_DEPTH:
            self._report(problems, place, f"deeper than {MAX_DEPTH} levels")
            return
        schema = self._resolve(schema)
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s: a %s", render_path(place), type(value).__name__)
        kind = schema.get("type")
        CHECKED[kind or "any"] += 1
        if kind is not None:
            if kind not in TYPES:
                raise SchemaError(f"{kind}: no such type")
            wrong_bool = isinstance(value, bool) and kind in ("integer", "number")
            if wrong_bool or not isinstance(value, TYPES[kind]):
                self._report(problems, place, f"is no {kind}")
                return
        if "enum" in schema and value not in schema["enum"]:
            self._report(problems, place, f"{value!r} is not allowed")
        if isinstance(value, dict):
            self._object(value, schema, place, depth, problems)
        elif isinstance(value, list):
            self._array(value, schema, place, depth, problems)
        elif isinstance(value, str):
            self._text(value, schema, place, problems)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            if "least" in schema and value < schema["least"]:
                self._report(problems, place, f"{value} is less than {schema['least']}")
            if "most" in schema and value > schema["most"]:
                self._report(problems, place, f"{value} is more than {schema['most']}")

    def _object(
        self,
        value: dict[str, Any],
        schema: Schema,
        place: Place | None,
        depth: int,
        problems: list[Problem],
    ) -> None:
        parts = schema.get("parts", {})
        for name in schema.get("required", ()):
            if name not in value:
                self._report(problems, place, f"{name} is missing")
        others = schema.get("others", True)
        for key, item in value.items():
            if key in parts:
                self._check(item, parts[key], (place, key), depth + 1, problems)
            elif others is False:
                self._report(problems, (place, key), "is not known")
            elif isinstance(others, dict):
                self._check(item, others, (place, key), depth + 1, problems)

    def _array(
        self,
        value: list[Any],
        schema: Schema,
        place: Place | None,
        depth: int,
        problems: list[Problem],
    ) -> None:
        if len(value) > schema.get("most_items", len(value)):
            self._report(problems, place, f"has more than {schema['most_items']} items")
        items = schema.get("items")
        if items is not None:
            for at, item in enumerate(value):
                self._check(item, items, (place, at), depth + 1, problems)
        if schema.get("unique"):
            seen: set[str] = set()
            for at, item in enumerate(value):
                text = repr(item)
                if text in seen:
                    self._report(problems, (place, at), "is there twice")
                seen.add(text)

    def _text(
        self, value: str, schema: Schema, place: Place | None, problems: list[Problem]
    ) -> None:
        if len(value) > schema.get("most_chars", len(value)):
            self._report(problems, place, f"has more than {schema['most_chars']} characters")
        pattern = schema.get("pattern")
        if pattern is not None and not self._pattern(pattern).search(value):
            self._report(problems, place, f"does not match {pattern}")
        name = schema.get("format")
        if name is not None:
            if name not in FORMATS:
                raise SchemaError(f"{name}: no such format")
            if not FORMATS[name](value):
                self._report(problems, place, f"is no {name}")

    def _pattern(self, pattern: str) -> re.Pattern[str]:
        compiled = self._patterns.get(pattern)
        if compiled is None:
            try:
                compiled = self._patterns[pattern] = re.compile(pattern)
            except re.error as error:
                raise SchemaError(f"{pattern}: {error}") from None
        return compiled
