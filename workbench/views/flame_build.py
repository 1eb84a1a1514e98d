"""Flame graphs of profiles, of pairs of them, of recordings, and of plain mappings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.errors import ProfileError, SignalError
from workbench.profile import Function, Profile, ProfileBuilder, Tree, ValueType
from workbench.profile.compare import events_of
from workbench.profile.loops import loops as profile_loops
from workbench.profile.statistics import Side, compare_sides, false_discovery_rates
from workbench.profile.tables import column
from workbench.profile.tree import as_stacks
from workbench.types import FloatArray, Recording
from workbench.views.flame import SHARE_UNIT, Flame, Indices
from workbench.views.loops import loops

COST_UNIT = "CPU ms per round"
SMALLEST_TESTED = 0.001
"""Share of either side from which on a path is tested: a million tests would find nothing."""
FEWEST_WINDOWS = 3
"""A side without so many says nothing of how windows vary."""

MOST_CORRELATED = 0.9
"""Beyond that a side's windows say next to nothing of how it varies."""
LEAST_OWN = 0.1
"""Part of the variance of windows that is taken for their own, beside counting noise."""

Folded = Mapping[str, float]


def flame_of(
    what: Flame | Profile | Tree | Folded,
    after: Profile | Folded | None = None,
    *,
    value_type: str | None = None,
    title: str = "all",
) -> Flame:
    """Return the flame graph of a profile, or of what changed from one to another.

    Parameters
    ----------
    what : Flame, Profile, Tree, or mapping of str to float
        A mapping has folded stacks (`main;parse;read`, root first) and their values.
    after : Profile or mapping, optional
        The later profile: values are then shares of each side's whole. Of mappings only whole
        numbers, which count samples, are tested.
    value_type : str, optional
        As in `Profile.values`.
    title : str
        What the root is called.

    Raises
    ------
    ProfileError
        What is none of these, or has values below 0; of two sides, one that adds up to nothing.
    """
    if isinstance(what, Flame) and after is None:
        return what
    if isinstance(what, Tree) and after is None:
        return _flame_of_tree(what, title)
    if after is None:
        return _flame_of_profile(_profile(what), value_type, title)
    flame = diff_flame([_profile(what)], [_profile(after)], value_type=value_type, title=title)
    are_counts = _are_counts(what) and _are_counts(after)
    return flame if are_counts else replace(flame, q_value=None)


def diff_flame(
    before: Sequence[Profile],
    after: Sequence[Profile],
    *,
    value_type: str | None = None,
    title: str = "all",
) -> Flame:
    """Return the differential flame graph of two profiles, or of two sets of replicates.

    Values are shares of the whole, each side the mean of its profiles. Functions are told apart by
    name and file. Paths that hold a thousandth of either side are tested as
    `workbench.profile.compare` tests functions.
    """
    profiles = [*map(_profile, (*before, *after))]
    kind = str(profiles[0].value_types[profiles[0].value_index(value_type)])
    stacked = [as_stacks(profile, kind) for profile in profiles]
    for number, profile in enumerate(stacked):
        seen = profile.sample_values[0]
        if not (seen.sum() > 0 and seen.min() >= 0):
            side = "before" if number < len(before) else "after"
            told = f"{kind} of 0 or more that add up to more than 0 in the profile {side}"
            raise ProfileError(
                f"expected {told}, got {seen.sum():g}, the least {min(seen, default=0):g}"
            )
    merged = stacked[0].merge(*stacked[1:])
    parent, function, leaves = _grow(merged.stack_starts, merged.stack_functions)
    ends = np.cumsum([0, *(profile.n_samples for profile in stacked)])
    values, spread = (np.zeros((len(parent), len(profiles))) for _ in range(2))
    for number, (profile, recorded) in enumerate(zip(stacked, profiles, strict=True)):
        rows = leaves[merged.sample_stacks[ends[number] : ends[number + 1]]]
        weights = profile.sample_values[0].astype(np.float64)
        events = (
            1.0 if recorded.graph is not None else events_of(recorded, recorded.value_index(kind))
        )
        values[:, number] = np.bincount(rows, weights, minlength=len(parent))
        spread[:, number] = np.bincount(rows, weights**2 / events, minlength=len(parent))
    run = loops.over(len(parent))
    run.sum_upwards(parent, values)
    run.sum_upwards(parent, spread)
    n_before = len(before)
    sides = [
        Side(v.T, s.T, v[0][:, None], s[0][:, None])
        for v, s in (
            (values[:, :n_before], spread[:, :n_before]),
            (values[:, n_before:], spread[:, n_before:]),
        )
    ]
    shares = [side.shares.mean(axis=0) for side in sides]
    is_graph = any(profile.graph is not None for profile in profiles)
    return _in_level_order(
        title, _functions(merged.functions), function, parent, shares[1], SHARE_UNIT,
        before=shares[0], kinds=_kinds(merged), of=kind, is_estimate=is_graph,
        q_value=None if is_graph and len(profiles) == 2 else _test_shares(sides, shares),
        wholes=(float(values[0, :n_before].mean()), float(values[0, n_before:].mean())),
        n_profiles=(n_before, len(after)),
    )  # fmt: skip


