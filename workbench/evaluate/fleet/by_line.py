"""The same recording by line: which lines of the code that ran then the samples were in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from workbench.history import line_functions
from workbench.simulate import CauseCase
from workbench.simulate.code import ServiceCode, is_own
from workbench.simulate.commits import drawn_of
from workbench.types import Change, FloatArray, Function, Recording

_NEW = 0.01
"""Cost of a line that was written later and did nothing, where the median of others is 1."""
_PART = (8.0, 1.5)
"""Of the beta distribution of the part of the growth that is in the lines which did it."""
_Placed = tuple[int, str]
"""Number of a line, from 1, and its text."""


def record_lines(
    recording: Recording, case: CauseCase, code: ServiceCode, commits: Sequence[Change],
    ran: Sequence[int], seed: int,
) -> Recording:  # fmt: skip
    """Return a recording by line.

    Parameters
    ----------
    recording : Recording
        By function.
    case : CauseCase
        That it is of.
    code : ServiceCode
        Of the case, in all versions.
    commits : sequence of Change
        What each version but the first came with.
    ran : sequence of int
        (n_windows,) version of the code that each ran.
    seed : int
        Of what is drawn.
    """
    lines = _Lines(case, code, commits, np.random.default_rng([seed, 4]))
    number: dict[Function, int] = {}
    known: dict[tuple[int, ...], int] = {}
    cells: list[tuple[int, int, int]] = []
    order = np.argsort(recording.sample_stacks, kind="stable")
    for place in order.tolist():
        stack, window = int(recording.sample_stacks[place]), int(recording.sample_windows[place])
        frames, leaves, parts = lines.of_stack(recording, stack, ran[window])
        drawn = lines.rng.multinomial(int(recording.sample_counts[place]), parts)
        for leaf, count in zip(leaves, drawn.tolist(), strict=True):
            if count:
                rows = tuple(number.setdefault(f, len(number)) for f in (*frames, leaf))
                cells.append((window, known.setdefault(rows, len(known)), count))
    windows, stacks, counts = (np.array(column) for column in zip(*cells, strict=True))
    return replace(
        recording, functions=tuple(number), stack_starts=np.cumsum([0, *map(len, known)]),
        stack_functions=np.array([row for rows in known for row in rows]),
        sample_windows=windows, sample_stacks=stacks, sample_counts=counts,
    )  # fmt: skip


class _Lines:
    """Which lines of each version a stack is in."""

    def __init__(
        self, case: CauseCase, code: ServiceCode, commits: Sequence[Change],
        rng: np.random.Generator,
    ) -> None:  # fmt: skip
        self.drawn, self.code, self.rng = drawn_of(case), code, rng
        by = [n for n, change in enumerate(commits, start=1) if change.id in case.culprits]
        self.guilty = by[0] if by and commits[by[0] - 1].kind == "commit" else 0
        self.part = float(rng.beta(*_PART))
        self.grown = _own_growth(case)
        """Part of what it costs by itself in the end that the function acted on grew by."""
        self._bodies: dict[tuple[str, int], dict[str, list[_Placed]]] = {}
        self._weights: dict[tuple[Function, str, int], float] = {}
        self._found: dict[tuple[int, int], tuple[list[Function], list[Function], FloatArray]] = {}

    def of_stack(
        self, recording: Recording, stack: int, version: int
    ) -> tuple[list[Function], list[Function], FloatArray]:
        """Return the lines of what calls, those of what is called last, and how often each is."""
        if (stack, version) not in self._found:
            functions = recording.stack(stack)
            leaf = functions[-1]
            frames = [
                caller._replace(line=self._calling(caller, callee, version))
                for caller, callee in pairwise(functions)
            ]
            body = self._body(leaf, version)
            leaves = [leaf._replace(line=place) for place, _ in body]
            self._found[stack, version] = frames, leaves, self._parts(leaf, version, body)
        return self._found[stack, version]

    def _calling(self, caller: Function, callee: Function, version: int) -> int:
        """Return the line in which one function calls another."""
        called = re.compile(rf"\b{re.escape(callee.name.rpartition('.')[2])}\(")
        body = self._body(caller, version)
        return next((place for place, text in body if called.search(text)), body[0][0])

    def _parts(self, leaf: Function, version: int, body: Sequence[_Placed]) -> FloatArray:
        """Return how often samples in a function are in each of its lines."""
        known = _numbered(self._body(leaf, 0)) if version else _numbered(body)
        weights = np.array([
            self._weights.setdefault((leaf, *line), self.rng.lognormal())
            if line in known else _NEW
            for line in _numbered(body)
        ])  # fmt: skip
        parts: FloatArray = weights / weights.sum()
        if self.guilty and version >= self.guilty and leaf == self.drawn.acted_on:
            before = _numbered(self._body(leaf, self.guilty - 1))
            after = _numbered(self._body(leaf, self.guilty))
            wrote = np.array([
                line in after and line not in before for line in _numbered(body)
            ], float)  # fmt: skip
            if wrote.any():
                grown = self.part * self.grown
                parts = (1 - grown) * parts + grown * wrote / wrote.sum()
        return parts

    def _body(self, function: Function, version: int) -> list[_Placed]:
        """Return the lines of a function, without those that begin it; one of a library has one."""
        if not is_own(function):
            return [(10 + len(function.name), "")]
        key = function.file, version
        if key not in self._bodies:
            text = self.code.render(*key)
            found: dict[str, list[_Placed]] = {}
            names = line_functions(text)
            for place, (line, name) in enumerate(
                zip(text.split("\n"), names, strict=True), start=1
            ):
                if name and not line.lstrip().startswith(("def ", "@")):
                    found.setdefault(name, []).append((place, line))
            self._bodies[key] = found
        return self._bodies[key].get(function.name, [(1, "")])


def _own_growth(case: CauseCase) -> float:
    drawn, recording = drawn_of(case), case.recording
    ends = recording.stack_starts[1 : drawn.n_stacks + 1] - 1
    own = recording.stack_functions[ends] == recording.functions.index(drawn.acted_on)
    before, after = drawn.before[: drawn.n_stacks][own].sum(), drawn.struck[own].sum()
    return float(max(0.0, 1 - before / max(after, 1e-12)))


def _numbered(body: Sequence[_Placed]) -> list[tuple[str, int]]:
    """Return the texts of lines, each with how often it had been there before."""
    seen: dict[str, int] = {}
    found = []
    for _, text in body:
        seen[text] = seen.get(text, 0) + 1
        found.append((text, seen[text]))
    return found
