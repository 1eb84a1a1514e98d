"""Accuracy and speed of detection beside peers from the package index, in one run.

Peers get environments of their own, in the cache, and run in processes of their own. One that
cannot be installed is said to be, and the rest is measured. Takes about five minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from measure import cpu_seconds
from peers import PEERS, Found, Peer, PeerError, environment, find, run
from real_series import (
    MARGIN,
    N_APPENDED,
    Annotated,
    covering,
    f1_score,
    load_annotated,
    load_histories,
    lost,
    padded,
)
from rich.console import Console
from rich.table import Table

from workbench.detect import change_points, detect, find_background
from workbench.detect.noise.screen import screen
from workbench.simulate import Noise, simulate_series
from workbench.types.signals import read_signals

N_OURS, N_STEPS, N_FAST, N_NULL = 10_000, 200, 50_000, 300
N_WINDOWS, NEAR, VERY_NEAR = 1008, 12, 3
BUDGETS = (10.0, 1.0)
SIZES = (0.02, 0.05, 0.10)

CALM = {"load": (0.0, 0.0), "day": (0.0, 0.0), "week": (0.0, 0.0), "spikes_per_1000_windows": 0.0}
ALL = "all together"
N_FLEET_WINDOWS = 1000
FLEET = """
import json, pathlib, sys, time
begun = time.time()
from workbench.detect import detect
from workbench.ingest.series import open_series
detect(open_series(sys.argv[1]))
status = pathlib.Path("/proc/self/status").read_text()  # not what a parent had
peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
print(json.dumps([time.time() - begun, int(peak.split()[1]) / 1024]))
"""
NULLS = {
    "white noise": Noise(**CALM),
    "autocorrelated": Noise(**{**CALM, "load": Noise().load}),
    "seasonal": Noise(**{**CALM, "day": Noise().day, "week": Noise().week}),
    "spiky": Noise(**{**CALM, "spikes_per_1000_windows": Noise().spikes_per_1000_windows}),
    ALL: Noise(),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """The series that are judged."""

    nulls: dict[str, np.ndarray]
    more_nulls: np.ndarray
    """Of all kinds of noise, by another seed: where thresholds come from."""
    steps: dict[float, np.ndarray]
    transients: np.ndarray
    tiny: np.ndarray
    places: dict[object, np.ndarray]
    """First window of each step, by size; "tiny" for the tiny ones."""

    @classmethod
    def simulated(cls) -> Shown:
        """Simulate all."""
        nulls = {
            name: simulate_series(N_OURS, noise=noise, seed=10 + i).values
            for i, (name, noise) in enumerate(NULLS.items())
        }
        steps = {
            size: simulate_series(N_STEPS, event="step", relative=(size, size), seed=20 + i)
            for i, size in enumerate(SIZES)
        }
        tiny = simulate_series(
            N_STEPS, event="step", absolute=5e-5, level=(1e-3, 1e-3),
            noise=Noise(n_samples=10_000_000), seed=30,
        )  # fmt: skip
        transients = simulate_series(N_STEPS, event="transient", relative=(0.03, 0.4), seed=31)
        places: dict[object, np.ndarray] = {
            size: made.truth["change_index"].to_numpy() for size, made in steps.items()
        }
        return cls(
            nulls=nulls,
            more_nulls=simulate_series(N_NULL, seed=40).values,
            steps={size: made.values for size, made in steps.items()},
            transients=transients.values,
            tiny=tiny.values,
            places={**places, "tiny": tiny.truth["change_index"].to_numpy()},
        )


@dataclass(slots=True)
class Column:
    """One column of the table: what was measured, by row."""

    name: str
    cells: dict[str, str] = field(default_factory=dict)

    def put(self, row: str, value: float, form: str = ".1f") -> None:
        """Fill in one cell."""
        self.cells[row] = format(value, form)


def percent(hits: Iterable[object]) -> float:
    """Return how many are true, in %."""
    return 100 * float(np.mean([bool(hit) for hit in hits]))


def found_near(places: Sequence[Sequence[int]], truth: np.ndarray, near: int) -> float:
    """Return in how many series a change is found, in %."""
    return percent(
        any(abs(i - true) <= near for i in row) for row, true in zip(places, truth, strict=False)
    )


def found_by_chance(places: Sequence[Sequence[int]]) -> float:
    """Return how much of null series is near a change point, where steps are looked for; in %."""
    is_near = np.zeros((len(places), N_WINDOWS), dtype=bool)
    for row, indices in zip(is_near, places, strict=True):
        for i in indices:
            row[max(i - NEAR, 0) : i + NEAR + 1] = True
    return percent(is_near[:, N_WINDOWS // 10 : 9 * N_WINDOWS // 10].ravel())


def ours(values: np.ndarray, budget: float) -> list[list[int]]:
    """Return where we report a change, by series."""
    places: list[list[int]] = [[] for _ in values]
    told = detect(values, alerts_per_1000_series=budget)
    for regression in (*told.found, *told.gains):
        places[int(regression.series)].append(regression.change_index)
    return places


def our_column(shown: Shown, budget: float) -> Column:
    """Measure us at one budget of false alerts."""
    column = Column(f"ours at {budget:g}")
    column.put("null series", N_OURS, ",d")
    for name, values in shown.nulls.items():
        column.put(name, 10 * percent(ours(values, budget)))
    column.put("other series", N_STEPS, ",d")
    for size, values in shown.steps.items():
        recall = found_near(ours(values, budget), shown.places[size], NEAR)
        column.put(step_row(size), recall)
        if budget == BUDGETS[0]:
            column.put(held_row(step_row(size)), recall)
    transients = percent(ours(shown.transients, budget))
    column.put("transients", transients)
    if budget == BUDGETS[0]:
        column.put(held_row("transients"), transients)
    column.put("tiny", found_near(ours(shown.tiny, budget), shown.places["tiny"], VERY_NEAR))
    return column


def our_speed(column: Column) -> None:
    """Measure how fast we are, once everything is compiled and tabulated."""
    values = np.empty((N_FAST, N_WINDOWS))
    for i, part in enumerate(np.split(values, 5)):
        part[:] = simulate_series(len(part), seed=50 + i).values
    signals = read_signals(values)
    background = find_background(signals)
    work = {
        "funnel": lambda: detect(values, alerts_per_1000_series=BUDGETS[1]),
        "screen": lambda: screen(signals, background, BUDGETS[1] / 1000),
    }
    for row, one in work.items():
        one()
        column.put(row, values.size / 1e6 / cpu_seconds(one, 3), ".3g")
    few = values[:100]
    change_points(few[0])
    seconds = cpu_seconds(lambda: [change_points(row) for row in few], 3)
    column.put("change_points", few.size / 1e6 / seconds, ".3g")


def step_row(size: float) -> str:
    return f"{100 * size:g} % step"


def held_row(row: str) -> str:
    return f"{row}, held"


def rankings(values: np.ndarray, found: Found) -> dict[str, list[list[float]]]:
    """Return scores of all changes: a peer's own, or by magnitude and by z."""
    if any(score for row in found.scores for score in row):
        return {"own": found.scores}
    both = [sizes(row, places) for row, places in zip(values, found.places, strict=True)]
    return {"magnitude": [m for m, _ in both], "z": [z for _, z in both]}


