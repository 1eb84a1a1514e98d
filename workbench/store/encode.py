"""Profiles -> the tables of a segment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from workbench.errors import StoreError
from workbench.store.ids import Ids, hash_bytes, hash_columns, hash_rows, hash_text
from workbench.store.schema import PROFILE_TABLES
from workbench.types import Profile


class WindowProfile(NamedTuple):
    """A profile with the window it covers."""

    profile: Profile
    service: str
    version: str
    at: datetime
    """Start of the window; with a time zone."""
    work: float = math.nan
    """Units of work done in the window (requests, rounds)."""
    cpu_seconds: float = math.nan
    """CPU time that the work took."""
    host: str = ""
    is_dated: bool = True
    """Whether `at` is known; if not, say when a file was changed, it is no part of what tells
    this profile from another."""


class Encoded(NamedTuple):
    """A profile as rows of the tables."""

    id: int
    window: WindowProfile
    functions: dict[int, tuple[str, str]]
    locations: dict[str, npt.NDArray[Any]]
    stack_ids: Ids
    frames: Ids
    """Location ids of the profile's stacks, CSR by its `stack_starts`."""
    frame_functions: Ids


def check_text(expected: str, text: object) -> None:
    """Raise StoreError for what is no text, or none that can be written."""
    if not isinstance(text, str) or text != text.encode("utf-8", "replace").decode():
        raise StoreError(f"{expected} as text that is valid Unicode, got {text!r}")


def _check(window: WindowProfile) -> None:
    """Raise StoreError for what a store cannot answer from."""
    name = window.service
    if not isinstance(name, str) or not name:
        raise StoreError(f"expected the name of a service, got {name!r}")
    for key in ("service", "version", "host"):
        check_text(f"{name!r}: expected {key}=", getattr(window, key))
    if window.profile.graph is not None:
        raise StoreError(
            f"{name}: expected stacks, got a graph of calls, as cProfile and callgrind write: "
            "series need a profiler that samples stacks"
        )
    if not isinstance(window.at, datetime) or window.at.tzinfo is None:
        raise StoreError(f"{name}: expected at= as a datetime with a time zone, got {window.at!r}")
    if not pd.Timestamp.min < pd.Timestamp(window.at.replace(tzinfo=None)) < pd.Timestamp.max:
        raise StoreError(f"{name}: expected a time from 1678 to 2261, got {window.at}")
    kinds = [str(kind) for kind in window.profile.value_types]
    if len({*kinds}) < len(kinds):
        raise StoreError(f"{name}: expected value types that differ, got {', '.join(kinds)}")
    for key in ("work", "cpu_seconds"):
        number = getattr(window, key)
        is_number = isinstance(number, Real)
        if not is_number or not (math.isnan(number) or 0 <= number < math.inf):
            raise StoreError(f"{name}: expected {key}= as a number of 0 or more, got {number!r}")


def encode(window: WindowProfile) -> Encoded:
    """Give everything in a profile its id."""
    _check(window)
    profile = window.profile
    names, files = (profile.functions[c].to_pylist() for c in ("name", "file"))
    texts = list(zip(names, files, strict=True))
    ids = np.array([hash_text(*text) for text in texts], np.int64)
    rows = profile.locations["function"].to_numpy()
    kinds = profile.locations["kind"].to_pylist()
    kind_ids = {kind: hash_text(kind) for kind in set(kinds)}
    locations = {
        "function": ids[rows],
        "start": profile.functions["line"].to_numpy()[rows],
        "line": profile.locations["line"].to_numpy(),
        "address": profile.locations["address"].to_numpy(),
    }
    hashed = np.array([kind_ids[kind] for kind in kinds], np.int64)
    location_ids = hash_columns(*locations.values(), hashed)
    frames = location_ids[profile.stack_locations]
    stack_ids = hash_rows(profile.stack_starts, frames)
    return Encoded(
        id=_profile_id(window, stack_ids),
        window=window,
        functions=dict(zip(ids.tolist(), texts, strict=True)),
        locations={"location": location_ids, **locations, "kind": np.array(kinds, dtype=object)},
        stack_ids=stack_ids,
        frames=frames,
        frame_functions=ids[profile.stack_functions],
    )


