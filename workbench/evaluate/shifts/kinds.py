"""The kinds of cases, and how they are opened."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.agent import Investigation
from workbench.evaluate.attribution import OpenedCause, RecordedTimeline
from workbench.evaluate.shifts.code import Code
from workbench.evaluate.shifts.drawn import AFTER, BEFORE, Drawn, quiet_stretches
from workbench.history import run_git
from workbench.signals import function_series
from workbench.types import Detection, Function, Recording, Records, Regression

_HOT, _COLD = 0.03, 0.001
"""Part of the samples of what goes by another name, at least; and of what hardly runs, at most."""
_N_RENAMED = 2
_GROWTH = (0.2, 0.8)
"""Of the requests of an operation, or of what they ask for."""


def open_shifts(timeline: RecordedTimeline, scratch: Path, *, seed: int) -> Iterator[OpenedCause]:
    """Yield cases without a culprit, one of each kind in turn for each quiet stretch of a timeline.

    Parameters
    ----------
    timeline : RecordedTimeline
        With its truth.
    scratch : Path
        An empty folder; repositories are made in it.
    seed : int
        Of what is drawn.
    """
    rng = np.random.default_rng(seed)
    kinds = {
        "rename": _renamed, "move": _moved, "wrapper": _wrapped, "traffic": _asked_more_often,
        "page size": _asked_for_more,
    }  # fmt: skip
    for number, quiet in enumerate(quiet_stretches(timeline)):
        for kind in [*kinds][number % 2 :: 2]:
            folder = scratch / f"{number}-{kind.replace(' ', '-')}"
            code = Code.clone(timeline, quiet, folder)
            case = kinds[kind](Drawn.of(timeline.recording, quiet, rng), code, rng, timeline)
            if case is not None:
                yield _opened(folder.name, kind, case, code, timeline)


@dataclass(frozen=True, slots=True, eq=False)
class Shift:
    """A recording with a moment in it, and which function somebody asks about."""

    recording: Recording
    subject: str
    requests: Mapping[str, float]
    """Operation -> how many times its requests grew."""
    cost: Mapping[str, float]
    """Operation -> how many times what one of its requests costs grew."""


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


def _renamed(
    drawn: Drawn, code: Code, rng: np.random.Generator, timeline: RecordedTimeline
) -> Shift | None:
    hot = _choose(drawn, code, rng, hot=True)
    if hot is None:
        return None
    scope, dot, bare = hot.name.rpartition(".")
    new = hot._replace(name=f"{scope}{dot}{bare}_of_request")
    _with_innocent(drawn, code, rng, timeline)
    code.rename(bare, f"{bare}_of_request")
    code.commit(f"Rename {bare}: it is of one request")
    recording = drawn.by_other_names(lambda frame: [_put(frame, hot, new)])
    return Shift(recording, new.subject, {}, {})


def _put(frame: Function, old: Function, new: Function) -> Function:
    """Return a frame under a function's new name, also what is defined in it."""
    if frame.file != old.file or not (
        frame.name == old.name or frame.name.startswith(f"{old.name}.")
    ):
        return frame
    return frame._replace(name=new.name + frame.name[len(old.name) :], file=new.file)


def _moved(
    drawn: Drawn, code: Code, rng: np.random.Generator, timeline: RecordedTimeline
) -> Shift | None:
    hot = _choose(drawn, code, rng, hot=True)
    if hot is None:
        return None
    _with_innocent(drawn, code, rng, timeline)
    if not (code.folder / hot.file).is_file():
        return None
    stem = hot.file.removesuffix(".py")
    file = f"{stem}_core.py"
    run_git(code.folder, "mv", hot.file, file)
    dotted = stem.replace("/", ".")
    package, _, module = dotted.rpartition(".")
    code.rename(re.escape(dotted), f"{dotted}_core")
    code.rename(
        rf"from {re.escape(package)} import {module}",
        f"from {package} import {module}_core as {module}",
    )
    code.commit(f"Move {module} to {module}_core")
    recording = drawn.by_other_names(
        lambda frame: [frame._replace(file=file) if frame.file == hot.file else frame]
    )
    return Shift(recording, hot._replace(file=file).subject, {}, {})


