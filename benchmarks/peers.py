"""Others' detection: each in an environment of its own, run in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workbench.evaluate.cases import cache_folder

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
