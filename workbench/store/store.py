"""Write profiles as segments; read them back as the recording of a service."""

from __future__ import annotations

import json
import math
import re
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.errors import StoreError
from workbench.store.schema import TABLES, VERSION
from workbench.types import Function, Profile, Recording

Query = Callable[..., duckdb.DuckDBPyConnection]


class WindowProfile(NamedTuple):
    """A profile with the window it covers."""

    profile: Profile
    service: str
    version: str
    at: datetime
    """Start of the window; with a time zone."""
    work: float = math.nan
    """Rounds of work done in the window."""
    cpu_seconds: float = math.nan
    """CPU time that the work took."""


class Store:
    """A folder of recorded profiles."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)

    @classmethod
    def create(cls, folder: Path | str) -> Store:
        """Make an empty store, or open the one that is there."""
        path = Path(folder)
        marker = path / "store.json"
        if not marker.exists():
            if path.is_file() or (path.exists() and any(path.iterdir())):
                raise StoreError(f"{path}: expected an empty folder or a store, found other files")
            (path / "segments").mkdir(parents=True, exist_ok=True)
            marker.write_text(json.dumps({"version": VERSION}) + "\n")
        return cls.open(path)

    @classmethod
    def open(cls, folder: Path | str) -> Store:
        """Open a store; StoreError where there is none or one of another version."""
        marker = Path(folder) / "store.json"
        if not marker.is_file():
            raise StoreError(f"{folder}: expected a store, found no store.json")
        try:
            version = json.loads(marker.read_text())["version"]
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(f'{marker}: expected {{"version": {VERSION}}}') from error
        if version != VERSION:
            raise StoreError(f"{marker}: expected version {VERSION}, found {version!r}")
        return cls(folder)

    def add(self, windows: Iterable[WindowProfile]) -> int:
        """Add windows as one segment; all of them or, on any failure, none.

        Returns
        -------
        int
            How many windows were new; 0 when this very segment was there already.
        """
        if not (added := list(windows)):
            return 0
        tables = _tables(added)
        digest = _hash64(*(repr(table.to_pydict()) for table in tables.values()))
        target = self.folder / "segments" / f"{digest & (2**64 - 1):016x}"
        if target.exists():
            return 0
        beside = self.folder / "segments" / f".{uuid.uuid4().hex}"
        beside.mkdir(parents=True)
        try:
            for name, table in tables.items():
                pq.write_table(table, beside / f"{name}.parquet", compression="zstd")
            beside.replace(target)
        except OSError:
            if not target.exists():
                raise
            return 0  # someone else added the same in the meantime
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        return int(tables["windows"].num_rows)

    def services(self) -> list[str]:
        """Return the services that have windows, by name."""
        with self._reading() as query:
            rows = query("SELECT DISTINCT service FROM {windows} ORDER BY service").fetchall()
        return [service for (service,) in rows]

    def recording(self, service: str | None = None) -> Recording:
        """Return all windows of a service, oldest first.

        Parameters
        ----------
        service : str, optional
            Default: the only one there is.
        """
        services = self.services()
        if service is None and len(services) != 1:
            raise StoreError(f"{self.folder}: expected one service, found {services}: name one")
        service = services[0] if service is None else service
        if service not in services:
            raise StoreError(f"{self.folder}: expected one of {services}, got {service!r}")
        with self._reading() as query:
            return _recording(service, query)

    @contextmanager
    def _reading(self) -> Iterator[Query]:
        """Give a function that runs SQL over the tables, named in braces.

        Damage, be it a broken file or an id that nothing explains, is told as StoreError.
        """
        segments = sorted((self.folder / "segments").glob("[!.]*"))
        if not segments:
            raise StoreError(f"{self.folder}: expected recorded windows, found none")
        places = {
            name: f"read_parquet([{', '.join(_quoted(s / f'{name}.parquet') for s in segments)}], "
            "hive_partitioning = false)"
            for name in TABLES
        }
        try:
            with duckdb.connect() as connection:
                yield lambda sql, *values: connection.execute(sql.format(**places), list(values))
        except (duckdb.Error, KeyError) as error:
            complaint = str(error).partition("\n")[0]
            raise StoreError(f"{self.folder}: damaged segment: {complaint}") from error


def _recording(service: str, query: Query) -> Recording:
    """Read the windows of a service, oldest first, with their samples."""
    windows = pd.DataFrame(
        query(
            # a window told twice is one; work that is known goes before NaN
            """SELECT DISTINCT ON ("at", "window") * FROM {windows} WHERE service = ?
               ORDER BY "at", "window", work, cpu_seconds""",
            service,
        ).fetchnumpy()
    )
    windows["at"] = windows["at"].dt.tz_localize("UTC")
    samples = query(
        """SELECT "window", stack, any_value("count") AS "count"
           FROM {samples} SEMI JOIN (SELECT "window" FROM {windows} WHERE service = ?)
           USING ("window") GROUP BY ALL ORDER BY ALL""",
        service,
    ).fetchnumpy()
    stack_ids, sample_stacks = np.unique(samples["stack"], return_inverse=True)
    stacks = dict(query("SELECT DISTINCT stack, functions FROM {stacks}").fetchall())
    functions = query("SELECT function, name, file FROM {functions}").fetchall()
    named = {function: Function(name, file) for function, name, file in functions}
    frames = [stacks[int(stack)] for stack in stack_ids]
    used = sorted({f for stack in frames for f in stack}, key=named.__getitem__)
    position = {function: i for i, function in enumerate(used)}
    order = {window: i for i, window in enumerate(windows["window"])}
    return Recording(
        service=service,
        windows=windows.drop(columns=["window", "service"]),
        functions=tuple(named[f] for f in used),
        stack_starts=np.cumsum([0, *map(len, frames)], dtype=np.int64),
        stack_functions=np.array([position[f] for s in frames for f in s], dtype=np.int64),
        sample_windows=np.array([order[w] for w in samples["window"]], dtype=np.int64),
        sample_stacks=sample_stacks.astype(np.int64),
        sample_counts=np.asarray(samples["count"], dtype=np.int64),
    )


def _quoted(path: Path) -> str:
    """Return a path as DuckDB reads it: quoted, and a pattern of nothing but itself."""
    return "'" + re.sub(r"([\[*?])", r"[\1]", str(path)).replace("'", "''") + "'"


def _tables(windows: list[WindowProfile]) -> dict[str, pa.Table]:
    """Turn windows into the four tables of a segment."""
    functions: dict[int, Function] = {}
    stacks: dict[int, list[int]] = {}
    samples: dict[tuple[int, int], int] = {}
    rows: dict[int, tuple[Any, ...]] = {}
    for window in windows:
        profile = window.profile
        if window.at.tzinfo is None:
            raise StoreError(f"window of {window.service} at {window.at}: expected a time zone")
        function_ids = [_hash64(*function) for function in profile.functions]
        functions.update(zip(function_ids, profile.functions, strict=True))
        stack_ids = []
        for start, end in zip(profile.stack_starts[:-1], profile.stack_starts[1:], strict=True):
            frames = [function_ids[f] for f in profile.stack_functions[start:end]]
            stack_ids.append(_hash64(*frames))
            stacks[stack_ids[-1]] = frames
        counts = profile.sample_values[:, 0]
        rows_of = zip(profile.sample_stacks, counts, strict=True)
        content = _hash64(*(f"{stack_ids[stack]}:{count}" for stack, count in rows_of))
        at = window.at.astimezone(UTC).isoformat()
        window_id = _hash64(window.service, window.version, at, content)
        if window_id in rows:
            continue
        for stack, count in zip(profile.sample_stacks, counts, strict=True):
            key = (window_id, stack_ids[stack])
            samples[key] = samples.get(key, 0) + int(count)
        rows[window_id] = (window_id, *window[1:], int(counts.sum()))
    columns: dict[str, list[Any]] = {
        "windows": list(zip(*rows.values(), strict=True)),
        "functions": [
            list(functions),
            [function.name for function in functions.values()],
            [function.file for function in functions.values()],
        ],
        "stacks": [list(stacks), list(stacks.values())],
        "samples": [
            [window_id for window_id, _ in samples],
            [stack for _, stack in samples],
            list(samples.values()),
        ],
    }
    return {
        name: pa.table(
            [pa.array(c, f.type) for c, f in zip(columns[name], schema, strict=True)], schema
        )
        for name, schema in TABLES.items()
    }


def _hash64(*parts: object) -> int:
    """Return a content hash that fits a signed 64-bit column."""
    digest = blake2b("\0".join(map(str, parts)).encode("utf-8", "surrogateescape"), digest_size=8)
    return int.from_bytes(digest.digest(), "big", signed=True)