def _wrapped(
    drawn: Drawn, code: Code, rng: np.random.Generator, timeline: RecordedTimeline
) -> Shift | None:
    hot = _choose(drawn, code, rng, hot=True)
    if hot is None:
        return None
    scope, dot, bare = hot.name.rpartition(".")
    inner = hot._replace(name=f"{scope}{dot}_{bare}_inner")
    _with_innocent(drawn, code, rng, timeline)
    path = code.folder / hot.file
    text = path.read_text(encoding="utf-8")
    found = re.search(rf"^([ ]*)def {bare}\(", text, re.MULTILINE)
    if found is None or "@" in text[: found.start()].rstrip().rpartition("\n")[2]:
        return None
    indent, target = found[1], f"self._{bare}_inner" if dot else f"_{bare}_inner"
    rest = "self, *told, **named" if dot else "*told, **named"
    wrapper = (
        f"{indent}def {bare}({rest}):\n{indent}    return {target}(*told, **named)\n\n"
        f"{'' if dot else chr(10)}{indent}def _{bare}_inner("
    )
    path.write_text(text[: found.start()] + wrapper + text[found.end() :], encoding="utf-8")
    code.commit(f"{bare}: what it does has a function of its own")

    def rename(frame: Function) -> Sequence[Function]:
        return [frame, inner] if frame == hot else [_put(frame, hot, inner)]

    return Shift(drawn.by_other_names(rename), inner.subject, {}, {})


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


def _asked_more_often(
    drawn: Drawn, code: Code, rng: np.random.Generator, timeline: RecordedTimeline
) -> Shift | None:
    return _by_demand(drawn, code, rng, timeline, more_requests=True)


def _asked_for_more(
    drawn: Drawn, code: Code, rng: np.random.Generator, timeline: RecordedTimeline
) -> Shift | None:
    return _by_demand(drawn, code, rng, timeline, more_requests=False)


def _by_demand(
    drawn: Drawn, code: Code, rng: np.random.Generator, timeline: RecordedTimeline,
    *, more_requests: bool,
) -> Shift | None:  # fmt: skip
    found = _operation(drawn, rng, timeline.records)
    if found is None:
        return None
    operation, entry = found
    growth = 1 + rng.uniform(*_GROWTH)
    factors = np.where(drawn.holding(entry), growth, 1.0)
    _with_innocent(drawn, code, rng, timeline)
    told = {operation: growth}
    return Shift(
        drawn.scaled(factors, rng), drawn.recording.functions[entry].subject,
        told if more_requests else {}, {} if more_requests else told,
    )  # fmt: skip


def _opened(
    case_id: str, kind: str, case: Shift, code: Code, timeline: RecordedTimeline
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
        recording, asked, code.repository, code.base, head, _records(case, windows, timeline)
    )
    return OpenedCause(case_id, kind, kind, frozenset(), evidence, regression)


def _records(case: Shift, windows: pd.DataFrame, timeline: RecordedTimeline) -> Records:
    """Return what is told of the service: its measurements, window by window, and nothing set."""
    told = timeline.records
    rows: list[dict[str, Any]] = []
    levels = told.measurements.groupby(["metric", "subject", "unit"], dropna=False)["value"]
    for (metric, subject, unit), values in levels:
        grown = case.requests if metric == "requests" else case.cost
        factor = grown.get(str(subject), 1.0)
        for number, (at, version) in enumerate(zip(windows["at"], windows["version"], strict=True)):
            level = values.iloc[number % len(values)] * (factor if number >= BEFORE else 1.0)
            rows.append({
                "service": case.recording.service, "metric": metric, "subject": subject,
                "unit": unit, "at": at, "version": version, "value": level,
            })  # fmt: skip
    measured = pd.DataFrame(rows).reindex(columns=told.measurements.columns)
    nothing = {name: getattr(told, name).iloc[:0] for name in ("changes", "experiments")}
    return replace(
        told, measurements=measured, experiment_results=told.experiment_results.iloc[:0], **nothing
    )
