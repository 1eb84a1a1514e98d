"""One pass over what a query found in a syntax tree: the functions, named by what they are in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from workbench.attribute.code.declared import function_name, scope_name
from workbench.attribute.code.grammars import Language
from workbench.history import Span


@dataclass(slots=True)
class _Frame:
    """What the functions and classes within a part of a text have before their names."""

    end: int
    function_prefix: str
    scope_prefix: str
    name: str = ""
    is_function: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    """How many local classes of each name a class has had; anonymous ones have an empty name."""


class Walk:
    """One pass over what a query found, in the order of the text."""

    def __init__(self, language: Language, source: bytes) -> None:
        self.language, self.source = language, source
        self.stack = [_Frame(len(source) + 1, "", "")]
        self.found: list[Span] = []
        self.ahead: tuple[int, int, int] | None = None
        """First line, first byte and end of what stands before a function."""

    def spans(self, captures: dict[str, list[Any]]) -> list[Span]:
        """Return the functions, outer before inner."""
        entries = [
            (node.start_byte, -node.end_byte, kind, node)
            for kind, nodes in captures.items()
            for node in nodes
        ]
        entries.sort(key=lambda entry: entry[:3])
        for start, minus_end, kind, node in entries:
            while self.stack[-1].end <= start:
                self.stack.pop()
            self._take(kind, node, start, -minus_end)
        return sorted(self.found, key=lambda span: (span.start, -span.end))

    def _take(self, kind: str, node: Any, start: int, end: int) -> None:
        if kind == "note":
            if self.ahead and self._follows(start):
                self.ahead = (*self.ahead[:2], end)
        elif kind == "ahead":
            first = self.ahead if self._follows(start) else None
            self.ahead = (*first[:2], end) if first else (node.start_point[0], start, end)
        elif kind == "package":
            name = self._text(node.named_children[-1]) if node.named_child_count else ""
            self.stack[0] = self._named(self.stack[0].end, "".join(name.split()))
        elif kind == "scope":
            self.stack.append(self._scope(node, end))
        else:
            self._function(node, start, end)

    def _follows(self, start: int) -> bool:
        """Tell whether nothing but blanks is between what stands ahead and a place."""
        if self.ahead is None or start < self.ahead[2]:
            return False
        if self.source[self.ahead[2] : start].strip():
            self.ahead = None
        return self.ahead is not None

    def _named(self, end: int, name: str) -> _Frame:
        """Return the frame of a package or namespace."""
        joint = (
            self.language.inner if self.language.name in {"php", "hack"} else self.language.joint
        )
        prefix = f"{name}{joint}" if name else ""
        return _Frame(end, prefix, prefix)

    def _scope(self, node: Any, end: int) -> _Frame:
        """Return the frame of a class, namespace or object."""
        name, above = scope_name(node, self._text), self.stack[-1]
        if node.type == "namespace_definition" and self.language.inner:  # of PHP
            return self._named(end, name)
        if self.language.name == "java":
            above = next(frame for frame in reversed(self.stack) if not frame.is_function)
            if not name or self.stack[-1].is_function:
                above.counts[name] += 1
                name = f"{above.counts[name]}{name}"
        elif not name:
            return _Frame(end, above.function_prefix, above.scope_prefix, above.name)
        qualified = above.scope_prefix + name
        joint = self.language.inner or self.language.joint
        return _Frame(end, qualified + self.language.joint, qualified + joint, qualified)

    def _function(self, node: Any, start: int, end: int) -> None:
        above = self.stack[-1]
        name = function_name(node, self._text)
        is_value = above.is_function and above.end == end  # of what it is assigned to
        if not name or (is_value and node.type == "function_expression"):
            return
        row = node.start_point[0]
        if self.ahead and (self._follows(start) or (self.ahead and self.ahead[2] == end)):
            row = self.ahead[0]
        self.ahead = None
        if name == "constructor" and above.name and node.type == "method_definition":
            qualified = above.name  # as V8 names it
        else:
            qualified = above.function_prefix + name
        last_row, last_column = node.end_point
        self.found.append(Span(qualified, row, last_row + (last_column > 0 or last_row == row)))
        within = self._within(qualified, above)
        self.stack.append(_Frame(end, *within, qualified, is_function=True))

    def _within(self, qualified: str, above: _Frame) -> tuple[str, str]:
        """Return what functions and classes within a function have before their names."""
        if self.language.nests:
            return (qualified + (self.language.within or self.language.joint),) * 2
        if self.language.name == "java":
            return above.function_prefix, above.scope_prefix
        return (self.stack[0].function_prefix,) * 2

    def _text(self, node: Any) -> str:
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")