def sizes(values: np.ndarray, places: Sequence[int]) -> tuple[list[float], list[float]]:
    """Return how large each change is, relative to the level and to the noise around levels."""
    parts = np.split(values, places)
    noise = np.concatenate([part - part.mean() for part in parts]).std()
    relative, z = [], []
    for before, after in pairwise(parts):
        delta = abs(after.mean() - before.mean())
        relative.append(float(delta / abs(before.mean())))
        z.append(float(delta / (noise * np.sqrt(1 / len(before) + 1 / len(after)))))
    return relative, z


class Job(NamedTuple):
    """Series for a peer to judge."""

    key: str
    values: np.ndarray
    is_held: bool = False
    """Whether false alerts are going to be held to the budget."""


def jobs_of(peer: Peer, shown: Shown) -> list[Job]:
    """Return what a peer is to judge."""
    n = peer.n_series
    jobs = [Job(name, values[:n]) for name, values in shown.nulls.items()]
    others = [(step_row(size), values) for size, values in shown.steps.items()]
    others.append(("transients", shown.transients))
    jobs += [Job(key, values[:n]) for key, values in others]
    held = N_STEPS if peer.best else n
    jobs += [Job(held_row(key), values[:held], True) for key, values in others]
    return [*jobs, Job("tiny", shown.tiny[:n]), Job("null", shown.more_nulls, True)]


def peer_column(peer: Peer, jobs: Sequence[Job], found: dict[str, Found], shown: Shown) -> Column:
    """Measure a peer by what it found."""
    column = Column(peer.name)
    column.put("null series", peer.n_series, ",d")
    column.put("other series", peer.n_series, ",d")
    for name in shown.nulls:
        column.put(name, 10 * percent(found[name].places))
    column.put("by chance", found_by_chance(found[ALL].places))
    for size in SIZES:
        column.put(
            step_row(size), found_near(found[step_row(size)].places, shown.places[size], NEAR)
        )
    column.put("transients", percent(found["transients"].places))
    column.put("tiny", found_near(found["tiny"].places, shown.places["tiny"], VERY_NEAR))
    put_held(column, {job.key: job.values for job in jobs if job.is_held}, found, shown)
    return column


