"""Write profiles and records as segments; read them back as profiles, series and tables."""

from __future__ import annotations

import math
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.errors import StoreError
from workbench.store.compact import compact_segments
from workbench.store.encode import Encoded, WindowProfile, check_text, encode, make_tables
from workbench.store.ids import hash_bytes
from workbench.store.measured import measured_matrix
from workbench.store.read import read_profile, read_recording
from workbench.store.records import make_records, read_newest
from workbench.store.schema import RECORD_TABLES
from workbench.store.segments import Segment, Segments
from workbench.store.series import METRICS, read_matrix, tidy
from workbench.store.sql import Query, answer
from workbench.types import Change, Profile, Recording, Records, SeriesMatrix

_ORIGIN = "origin"


class Store:
    """Recorded profiles and what happened beside them, in Parquet that DuckDB reads in place.

    Any number of processes may read and write at once; see `workbench.store.schema` for why.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = folder if isinstance(folder, str) and "://" in folder else Path(folder)
        self._segments = Segments(str(folder))

    def __repr__(self) -> str:
        """Return how to open it."""
        return f"Store.open({str(self.folder)!r})"

    @classmethod
    def create(cls, folder: Path | str) -> Store:
        """Make an empty store, or open the one that is there.

        Parameters
        ----------
        folder : path or str
            A folder, or the URL of a prefix of a file system that fsspec knows (`s3://…`).
        """
        store = cls(folder)
        store._segments.create()
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path | str) -> Store:
        """Open a store; StoreError where there is none or one of another version."""
        store = cls(folder)
        store._segments.check()
        return store

    def add(
        self,
        profile: Profile,
        *,
        service: str,
        version: str = "",
        at: datetime | None = None,
        host: str = "",
        work: float = math.nan,
        cpu_seconds: float = math.nan,
        is_dated: bool = True,
    ) -> bool:
        """Add a profile; whole or, on any failure, not at all.

        Parameters
        ----------
        profile : Profile
            Of stacks; a graph of calls is refused.
        service, version, host : str
            What was recorded, and where.
        at : datetime, optional
            Start of the window, with a time zone. Default: what the profile says.
        work : float
            Units of work done in the window (requests, rounds); NaN where unknown.
        cpu_seconds : float
            CPU time that the work took; NaN where unknown.
        is_dated : bool
            Whether `at` is known. If it is a guess, such as when a file was changed, the same
            profile is not added again with another guess.

        Returns
        -------
        bool
            Whether it is new; a profile that is there already changes nothing.
        """
        if at is None:
            if profile.time_ns is None:
                raise StoreError(f"profile of {service}: expected at=, as it tells no time")
            try:
                at = datetime.fromtimestamp(profile.time_ns // 1000 / 1e6, UTC)
            except (ValueError, OverflowError, OSError) as error:
                told = f"got {profile.time_ns} ns"
                raise StoreError(f"{service}: expected a time from 1678 to 2261, {told}") from error
        window = WindowProfile(
            profile, service, version, at, work, cpu_seconds, host, is_dated=is_dated
        )
        return bool(self.add_all([window]))

    def add_all(self, windows: Iterable[WindowProfile]) -> int:
        """Add profiles as one segment; all of them or, on any failure, none.

        Returns
        -------
        int
            How many were new.

        Raises
        ------
        StoreError
            For what a store cannot answer from, and for a profile that is there with other work.
        """
        entries: dict[int, Encoded] = {}
        for entry in map(encode, windows):
            _check_same_work(entries.setdefault(entry.id, entry).window, entry.window)
        known = frozenset[int]().union(*(segment.profiles for segment in self._segments.live()))
        fresh = [entry for entry in entries.values() if entry.id not in known]
        self._check_work([entry for entry in entries.values() if entry.id in known])
        if fresh:
            self._segments.write(make_tables(fresh), [entry.id for entry in fresh])
        return len(fresh)

    def put(self, table: str, rows: pd.DataFrame | Sequence[Mapping[str, Any]]) -> int:
        """Add records to one of the tables beside profiles.

        Parameters
        ----------
        table : str
            `changes`, `experiments`, `experiment_results`, `measurements`, `services` or
            `documents`.
        rows : DataFrame or sequence of mappings
            Columns as in `workbench.store.schema.RECORD_TABLES`; those that are missing are empty,
            but the key of the table must be there. A row with the key of an earlier one replaces
            it. Times without a zone are UTC.

        Returns
        -------
        int
            How many; 0 where they are what was put last.
        """
        records = make_records(table, rows)
        is_new = records.num_rows > 0 and self._segments.write({table: records})
        return int(records.num_rows) if is_new else 0

    def put_changes(self, changes: Iterable[Change], service: str = "") -> int:
        """Add commits, or other changes, as `Repository.commits` and their like tell them."""
        rows = [
            {
                "id": change.id, "kind": change.kind, "service": service, "at": change.at,
                "title": change.title, "author": change.author, "files": list(change.files),
            }
            for change in changes
        ]  # fmt: skip
        return self.put("changes", rows)

    def snapshot(self, folder: Path) -> Store:
        """Return a store of what is in this one now; what is added later is not in it.

        Parameters
        ----------
        folder : Path
            New; it is whole or not there, also when this is killed.

        Raises
        ------
        StoreError
            Where something is there already, or segments were removed while they were copied.
        """
        if folder.exists():
            raise StoreError(f"{folder}: expected a new folder, something is there already")
        beside = folder.with_name(f".{folder.name}")
        try:
            self._segments.copy_live(beside)
            own = self.folder if isinstance(self.folder, str) else self.folder.resolve()
            Store(beside).save_state(_ORIGIN, str(own).encode("utf-8", "surrogateescape"))
            beside.rename(folder)
        except FileNotFoundError as error:
            raise StoreError(f"{self.folder}: changed while it was copied: {error}") from error
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        return Store.open(folder)

    @property
    def origin(self) -> Store:
        """The store that this is a snapshot of, which records are added to; itself, where of none.

        StoreError where it is not there any more.
        """
        told = self.load_state(_ORIGIN)
        return Store.open(told.decode("utf-8", "surrogateescape")) if told else self

    def save_state(self, name: str, data: bytes) -> None:
        """Keep what a watcher of this store has to remember, whole or not at all.

        Parameters
        ----------
        name : str
            Letters, digits, `-`, `_` and `.`; what was kept under it before is replaced.
        """
        self._segments.put(_state_path(name), data)

    def load_state(self, name: str) -> bytes | None:
        """Return what `save_state` kept under a name; None where it kept nothing."""
        return self._segments.get(_state_path(name))

    def table(self, name: str) -> pd.DataFrame:
        """Return one of the tables beside profiles: the newest record of each key, as they came."""
        if name not in RECORD_TABLES:
            known = ", ".join(RECORD_TABLES)
            raise StoreError(f"{self.folder}: expected a table among {known}, got {name!r}")

        def holding(live: list[Segment]) -> list[Segment]:
            return [segment for segment in live if name in segment.tables]

        rows = answer(self._segments, lambda query: read_newest(query, name), holding)
        frame: pd.DataFrame = rows.select(RECORD_TABLES[name].names).to_pandas()
        return frame

    def records(self, service: str | None = None) -> Records:
        """Return what is told of a service beside its profiles, or of every service alike.

        Parameters
        ----------
        service : str, optional
            Default: the only one that has profiles.
        """
        name = answer(self._segments, lambda query: self._one(query, service), _of_profiles)
        tables = {table: self.table(table) for table in Records.__slots__}
        return Records(
            **{
                table: rows[rows["service"].isin(["", name])].reset_index(drop=True)
                if "service" in rows
                else rows
                for table, rows in tables.items()
            }
        )

    def services(self) -> list[str]:
        """Return the services that have profiles, by name."""
        return answer(self._segments, _services, _of_profiles)

    def fingerprint(self) -> str:
        """Return a hash of which profiles there are; records beside them do not change it."""
        ids = frozenset[int]().union(*(segment.profiles for segment in self._segments.live()))
        return f"{hash_bytes(repr(sorted(ids)).encode()) & (2**64 - 1):016x}"

    def windows(self, service: str | None = None) -> pd.DataFrame:
        """Return a row for each profile of a service, oldest first, without its samples."""
        found = answer(
            self._segments,
            lambda query: query(
                'SELECT * EXCLUDE (profile) FROM {profiles} WHERE service = ? ORDER BY "at"',
                self._one(query, service),
            ),
        )
        frame: pd.DataFrame = found.to_pandas()
        return frame

    def profile(
        self,
        service: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        version: str | None = None,
        value_type: str | None = None,
    ) -> Profile:
        """Return the profiles of a service from `start` up to, not including, `end` as one.

        Times have a time zone; `version` takes those of one version alone.

        Rows, values and labels are as recorded; `time_ns` is the first's. Of the profiles that
        have the value type (see `matrix`), those types are kept that all of them have.
        """
        for name, told in (("start", start), ("end", end)):
            if told is not None and (not isinstance(told, datetime) or told.tzinfo is None):
                raise StoreError(f"expected {name}= as a datetime with a time zone, got {told!r}")
        if version is not None:
            check_text("expected version=", version)
        if start is not None and end is not None and start >= end:
            raise StoreError(f"expected start before end, got {start} and {end}")
        return answer(
            self._segments,
            lambda query: read_profile(
                query, self._one(query, service), start, end, version, value_type
            ),
        )

    def recording(
        self,
        service: str | None = None,
        *,
        value_type: str | None = None,
        by_line: bool = False,
    ) -> Recording:
        """Return all profiles of a service, oldest first, with stacks of functions.

        Each profile is a window here, also where several hosts recorded at once. Values that are
        not whole, such as seconds, are counted in millionths.

        Parameters
        ----------
        service : str, optional
            Default: the only one there is.
        value_type : str, optional
            As for `matrix`.
        by_line : bool
            Whether each line of a function counts as one of its own: `line` of the recording's
            functions is then the line that ran (0 where it is not known), not where they begin.
        """
        return answer(
            self._segments,
            lambda query: read_recording(
                query, self._one(query, service), value_type, by_line=by_line
            ),
        )

    def matrix(
        self,
        metric: str = "gcpu",
        *,
        service: str | None = None,
        subject: str | Sequence[str] | None = None,
        value_type: str | None = None,
        every: str | None = None,
    ) -> SeriesMatrix:
        """Compute series of functions or of the service, or look up measured ones.

        Parameters
        ----------
        metric : str
            Of profiles, `gcpu`, `self_gcpu`: fraction of a window's value in stacks that contain
            the function, or end with it; `cost`: that fraction of the CPU seconds a unit of work
            took; `total`: the value itself. Or a metric of the table `measurements`; one of these
            names only where the service has no profiles.
        service : str, optional
            Default: the only one there is.
        subject : str or sequence of str, optional
            Functions by subject (`pkg.mod:f`) or name; `<service>` for the whole. Default: every
            function.
        value_type : str, optional
            `name/unit`, or the name alone, of profiles; those without it are left out. Default:
            what the profiles say, and where they differ, as those of CPU and of memory do, what is
            of CPU.
        every : str, optional
            Length of a window (`5min`, `1h`, as pandas writes it). Default: profiles that start at
            the same time are one window.

        Returns
        -------
        SeriesMatrix
            Subjects in alphabetical order, windows oldest first; NaN where a window has no value or
            no known work.
        """
        return self._series(metric, service, subject, value_type, every)[1]

    def series(
        self,
        metric: str = "gcpu",
        *,
        service: str | None = None,
        subject: str | Sequence[str] | None = None,
        value_type: str | None = None,
        every: str | None = None,
    ) -> pd.DataFrame:
        """Compute series as `matrix` does, but one row a subject and window.

        Returns
        -------
        pandas.DataFrame
            `service`, `metric`, `subject`, `at`, `version`, `value`.
        """
        name, found = self._series(metric, service, subject, value_type, every)
        return tidy(found, name, metric)

    def compact(self, *, whole: bool = True) -> int:
        """Put segments together, profiles into one and each table of records, to be read faster.

        Nothing is lost if this is stopped at any moment or done by two at once. Those that were
        replaced stay for a quarter of an hour, for whoever reads them; a later call removes them,
        and what writers that were killed left behind.

        Parameters
        ----------
        whole : bool
            Whether all segments are put together, however large; else eight or more small ones,
            each of which is not much larger than those that are smaller than it taken together, so
            that what is added often is rewritten seldom.

        Returns
        -------
        int
            How many segments were; 0 where there were too few.
        """
        return compact_segments(self._segments, whole=whole)

    def _check_work(self, entries: Sequence[Encoded]) -> None:
        """Raise StoreError where work is told that differs from what is known of a profile."""
        told = {
            entry.id: entry.window
            for entry in entries
            if not (math.isnan(entry.window.work) and math.isnan(entry.window.cpu_seconds))
        }
        if not told:
            return
        select = "SELECT profile, work, cpu_seconds FROM {profiles} WHERE profile IN "
        found = answer(
            self._segments, lambda query: query(f"{select} (SELECT unnest($1))", [*told])
        )
        for row in found.to_pylist():
            window = told[row["profile"]]
            known = window._replace(work=row["work"], cpu_seconds=row["cpu_seconds"])
            _check_same_work(known, window)

    def _series(
        self,
        metric: str,
        service: str | None,
        subject: str | Sequence[str] | None,
        value_type: str | None,
        every: str | None,
    ) -> tuple[str, SeriesMatrix]:
        subjects = [subject] if isinstance(subject, str) else subject
        for told in subjects or ():
            check_text("expected a subject", told)
        if metric not in METRICS:
            return self._measured(metric, service, subjects, value_type, every)

        def read(query: Query) -> tuple[str, SeriesMatrix] | None:
            services = _services(query)
            if service in services or (service is None and services) or not self._has(metric):
                name = self._one(query, service)
                return name, read_matrix(query, metric, name, subjects, value_type, every)
            return None

        found = answer(self._segments, read)
        return found or self._measured(metric, service, subjects, value_type, every)

    def _has(self, metric: str) -> bool:
        """Tell whether a metric was measured elsewhere."""
        return metric in {*self.table("measurements")["metric"]}

    def _measured(
        self,
        metric: str,
        service: str | None,
        subjects: Sequence[str] | None,
        value_type: str | None,
        every: str | None,
    ) -> tuple[str, SeriesMatrix]:
        """Look series up that others recorded."""
        measurements = self.table("measurements")
        rows = measurements[measurements["metric"] == metric]
        if rows.empty:
            names = ", ".join([*METRICS, *sorted(measurements["metric"].unique())])
            raise StoreError(f"{self.folder}: expected a metric among {names}, got {metric!r}")
        for name, told in (("value_type", value_type), ("every", every)):
            if told is not None:
                raise StoreError(f"{metric}: expected no {name}=, as it was measured elsewhere")
        found = measured_matrix(rows, metric, service, subjects)
        return service or str(rows["service"].iloc[0]), found

    def _one(self, query: Query, service: str | None) -> str:
        services = _services(query)
        if not services:
            raise StoreError(f"{self.folder}: expected recorded profiles, found none")
        if service is None and len(services) != 1:
            raise StoreError(f"{self.folder}: expected one service, found {services}: name one")
        if service is not None and service not in services:
            raise StoreError(f"{self.folder}: expected one of {services}, got {service!r}")
        return services[0] if service is None else service


def _state_path(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", name):
        raise StoreError(f"expected a name of letters, digits, -, _ and ., got {name!r}")
    return f"states/{name}"


def _services(query: Query) -> list[str]:
    found = query("SELECT DISTINCT service FROM {profiles} ORDER BY service")
    return list(found["service"].to_pylist())


def _of_profiles(segments: list[Segment]) -> list[Segment]:
    return [segment for segment in segments if segment.profiles]


def _check_same_work(known: WindowProfile, told: WindowProfile) -> None:
    """Raise StoreError where a window tells of its work what differs from what is known."""
    for key in ("work", "cpu_seconds"):
        before, after = getattr(known, key), getattr(told, key)
        if not math.isnan(after) and before != after:
            there = f"without {key}=" if math.isnan(before) else f"with {key}={before:g}"
            where = f"{told.service}: the profile of {told.at} is there {there}"
            raise StoreError(f"{where}: expected the same, got {after:g}")