def make_tables(profiles: Sequence[Encoded]) -> dict[str, pa.Table]:
    """Return the tables of some profiles; one without rows is left out."""
    columns = {
        "profiles": _profiles(profiles),
        "functions": _functions(profiles),
        "locations": _locations(profiles),
        **_stacks(profiles),
        "samples": _samples(profiles),
        "labels": _labels(profiles),
        "cells": _cells(profiles),
    }
    tables = {
        name: pa.table([pa.array(c[f.name], f.type) for f in PROFILE_TABLES[name]],
                       schema=PROFILE_TABLES[name])
        for name, c in columns.items()
    }  # fmt: skip
    return {name: table for name, table in tables.items() if table.num_rows}


def _profile_id(window: WindowProfile, stack_ids: Ids) -> int:
    """Return a hash of the profile and of what it is of; work told later makes it no other."""
    profile = window.profile
    at = window.at.astimezone(UTC).isoformat() if window.is_dated else ""
    facts = (window.service, window.version, window.host, at)
    rows = np.ascontiguousarray(stack_ids[profile.sample_stacks]).tobytes()
    values = b"".join(column.tobytes() for column in profile.sample_values)
    labels = repr(profile.labels.to_pydict()).encode("utf-8", "replace")
    kinds = repr((profile.value_types, profile.default_value, profile.duration_s)).encode()
    return hash_bytes(repr(facts).encode("utf-8", "replace"), rows, values, labels, kinds)


def _profiles(profiles: Sequence[Encoded]) -> dict[str, Any]:
    recorded = [entry.window.profile for entry in profiles]
    return {
        "profile": [entry.id for entry in profiles],
        "service": [entry.window.service for entry in profiles],
        "version": [entry.window.version for entry in profiles],
        "host": [entry.window.host for entry in profiles],
        "at": [entry.window.at for entry in profiles],
        "duration_s": [math.nan if p.duration_s is None else p.duration_s for p in recorded],
        "work": [float(entry.window.work) for entry in profiles],
        "cpu_seconds": [float(entry.window.cpu_seconds) for entry in profiles],
        "n_samples": [p.n_samples for p in recorded],
        "value_names": [[kind.name for kind in p.value_types] for p in recorded],
        "value_units": [[kind.unit for kind in p.value_types] for p in recorded],
        "is_float": [[c.dtype.kind == "f" for c in p.sample_values] for p in recorded],
        "default_value": [p.default_value for p in recorded],
        "totals": [[float(total) for total in p.totals.values()] for p in recorded],
    }


def _functions(profiles: Sequence[Encoded]) -> dict[str, Any]:
    known: dict[int, tuple[str, str]] = {}
    for entry in profiles:
        known.update(entry.functions)
    texts = [*known.values()]
    names, files = [name for name, _ in texts], [file for _, file in texts]
    return {"function": [*known], "name": names, "file": files}


def _locations(profiles: Sequence[Encoded]) -> dict[str, Any]:
    names = profiles[0].locations
    whole = {name: np.concatenate([entry.locations[name] for entry in profiles]) for name in names}
    firsts = np.unique(whole["location"], return_index=True)[1]
    return {name: values[firsts] for name, values in whole.items()}


def _stacks(profiles: Sequence[Encoded]) -> dict[str, dict[str, Any]]:
    """Return the stacks, each once, by id, and their incidence with functions."""
    known: set[int] = set()
    ids, lengths, frames, functions = [], [], [], []
    for entry in profiles:
        starts = entry.window.profile.stack_starts
        is_new = np.zeros(len(entry.stack_ids), np.bool_)
        is_new[np.unique(entry.stack_ids, return_index=True)[1]] = True  # some may hash alike
        is_new &= np.array([stack not in known for stack in entry.stack_ids.tolist()], np.bool_)
        known.update(entry.stack_ids.tolist())
        lengths.append(np.diff(starts)[is_new])
        inside = np.repeat(is_new, np.diff(starts))
        ids.append(entry.stack_ids[is_new])
        frames.append(entry.frames[inside])
        functions.append(entry.frame_functions[inside])
    stack = np.concatenate(ids)
    length = np.concatenate(lengths)
    ends = np.cumsum(length)
    order = np.argsort(stack)
    offsets = np.concatenate(([0], np.cumsum(length[order])))
    inside = np.repeat((ends - length)[order] - offsets[:-1], length[order]) + np.arange(
        offsets[-1]
    )
    moved = np.concatenate(functions)[inside]
    lists = pa.ListArray.from_arrays(offsets.astype(np.int32), np.concatenate(frames)[inside])
    return {
        "stacks": {"stack": stack[order], "locations": lists},
        "incidence": _incidence(stack[order], offsets, moved),
    }