def put_held(
    column: Column, values: dict[str, np.ndarray], found: dict[str, Found], shown: Shown
) -> None:
    """Fill in what is found where 1 % of null series may give false alerts.

    By magnitude or by z, whichever finds more of the steps.
    """
    column.put("held series", len(values[held_row("transients")]), ",d")
    least = {
        by: np.quantile([max(row, default=0.0) for row in scores], 1 - BUDGETS[0] / 1000)
        for by, scores in rankings(values["null"], found["null"]).items()
    }
    kept = {
        key: {
            by: above(found[key].places, scores, least[by])
            for by, scores in rankings(values[key], found[key]).items()
        }
        for key in values
    }
    recall = {
        size: {
            by: found_near(rows, shown.places[size], NEAR)
            for by, rows in kept[held_row(step_row(size))].items()
        }
        for size in SIZES
    }
    best = max(least, key=lambda by: sum(recall[size][by] for size in SIZES))
    column.cells["ranked by"] = best
    for size in SIZES:
        column.put(held_row(step_row(size)), recall[size][best])
    column.put(held_row("transients"), percent(kept[held_row("transients")][best]))


def above(places: list[list[int]], scores: list[list[float]], least: float) -> list[list[int]]:
    """Return the places that score more."""
    return [
        [place for place, score in zip(row, of_row, strict=True) if score > least]
        for row, of_row in zip(places, scores, strict=True)
    ]


