"""The kinds of cases, and how they are opened."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.agent import Investigation
from workbench.evaluate.attribution import OpenedCause, RecordedTimeline
from workbench.evaluate.shifts.code import Code
from workbench.evaluate.shifts.drawn import AFTER, BEFORE, Drawn, Rename, quiet_stretches
from workbench.signals import function_series
from workbench.types import Detection, Function, Recording, Records, Regression

_HOT, _COLD = 0.03, 0.001
"""Part of the samples of what goes by another name, at least; and of what hardly runs, at most."""
_N_RENAMED = 2
_BY_DEMAND = {"traffic": "requests", "page size": "cpu_ms"}
"""Kind -> metric of an operation that grows with it."""
KINDS = ("rename", "move", "wrapper", *_BY_DEMAND)
_GROWTH = (0.2, 0.8)
"""Of the requests of an operation, or of what they ask for."""


def open_shifts(timeline: RecordedTimeline, scratch: Path, *, seed: int) -> Iterator[OpenedCause]:
    """Yield cases without a culprit, one of each kind for each quiet stretch of a timeline.

    Parameters
    ----------
    timeline : RecordedTimeline
        With its truth.
    scratch : Path
        An empty folder; repositories are made in it.
    seed : int
        Of what is drawn.
    """
    for number in range(len(quiet_stretches(timeline))):
        for kind in KINDS:
            case = open_shift(timeline, scratch, number, kind, seed=seed)
            if case is not None:
                yield case


def open_shift(
    timeline: RecordedTimeline, scratch: Path, number: int, kind: str, *, seed: int
) -> OpenedCause | None:
    """Return one of them, the same whichever others are made; None where it cannot be made.

    Parameters
    ----------
    timeline, scratch, seed
        As `open_shifts` takes them.
    number : int
        Of the quiet stretch.
    kind : str
        One of `KINDS`.
    """
    rng = np.random.default_rng([seed, number, KINDS.index(kind)])
    quiet = quiet_stretches(timeline)[number]
    folder = scratch / f"{seed}-{number}-{kind.replace(' ', '-')}"
    code = Code.clone(timeline, quiet, folder)
    drawn = Drawn.of(timeline.recording, quiet, rng)
    case = _make(kind, drawn, code, rng, timeline)
    return None if case is None else _opened(folder.name, kind, case, drawn, code, timeline)


@dataclass(frozen=True, slots=True, eq=False)
class Shift:
    """A recording with a moment in it, and which function somebody asks about."""

    recording: Recording
    subject: str
    grown: Mapping[tuple[str, str], float]
    """(metric, operation) -> how many times it grew."""


def _plain(function: Function) -> bool:
    """Tell whether a function is one of the service's own that a commit can rename."""
    bare = function.name.rpartition(".")[2]
    own = function.file.endswith(".py") and not function.file.startswith(("<", "/"))
    return own and bool(re.fullmatch(r"[a-z_]{4,}", bare)) and "<" not in function.name


def _choose(drawn: Drawn, code: Code, rng: np.random.Generator, *, hot: bool) -> Function | None:
    """Return a function of the service that is defined once; None where there is none."""
    shares = drawn.shares()
    fits = [
        function
        for function, share in zip(drawn.recording.functions, shares, strict=True)
        if (share >= _HOT if hot else 0 < share <= _COLD) and share < 0.5 and _plain(function)
        and (code.folder / function.file).is_file()
    ]  # fmt: skip
    for index in rng.permutation(len(fits)):
        bare = fits[index].name.rpartition(".")[2]
        if code.times_defined(bare) == 1:
            chosen: Function = fits[index]
            return chosen
    return None


def _with_innocent(
    drawn: Drawn, code: Code, rng: np.random.Generator, timeline: RecordedTimeline
) -> None:
    """Deploy what costs nothing beside it: real commits, and names of what is hardly called."""
    code.pick_innocent(timeline, rng)
    for _ in range(_N_RENAMED):
        if cold := _choose(drawn, code, rng, hot=False):
            bare = cold.name.rpartition(".")[2]
            code.rename(bare, f"{bare}_now")
            code.commit(f"{bare} says when")


