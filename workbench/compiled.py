"""Loops over large columns, written once: plain Python on little input, machine code on much.

Compiling and even importing numba costs more than most files take to read, so a loop runs as it
is written until there is enough for it to do. What a loop may use: numbers, indexing, and other
loops of the same module; no integer may leave 64 bits, since machine code would wrap around.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from functools import cached_property
from graphlib import TopologicalSorter
from types import SimpleNamespace
from typing import Any, TypeVar

_F = TypeVar("_F", bound=Callable[..., Any])

ENOUGH = 200_000
"""Elements from which on compiling pays."""


class Loops:
    """The loops of one module; decorate each with the instance.

    `loops.over(n)` gives them as attributes, compiled where `n` elements are enough work.

    Parameters
    ----------
    reorders : bool
        Whether sums may be added up in any order, several numbers at a time; they then differ
        from plain ones in the last digits.
    """

    def __init__(self, *, reorders: bool = False) -> None:
        self._fastmath = {"reassoc", "contract"} if reorders else False
        self._plain: dict[str, Callable[..., Any]] = {}

    def __call__(self, function: _F) -> _F:
        """Take a function in; it stays what it is."""
        self._plain[function.__name__] = function
        return function

    def over(self, n: int) -> SimpleNamespace:
        """Return the loops for `n` elements."""
        return self.compiled if n >= ENOUGH else self.plain

    @cached_property
    def plain(self) -> SimpleNamespace:
        """The loops as they are written."""
        return SimpleNamespace(**self._plain)

    @cached_property
    def compiled(self) -> SimpleNamespace:
        """The loops in machine code, kept on disk between runs; they call each other."""
        import numba

        calls = {name: {*f.__code__.co_names} & {*self._plain} for name, f in self._plain.items()}
        known: dict[str, Any] = {}
        for name in TopologicalSorter(calls).static_order():
            function = self._plain[name]
            scope = {**function.__globals__, **known}
            copy = types.FunctionType(function.__code__, scope, name, function.__defaults__)
            known[name] = numba.njit(cache=True, nogil=True, fastmath=self._fastmath)(copy)
        return SimpleNamespace(**known)
