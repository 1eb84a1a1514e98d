"""How well and how fast causes are ranked.

python benchmarks/attribution.py [--feed FOLDER] [--cases SPECS --built FOLDER] [--changes 1000]
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.agent import Investigation
from workbench.evaluate.attribution import brier, open_timeline, rank_timeline
from workbench.history import Repository, run_git
from workbench.signals import function_series
from workbench.types import Detection, Function, Recording, Regression

FEED = Path(__file__).parents[1] / "datasets" / "feed"


def feed(folder):
    """Print how the causes of a timeline were ranked."""
    began = time.perf_counter()
    evidence = open_timeline(folder)
    opened = time.perf_counter()
    cases = rank_timeline(folder, evidence)
    print(
        f"{'cause':6s} {'category':34s} {'kind':11s} {'of':>3s} {'place':>5s} {'trivial':>7s}  sure  none without"
    )
    for case in cases:
        if case.ranking is None:
            print(f"{case.id:6s} {case.category:34s} {case.kind:11s} nothing detected")
            continue
        sure = max([case.ranking.none_probability, *(s.probability for s in case.ranking.suspects)])
        without = f"{case.without.none_probability:.2f}" if case.without else ""
        n = len(case.ranking.suspects)
        easy = " easy" if case.is_easy else ""
        print(
            f"{case.id:6s} {case.category[:34]:34s} {case.kind:11s} {n:3d} {case.place:5d} {case.trivial_place:7d}  {sure:.2f}  {without:>6s}{easy}"
        )
    planted = [case for case in cases if case.culprits]
    seen = [case for case in planted if case.ranking]
    share = lambda rows, test: (
        f"{sum(map(test, rows))} of {len(rows)} ({np.mean([test(r) for r in rows] or [0]):.0%})"
    )  # noqa: E731
    print("planted causes detected            ", share(planted, lambda c: c.ranking is not None))
    print("true cause first, of all planted   ", share(planted, lambda c: c.place == 1))
    print("true cause in top three            ", share(planted, lambda c: 1 <= c.place <= 3))
    print("first, of those detected           ", share(seen, lambda c: c.place == 1))
    print("in top three                       ", share(seen, lambda c: 1 <= c.place <= 3))
    print("trivial rule first                 ", share(seen, lambda c: c.trivial_place == 1))
    hard = [case for case in seen if not case.is_easy]
    print("first, where the trivial rule fails", share(hard, lambda c: c.place == 1))
    hidden = [case for case in cases if not case.culprits and case.ranking]
    print("no known culprit (hidden): none first", share(hidden, lambda c: c.place == 1))
    print("culprit taken away: none first     ", share(seen, lambda c: c.without.first is None))
    print(f"Brier of the first answer           {brier(seen + hidden):.3f}")
    done = time.perf_counter()
    print(
        f"opened and detected in {opened - began:.1f} s, ranked {len(seen)} in {done - opened:.1f} s"
    )


FUNCTION = """def f{n}(rows):
    total = {salt}
    for row in rows:
        total += row.value
    return g{n}(total)


"""


def scale(n_changes):
    """Print how long it takes to rank many candidates."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as place:
        repository, base = _repository(Path(place) / "repo", rng, n_changes)
        recording = _recording(rng, repository, base)
        series = function_series(recording)
        row = int(np.argmax(series.values[:, -1] - series.values[:, 0]))
        n = recording.n_windows
        regression = Regression(
            "R-1", series.subjects[row], series.metrics[row], n // 2, n // 2 - 1, n // 2 + 1,
            float(series.values[row, 0]), float(series.values[row, -1]), 0.0,
        )  # fmt: skip
        nothing = pd.DataFrame()
        for name in ("cold", "code map cached"):
            evidence = Investigation(
                recording, Detection((regression,), (), nothing, nothing), repository, base, "main"
            )
            began = time.perf_counter()
            ranking = evidence.ranking("R-1")
            spent = time.perf_counter() - began
            print(
                f"{len(ranking.suspects)} candidates, {recording.n_stacks} stacks, {name}: {spent:.2f} s"
            )


def _repository(folder, rng, n_changes, n_files=300, n_functions=15):
    texts = {
        f"svc/part_{i % 12}/mod_{i}.py": [
            FUNCTION.format(n=f"{i}_{j}", salt=0) for j in range(n_functions)
        ]
        for i in range(n_files)
    }
    paths = list(texts)
    stream = []

    def commit(title, files):
        person = f"Ada <ada@example.invalid> {1767603600 + 60 * len(stream)} +0000"
        parts = [f"commit refs/heads/main\nauthor {person}\ncommitter {person}\n", _data(title)]
        parts += [f"M 100644 inline {path}\n{_data(''.join(texts[path]))}" for path in files]
        stream.append("".join(parts))

    commit("Import", paths)
    for number in range(n_changes):
        chosen = rng.choice(len(paths), rng.integers(1, 4), replace=False)
        for i in chosen:
            j = int(rng.integers(n_functions))
            texts[paths[i]][j] = FUNCTION.format(n=f"{i}_{j}", salt=number + 1)
        commit(f"Change {number}", [paths[i] for i in chosen])
    folder.mkdir()
    run_git(folder, "init", "--quiet", "--initial-branch=main")
    run_git(folder, "fast-import", "--quiet", stdin="".join(stream))
    run_git(folder, "reset", "--quiet", "--hard", "main")
    return Repository(folder), run_git(folder, "rev-list", "--max-parents=0", "main").strip()


def _data(text):
    return f"data {len(text.encode())}\n{text}\n"


def _recording(rng, repository, base, n_stacks=8000, n_windows=20):
    functions = [Function("main", "svc/main.py")]
    functions += [
        Function(f"f{i}_{j}", f"svc/part_{i % 12}/mod_{i}.py")
        for i in range(300)
        for j in range(15)
    ]
    stacks = [
        (0, *rng.choice(np.arange(1, len(functions)), rng.integers(2, 18), replace=False).tolist())
        for _ in range(n_stacks)
    ]
    weights = rng.lognormal(0, 1, n_stacks)
    grown = np.array([stacks[0][1] in stack for stack in stacks])
    level = np.stack(
        [weights * np.where(grown, 3 if w >= n_windows // 2 else 1, 1) for w in range(n_windows)],
        axis=1,
    )
    counts = rng.poisson(level)
    rows, windows = np.nonzero(counts)
    head = repository.resolve("main")
    return Recording(
        service="svc",
        windows=pd.DataFrame({
            "at": pd.date_range("2026-01-05", periods=n_windows, freq="h", tz="UTC"),
            "version": [base] * (n_windows // 2) + [head] * (n_windows // 2),
            "work": 1.0, "cpu_seconds": counts.sum(axis=0) / 100, "n_samples": counts.sum(axis=0),
        }),
        functions=tuple(functions), stack_starts=np.cumsum([0, *map(len, stacks)]),
        stack_functions=np.array([f for stack in stacks for f in stack]),
        sample_windows=windows, sample_stacks=rows, sample_counts=counts[rows, windows],
    )  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--feed", type=Path, default=FEED)
    parser.add_argument("--changes", type=int, default=1000)
    options = parser.parse_args()
    scale(options.changes)
    feed(options.feed)
