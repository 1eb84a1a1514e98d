"""Where segments lie: a folder, or a prefix of any file system that fsspec knows."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.implementations.local import LocalFileSystem

from workbench.errors import StoreError
from workbench.store.ids import hash_bytes
from workbench.store.schema import VERSION

MARKER = "store.json"
ROW_GROUP = 1 << 18
TIER = 8
"""How many small segments are worth putting together, and how much larger a large one is."""


@dataclass(frozen=True, slots=True)
class Segment:
    """What a manifest says."""

    id: str
    tables: tuple[str, ...]
    profiles: frozenset[int] = frozenset()
    """Ids of the profiles in it."""
    replaces: frozenset[str] = frozenset()
    """Segments that were put together into this one."""
    written_ns: int = 0
    """Unix time; of two records of the same thing the later one counts."""


@dataclass(slots=True)
class Segments:
    """The segments of one store; manifests never change, so each is read once."""

    url: str
    fs: fsspec.AbstractFileSystem = field(init=False)
    root: str = field(init=False)
    _known: dict[str, Segment] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Find the file system; a path without a protocol is local."""
        try:
            self.fs, self.root = fsspec.core.url_to_fs(self.url)
        except (ValueError, ImportError) as error:  # a protocol that is unknown, or not installed
            raise StoreError(f"{self.url}: expected a folder, or a URL: {error}") from error

    @property
    def is_local(self) -> bool:
        """Whether this is a folder of this machine."""
        return isinstance(self.fs, LocalFileSystem)

    def create(self) -> None:
        """Make an empty store, where there is nothing or one already."""
        if self.fs.exists(f"{self.root}/{MARKER}"):
            return
        if self.fs.exists(self.root) and (not self.fs.isdir(self.root) or self.fs.ls(self.root)):
            raise StoreError(f"{self.url}: expected an empty folder or a store, found other files")
        self.put(MARKER, json.dumps({"version": VERSION}).encode() + b"\n")

    def check(self) -> None:
        """Raise StoreError where there is no store, or one of another version."""
        marker = f"{self.url}/{MARKER}"
        if not self.fs.isfile(f"{self.root}/{MARKER}"):
            raise StoreError(f"{self.url}: expected a store, found no {MARKER}")
        try:
            version = json.loads(self.fs.cat_file(f"{self.root}/{MARKER}"))["version"]
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(f'{marker}: expected {{"version": {VERSION}}}') from error
        if version != VERSION:
            raise StoreError(f"{marker}: expected version {VERSION}, found {version!r}")

    def put(self, path: str, data: bytes) -> None:
        """Write a file, whole or not at all; on object storage that is what a put does."""
        target = f"{self.root}/{path}"
        if not self.is_local:
            self.fs.pipe_file(target, data)
            return
        beside = Path(target).with_name(f".{uuid.uuid4().hex}")
        beside.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_bytes(data)
            os.replace(beside, target)  # noqa: PTH105 (a target may be replaced)
        finally:
            beside.unlink(missing_ok=True)

    def live(self) -> list[Segment]:
        """Return the segments that count, by id; those that others replace do not."""
        folder = f"{self.root}/segments"
        if not self.fs.exists(folder):
            return []
        self.fs.invalidate_cache(folder)
        paths = [path for path in self.fs.ls(folder, detail=False) if path.endswith(".json")]
        names = sorted(Path(path).stem for path in paths if not Path(path).stem.startswith("."))
        for name in names:
            if name not in self._known:
                try:
                    self._known[name] = self._read_manifest(name)
                except FileNotFoundError:  # another compacted and removed it since: look again
                    return self.live()
        found = [self._known[name] for name in names]
        replaced = frozenset().union(*(segment.replaces for segment in found))
        return [segment for segment in found if segment.id not in replaced]

    def write(
        self,
        tables: Mapping[str, pa.Table],
        profiles: Iterable[int] = (),
        replaces: Iterable[str] = (),
    ) -> Segment:
        """Write a segment; its manifest last, from when on it is there."""
        ids, replaced = frozenset(profiles), frozenset(replaces)
        contents = {name: _parquet(table) for name, table in tables.items()}
        told = repr((sorted(ids), sorted(replaced))).encode()
        name = _name(*([told] if ids else contents.values()))
        if not ids:  # records: the same ones count anew only if others came after them
            written = {s.id: s.written_ns for s in self.live() if {*s.tables} & {*tables}}
            while name in written:
                if written[name] == max(written.values()):
                    return self._known[name]
                name = _name(name.encode())
        segment = Segment(name, tuple(tables), ids, replaced, time.time_ns())
        for table, data in contents.items():
            self.put(f"segments/{name}/{table}.parquet", data)
        manifest = {
            "tables": [*tables],
            "profiles": sorted(ids),
            "replaces": sorted(segment.replaces),
            "written_ns": segment.written_ns,
        }
        self.put(f"segments/{name}.json", json.dumps(manifest).encode() + b"\n")
        self._known[name] = segment
        return segment

    def path(self, segment: Segment, table: str) -> str:
        """Return where a table is, as DuckDB reads it."""
        path = f"{self.root}/segments/{segment.id}/{table}.parquet"
        return path if self.is_local else str(self.fs.unstrip_protocol(path))

    def of_like_size(self, segments: Sequence[Segment]) -> list[Segment]:
        """Return the smaller segments, up to the first that is much larger than all before it."""
        sizes = {s.id: self.fs.du(f"{self.root}/segments/{s.id}") for s in segments}
        chosen: list[Segment] = []
        total = 0
        for segment in sorted(segments, key=lambda segment: sizes[segment.id]):
            if chosen and sizes[segment.id] > TIER * total:
                break
            chosen.append(segment)
            total += sizes[segment.id]
        return chosen

    def sweep(self, segments: Iterable[Segment]) -> None:
        """Remove what these segments replaced; the manifests go first."""
        folder = f"{self.root}/segments"
        replaced = frozenset[str]().union(*(segment.replaces for segment in segments))
        there = self.fs.ls(folder, detail=False) if replaced else []
        for old in sorted(replaced & {Path(path).stem for path in there}):
            for path in (f"{folder}/{old}.json", f"{folder}/{old}"):
                with suppress(FileNotFoundError):  # another removed it
                    self.fs.rm(path, recursive=True)
            self._known.pop(old, None)

    def _read_manifest(self, name: str) -> Segment:
        path = f"{self.root}/segments/{name}.json"
        try:
            told: dict[str, Any] = json.loads(self.fs.cat_file(path))
            return Segment(
                name,
                tuple(told["tables"]),
                frozenset(map(int, told["profiles"])),
                frozenset(map(str, told["replaces"])),
                int(told["written_ns"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{path}: expected the manifest of a segment: {error!r}") from error


def _name(*parts: bytes) -> str:
    """Return the name of a segment, of what is in it."""
    return f"{hash_bytes(*parts) & (2**64 - 1):016x}"


def _parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", row_group_size=ROW_GROUP)
    return bytes(sink.getvalue())
