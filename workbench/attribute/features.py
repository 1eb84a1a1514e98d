"""The evidence for and against each candidate, in numbers that a ranker can weigh.

Each feature is one row of `FEATURES`: what it is called, what it says, and how it is put in words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from workbench.attribute.calls import NewCalls, called_as
from workbench.attribute.dependencies import bumped, is_manifest
from workbench.attribute.diffs import names_called, wording
from workbench.attribute.growth import Growth
from workbench.attribute.moves import Sources, blame_nearest
from workbench.attribute.touched import Code, touched
from workbench.attribute.words import likeness, words_of
from workbench.types import BoolArray, Change, FloatArray, Function, IntArray

FEATURES: Mapping[str, str] = {
    "lift": "{growth:.0%} of the growth passes through what it touched, which held "
    "{cost_before:.0%} of the cost before and {cost_after:.0%} after",
    "nearest": "{nearest:.0%} of the growth is nearest to what it touched, of all that changed",
    "lines": "{lines:.0%} of the growth passes through lines that it wrote",
    "other_lines": "{other_lines:.0%} of the growth is in functions that it touched, but on lines "
    "that it did not",
    "new_calls": "{new_calls:.0%} of the growth is in calls that it began",
    "other_calls": "{other_calls:.0%} of the growth is in new calls beneath what it touched, begun "
    "by what it did not",
    "in_place": "{in_place:.0%} of the growth is in calls that it began in place of others",
    "other_in_place": "{other_in_place:.0%} of the growth is beneath what it touched, where others "
    "replaced calls",
    "alike": "what it did not touch grew too, {alike:.0%} as much for its cost as what it touched",
    "uneven": "what it touched grew under some callers alone ({uneven:.0%} off an even growth)",
    "distance": "what it touched is {distance:.0f} calls from what grew (6: or more, or not seen)",
    "timing": "it took effect {windows_off:+.0f} windows from the change point",
    "rollout": "its rollout explains the course of the cost {rollout:+.0%} better than one step",
    "arms": "its arms differ by {arms:.0%} of the growth",
    "words": "its words are {words:.0%} like the names of what grew",
    "cues": "words of what often costs time are new in its lines, or of what saves it are gone "
    "({n_cues:.0f}), where {growth:.0%} of the growth passes",
    "unread": "what it changed is not known line by line",
    "no_code": "no line of it is new code that runs in production",
    "flag": "it is a flag",
    "config": "it is a setting",
    "experiment": "it is an experiment",
    "dependency": "it is another version of a dependency",
    "area": "its author had changed {area:.0%} of its files before",
}
"""Name -> words; what they name are the facts of `Measured`."""

_FURTHEST = 6
_LEAST_LIKELY = -8.0
_Pair = tuple[Function, Function]
"""Caller and callee."""
_LEAST_NAME = 4
"""Letters of a name that tells what is called."""
_LEAST_SHARE = 0.1
"""Of the growth, that what was touched has to have for its course to say anything."""
_NOTHING = 1e-12
"""Part of a growth below which there was nothing before it."""
_LEAST_REST = 0.1
"""What was not touched says something where it costs this part of what was."""
_AROUND = 8
"""Windows before the first and after the last step of a rollout that are looked at."""


@dataclass(frozen=True, eq=False)
class Clues:
    """What is known of one regression when its cause is asked for."""

    growth: Growth
    windows: tuple[int, int, int]
    """First window of the new level: lower end of its interval, itself, upper end."""
    values: FloatArray = field(default_factory=lambda: np.zeros(0))
    """(n_windows,) the series that regressed; empty where it is not known."""
    code: Code = field(default_factory=Code)
    sources: Sources = field(default_factory=Sources)
    authors: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Author -> file -> earlier changes."""
    lines: Mapping[str, float] | None = None
    """Commit -> growth through its own lines, as `lines.line_growth` tells; None where recorded
    stacks have no lines."""
    arms: Mapping[str, float] = field(default_factory=dict)
    """Experiment -> fraction of the cost that its arms add, by their own results."""
    mix: float | None = None
    """By how much the cost of a unit of work would have grown, as a fraction, had only the mix of
    what is asked changed; None where that was not measured."""