def _by_other_name(
    drawn: Drawn, code: Code, hot: Function, kind: str
) -> tuple[Function, Rename] | None:
    """Commit what gives a function's cost another name; return that, and how frames then go.

    None where this code cannot be written otherwise in that way.
    """
    scope, dot, bare = hot.name.rpartition(".")
    if kind == "rename":
        new = hot._replace(name=f"{scope}{dot}{bare}_of_request")
        code.rename(bare, f"{bare}_of_request")
        code.commit(f"Rename {bare}: it is of one request")
        return new, lambda frame: [_put(frame, hot, new)]
    if kind == "move":
        stem = hot.file.removesuffix(".py")
        file = f"{stem}_core.py"
        if not code.move(stem, f"{stem}_core"):
            return None
        code.commit(f"Move {stem} to {stem}_core")
        return hot._replace(file=file), lambda frame: [
            frame._replace(file=file) if frame.file == hot.file else frame
        ]
    inner = hot._replace(name=f"{scope}{dot}_{bare}_inner")
    if not code.split(hot.file, bare, f"_{bare}_inner", is_method=bool(dot)):
        return None
    code.commit(f"{bare}: what it does has a function of its own")
    return inner, lambda frame: [frame, inner] if frame == hot else [_put(frame, hot, inner)]


def _put(frame: Function, old: Function, new: Function) -> Function:
    """Return a frame under a function's new name, also what is defined in it."""
    is_within = frame.name == old.name or frame.name.startswith(f"{old.name}.")
    if frame.file != old.file or not is_within:
        return frame
    return frame._replace(name=new.name + frame.name[len(old.name) :], file=new.file)


def _operation(drawn: Drawn, rng: np.random.Generator, records: Records) -> tuple[str, int] | None:
    """Return an operation that is measured, and the function that answers it."""
    shares = drawn.shares()
    entries = {
        function.name.replace("_", "").lower(): number
        for number, function in enumerate(drawn.recording.functions)
        if 0.05 < shares[number] < 0.6
    }
    measured = sorted({str(s) for s in records.measurements["subject"].unique() if s})
    known = [(name, entries[name.lower()]) for name in measured if name.lower() in entries]
    return known[rng.integers(len(known))] if known else None


def _make(
    kind: str, drawn: Drawn, code: Code, rng: np.random.Generator, timeline: RecordedTimeline
) -> Shift | None:
    """Make a case of a kind; None where there is nothing to make one of."""
    if kind in _BY_DEMAND:
        found = _operation(drawn, rng, timeline.records)
        if found is None:
            return None
        operation, entry = found
        growth = 1 + rng.uniform(*_GROWTH)
        factors = np.where(drawn.holding(entry), growth, 1.0)
        _with_innocent(drawn, code, rng, timeline)
        return Shift(
            drawn.scaled(factors, rng), drawn.recording.functions[entry].subject,
            {(_BY_DEMAND[kind], operation): growth},
        )  # fmt: skip
    hot = _choose(drawn, code, rng, hot=True)
    if hot is None:
        return None
    _with_innocent(drawn, code, rng, timeline)
    made = _by_other_name(drawn, code, hot, kind)
    return made and Shift(drawn.by_other_names(made[1]), made[0].subject, {})


def _opened(
    case_id: str, kind: str, case: Shift, drawn: Drawn, code: Code, timeline: RecordedTimeline
) -> OpenedCause:
    head = code.repository.resolve("HEAD")
    windows = case.recording.windows.copy()
    windows["version"] = [code.base] * BEFORE + [head] * AFTER
    recording = replace(case.recording, windows=windows)
    series = function_series(recording)
    values = series.row(case.subject, "cost")
    regression = Regression(
        id=f"R-{case_id}", subject=case.subject, metric="cost", change_index=BEFORE,
        change_index_low=BEFORE - 1, change_index_high=BEFORE + 1,
        before=float(values[:BEFORE].mean()), after=float(values[BEFORE:].mean()), p_value=0.0,
        service=recording.service,
    )  # fmt: skip
    asked = Detection((regression,), (), pd.DataFrame(), pd.DataFrame())
    evidence = Investigation(
        recording, asked, code.repository, code.base, head, _records(case, drawn, windows, timeline)
    )
    return OpenedCause(case_id, kind, kind, frozenset(), evidence, regression)


def _records(
    case: Shift, drawn: Drawn, windows: pd.DataFrame, timeline: RecordedTimeline
) -> Records:
    """Return what is told of the service: measurements of the windows drawn; nothing was set."""
    told = timeline.records
    by_time = dict(iter(told.measurements.groupby("at")))
    parts = []
    for number, pick in enumerate(drawn.picks):
        rows = by_time[timeline.recording.windows["at"].iloc[pick]]
        keys = zip(rows["metric"], rows["subject"], strict=True)
        factors = [case.grown.get(key, 1.0) if number >= BEFORE else 1.0 for key in keys]
        parts.append(rows.assign(
            at=windows["at"].iloc[number], version=windows["version"].iloc[number],
            value=rows["value"] * factors,
        ))  # fmt: skip
    nothing = {
        name: getattr(told, name).iloc[:0]
        for name in ("changes", "experiments", "experiment_results")
    }
    return replace(told, measurements=pd.concat(parts, ignore_index=True), **nothing)