def recording_flame(recording: Recording, change_index: int) -> Flame:
    """Return the differential flame graph of a recording, before and from a window on.

    A stack's cost in a window is its share of the window's samples times the CPU time per round of
    work, where that was measured; each side is the mean over its windows, those without samples
    left out. Paths are compared by Welch's test over windows, whose noise is taken for no less
    than that of counting samples, and for as correlated from one window to the next as that of all
    paths together.
    """
    if not 1 <= change_index < recording.n_windows:
        raise SignalError(
            f"change index {change_index}: expected 1 to {recording.n_windows - 1}, "
            f"with windows on both sides"
        )
    parent, function, leaves = _grow(recording.stack_starts, recording.stack_functions)
    prices, unit = _price_samples(recording, change_index)
    counts = np.zeros((len(parent), recording.n_windows))
    rows = leaves[recording.sample_stacks]
    np.add.at(counts, (rows, recording.sample_windows), recording.sample_counts)
    counts *= np.nan_to_num(prices)
    loops.over(counts.size).sum_upwards(parent, counts)
    usable = np.flatnonzero(np.isfinite(prices))
    parts = [usable[usable < change_index], usable[usable >= change_index]]
    sides = [counts[:, part] for part in parts]
    means = [side.mean(axis=1) if side.size else np.zeros(len(parent)) for side in sides]
    chance = [side @ prices[part] for side, part in zip(sides, parts, strict=True)]
    return _in_level_order(
        recording.service, recording.functions, function, parent, means[1], unit,
        before=means[0], q_value=_test_means(sides, means, chance),
        of="CPU samples" if unit == SHARE_UNIT else "",
    )  # fmt: skip


def _are_counts(what: Any) -> bool:
    """Whether the values are of a profile, or whole: then noise is known."""
    return not isinstance(what, Mapping) or all(float(v).is_integer() for v in what.values())


def _profile(what: Any) -> Profile:
    if isinstance(what, Profile):
        return what
    if not isinstance(what, Mapping):
        seen = type(what).__name__
        raise ProfileError(f"expected a profile, or stacks with their values, got {seen}")
    builder = ProfileBuilder(ValueType("samples", "count"))
    for stack, value in what.items():
        is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not isinstance(stack, str) or not is_number:
            seen = f"{stack!r}: {value!r}"
            raise ProfileError(f"expected a stack as a text and its value as a number, got {seen}")
        names = [name for name in stack.split(";") if name]
        builder.sample(builder.stack([builder.frame(name) for name in names]), value)
    return builder.build()


def _flame_of_profile(profile: Profile, value_type: str | None, title: str) -> Flame:
    tree = profile.tree(value_type=value_type, estimate=profile.graph is not None)
    return _flame_of_tree(tree, title, _kinds(profile, tree.functions.num_rows))