@dataclass(frozen=True, eq=False)
class Measured:
    """Features of the candidates of one clues."""

    values: FloatArray
    """(n_changes, n_features), columns as in `FEATURES`."""
    touched: tuple[frozenset[int], ...]
    """Recorded functions that each could have acted on, as numbers of `growth.functions`."""
    facts: tuple[Mapping[str, float], ...]
    """What the features are made of and told with, by name."""
    carried: FloatArray
    """(n_changes,) net growth nearest to each, in the unit of the growth."""


def measure(changes: Sequence[Change], clues: Clues) -> Measured:
    """Measure every feature of every candidate."""
    growth = clues.growth
    recorded = {function: number for number, function in enumerate(growth.functions)}
    sets = tuple(touched(change, clues.code, recorded) for change in changes)
    carried = blame_nearest(growth, sets, clues.sources)
    distances = _distances(growth, sets)
    grown, calls = words_of_growth(growth), NewCalls(growth)
    known = _known_before(calls, clues.sources)
    facts = []
    for row, change in enumerate(changes):
        had_before = _had_before(calls, change, clues.code, known)
        found = _of_stacks(calls, sets[row], carried[row], had_before)
        found |= _of_lines(change, clues, recorded)
        found["distance"] = float(distances[row])
        found |= _of_time(change, clues)
        found |= _of_words(change, clues, grown, found.get("growth", 0.0))
        found["area"] = _area(change, clues)
        facts.append(found)
    values = np.array([[found.get(name, 0.0) for name in FEATURES] for found in facts])
    return Measured(values.reshape(-1, len(FEATURES)), sets, tuple(facts), carried)


def words_of_growth(growth: Growth) -> Mapping[str, float]:
    """Return the words in the names of the functions that grew, weighted by how much they did."""
    gained = growth.stacks_of @ np.where(growth.regressed, growth.delta, 0.0)
    scale = max(growth.total, 1e-300)
    weights: dict[str, float] = {}
    seen: dict[str, int] = {}
    for number, function in enumerate(growth.functions):
        part = max(0.0, float(gained[number])) / scale
        for word in words_of(f"{function.name} {function.file.removesuffix('.py')}"):
            seen[word] = seen.get(word, 0) + 1
            weights[word] = weights.get(word, 0.0) + min(part, 1.0)
    n = len(growth.functions)
    return {word: weight * math.log(1 + n / seen[word]) / seen[word] ** 0.5
            for word, weight in weights.items() if weight > 0}  # fmt: skip


def _of_stacks(
    calls: NewCalls, functions: frozenset[int], carried: float, had_before: BoolArray
) -> dict[str, float]:
    growth = calls.growth
    total = growth.total
    if not functions or total <= 0:
        return {}
    inside = growth.through(functions)
    part = inside & growth.regressed
    share = _clip(growth.delta[part].sum() / total)
    before, after = (
        side[inside].sum() / max(side.sum(), 1e-300) for side in (growth.before, growth.after)
    )
    wanted = sorted(functions)
    is_ours = np.isin(calls.callers, wanted)
    is_ours |= np.isin(calls.callees, wanted) & growth.is_new[calls.callees]
    is_others = inside & (calls.callers >= 0) & ~is_ours
    return {
        "growth": share,
        "cost_before": before,
        "cost_after": after,
        "lift": share - before,
        "nearest": _clip(carried / total),
        "new_calls": _clip(calls.added[is_ours & ~had_before].sum() / total),
        "other_calls": _clip(calls.added[is_others].sum() / total),
        "in_place": _clip(calls.added_in_place[is_ours].sum() / total),
        "other_in_place": _clip(calls.added_in_place[is_others].sum() / total),
        "alike": _alike(growth, part) if share > _LEAST_SHARE else 0.0,
        "uneven": _uneven(growth, functions) if share > _LEAST_SHARE else 0.0,
    }


