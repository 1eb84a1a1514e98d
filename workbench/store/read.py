"""Tables of segments -> a profile, or the recording of a service."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from workbench.errors import StoreError
from workbench.profile.build import distinct_stacks
from workbench.profile.merge import unite
from workbench.profile.profile import Values
from workbench.profile.tables import FUNCTIONS, LABELS, LOCATIONS, make_table, with_column
from workbench.store.sql import ROW, Query
from workbench.store.value_types import COLUMNS, check_sums, names_of, of_one_type
from workbench.types import Function, Profile, Recording, ValueType

Ids = npt.NDArray[np.int64]

FRACTIONS = 10**6
"""What values that are not whole, such as seconds, are multiplied with to be counts."""
MOST = 2**62
"""Of all counts of a recording together."""


def read_profile(
    query: Query,
    service: str,
    start: datetime | None,
    end: datetime | None,
    version: str | None,
    value_type: str | None,
) -> Profile:
    """Answer `Store.profile`."""
    found = query(
        """SELECT * FROM {profiles} WHERE service = $1 AND ($2 IS NULL OR "at" >= $2)
           AND ($3 IS NULL OR "at" < $3) AND ($4 IS NULL OR version = $4) ORDER BY "at", profile""",
        service, start, end, version,
    )  # fmt: skip
    if not found.num_rows:
        of = "" if version is None else f" of version {version}"
        raise StoreError(f"{service}: expected profiles{of} from {start} to {end}, found none")
    chosen, kind, _ = of_one_type(found, service, value_type)
    known = names_of(chosen)
    kinds = [name for name in known[0] if all(name in names for names in known)]
    parts = zip(chosen["value_names"][0].as_py(), chosen["value_units"][0].as_py(), strict=True)
    told = dict(zip(known[0], map(ValueType._make, parts), strict=True))
    ids = chosen["profile"].to_numpy()
    samples = query("SELECT * FROM {samples} WHERE profile IN (SELECT unnest($1))", ids.tolist())
    owners = samples["profile"].to_numpy()
    order = np.lexsort((samples[ROW].to_numpy(), _positions(ids, owners)))
    samples, owners = samples.take(pa.array(order)), owners[order]
    stack_ids, sample_stacks = np.unique(samples["stack"].to_numpy(), return_inverse=True)
    functions, locations, starts, frames = _read_stacks(query, stack_ids)
    times = pd.Series(chosen["at"].to_numpy())
    durations = chosen["duration_s"].to_numpy()
    durations = durations[~np.isnan(durations)]
    return Profile(
        functions=functions,
        locations=locations,
        stack_starts=starts,
        stack_locations=frames,
        sample_stacks=sample_stacks.astype(np.int32),
        sample_values=tuple(_values(chosen, samples, owners, name) for name in kinds),
        value_types=tuple(told[name] for name in kinds),
        labels=_read_labels(query, ids, owners),
        default_value=kinds.index(kind),
        time_ns=int(times.min().value),
        duration_s=float(durations.sum()) if len(durations) else None,
    )


def read_recording(
    query: Query, service: str, value_type: str | None, *, by_line: bool = False
) -> Recording:
    """Answer `Store.recording`."""
    recorded = query(
        f"""SELECT profile, "at", version, work, cpu_seconds, {COLUMNS}
            FROM {{profiles}} WHERE service = ? ORDER BY "at", profile""",
        service,
    )
    profiles, kind, totals = of_one_type(recorded, service, value_type)
    ids = profiles["profile"].to_numpy()
    cells = query(
        """SELECT profile, stack, value FROM {cells}
           WHERE value_type = $1 AND profile IN (SELECT unnest($2))""",
        kind, ids.tolist(),
    )  # fmt: skip
    stack_ids, cell_stacks = np.unique(cells["stack"].to_numpy(), return_inverse=True)
    functions, locations, starts, frames = _read_stacks(query, stack_ids)
    # where a function begins tells neither functions nor stacks apart here
    functions = with_column(functions, "line", np.zeros(functions.num_rows, np.int64))
    functions, (rows,) = unite([functions], FUNCTIONS)
    place = rows[locations["function"].to_numpy()]
    if by_line:
        pairs = np.stack([place, locations["line"].to_numpy()], axis=1)
        known, place = np.unique(pairs, axis=0, return_inverse=True)
        functions = functions.take(pa.array(known[:, 0]))
        functions = with_column(functions, "line", known[:, 1])
    starts, frames, merged = distinct_stacks(starts, place.ravel()[frames].astype(np.int64))
    windows = _positions(ids, cells["profile"].to_numpy())
    check_sums(windows, cells["value"].to_numpy(), totals)
    n_stacks = max(len(starts) - 1, 1)
    pairs, where = np.unique(windows * n_stacks + merged[cell_stacks], return_inverse=True)
    counts = np.bincount(where, cells["value"].to_numpy(), minlength=len(pairs))
    scale = 1 if np.array_equal(counts, np.rint(counts)) else FRACTIONS
    if counts.sum() * scale > MOST:
        expected = f"values of {kind} up to {MOST / scale:g}"
        raise StoreError(f"{service}: expected {expected}, got {counts.sum():g}")
    whole_counts = np.rint(counts * scale).astype(np.int64)
    frame = profiles.select(["at", "version", "work", "cpu_seconds"]).to_pandas()
    n_samples = np.zeros(len(frame), np.int64)
    np.add.at(n_samples, pairs // n_stacks, whole_counts)
    frame["n_samples"] = n_samples
    columns = (functions[name].to_pylist() for name in ("name", "file", "line"))
    return Recording(
        service=service,
        windows=frame,
        functions=tuple(map(Function, *columns)),
        stack_starts=starts,
        stack_functions=frames.astype(np.int64),
        sample_windows=pairs // n_stacks,
        sample_stacks=pairs % n_stacks,
        sample_counts=whole_counts,
    )


def _values(profiles: pa.Table, samples: pa.Table, owners: Ids, kind: str) -> Values:
    """Return the values of one type, floats where any profile has floats."""
    flags, places = [], []
    for names, is_float in zip(names_of(profiles), profiles["is_float"].to_pylist(), strict=True):
        at = names.index(kind)
        flags.append(is_float[at])
        places.append(sum(flag == is_float[at] for flag in is_float[:at]))
    row = _positions(profiles["profile"].to_numpy(), owners)
    column: Values = np.zeros(len(owners), np.int64)
    if any(flags):
        column = column.astype(np.float64)
    for name, wanted in (("integers", False), ("floats", True)):
        lists = samples[name].combine_chunks()
        flat, offsets = lists.values.to_numpy(), lists.offsets.to_numpy()
        mine = np.array(flags, bool)[row] == wanted
        column[mine] = flat[offsets[:-1][mine] + np.array(places)[row][mine]]
    return column


def _read_stacks(
    query: Query, stack_ids: Ids
) -> tuple[pa.Table, pa.Table, npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Return functions, locations, and stacks of those ids as CSR rows, by id."""
    wanted = pa.table({"stack": stack_ids})
    found = query(
        "SELECT DISTINCT ON (stack) stack, locations FROM {stacks} WHERE stack IN "
        "(SELECT unnest($1)) ORDER BY stack",
        wanted["stack"].to_pylist(),
    )
    if not np.array_equal(found["stack"].to_numpy(), stack_ids):
        raise KeyError("a stack that samples stand at is not there")
    lists = found["locations"].combine_chunks()
    starts = lists.offsets.to_numpy().astype(np.int64)
    ids, frames = np.unique(lists.values.to_numpy()[starts[0] :], return_inverse=True)
    starts -= starts[0]
    places = query(
        """SELECT DISTINCT ON (location) * FROM {locations} WHERE location IN (SELECT unnest($1))
           ORDER BY location""",
        ids.tolist(),
    )
    if not np.array_equal(places["location"].to_numpy(), ids):
        raise KeyError("a location of a stack is not there")
    pairs = np.stack([places["function"].to_numpy(), places["start"].to_numpy()], axis=1)
    kinds, rows = np.unique(pairs, axis=0, return_inverse=True)
    named = query("SELECT DISTINCT ON (function) * FROM {functions} ORDER BY function")
    row = pa.array(_positions(named["function"].to_numpy(), kinds[:, 0]))
    functions = make_table(
        FUNCTIONS,
        {"name": named["name"].take(row), "file": named["file"].take(row), "line": kinds[:, 1]},
    )
    locations = make_table(
        LOCATIONS, {"function": rows.ravel(), **{n: places[n] for n in ("line", "address", "kind")}}
    )
    return functions, locations, starts, frames.astype(np.int32)


def _read_labels(query: Query, ids: Ids, owners: Ids) -> pa.Table:
    labels = query("SELECT * FROM {labels} WHERE profile IN (SELECT unnest($1))", ids.tolist())
    row = _positions(ids, labels["profile"].to_numpy())
    counts = np.bincount(_positions(ids, owners), minlength=len(ids))
    firsts = np.cumsum(counts) - counts
    samples = firsts[row] + labels["sample"].to_numpy()
    order = pa.array(np.lexsort((labels[ROW].to_numpy(), samples)))
    columns = {name: labels[name] for name in LABELS.names if name != "sample"}
    return make_table(LABELS, {"sample": samples, **columns}).take(order)


def _positions(ids: Ids, wanted: Ids) -> npt.NDArray[np.int64]:
    """Return where ids stand; KeyError for one that is not there."""
    order = np.argsort(ids)
    found = np.searchsorted(ids[order], wanted)
    places = order[np.minimum(found, max(len(ids) - 1, 0))] if len(ids) else found
    if len(wanted) and (not len(ids) or not np.array_equal(ids[places], wanted)):
        raise KeyError("an id that nothing explains")
    return places