def _flame_of_tree(tree: Tree, title: str, kinds: tuple[str, ...] = ()) -> Flame:
    if len(tree.self_values) and tree.self_values.min() < 0:
        seen = f"{tree.self_values.min():g}"
        raise ProfileError(f"expected {tree.value_type} of 0 or more to draw, got {seen}")
    functions = _functions(tree.functions)
    return _in_level_order(
        title, functions, tree.function, tree.parent, tree.total_values, tree.value_type.unit,
        kinds=kinds, of=str(tree.value_type), is_estimate=tree.is_estimate,
    )  # fmt: skip


def _functions(table: Any) -> tuple[Function, ...]:
    columns = (table["name"].to_pylist(), table["file"].to_pylist(), table["line"].to_pylist())
    return tuple(map(Function, *columns))


def _kinds(profile: Profile, n: int | None = None) -> tuple[str, ...]:
    """Return of what kind each function is: that of its first location which tells."""
    kinds = [""] * (n or profile.functions.num_rows)
    told = profile.locations["kind"].to_pylist()
    for function, kind in zip(column(profile.locations, "function").tolist(), told, strict=True):
        kinds[function] = kinds[function] or kind
    return tuple(kinds) if any(kinds) else ()


def _grow(starts: npt.NDArray[Any], frames: npt.NDArray[Any]) -> tuple[Indices, Indices, Indices]:
    """Return the caller and the function of each node, and the node at which each stack ends."""
    grown: tuple[Indices, Indices, Indices] = profile_loops.over(len(frames)).grow_tree(
        starts, frames
    )
    return grown


def _in_level_order(
    title: str, functions: Sequence[Function], function: Indices, parent: Indices,
    after: FloatArray, unit: str, *, before: FloatArray | None = None,
    q_value: FloatArray | None = None, kinds: tuple[str, ...] = (), of: str = "",
    is_estimate: bool = False, wholes: tuple[float, float] | None = None,
    n_profiles: tuple[int, int] = (1, 1),
) -> Flame:  # fmt: skip
    """Put nodes into the order that a flame graph has, and leave out those that cost nothing."""
    largest = after if before is None else np.maximum(before, after)
    names = sorted(range(len(functions)), key=lambda f: functions[f])
    rank = np.empty(len(names) + 1, np.int64)
    rank[names] = np.arange(len(names))
    siblings = np.lexsort((rank[function], -largest, parent))[1:]
    siblings = siblings[largest[siblings] > 0]  # nor does what they call
    order = np.zeros(len(siblings) + 1, np.int64)
    loops.over(len(parent)).level_order(parent, siblings, order)
    places = np.full(len(parent) + 1, -1, np.int32)
    places[order] = np.arange(len(order))
    return Flame(
        title, tuple(functions), function[order].astype(np.int32), places[parent[order]],
        after[order], unit, None if before is None else before[order],
        None if q_value is None else q_value[order], kinds, of, is_estimate, wholes, n_profiles,
    )  # fmt: skip


def _test_shares(sides: Sequence[Side], shares: Sequence[FloatArray]) -> FloatArray:
    """Return the false discovery rate of each path's change; NaN for those not tested."""
    q_value = np.full(len(shares[0]), np.nan)
    tested = np.flatnonzero(np.maximum(*shares) >= SMALLEST_TESTED)
    tested = tested[tested > 0]  # the root holds all of either side
    if len(tested):
        narrowed = [
            Side(s.values[:, tested], s.spread[:, tested], s.whole, s.whole_spread) for s in sides
        ]
        q_value[tested] = false_discovery_rates(compare_sides(*narrowed).p_value)
    return q_value


