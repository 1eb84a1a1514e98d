"""Accuracy and speed of detection beside peers from the package index, in one run.

Peers get environments of their own, in the cache, and run in processes of their own. One that
cannot be installed is said to be, and the rest is measured. Takes about five minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from measure import cpu_seconds
from rich.console import Console
from rich.table import Table

from workbench.detect import change_points, detect, find_background
from workbench.detect.inputs import read_signals
from workbench.detect.screen import screen
from workbench.evaluate.cases import cache_folder
from workbench.simulate import Noise, simulate_series

N_OURS, N_STEPS, N_FAST, N_NULL = 10_000, 200, 50_000, 300
N_WINDOWS, NEAR, VERY_NEAR, MARGIN = 1008, 12, 3, 5
BUDGETS = (10.0, 1.0)
SIZES = (0.02, 0.05, 0.10)

CALM = {"load": (0.0, 0.0), "day": (0.0, 0.0), "week": (0.0, 0.0), "spikes_per_1000_windows": 0.0}
ALL = "all together"
NULLS = {
    "white noise": Noise(**CALM),
    "autocorrelated": Noise(**{**CALM, "load": Noise().load}),
    "seasonal": Noise(**{**CALM, "day": Noise().day, "week": Noise().week}),
    "spiky": Noise(**{**CALM, "spikes_per_1000_windows": Noise().spikes_per_1000_windows}),
    ALL: Noise(),
}

WORKER = """
import json, sys, time, warnings
import numpy as np
warnings.simplefilter("ignore")
np.random.seed(0)
{code}
values = np.load(sys.argv[1])
known = [np.flatnonzero(~np.isnan(row)) for row in values]
rows = [row[at] for row, at in zip(values, known)]
find(rows[0][:100])  # imports and compiles
begun = time.process_time()
found = [find(row) for row in rows]
seconds = time.process_time() - begun
found = [[(int(at[place]), float(score)) for place, score in row] for row, at in zip(found, known)]
print(json.dumps({{"found": found, "seconds": seconds}}))
"""
"""`find` returns (first index of a new segment, score); the score is 0 where a peer has none."""

STANDARDISED = """
def standardised(row):
    return (row - row.mean()) / (row.std() or 1)
"""
RUPTURES = """
import ruptures
def find(row):
    search = ruptures.Pelt(model="l2").fit(standardised(row))
    return [(i, 0) for i in search.predict(pen=3 * np.log(len(row)))[:-1]]
"""
OTAVA = """
from otava.analysis import compute_change_points
def find(row):  # of a list: it slices arrays otherwise
    return [(change.index, 0) for change in compute_change_points(row.tolist())[0]]
"""
SKCHANGE = """
from skchange.detectors import MovingWindow
def find(row):
    return [(i, 0) for i in MovingWindow().fit_predict(standardised(row)[:, np.newaxis])]
"""
E_DIVISIVE = """
from signal_processing_algorithms.energy_statistics import energy_statistics
def find(row):
    return [(i, 0) for i in sorted(energy_statistics.e_divisive(row.tolist()))]
"""
E_DIVISIVE_BEST = """
from signal_processing_algorithms.energy_statistics import energy_statistics
def find(row):
    distances = energy_statistics._get_distance_matrix(standardised(row)[:, np.newaxis])
    heights = energy_statistics._calculate_t_stats(distances)
    return [(np.argmax(heights), np.max(heights))]
"""


class PeerError(Exception):
    """A peer cannot be installed or run."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Another's detection."""

    name: str
    code: str
    requirement: str | None = None
    """None for what our own environment has."""
    n_series: int = 80
    """How many it is shown, of each kind."""
    best: str | None = None
    """Gives the best change with its statistic, where all changes take too long to find."""


PEERS = (
    Peer("ruptures PELT", RUPTURES),
    Peer("otava", OTAVA, "apache-otava==0.8.0"),
    Peer("skchange MOSUM", SKCHANGE, "skchange[numba]==0.18.0"),
    Peer(
        "MongoDB E-divisive", E_DIVISIVE, "signal-processing-algorithms==2.1.6", 6, E_DIVISIVE_BEST
    ),
)


class Found(NamedTuple):
    """What a peer says of some series."""

    places: list[list[int]]
    scores: list[list[float]]
    seconds: float


def environment(peer: Peer) -> Path:
    """Return the interpreter that has a peer; made on first use."""
    if peer.requirement is None:
        return Path(sys.executable)
    tag = f"python{sys.version_info.major}.{sys.version_info.minor}"
    folder = cache_folder() / "peers" / tag / peer.requirement.replace("[numba]", "")
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        try:
            venv.create(folder, clear=True, with_pip=True)
            run([python, "-m", "pip", "install", "--quiet", "--no-input", peer.requirement])
        except (OSError, subprocess.SubprocessError, PeerError) as error:
            raise PeerError(f"not installed: {error}") from error
        done.touch()
    return python


