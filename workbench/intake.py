"""Files of any kind -> a store: told by their content, added whole or rejected with one line."""

from __future__ import annotations

import math
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from workbench.errors import ParseError, WorkbenchError
from workbench.history import Repository
from workbench.ingest.content import Content, unpack
from workbench.ingest.others import describe, name_other
from workbench.ingest.read import find_format, parse
from workbench.ingest.rows import parse_rows
from workbench.ingest.series import SERIES_FORMATS, fetch_prometheus, read_series
from workbench.ingest.series.asv import is_asv
from workbench.ingest.series.read import find_series_format
from workbench.store import Store, find_table
from workbench.store.encode import check_text
from workbench.store.segments import MARKER
from workbench.types import Profile

POLL_S = 1.0
SETTLE_S = 5.0
"""For how long a file that is watched has to stay as it is before it is taken for whole."""


_OF_A_SERVICE = ("changes", "experiments", "measurements", "past_cases")
"""Tables whose rows are of the service that is named, where they name none."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What files do not tell of themselves."""

    service: str
    version: str = ""
    host: str = ""
    at: datetime | None = None
    """Of profiles. Default: what the file says, else when it was last changed."""
    work: float = math.nan
    cpu_seconds: float = math.nan
    format: str | None = None
    """Of profiles. Default: told from the content."""

    def __post_init__(self) -> None:
        """Raise StoreError for text that no store can hold."""
        for name in ("service", "version", "host"):
            check_text(f"expected {name}", getattr(self, name))


@dataclass(slots=True)
class Tally:
    """What became of files."""

    added: dict[str, int] = field(default_factory=dict)
    """How many of what: `profiles`, `measurements`, `changes` and so on."""
    n_known: int = 0
    """Files of which nothing was new."""
    rejected: list[str] = field(default_factory=list)
    """One line each."""
    undated: Counter[datetime] = field(default_factory=Counter)
    """How many profiles told no time, by when their files were modified."""

    def __str__(self) -> str:
        """Return one line."""
        counts = sorted(self.added.items())
        parts = [f"{n} {kind.removesuffix('s') if n == 1 else kind}" for kind, n in counts if n]
        text = f"added {', '.join(parts) or 'nothing'}"
        if self.n_known:
            text += f"; {self.n_known} there already"
        if self.rejected:
            text += f"; {len(self.rejected)} rejected"
        n_at_once = max(self.undated.values(), default=0)
        if n_at_once > 1:
            text += (
                f"; {n_at_once} profiles tell no time, and their files were modified at one: "
                "they are one window (--at tells their time)"
            )
        return text


def take_in(store: Store, path: Path | str, labels: Labels, tally: Tally) -> None:
    """Add one file, folder or URL to a store; what became of it goes to the tally.

    A folder is results of asv (series) or a git repository (changes); `expand` finds them. A URL
    is a range query of Prometheus.
    """
    try:
        if isinstance(path, str):
            kind, n = "measurements", _add_series(store, fetch_prometheus(path), labels)
        else:
            kind, n = _add(store, path, labels, tally.undated)
    except (WorkbenchError, OSError) as error:
        complaint = str(error).partition("\n")[0]
        name = str(path).partition("?")[0]
        is_named = complaint.startswith(name) or repr(name) in complaint
        tally.rejected.append(complaint if is_named else f"{path}: {complaint}")
        return
    if not n:
        tally.n_known += 1
    tally.added[kind] = tally.added.get(kind, 0) + n


def add_files(
    store: Store, paths: Iterable[Path | str], labels: Labels, tally: Tally | None = None
) -> Tally:
    """Add files, and what is in folders, to a store; return what became of them."""
    tally = tally or Tally()
    for path in expand(paths):
        take_in(store, path, labels, tally)
    return tally


def expand(paths: Iterable[Path | str]) -> list[Path | str]:
    """Return files, URLs and such folders as are one thing, in order.

    Not hidden files, nor those of a store.
    """
    found: list[Path | str] = []
    for place in paths:
        if isinstance(place, str) and place.startswith(("http://", "https://")):
            found.append(place)
        elif not Path(place).is_dir() or _is_one(Path(place)):
            found.append(Path(place))
        elif not _is_of_store(Path(place).resolve()):
            found += _inside(Path(place))
    return found