def _test_means(
    sides: Sequence[FloatArray], means: Sequence[FloatArray], chance: Sequence[FloatArray]
) -> FloatArray | None:
    """Return the false discovery rate of each path's change, by Welch's test over windows.

    `chance` is the variance of counting samples, summed over the windows of each side.
    """
    from scipy import special

    n = [side.shape[1] for side in sides]
    if min(n) < FEWEST_WINDOWS:
        return None
    largest = np.maximum(*means)
    q_value = np.full(len(largest), np.nan)
    tested = np.flatnonzero((largest >= SMALLEST_TESTED * largest[0]) & (largest > 0))
    sides = [side[tested] for side in sides]
    chance = [each[tested] / count for each, count in zip(chance, n, strict=True)]
    likeness = _likeness(sides, chance)
    errors = [
        np.maximum(_variance(side, likeness) * likeness, by_chance) / count
        for side, count, by_chance in zip(sides, n, chance, strict=True)
    ]
    error = errors[0] + errors[1]
    freedom = error**2 / sum(
        part**2 / max(count / likeness - 1, 1.0) for part, count in zip(errors, n, strict=True)
    )
    score = np.abs(means[1] - means[0])[tested] / np.sqrt(error)
    q_value[tested] = false_discovery_rates(2 * special.stdtr(freedom, -score))
    return q_value


def _variance(side: FloatArray, likeness: float) -> FloatArray:
    """Return the variance of windows; the more alike neighbours are, the fewer they are worth."""
    n = side.shape[1]
    rest = side - side.mean(axis=1, keepdims=True)
    return np.asarray((rest**2).sum(axis=1) / max(n - likeness, 1.0), np.float64)


def _likeness(sides: Sequence[FloatArray], chance: Sequence[FloatArray]) -> float:
    """Return how many windows are worth one by itself, 1 or more, over all paths together.

    What is not counting noise is taken for an autoregression of the first order; its correlation
    is that of neighbouring windows (with the bias of a short series put right, Kendall 1954) less
    what counting noise dilutes it by.
    """
    alike, own, weights = [], [], []
    for side, by_chance in zip(sides, chance, strict=True):
        n = side.shape[1]
        rest = side - side.mean(axis=1, keepdims=True)
        spread = (rest**2).sum(axis=1)
        varies = spread > 0
        if not varies.any() or n <= FEWEST_WINDOWS:
            continue
        ahead = (rest[varies, 1:] * rest[varies, :-1]).sum(axis=1) / spread[varies]
        alike.append((float(ahead.mean()) + 1 / n) / (1 - 3 / n))
        own.append(1 - float(np.mean(np.minimum(by_chance[varies] * (n - 1) / spread[varies], 1))))
        weights.append(n)
    if not weights:
        return 1.0
    part = max(float(np.average(own, weights=weights)), LEAST_OWN)
    rho = float(np.clip(np.average(alike, weights=weights) / part, 0.0, MOST_CORRELATED))
    return 1 - part + part * (1 + rho) / (1 - rho)


def _price_samples(recording: Recording, change_index: int) -> tuple[FloatArray, str]:
    """Return what one sample of each window stands for, NaN where it is not known; and the unit."""
    n_samples = np.bincount(
        recording.sample_windows, recording.sample_counts, minlength=recording.n_windows
    )
    worth, unit = _window_costs(recording, n_samples > 0, change_index)
    prices = np.full(recording.n_windows, np.nan)
    np.divide(worth, n_samples, out=prices, where=n_samples > 0)
    return prices, unit


def _window_costs(
    recording: Recording, is_sampled: npt.NDArray[Any], change_index: int
) -> tuple[FloatArray, str]:
    """Return the CPU ms per round of each window, or ones where a side has none measured."""
    windows = recording.windows
    if {"cpu_seconds", "work"} <= set(windows.columns):
        cpu_seconds, work = (
            windows[name].to_numpy(dtype=np.float64, na_value=np.nan)
            for name in ("cpu_seconds", "work")
        )
        cost_ms = np.full(len(windows), np.nan)
        np.divide(1e3 * cpu_seconds, work, out=cost_ms, where=work > 0)
        measured = is_sampled & np.isfinite(cost_ms)
        if measured[:change_index].any() and measured[change_index:].any():
            return cost_ms, COST_UNIT
    return np.ones(len(windows)), SHARE_UNIT
