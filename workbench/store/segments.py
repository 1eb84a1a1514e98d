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
KEEP_S = 15 * 60
"""For how long what was replaced stays, for those who read it."""
ABANDONED_S = 24 * 60 * 60
"""After how long what has no manifest yet will never get one: its writer was killed."""


@dataclass(frozen=True, slots=True)
class Segment:
    """What a manifest says."""

    id: str
    """A hash of what is in it, and what tells it from others that hold the same."""
    tables: tuple[str, ...]
    profiles: frozenset[int] = frozenset()
    """Ids of the profiles in it."""
    replaces: frozenset[str] = frozenset()
    """Segments that were put together into this one."""
    written_ns: int = 0
    """Unix time; of two records of the same thing the later one counts."""

    @property
    def content(self) -> str:
        """The hash alone."""
        return self.id.partition("-")[0]


@dataclass(slots=True)
class Segments:
    """The segments of one store; manifests never change, so each is read once."""

    url: str
    fs: fsspec.AbstractFileSystem = field(init=False)
    root: str = field(init=False)
    _known: dict[str, Segment] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Find the file system; a path without a protocol is local."""
        if "://" not in self.url:
            self.fs, self.root = LocalFileSystem(), str(Path(self.url).absolute())
            return
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
        marker = f"{self.root}/{MARKER}"
        if self.fs.exists(marker):
            return
        if self.fs.exists(self.root):
            is_folder = self.fs.isdir(self.root)
            inside = self.fs.ls(self.root, detail=False) if is_folder else [self.root]
            others = [path for path in inside if not Path(path).name.startswith(".")]
            if others and not self.fs.exists(marker):  # another may have made it just now
                expected = "expected an empty folder or a store"
                raise StoreError(f"{self.url}: {expected}, found other files")
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

    def get(self, path: str) -> bytes | None:
        """Return what a file holds; None where there is none."""
        try:
            return bytes(self.fs.cat_file(f"{self.root}/{path}"))
        except FileNotFoundError:
            return None

    def live(self) -> list[Segment]:
        """Return the segments that count, by id; those that others replace do not."""
        found = self._all()
        replaced = frozenset().union(*(segment.replaces for segment in found))
        return [segment for segment in found if segment.id not in replaced]

    def write(
        self,
        tables: Mapping[str, pa.Table],
        profiles: Iterable[int] = (),
        replaces: Iterable[Segment] = (),
    ) -> bool:
        """Write a segment; its manifest last, from when on it is there.

        Return whether it was written: the same records again, with none after them, are not. What
        replaces others counts from when the last of them did.
        """
        olds = list(replaces)
        ids, replaced = frozenset(profiles), frozenset(segment.id for segment in olds)
        contents = {name: _parquet(table) for name, table in tables.items()}
        told = repr((sorted(ids), sorted(replaced))).encode()
        content = f"{hash_bytes(*([told] if ids else contents.values())) & (2**64 - 1):016x}"
        written_ns = max([old.written_ns for old in olds], default=time.time_ns())
        if not ids and not olds:  # records: the same ones count anew only if others came after them
            beside = [segment for segment in self.live() if {*segment.tables} & {*tables}]
            newest = max(beside, key=lambda segment: segment.written_ns, default=None)
            if newest is not None and newest.content == content:
                return False
            written_ns = max(written_ns, newest.written_ns + 1 if newest is not None else 0)
        name = f"{content}-{uuid.uuid4().hex[:8]}"  # of no other writer, be it of the same
        segment = Segment(name, tuple(tables), ids, replaced, written_ns)
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
        return True

    def path(self, segment: Segment, table: str) -> str:
        """Return where a table is, as DuckDB reads it."""
        path = f"{self.root}/segments/{segment.id}/{table}.parquet"
        return path if self.is_local else str(self.fs.unstrip_protocol(path))

    def copy_live(self, folder: Path) -> None:
        """Copy the segments that count into a new folder; where it can be, each file by a link.

        No file of a segment ever changes, so a link is as good as a copy.
        """
        for segment in self.live():
            manifest = f"segments/{segment.id}.json"
            for path in self.fs.find(f"{self.root}/segments/{segment.id}"):
                self._copy(path, folder / "segments" / segment.id / Path(path).name)
            self._copy(f"{self.root}/{manifest}", folder / manifest)
        self._copy(f"{self.root}/{MARKER}", folder / MARKER)

    def _copy(self, path: str, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        if self.is_local:
            with suppress(OSError):  # another file system, or one without links
                target.hardlink_to(path)
                return
        self.fs.get_file(path, str(target))

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

    def sweep(self) -> None:
        """Remove what was replaced a while ago, and what writers that were killed left behind."""
        found = {segment.id: segment for segment in self._all()}
        paths = self._paths()
        there = {Path(path).stem for path in paths}
        for segment in sorted(found.values(), key=lambda segment: segment.written_ns):
            if not segment.replaces & there:
                continue
            if self._age_s(f"{self.root}/segments/{segment.id}.json") < KEEP_S:
                continue  # by the clock of the storage, not of who wrote it
            for old in sorted(segment.replaces & there):
                if old in found and found[old].replaces & there:
                    continue  # without it they would count again; they go first
                self._remove(f"{old}.json")
                self._remove(old)
                there.discard(old)
        replaced = frozenset[str]().union(*(segment.replaces for segment in found.values()))
        for path in paths:
            name = Path(path).name
            is_known = Path(path).stem in replaced or Path(path).stem in found
            if not is_known and self._age_s(path) > ABANDONED_S:
                self._remove(name)

    def _paths(self) -> list[str]:
        """Return what lies among the segments."""
        folder = f"{self.root}/segments"
        if not self.fs.exists(folder):
            return []
        self.fs.invalidate_cache(folder)
        return list(self.fs.ls(folder, detail=False))

    def _all(self) -> list[Segment]:
        """Return all segments that have a manifest, by id."""
        missing: set[str] = set()
        while True:
            stems = (Path(path).stem for path in self._paths() if path.endswith(".json"))
            names = sorted(stem for stem in stems if not stem.startswith("."))
            gone = {name for name in names if not self._learn(name)}
            if not gone:
                return [self._known[name] for name in names]
            if gone & missing:  # still in the folder, so nobody removed it since
                path = f"{self.root}/segments/{min(gone & missing)}.json"
                raise StoreError(f"{path}: expected the manifest of a segment, found no file")
            missing |= gone

    def _learn(self, name: str) -> bool:
        """Read a manifest that is not known yet; return whether it is there."""
        if name not in self._known:
            try:
                self._known[name] = self._read_manifest(name)
            except FileNotFoundError:
                return False
        return True

    def _remove(self, name: str) -> None:
        """Remove a file or folder among the segments, if no other did."""
        with suppress(FileNotFoundError):
            self.fs.rm(f"{self.root}/segments/{name}", recursive=True)
        self._known.pop(name.removesuffix(".json"), None)

    def _age_s(self, path: str) -> float:
        """Return the seconds since a file, or any in a folder, was changed; 0, so that it stays,
        where it was removed or the file system tells no times.
        """
        try:
            changed = max(map(self.fs.modified, self.fs.find(path) or [path]))
        except (FileNotFoundError, NotImplementedError):
            return 0.0
        return time.time() - float(changed.timestamp())

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
        except (ValueError, KeyError, TypeError, IsADirectoryError) as error:
            raise StoreError(f"{path}: expected the manifest of a segment: {error!r}") from error


def _parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", row_group_size=ROW_GROUP)
    return bytes(sink.getvalue())