def watch(
    store: Store,
    folder: Path,
    labels: Labels,
    report: Callable[[Path, Tally], None],
    *,
    poll_s: float = POLL_S,
    settle_s: float = SETTLE_S,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[None]:
    """Add files as they appear in a folder; each step of the iterator looks once.

    A file is taken once it has not changed for `settle_s`: whoever writes with longer pauses has to
    write elsewhere and move the file in. What was there before is taken too; a profile that is in
    the store already changes nothing.
    """
    seen: dict[Path, tuple[tuple[int, int], float]] = {}
    done: dict[Path, tuple[int, int]] = {}
    while True:
        for path in map(Path, expand([folder])):
            try:
                state = path.stat()
            except FileNotFoundError:  # gone between two looks
                continue
            mark = (state.st_size, state.st_mtime_ns)
            if path not in seen or seen[path][0] != mark:
                seen[path] = (mark, clock())
            elif clock() - seen[path][1] >= settle_s and done.get(path) != mark:
                tally = Tally()
                take_in(store, path, labels, tally)
                report(path, tally)
                done[path] = mark
        yield
        sleep(poll_s)


def _add(store: Store, path: Path, labels: Labels, undated: Counter[datetime]) -> tuple[str, int]:
    """Add one file or folder; return what it held, and how much of that."""
    if path.is_dir():
        if (path / ".git").exists():
            return "changes", store.put_changes(Repository(path).changes(), labels.service)
        return "measurements", _add_series(store, read_series(path), labels)
    if not path.exists():
        raise ParseError("expected a file, found none", path)
    try:
        content = Content(unpack(path.read_bytes()))
        format = labels.format or find_format(content)
        if format is not None:
            profile = parse(content, format)
            return "profiles", _add_profile(store, profile, path, labels, undated)
        return _add_rows(store, content, labels)
    except ParseError as error:
        raise error.within(path) from error


def _add_profile(
    store: Store, profile: Profile, path: Path, labels: Labels, undated: Counter[datetime]
) -> int:
    at = labels.at
    is_dated = at is not None or profile.time_ns is not None
    if not is_dated:
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        undated[at] += 1
    return store.add(
        profile,
        service=labels.service,
        version=labels.version,
        at=at,
        host=labels.host,
        work=labels.work,
        cpu_seconds=labels.cpu_seconds,
        is_dated=is_dated,
    )


def _add_rows(store: Store, content: Content, labels: Labels) -> tuple[str, int]:
    """Add what is no profile: records where the columns are those of a table, else series."""
    name = find_series_format(content)
    if name is None and name_other(content):
        raise _unknown(content)
    if name in (None, "csv"):
        rows = parse_rows(content)
        table = None if rows is None else find_table(list(map(str, rows.columns)))
        if rows is not None and table not in (None, "measurements" if name else None):
            if "service" not in rows and table in _OF_A_SERVICE:
                rows = rows.assign(service=labels.service)
            return table, store.put(table, rows)
    if name is None:
        raise _unknown(content)
    return "measurements", _add_series(store, SERIES_FORMATS[name].parse(content), labels)


def _unknown(content: Content) -> ParseError:
    known = "a profile, series (CSV, Parquet, JSON of a benchmark suite) or records"
    return ParseError(f"expected {known}, got {describe(content)}")


def _add_series(store: Store, measurements: pd.DataFrame, labels: Labels) -> int:
    """Add series, with what they do not tell of themselves."""
    frame = measurements.copy()
    for name in ("service", "version", "host"):
        value = getattr(labels, name)
        if value:
            frame[name] = frame[name].where(frame[name] != "", value)
    return store.put("measurements", frame)


def _inside(folder: Path) -> list[Path]:
    """Return what is in a folder, by name: files, and such folders as are one thing."""
    found: list[Path] = []
    for name, folders, files in os.walk(folder):
        here = Path(name)
        if MARKER in files:
            files.remove(MARKER)
            folders[:] = [inner for inner in folders if inner != "segments"]
        whole = {inner for inner in folders if _is_one(here / inner)}
        folders[:] = sorted(f for f in folders if f not in whole and not f.startswith("."))
        names = {*whole, *files}
        found += [here / inner for inner in names if not inner.startswith(".")]
    return sorted(path for path in found if path.is_file() or path.is_dir())


def _is_of_store(folder: Path) -> bool:
    """Tell whether a folder is where a store has its segments, or within."""
    places = (folder, *folder.parents)
    return any(p.name == "segments" and (p.parent / MARKER).is_file() for p in places)


def _is_one(folder: Path) -> bool:
    return (folder / ".git").exists() or is_asv(folder)
