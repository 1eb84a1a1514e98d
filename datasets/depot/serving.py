"""Run several versions of the service in one process, step by step, and print what each took.

    serving.py N_TURNS ORDER_SEED FOLDER …

Prints JSON: the CPU seconds that each step of a day took at least, a row a step and a column a
version, and what each day told. Versions take turns at each step, in another order each time, so
that what else the machine does meets all.
"""

from __future__ import annotations

import importlib
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from types import ModuleType


def load(folder: str) -> ModuleType:
    """Return the workload of a version, with modules of its own."""
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    day = importlib.import_module("bench.day")
    sys.path.remove(folder)
    for name in [name for name in sys.modules if name.split(".")[0] in ("bench", "depot")]:
        del sys.modules[name]
    return day


def timed(work: Callable[[], object]) -> float:
    """Return the CPU seconds of some work."""
    began_s = time.process_time()
    work()
    return time.process_time() - began_s


def serve_day(
    versions: Sequence[ModuleType], chance: random.Random
) -> tuple[list[list[float]], list[str]]:
    """Return what the steps of a day took, a row a step and a column a version, and the replies."""
    days = [version.begin() for version in versions]
    rows = []
    for number in range(versions[0].N_STEPS):
        took = [0.0] * len(versions)
        for i in chance.sample(range(len(versions)), len(versions)):
            took[i] = timed(lambda i=i, number=number: versions[i].step(days[i], number))
        rows.append(took)
    return rows, [repr(day.results()) for day in days]


def main() -> None:
    n_turns, seed, *folders = sys.argv[1:]
    chance = random.Random(int(seed))
    loaded = {folder: load(folder) for folder in chance.sample(folders, len(folders))}
    versions = [loaded[folder] for folder in folders]
    served = [serve_day(versions, chance) for _ in range(int(n_turns))]
    days = [rows for rows, _ in served]
    least = [[min(took) for took in zip(*rows, strict=True)] for rows in zip(*days, strict=True)]
    print(json.dumps({"seconds": least, "replies": served[-1][1]}))


if __name__ == "__main__":
    main()
