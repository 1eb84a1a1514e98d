"""The commits of a simulated service: which there are, and in what order.

What the recording shows has to be in the code when it shows it: calls that were written anew are
there from the window on in which stacks have them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np

from workbench.simulate.call_trees import NOUNS, VERBS
from workbench.simulate.causes import CauseCase, Drawn
from workbench.simulate.code import is_own
from workbench.types import Change, Function

SETTINGS = ("flag", "config", "experiment")
"""Kinds of changes that are no commits."""
_VALUED = (("limit", True), ("depth", True), ("page_size", True), ("retries", True),
           ("cache_size", False), ("ttl_seconds", False))  # fmt: skip
"""What settings are of, and whether more of it costs more."""


def drawn_of(case: CauseCase) -> Drawn:
    """Return what was drawn of a case."""
    assert case.drawn is not None, "the case was made of something else"
    return case.drawn


def can_be_written(case: CauseCase) -> bool:
    """Tell whether code can agree with all that was recorded.

    It cannot where a change that nobody knows of wrote calls anew, or two wrote the same one anew;
    where what was acted on was written into its caller; where calls were written anew while only a
    part of the requests saw what happened; where a library calls the service; and where two
    functions have one name.
    """
    drawn, functions = drawn_of(case), case.recording.functions
    known = {change.id for change in case.changes}
    is_gradual = any(change.rollout for change in case.changes if change.id in case.culprits)
    is_hidden = any(one.change_id not in known for one in drawn.rerouted)
    moved = [(one.caller, one.before) for one in drawn.rerouted]
    inlined = {one.before for one in drawn.rerouted if not one.is_through_new}
    caller, callee = drawn.new_call or (None, None)
    is_backward = caller is not None and callee is not None and is_own(callee) > is_own(caller)
    return (
        len({*functions}) == len(functions)
        and len({*moved}) == len(moved)
        and inlined.isdisjoint({drawn.acted_on, caller})
        and not is_backward
        and not is_hidden
        and not (is_gradual and drawn.rerouted)
    )


def plan_commits(case: CauseCase) -> list[Change]:
    """Return the commits in the order in which they are made, each with the window of its deploy.

    What only touched a library is another version of it; what wrote a call anew came when stacks
    show that, and what touches a new function not before that. In which order they were drawn,
    the guilty one last, is not to be seen.
    """
    drawn = drawn_of(case)
    rewrote = {one.change_id for one in drawn.rerouted}
    new = {f for one in drawn.rerouted if one.is_through_new for f in one.after}
    last = case.recording.n_windows - 1
    found, late = [], set()
    for change in (c for c in case.changes if c.kind not in SETTINGS):
        window = min(max(change.window or 1, 1), last)
        if change.id in rewrote or not new.isdisjoint(change.functions):
            window = drawn.at if change.id in rewrote else max(window, drawn.at)
            late.add(change.id)
        found.append(replace(_without_libraries(change), window=window))
    found.sort(key=lambda change: change.window or 0)
    built_on = iter(sorted((c for c in found if c.id in late), key=_built))
    return [next(built_on) if change.id in late else change for change in found]


def _built(change: Change) -> tuple[int, int]:
    """Sort what builds on each other as it was drawn."""
    return change.window or 0, int(change.id.rpartition("-")[2])


def _without_libraries(change: Change) -> Change:
    """Return a commit to the service alone: of libraries it can only take another version."""
    first = next(iter(change.functions), None)
    if first is not None and not is_own(first):
        package = first.file.split("/")[0]
        return replace(
            change,
            kind="dependency",
            key=package,
            functions=(),
            title=f"Bump {package}",
            files=("requirements.txt",),
        )
    own = tuple(f for f in change.functions if is_own(f))
    return replace(
        change, functions=own, files=tuple(sorted({f.file for f in own})) or change.files
    )


def settings_of(case: CauseCase) -> dict[str, Change]:
    """Return the flags, settings and experiments by the ids that they were drawn with.

    Ids are numbered by time, and keys are names that are drawn anew: the drawn ones tell which was
    the last to be drawn. Settings have values, of which the guilty one's are those that cost more.
    """
    rng = np.random.default_rng([len(case.changes), drawn_of(case).n_stacks])
    found = [change for change in case.changes if change.kind in SETTINGS]
    found.sort(key=lambda change: change.window or 0)
    named: dict[str, Change] = {}
    taken: set[str] = set()
    for number, change in enumerate(found, start=101):
        key, before, after = f"EXP-{number}", "", ""
        noun, verb = rng.choice(NOUNS), rng.choice(VERBS)
        if change.kind == "flag":
            key = f"{noun}_{verb}_v{rng.integers(2, 5)}"
        if change.kind == "config":
            name, grows = _VALUED[int(rng.integers(len(_VALUED)))]
            key = f"{noun}_{name}"
            small = int(rng.choice([8, 20, 50, 100, 256]))
            low, high = str(small), str(small * int(rng.integers(2, 5)))
            is_up = grows if change.id in case.culprits else rng.random() < 0.5
            before, after = (low, high) if is_up else (high, low)
        key = key if key not in taken else f"{key}_{number}"
        taken.add(key)
        named[change.id] = replace(
            change, id=f"{change.kind}-{number}", key=key, before=before, after=after
        )
    return named


def calls_before(case: CauseCase) -> Mapping[Function, set[Function]]:
    """Return what each function called before it happened, by the stacks."""
    drawn, recording = drawn_of(case), case.recording
    found: dict[Function, set[Function]] = {}
    for number in range(drawn.n_stacks):
        stack = recording.stack(number)
        began = drawn.before[number] == 0 and stack[-2:] == drawn.new_call
        for caller, callee in pairwise(stack[:-1] if began else stack):
            found.setdefault(caller, set()).add(callee)
    return found


def called_more(case: CauseCase) -> Function | None:
    """Return what a function calls more often than before, where that happened."""
    drawn, caller = drawn_of(case), drawn_of(case).acted_on
    grown: dict[Function, float] = {}
    for number, (before, after) in enumerate(
        zip(drawn.before[: drawn.n_stacks], drawn.struck, strict=True)
    ):
        stack = case.recording.stack(number)
        if after > before and caller in stack[:-1]:
            callee = stack[stack.index(caller) + 1]
            grown[callee] = grown.get(callee, 0.0) + after - before
    return max(grown, key=lambda callee: grown[callee], default=None)