def _incidence(stacks: Ids, offsets: npt.NDArray[np.int64], functions: Ids) -> dict[str, Any]:
    """Return each pair of a stack and a function in it once, by stack."""
    owner = np.repeat(np.arange(len(stacks)), np.diff(offsets))
    kinds, codes = np.unique(functions, return_inverse=True)
    is_leaf = np.zeros(len(functions), np.bool_)
    is_leaf[offsets[1:][np.diff(offsets) > 0] - 1] = True
    pairs = owner * max(len(kinds), 1) + codes
    order = np.lexsort((~is_leaf, pairs))  # of equal pairs the leaf comes first
    pairs = pairs[order]
    firsts = order[np.append(True, pairs[1:] != pairs[:-1])] if len(pairs) else order
    return {
        "stack": stacks[owner[firsts]],
        "function": functions[firsts],
        "is_leaf": is_leaf[firsts],
    }


def _samples(profiles: Sequence[Encoded]) -> dict[str, Any]:
    parts: dict[str, list[pa.Array]] = {"profile": [], "stack": [], "integers": [], "floats": []}
    for entry in profiles:
        profile = entry.window.profile
        parts["profile"].append(pa.array(np.full(profile.n_samples, entry.id)))
        parts["stack"].append(pa.array(entry.stack_ids[profile.sample_stacks]))
        for name, kind, dtype in (("integers", "i", np.int64), ("floats", "f", np.float64)):
            columns = [c for c in profile.sample_values if c.dtype.kind == kind]
            flat = np.stack(columns, axis=1).ravel() if columns else np.empty(0, dtype)
            offsets = np.arange(profile.n_samples + 1, dtype=np.int32) * len(columns)
            parts[name].append(pa.ListArray.from_arrays(offsets, flat.astype(dtype)))
    return {name: pa.concat_arrays(arrays) for name, arrays in parts.items()}


def _labels(profiles: Sequence[Encoded]) -> dict[str, Any]:
    tables = [entry.window.profile.labels for entry in profiles]
    owners = [
        np.full(table.num_rows, entry.id) for entry, table in zip(profiles, tables, strict=True)
    ]
    whole = pa.concat_tables(tables).combine_chunks()
    return {
        "profile": np.concatenate(owners),
        **{n: whole[n].combine_chunks() for n in whole.column_names},
    }


def _cells(profiles: Sequence[Encoded]) -> dict[str, Any]:
    """Return the sum of each value type by stack and profile, sorted as the schema says."""
    by_kind: dict[str, list[tuple[int, Ids, npt.NDArray[np.float64]]]] = {}
    for entry in profiles:
        profile = entry.window.profile
        for kind, column in zip(profile.value_types, profile.sample_values, strict=True):
            sums = np.bincount(profile.sample_stacks, column, minlength=profile.n_stacks)
            used = np.unique(profile.sample_stacks)
            row = (entry.id, entry.stack_ids[used], sums[used].astype(np.float64))
            by_kind.setdefault(str(kind), []).append(row)
    kinds, stacks, owners, values = [], [], [], []
    for name in sorted(by_kind):
        stack = np.concatenate([row[1] for row in by_kind[name]])
        owner = np.concatenate([np.full(len(row[1]), row[0]) for row in by_kind[name]])
        order = np.lexsort((owner, stack))
        kinds.append(pa.array([name]).take(pa.array(np.zeros(len(order), np.int8))))
        stacks.append(stack[order])
        owners.append(owner[order])
        values.append(np.concatenate([row[2] for row in by_kind[name]])[order])
    return {
        "value_type": pa.concat_arrays(kinds),
        "stack": np.concatenate(stacks),
        "profile": np.concatenate(owners),
        "value": np.concatenate(values),
    }
