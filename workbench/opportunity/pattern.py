"""What a rule is, and what it finds."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from workbench.opportunity.reading import FunctionCode


class Place(NamedTuple):
    """Lines of a function, 1-based, `end_line` included."""

    file: str
    function: str
    line: int
    end_line: int


class Match(NamedTuple):
    """Where a function does what a pattern describes; lines are 1-based, `end_line` included."""

    line: int
    end_line: int
    seen: str
    """What was read there, in words."""
    callees: tuple[str, ...] = ()
    """Last names of the functions in which the cost lies when it is called from these lines; empty
    for all that these lines call."""
    own: bool = True
    """Whether time on the lines themselves belongs to it too."""
    proof: tuple[Place, ...] = ()
    """Where it must have been now and then if this is worth anything, such as in a handler: any
    of these will do."""


Rule = Callable[["FunctionCode"], Iterator[Match]]


@dataclass(frozen=True, slots=True)
class Pattern:
    """Something wasteful that code does, and what mending it usually brings."""

    title: str
    """What could be done, in one line."""
    wastes: str
    """What is done in vain."""
    mitigation: str
    """Key of `types.MITIGATIONS`."""
    part: tuple[float, float, float]
    """Of the cost of the lines that match, the part that usually goes away: low, likely, high."""
    effort_hours: float
    """Of a reviewer."""
    chance: float
    """Probability that a patch of it is verified, before anything is measured."""
    rule: Rule
    categories: tuple[str, ...] = ()
    """What past cases of its kind are called."""


def match_of(
    node: ast.AST, seen: str, callees: tuple[str, ...] = (), *, own: bool = True,
    proof: tuple[Place, ...] = (),
) -> Match:  # fmt: skip
    """Return a match of the lines on which a node stands."""
    line: int = node.lineno  # type: ignore[attr-defined]
    return Match(line, getattr(node, "end_lineno", None) or line, seen, callees, own, proof)