def peer_columns(shown: Shown) -> tuple[list[Column], dict[str, Path]]:
    """Measure all peers that can be installed: speed one by one, the rest side by side."""
    columns = {peer.name: Column(peer.name) for peer in PEERS}
    pythons: dict[str, Path] = {}
    speeds: dict[str, float] = {}
    for peer in PEERS:
        try:
            python = environment(peer)
            few = shown.nulls[ALL][: max(peer.n_series // 3, 1)]
            speeds[peer.name] = few.size / 1e6 / find(python, peer.code, few).seconds
            pythons[peer.name] = python
        except PeerError as error:
            print(f"{peer.name}: {error}")
    with ThreadPoolExecutor(max(os.cpu_count() or 1, 1)) as pool:
        running = {
            peer.name: start(pool, peer, pythons[peer.name], shown)
            for peer in sorted(PEERS, key=lambda p: p.n_series)  # the slowest first
            if peer.name in pythons
        }
        for peer in PEERS:
            if peer.name not in running:
                continue
            try:
                found = {key: future.result() for key, future in running[peer.name].items()}
                columns[peer.name] = peer_column(peer, jobs_of(peer, shown), found, shown)
            except PeerError as error:
                print(f"{peer.name}: {error}")
            columns[peer.name].put("funnel", speeds[peer.name], ".2g")
    return list(columns.values()), pythons


def start(
    pool: ThreadPoolExecutor, peer: Peer, python: Path, shown: Shown
) -> dict[str, Future[Found]]:
    """Start all jobs of a peer; what it has found already is not looked for again."""
    running: dict[str, Future[Found]] = {}
    for job in jobs_of(peer, shown):
        plain = job.key.removesuffix(held_row(""))
        if job.is_held and not peer.best and plain in running:
            running[job.key] = running[plain]
            continue
        code = peer.best if job.is_held and peer.best else peer.code
        running[job.key] = pool.submit(find, python, code, job.values)
    return running


def put_annotated(
    columns: Sequence[Column], pythons: dict[str, Path], series: Sequence[Annotated]
) -> None:
    """Compare with what people say, each with its defaults; ours goes into the second column."""
    told = found_by_all(columns[1].name, pythons, [one.values for one in series])
    for column in columns:
        if column.name not in told:
            continue
        both = list(zip(series, told[column.name], strict=True))
        column.put("annotated series", len(series), ",d")
        column.put("F1", np.mean([f1_score(a.annotations, p) for a, p in both]), ".3f")
        cover = [covering(a.annotations, p, len(a.values)) for a, p in both]
        column.put("covering", np.mean(cover), ".3f")


def put_histories(
    columns: Sequence[Column], pythons: dict[str, Path], series: Sequence[np.ndarray]
) -> None:
    """Say how many changes do not outlive the next points; ours goes into the second column."""
    before = found_by_all(columns[1].name, pythons, [one[:-N_APPENDED] for one in series])
    after = found_by_all(columns[1].name, pythons, series)
    for column in columns:
        if column.name in before and column.name in after:
            column.put("histories", len(series), ",d")
            column.put("changes", sum(map(len, before[column.name])), ",d")
            column.put("lost", lost(before[column.name], after[column.name]))


def found_by_all(
    name: str, pythons: dict[str, Path], series: Sequence[np.ndarray]
) -> dict[str, list[list[int]]]:
    """Return where `change_points` and each peer, untouched, say that series change."""
    told = {name: [change_points(values) for values in series]}
    for peer in PEERS:
        if peer.name not in pythons:
            continue
        try:
            told[peer.name] = find(pythons[peer.name], peer.code, padded(series)).places
        except PeerError as error:
            print(f"{peer.name}: {error}")
    return told


def our_fleet(column: Column, n_series: int) -> None:
    """Measure detection in series that are read from Parquet some at a time."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fleet.parquet"
        write_fleet(path, n_series)
        print(f"{n_series:,} series in {path.stat().st_size / 1e9:.1f} GB of Parquet")
        seconds, megabytes = json.loads(run([sys.executable, "-c", FLEET, path]))
    column.put("fleet series", n_series, ",d")
    column.put("fleet seconds", seconds)
    column.put("fleet memory", megabytes, ",.0f")


def write_fleet(path: Path, n_series: int) -> None:
    """Write series of one list a row, in single precision."""
    writer, n_at_once = None, 4000
    for first in range(0, n_series, n_at_once):
        n = min(n_at_once, n_series - first)
        made = simulate_series(n, n_windows=N_FLEET_WINDOWS, seed=100 + first).values
        table = pa.table(
            {"subject": [f"pkg.module_{i // 100}:function_{i}" for i in range(first, first + n)],
             "values": pa.ListArray.from_arrays(
                 np.arange(n + 1, dtype=np.int32) * N_FLEET_WINDOWS, made.astype(np.float32).ravel()
             )}
        )  # fmt: skip
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def sections() -> dict[str, dict[str, str]]:
    """Return the rows of the table: what each is called, by section."""
    held = {
        held_row(step_row(size)): f"step of {100 * size:g} % found within ±{NEAR}" for size in SIZES
    }
    steps = {step_row(size): f"step of {100 * size:g} % found within ±{NEAR}" for size in SIZES}
    return {
        "False alerts per 1,000 null series": {
            "null series": "series of each kind",
            **{name: name for name in NULLS},
        },
        "Defaults, % of series": {
            "other series": "series of each kind",
            **steps,
            "by chance": f"any place found within ±{NEAR}, without a step",
            "transients": "transients reported",
            "tiny": f"0.005 % step of a 0.1 % function, ±{VERY_NEAR}",
        },
        "Held to 10 false alerts per 1,000, % of series": {
            "held series": "series of each kind",
            "ranked by": "peer's changes ranked by",
            **held,
            held_row("transients"): "transients reported",
        },
        "Speed, million points per second of CPU": {
            "funnel": "whole funnel (peers: as they are)",
            "screen": "screen alone",
            "change_points": "change_points",
        },
        "Annotated series, defaults (ours: change_points)": {
            "annotated series": "series",
            "F1": f"F1, margin {MARGIN}",
            "covering": "covering",
        },
        f"Histories to which {N_APPENDED} points are appended, defaults (ours: change_points)": {
            "histories": "series",
            "changes": "changes found before",
            "lost": f"gone or moved by more than {MARGIN} afterwards, %",
        },
        "Fleet, read from Parquet some series at a time": {
            "fleet series": f"series of {N_FLEET_WINDOWS:,} windows",
            "fleet seconds": "seconds, reading and imports included",
            "fleet memory": "most memory, MB",
        },
    }


def show(columns: Sequence[Column]) -> None:
    """Print the table."""
    table = Table(title="Detection", title_justify="left")
    table.add_column("")
    for column in columns:
        table.add_column(column.name, justify="right")
    for title, rows in sections().items():
        if not any(key in column.cells for key in rows for column in columns):
            continue
        table.add_section()
        table.add_row(title)
        for key, label in rows.items():
            table.add_row(f"  {label}", *(column.cells.get(key, "") for column in columns))
    Console(width=150).print(table)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--annotated", type=Path, help="folder of the Turing change point dataset")
    parser.add_argument("--histories", type=Path, help="file of real series")
    parser.add_argument("--fleet", type=int, default=100_000, help="series read from Parquet")
    asked = parser.parse_args()
    annotated = None if asked.annotated is None else load_annotated(asked.annotated)
    histories = None if asked.histories is None else load_histories(asked.histories)
    shown = Shown.simulated()
    columns = [our_column(shown, budget) for budget in BUDGETS]
    our_speed(columns[1])
    others, pythons = peer_columns(shown)
    columns += others
    if asked.fleet:
        our_fleet(columns[1], asked.fleet)
    if annotated is not None:
        put_annotated(columns, pythons, annotated)
    if histories is not None:
        put_histories(columns, pythons, histories)
    show(columns)


if __name__ == "__main__":
    main()
