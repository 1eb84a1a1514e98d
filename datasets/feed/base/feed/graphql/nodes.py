"""What a query says, as a tree."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Variable:
    """A value that the request delivers, as `$first`."""

    name: str


@dataclass(frozen=True, slots=True)
class Directive:
    """`@include(if: …)` or `@skip(if: …)`."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One field that a client wants, under `key` in the reply."""

    key: str
    name: str
    arguments: dict[str, Any]
    directives: tuple[Directive, ...]
    selections: "tuple[Selection, ...]"


@dataclass(frozen=True, slots=True)
class FragmentSpread:
    """The place where a fragment's fields go."""

    name: str
    directives: tuple[Directive, ...]


Selection = Field | FragmentSpread


@dataclass(frozen=True, slots=True)
class Fragment:
    """Fields with a name, to be used in several places."""

    name: str
    on_type: str
    selections: tuple[Selection, ...]


@dataclass(slots=True)
class Document:
    """A parsed query: one operation and its fragments."""

    name: str
    defaults: dict[str, Any]
    selections: tuple[Selection, ...]
    fragments: dict[str, Fragment] = field(default_factory=dict)
