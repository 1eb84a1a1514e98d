"""Where functions stand in source code of any language that is known here.

Python is read by its own parser, all else by tree-sitter (`trees`), and so is Python that is newer
than the interpreter: a query finds functions, what they are named after, and comments. `grammars`
has a row for each language, `declared` knows how nodes are named, `walk` puts the names together.

Source comes from outside and may mean harm: what is huge, binary, minified or nested beyond what
people write has no functions here (`written`), and parsing has a time limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from workbench.attribute.code.declared import rust_module
from workbench.attribute.code.grammars import BY_NAME, PYTHON, language_of
from workbench.attribute.code.trees import no_cycles_sought, parse
from workbench.attribute.code.written import is_written
from workbench.history import MODULE, Span, function_spans, line_functions, parses


class Definition(NamedTuple):
    """A function as it stands in a file."""

    name: str
    """Qualified as profilers of its language show it (`Cls.method`, `pkg.(*T).M`, `ns::f`)."""
    path: str
    start: int
    """0-based first line, decorators and annotations included."""
    end: int
    """Line after the last."""
    language: str


def definitions(text: bytes | str, path: str) -> list[Definition]:
    """Return the functions of a file, outer before inner.

    Anonymous functions are part of the function they stand in. What does not parse gives what can
    be had, or nothing.
    """
    language = language_of(path)
    return place(find_spans(text, language), path, language) if language else []


def line_definitions(text: str, path: str) -> list[str]:
    """Return for each line the innermost function it is in (`MODULE` for none).

    Lines are those that git counts. Blank lines and comments have an empty name.
    """
    language = language_of(path)
    source = text.encode("utf-8", "surrogateescape")
    if language is None or not is_written(source):
        return _module_lines(source, ())
    with no_cycles_sought():
        if language == PYTHON and parses(text):
            return line_functions(text)
        return list(_line_names(text, language, path))


def place(spans: Iterable[Span], path: str, language: str) -> list[Definition]:
    """Return what was found in a text as definitions of the file at a path."""
    row = BY_NAME.get(language)
    shown = (row.shown_as or row.name) if row else language
    before = rust_module(path) if language == "rust" else ""
    return [Definition(before + name, path, start, end, shown) for name, start, end in spans]


def find_spans(text: bytes | str, language: str) -> list[Span]:
    """Return the functions of a text, outer before inner, named as far as the text tells."""
    source = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    if not is_written(source):
        return []
    with no_cycles_sought():
        if language == PYTHON:
            python = text if isinstance(text, str) else _decode(source)
            if parses(python):
                return function_spans(python)
        return parse(source, BY_NAME[language]).spans


@lru_cache(maxsize=512)
def _line_names(text: str, language: str, path: str) -> tuple[str, ...]:
    source = text.encode("utf-8", "surrogateescape")
    parsed = parse(source, BY_NAME[language])
    names = _module_lines(source, parsed.notes)
    for name, _, start, end, _ in place(parsed.spans, path, language):  # outer before inner
        names[start:end] = [name if line else "" for line in names[start:end]]
    return tuple(names)


_NOT_END = re.compile(rb"[^\n]")


def _module_lines(source: bytes, notes: Iterable[tuple[int, int]]) -> list[str]:
    """Name the lines that have more than comments."""
    code = bytearray(source)
    for start, end in notes:
        code[start:end] = _NOT_END.sub(b" ", code[start:end])
    return [MODULE if line.strip() else "" for line in code.split(b"\n")]


def _decode(source: bytes) -> str:
    """Decode Python source; what is no UTF-8 stays where it is, and may not parse."""
    return source.decode("utf-8", "surrogateescape")