def _had_before(
    calls: NewCalls, change: Change, code: Code, known: Mapping[_Pair, bool | None]
) -> BoolArray:
    """Tell which new calls the code had before a commit, (n_stacks,).

    Such a call was switched on by something, or stood behind a condition; to write it anew does not
    let it run. Where the caller is new itself the lines tell that the commit took out of its file.
    Of what is no commit none.
    """
    found = np.zeros(calls.growth.recording.n_stacks, np.bool_)
    if change.id not in code.commits:
        return found
    removed: dict[str, set[str]] = {}
    for hunk in code.hunks(change):
        removed.setdefault(hunk.path, set()).update(names_called(hunk.removed, hunk.path))
    for (caller, callee), had in known.items():
        if called_as(callee) in removed.get(caller.file, ()) if had is None else had:
            found[calls.begun[caller, callee]] = True
    return found


def _known_before(calls: NewCalls, sources: Sources) -> dict[_Pair, bool | None]:
    """Tell of new calls whether the text of the caller had them before; None where it had no text.

    By names that one function alone has; of other calls nothing is told.
    """
    names: dict[Function, set[str]] = {}
    found: dict[_Pair, bool | None] = {}
    for caller, callee in calls.begun:
        name = called_as(callee)
        if len(name) < _LEAST_NAME or calls.n_named[name] > 1:
            continue
        text = sources.before.get(caller)
        if text is not None and caller not in names:
            names[caller] = names_called(text.split("\n"), caller.file)
        found[caller, callee] = None if text is None else name in names[caller]
    return found


def _of_lines(change: Change, clues: Clues, recorded: Mapping[Function, int]) -> dict[str, float]:
    growth = clues.growth
    if clues.lines is None or change.id not in clues.lines or growth.total <= 0:
        return {}
    ours = max(-1.0, min(1.0, clues.lines[change.id] / growth.total))
    written = {recorded[f] for f in change.functions if f in recorded}  # not by way of a name
    inside = growth.through(written) & growth.regressed
    through = _clip(growth.delta[inside].sum() / growth.total)
    return {"lines": ours, "other_lines": max(0.0, through - max(ours, 0.0))}


def _alike(growth: Growth, inside: BoolArray) -> float:
    """Tell how far the rest of what regressed grew by the factor of what was touched.

    What calls all of it more often, or gives it more to do, makes both dearer; what was changed in
    one part of it makes that part dearer alone.
    """
    outside = growth.regressed & ~inside
    before, rest = growth.before[inside].sum(), growth.before[outside].sum()
    grown = growth.delta[inside].sum()
    if grown <= 0 or before <= _NOTHING * grown or rest < _LEAST_REST * before:
        return 0.0
    expected = grown / before * rest
    noise = np.hypot(
        np.sqrt((growth.error[outside] ** 2).sum()),
        np.sqrt((growth.error[inside] ** 2).sum()) * rest / before,
    )
    return _clip((growth.delta[outside].sum() - noise) / expected)


def _uneven(growth: Growth, functions: frozenset[int]) -> float:
    """Tell how far the growth of what was touched is from even over its callers.

    A function that became slower did so whoever calls it; where only some of its callers see that,
    they call it more often.
    """
    heaviest = max(functions, key=lambda f: (_grown(growth, f), f))
    stacks = growth.stacks_of[[heaviest]].indices
    starts = growth.recording.stack_starts
    callers = np.full(len(stacks), -1)
    for i, stack in enumerate(stacks):
        frames = growth.frames[starts[stack] : starts[stack + 1]]
        place = int(np.argmax(frames == heaviest))
        callers[i] = frames[place - 1] if place else -1
    groups, of = np.unique(callers, return_inverse=True)
    before = np.bincount(of, growth.before[stacks])
    delta = np.bincount(of, growth.delta[stacks])
    noise = np.sqrt(np.bincount(of, growth.error[stacks] ** 2))
    total = delta.sum()
    if len(groups) < 2 or before.sum() <= 0 or total <= 0:
        return 0.0
    off = np.abs(delta - total * before / before.sum())
    return _clip((off - noise).clip(min=0).sum() / (2 * total))


def _grown(growth: Growth, function: int) -> float:
    before, after = growth.costs
    return float(after[function] - before[function])