def run(command: Sequence[str | Path]) -> str:
    """Return what a command prints."""
    alone = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | alone
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it said nothing"]
        errors = [line for line in lines if line.startswith("ERROR")]
        raise PeerError((errors or lines)[-1].strip())
    return done.stdout


def find(python: Path, code: str, values: np.ndarray) -> Found:
    """Run a peer on series, (n_series, n_windows); NaN where there is no value."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "series.npy"
        np.save(path, values)
        said = run([python, "-c", WORKER.format(code=STANDARDISED + code), path])
    told = json.loads(said.splitlines()[-1])  # peers may have printed something before
    places = [[place for place, _ in row] for row in told["found"]]
    scores = [[score for _, score in row] for row in told["found"]]
    return Found(places, scores, told["seconds"])


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


class Annotated(NamedTuple):
    """A real series, and where people say that it changes."""

    values: np.ndarray
    annotations: list[list[int]]


def load_annotated(folder: Path) -> list[Annotated]:
    """Load series of one dimension, as the Turing change point dataset has them."""
    annotations = json.loads((folder / "annotations.json").read_text())
    series = []
    for name in sorted(annotations):
        path = folder / f"{name}.json"
        if not path.exists():
            continue
        told = json.loads(path.read_text())["series"]
        if len(told) == 1:
            values = np.array(told[0]["raw"], dtype=np.float64)
            series.append(Annotated(values, list(annotations[name].values())))
    return series


def f1_score(annotations: list[list[int]], places: Sequence[int]) -> float:
    """Return F1 as van den Burg and Williams (2020) define it: index 0 counts as found."""
    told = [{0, *one} for one in annotations]
    mine = {0, *places}
    precision = n_matched(set().union(*told), mine) / len(mine)
    recall = float(np.mean([n_matched(one, mine) / len(one) for one in told]))
    return 2 * precision * recall / (precision + recall)


def n_matched(told: set[int], mine: set[int]) -> int:
    """Count those told that have one of mine for themselves within the margin."""
    left = set(mine)
    for true in sorted(told):
        near = [(abs(true - i), i) for i in left if abs(true - i) <= MARGIN]
        if near:
            left.remove(min(near)[1])
    return len(mine) - len(left)


def covering(annotations: list[list[int]], places: Sequence[int], n: int) -> float:
    """Return how well segments cover those of the annotators, on average (ibid.)."""
    mine = segments(places, n)
    return float(
        np.mean(
            [
                sum(len(one) * max(overlap(one, other) for other in mine) for one in told) / n
                for told in (segments(one, n) for one in annotations)
            ]
        )
    )


def segments(places: Iterable[int], n: int) -> list[range]:
    edges = sorted({0, n, *places})
    return [range(first, last) for first, last in pairwise(edges)]


def overlap(one: range, other: range) -> float:
    both = max(min(one.stop, other.stop) - max(one.start, other.start), 0)
    return both / (len(one) + len(other) - both)


def put_annotated(
    columns: Sequence[Column], pythons: dict[str, Path], series: Sequence[Annotated]
) -> None:
    """Compare with what people say, each with its defaults; ours goes into the second column."""
    longest = max(len(one.values) for one in series)
    padded = np.full((len(series), longest), np.nan)
    for row, one in zip(padded, series, strict=True):
        row[: len(one.values)] = one.values
    told = {columns[1].name: [change_points(one.values) for one in series]}
    for peer in PEERS:
        if peer.name not in pythons:
            continue
        try:
            told[peer.name] = find(pythons[peer.name], peer.code, padded).places
        except PeerError as error:
            print(f"{peer.name}: {error}")
    for column in columns:
        if column.name not in told:
            continue
        both = list(zip(series, told[column.name], strict=True))
        column.put("annotated series", len(series), ",d")
        column.put("F1", np.mean([f1_score(a.annotations, p) for a, p in both]), ".3f")
        cover = [covering(a.annotations, p, len(a.values)) for a, p in both]
        column.put("covering", np.mean(cover), ".3f")


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
    annotated: Path | None = parser.parse_args().annotated
    shown = Shown.simulated()
    columns = [our_column(shown, budget) for budget in BUDGETS]
    our_speed(columns[1])
    others, pythons = peer_columns(shown)
    columns += others
    if annotated is not None:
        put_annotated(columns, pythons, load_annotated(annotated))
    show(columns)


if __name__ == "__main__":
    main()
