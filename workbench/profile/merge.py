"""Profiles together: one table of functions, locations and stacks, all samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import ProfileError
from workbench.profile.build import distinct_stacks
from workbench.profile.profile import CallGraph, Indices, Profile, Values
from workbench.profile.tables import FUNCTIONS, LOCATIONS, column, with_column
from workbench.profile.views import whole_value


def merge_profiles(profiles: Sequence[Profile]) -> Profile:
    """Answer `Profile.merge`; ProfileError where value types differ."""
    first = profiles[0]
    for other in profiles[1:]:
        if not isinstance(other, Profile):
            raise ProfileError(f"expected profiles to merge, got {type(other).__name__}")
        if other.value_types != first.value_types:
            seen = ", ".join(map(str, other.value_types))
            expected = ", ".join(map(str, first.value_types))
            raise ProfileError(f"expected value types {expected} in every profile, got {seen}")
        if (first.graph is None) != (other.graph is None):
            raise ProfileError("expected stacks alone or graphs alone to merge, found both")
    if len(profiles) == 1:
        return first
    functions, function_maps = unite([p.functions for p in profiles], FUNCTIONS)
    moved = [
        with_column(p.locations, "function", rows[column(p.locations, "function")])
        for p, rows in zip(profiles, function_maps, strict=True)
    ]
    locations, location_maps = unite(moved, LOCATIONS)
    frames = [rows[p.stack_locations] for p, rows in zip(profiles, location_maps, strict=True)]
    starts = _joined([p.stack_starts for p in profiles])
    samples = _joined([np.array([0, p.n_samples]) for p in profiles])
    stacks = np.cumsum([0, *(p.n_stacks for p in profiles)])
    starts, stack_locations, kept = distinct_stacks(starts, np.concatenate(frames))
    rows = [kept[p.sample_stacks + shift] for p, shift in zip(profiles, stacks, strict=False)]
    times = [p.time_ns for p in profiles if p.time_ns is not None]
    durations = [p.duration_s for p in profiles if p.duration_s is not None]
    return replace(
        first,
        functions=functions,
        locations=locations,
        stack_starts=starts,
        stack_locations=stack_locations,
        sample_stacks=np.concatenate(rows).astype(np.int32),
        sample_values=tuple(
            map(np.concatenate, zip(*(p.sample_values for p in profiles), strict=True))
        ),
        labels=_labels(profiles, samples),
        graph=_graph(profiles, function_maps, functions.num_rows),
        time_ns=min(times, default=None),
        duration_s=sum(durations) if durations else None,
    )


def unite(tables: Sequence[pa.Table], schema: pa.Schema) -> tuple[pa.Table, list[Indices]]:
    """Return the distinct rows of tables, and for each table where its rows went."""
    whole = pa.concat_tables([table.cast(schema) for table in tables]).combine_chunks()
    codes = np.zeros(whole.num_rows, np.int64)
    for name in schema.names:
        encoded = pc.dictionary_encode(whole[name]).combine_chunks()
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.chunk(0)
        width = max(len(encoded.dictionary), 1)
        joint = codes * width + np.asarray(encoded.indices, np.int64)
        codes = np.unique(joint, return_inverse=True)[1]
    _, firsts, places = np.unique(codes, return_index=True, return_inverse=True)
    order = np.argsort(firsts)  # in order of appearance
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order))
    rows: npt.NDArray[np.int32] = rank[places]
    ends = np.cumsum([table.num_rows for table in tables])[:-1]
    return whole.take(pa.array(firsts[order])), list(np.split(rows, ends))


def _joined(parts: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    """Return offsets of CSR tables laid one after the other."""
    shifts = np.cumsum([0, *(part[-1] for part in parts)])
    moved = [part[1:] + shift for part, shift in zip(parts, shifts, strict=False)]
    return np.concatenate([[0], *moved]).astype(np.int64)


def _graph(profiles: Sequence[Profile], maps: Sequence[Indices], n: int) -> CallGraph | None:
    """Return one graph of calls, with the costs of all added up; None where they are stacks."""
    graphs = [profile.graph for profile in profiles if profile.graph is not None]
    if not graphs:
        return None
    pairs = [rows[np.stack((g.callers, g.callees))] for g, rows in zip(graphs, maps, strict=True)]
    edges, places = np.unique(np.concatenate(pairs, axis=1), axis=1, return_inverse=True)
    by_edge = zip(*(graph.edge_values for graph in graphs), strict=True)
    by_function = zip(*(graph.inclusive for graph in graphs), strict=True)
    return CallGraph(
        inclusive=tuple(_sums(columns, np.concatenate(maps), n) for columns in by_function),
        callers=edges[0],
        callees=edges[1],
        edge_values=tuple(_sums(c, places.ravel(), edges.shape[1]) for c in by_edge),
        part_of=_part_of(profiles),
    )


def _part_of(profiles: Sequence[Profile]) -> tuple[float, ...] | None:
    """Return the totals of all programs, where any graph is a part of one."""
    if all(profile.graph is None or profile.graph.part_of is None for profile in profiles):
        return None
    kinds = range(len(profiles[0].value_types))
    return tuple(sum(whole_value(profile, kind) for profile in profiles) for kind in kinds)


def _sums(columns: Sequence[Values], places: npt.NDArray[Any], n: int) -> npt.NDArray[Any]:
    """Add values up at their places, (n,)."""
    values = np.concatenate(columns)
    sums = np.zeros(n, values.dtype)
    np.add.at(sums, places, values)
    return sums


def _labels(profiles: Sequence[Profile], samples: npt.NDArray[np.int64]) -> pa.Table:
    moved = [
        with_column(p.labels, "sample", column(p.labels, "sample") + shift)
        for p, shift in zip(profiles, samples, strict=False)
    ]
    return pa.concat_tables(moved).combine_chunks()