def _distances(growth: Growth, sets: Sequence[frozenset[int]]) -> IntArray:
    """Return how many calls lie between what each candidate touched and a stack that grew."""
    edges: dict[int, set[int]] = {}
    starts = growth.recording.stack_starts
    last = np.zeros(len(growth.frames), np.bool_)
    last[starts[1:] - 1] = True
    pairs = np.unique(np.stack([growth.frames[:-1], growth.frames[1:]])[:, ~last[:-1]], axis=1)
    for caller, callee in pairs.T.tolist():
        edges.setdefault(caller, set()).add(callee)
        edges.setdefault(callee, set()).add(caller)
    reach = _leading(growth)
    distance = dict.fromkeys(reach, 0)
    ring = list(reach)
    for step in range(1, _FURTHEST):
        ring = [g for f in ring for g in edges.get(f, ()) if g not in distance]
        distance |= dict.fromkeys(ring, step)
        ring = list(dict.fromkeys(ring))
    return np.array([min((distance.get(f, _FURTHEST) for f in s), default=_FURTHEST) for s in sets])


def _leading(growth: Growth) -> set[int]:
    """Return the functions that a tenth of the growth or more passes through."""
    gained = growth.stacks_of @ np.where(growth.regressed, growth.delta, 0.0)
    return {int(f) for f in np.flatnonzero(gained >= 0.1 * max(growth.total, 1e-300))}


def _of_time(change: Change, clues: Clues) -> dict[str, float]:
    found: dict[str, float] = {}
    low, index, high = clues.windows
    if change.window is not None:
        width = max((high - low) / 4, 0.5)
        found["windows_off"] = change.window - index
        found["timing"] = max(_LEAST_LIKELY, -((found["windows_off"] / width) ** 2) / 2)
    if change.rollout and len(clues.values):
        found["rollout"] = _follows(change, clues)
    if change.key in clues.arms:
        added = clues.arms[change.key] * clues.growth.before.sum()
        found["arms"] = max(-1.0, min(1.0, added / max(clues.growth.total, 1e-300)))
    return found


def _follows(change: Change, clues: Clues) -> float:
    """Tell whether the cost goes with the steps of a rollout rather than with one step, -1 to 1.

    By how much less (or more) of the series the one leaves unexplained than the other.
    """
    reach = np.zeros(len(clues.values))
    for window, fraction in change.rollout:
        reach[window:] = fraction
    near = [window for window, _ in change.rollout if 0 < window < len(reach)]
    if len(near) < 2:
        return 0.0
    start, end = max(0, near[0] - _AROUND), min(len(reach), near[-1] + _AROUND)
    one_step = np.arange(start, end) >= clues.windows[1]
    values = clues.values[start:end]
    steps = reach[start:end]
    if steps[-1] < steps[0]:  # turned down: what it saved is missing then
        steps = -steps
    left = [_unexplained(values, x) for x in (steps, one_step.astype(np.float64))]
    return float((left[1] - left[0]) / max(*left, 1e-300))


def _unexplained(y: FloatArray, x: FloatArray) -> float:
    """Return the sum of squares that a rising line of y on x leaves."""
    x, y = x - x.mean(), y - y.mean()
    slope = max(0.0, float(x @ y) / max(float(x @ x), 1e-300))
    return float(((y - slope * x) ** 2).sum())


def _of_words(
    change: Change, clues: Clues, grown: Mapping[str, float], through: float
) -> dict[str, float]:
    said = " ".join([change.title, change.key, change.detail[:500], *change.files[:20]])
    found = {"words": likeness(words_of(said), grown)}
    if change.kind in ("flag", "config", "experiment"):
        return found | {change.kind: 1.0}
    hunks = clues.code.hunks(change)
    is_bump = change.kind == "dependency" or bool(bumped(hunks))
    if change.id in clues.code.commits:
        told = wording(hunks)
        says_nothing = told.n_new == 0 and not any(is_manifest(hunk.path) for hunk in hunks)
        found["no_code"] = float(says_nothing and not is_bump)
        found["n_cues"] = told.n_cues
        found["cues"] = min(math.log1p(told.n_cues), 4.0) * through
    elif not is_bump:
        found["unread"] = 1.0
    return found | {"dependency": float(is_bump)}


def _area(change: Change, clues: Clues) -> float:
    """Return how many of its files the author had changed before, as a fraction."""
    known = clues.authors.get(change.author, {})
    files = set(change.files)
    return sum(path in known for path in files) / len(files) if files and known else 0.0


def _clip(value: float) -> float:
    return float(max(0.0, min(1.0, value)))
