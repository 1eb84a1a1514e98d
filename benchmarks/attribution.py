"""How well and how fast causes are ranked.

python benchmarks/attribution.py [--feed FOLDER] [--built FOLDER] [--changes 1000]
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.agent import Investigation
from workbench.attribute import rank_changes
from workbench.evaluate import load_truth
from workbench.evaluate.attribution import (
    RankedCase,
    RecordedTimeline,
    brier,
    brier_of_all,
    rank_timeline,
)
from workbench.history import Repository, run_git
from workbench.signals import function_series
from workbench.solver import open_case, open_investigation
from workbench.types import Detection, Function, Recording, Regression

FEED = Path(__file__).parents[1] / "datasets" / "feed"


def feed(folder):
    """Print how the causes of a timeline were ranked."""
    began = time.perf_counter()
    timeline = RecordedTimeline.open(folder)
    opened = time.perf_counter()
    cases = rank_timeline(timeline)
    done = time.perf_counter()
    print(f"{'cause':6s} {'category':20s} {'kind':11s} of  place trivial sure none without culprit")
    for case in cases:
        print(f"{case.id:6s} {case.category:20s} {case.kind:11s}", _row(case))
    planted = [case for case in cases if case.culprits]
    hidden = [case for case in cases if not case.culprits]
    seen = [case for case in planted if case.ranking]
    hard = [case for case in seen if not case.is_easy]
    tell("detected", planted, lambda case: case.ranking)
    tell("true cause first, of all", planted, lambda case: case.place == 1)
    tell("true cause in top three, of all", planted, lambda case: 1 <= case.place <= 3)
    tell("first, of those detected", seen, lambda case: case.place == 1)
    tell("in top three, of those detected", seen, lambda case: 1 <= case.place <= 3)
    tell("trivial rule first", seen, lambda case: case.is_easy)
    tell("first, where the trivial rule is not", hard, lambda case: case.place == 1)
    tell("hidden cause: none of these first", hidden, lambda case: case.place == 1)
    taken = [case for case in seen if case.without]
    tell("culprit taken away: none first", taken, lambda case: case.without.first is None)
    tell_brier(cases)
    print(f"opened in {opened - began:.1f} s, {len(cases)} looked into in {done - opened:.1f} s")


def _row(case):
    if case.ranking is None:
        return "nothing detected"
    n = len(case.ranking.suspects)
    without = f"{case.without.none_probability:.2f}" if case.without else ""
    easy = "easy" if case.is_easy else ""
    sure = _sure(case.ranking)
    return f"{n:3d} {case.place:5d} {case.trivial_place:7d} {sure:.2f} {without:4s} {easy}"


def _sure(ranking):
    return max([ranking.none_probability, *(s.probability for s in ranking.suspects)])


def tell_brier(cases):
    print(f"{'Brier of the first answer':38s} {brier(cases):.3f}")
    print(f"{'Brier of whole rankings (0 to 2)':38s} {brier_of_all(cases):.3f}")


def tell(what, cases, is_so):
    n = sum(bool(is_so(case)) for case in cases)
    print(f"{what:38s} {n} of {len(cases)} ({n / max(len(cases), 1):.0%})")


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
            asked = f"{len(ranking.suspects)} candidates, {recording.n_stacks} stacks, {name}"
            print(f"{asked}: {spent:.2f} s")


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


def _path(i):
    return f"svc/part_{i % 12}/mod_{i}.py"


def _data(text):
    return f"data {len(text.encode())}\n{text}\n"


def _recording(rng, repository, base, n_stacks=8000, n_windows=20):
    functions = [Function("main", "svc/main.py")]
    functions += [Function(f"f{i}_{j}", _path(i)) for i in range(300) for j in range(15)]
    inner = np.arange(1, len(functions))
    stacks = [
        (0, *rng.choice(inner, rng.integers(2, 18), replace=False).tolist())
        for _ in range(n_stacks)
    ]
    weights = rng.lognormal(0, 1, n_stacks)
    grown = np.array([stacks[0][1] in stack for stack in stacks])
    is_after = np.arange(n_windows) >= n_windows // 2
    level = weights[:, None] * np.where(grown[:, None] & is_after, 3, 1)
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


def real(folder):
    """Print where the culprits of built cases are ranked (`workbench case build`)."""
    cases, by_function = [], []
    print(f"{'case':30s}   of  commit function sure, none without culprit")
    for path in sorted(folder.glob("*/case.json")):
        truth = load_truth(path.parent)
        evidence = open_investigation(open_case(path.parent))
        found = evidence.detection.found
        if not truth.regressed:
            print(f"{path.parent.name:30s} nothing happened, {len(found)} found")
            continue
        if not found:
            print(f"{path.parent.name:30s} nothing detected")
            by_function.append(0)
            cases.append(RankedCase(path.parent.name, "", "", frozenset(), None, None, None, ()))
            continue
        case = _ranked(path.parent.name, evidence, found[0], frozenset(truth.culprit_commits))
        cases.append(case)
        wanted = {*truth.culprit_functions}
        places = [i for i, s in enumerate(case.ranking.suspects, 1) if {*s.functions} & wanted]
        by_function.append(min(places, default=0))
        print(
            f"{case.id:30s} {len(case.ranking.suspects):4d} {case.place:7d} {by_function[-1]:8d} "
            f"{_sure(case.ranking):.2f} {case.without.none_probability:.2f}"
        )
    for what, most in (("first", 1), ("in top three", 3)):
        tell(f"culprit function {what}, but for none", by_function, lambda at, n=most: 0 < at <= n)
    tell("culprit's commit first", cases, lambda case: case.place == 1)
    tell("culprit's commit in top three", cases, lambda case: 1 <= case.place <= 3)
    taken = [case for case in cases if case.without]
    tell("culprits taken away: none first", taken, lambda case: case.without.first is None)
    tell_brier(cases)


def _ranked(name, evidence, regression, culprits):
    candidates, clues = evidence.candidates(regression.id), evidence.clues(regression)
    others = [change for change in candidates if change.id not in culprits]
    rankings = rank_changes(candidates, clues), rank_changes(others, clues)
    return RankedCase(name, "", "commit", culprits, regression, *rankings, ())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--feed", type=Path, default=FEED)
    parser.add_argument("--built", type=Path, help="folder of built cases of real packages")
    parser.add_argument("--changes", type=int, default=1000)
    options = parser.parse_args()
    scale(options.changes)
    if options.built:
        real(options.built)
    feed(options.feed)
