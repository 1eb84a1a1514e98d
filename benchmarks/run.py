"""Speed of our own parts beside what one would use instead, in one run: ratios, not seconds.

`make bench` needs the recorded cases (built from the package index on first use).
"""

from __future__ import annotations

import io
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import ruptures
from rich.console import Console
from rich.table import Table

from workbench.detect import change_points, detect
from workbench.evaluate import load_bank, materialise
from workbench.history import Repository, weave_files
from workbench.ingest import read
from workbench.signals import depths, function_series, stack_costs
from workbench.solver import open_case
from workbench.store import Store

DATASETS = Path(__file__).parents[1] / "datasets" / "pypi"


def cpu_seconds(work: Callable[[], object], repeat: int = 3) -> float:
    """Return the least CPU time of some runs; children's included."""
    times = []
    for _ in range(repeat):
        begun = _cpu()
        work()
        times.append(_cpu() - begun)
    return min(times)


def _cpu() -> float:
    used = time.process_time()
    import resource

    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used + children.ru_utime + children.ru_stime


def folded() -> tuple[str, float, float]:
    """Parse folded stacks, beside pandas reading and splitting the same."""
    rng = np.random.default_rng(0)
    names = [f"function_{i} (package/module_{i % 40}.py:{i})" for i in range(400)]
    lines = [
        ";".join(names[i] for i in rng.integers(0, 400, rng.integers(5, 30))) + f" {count}"
        for count in rng.integers(1, 50, 20_000)
    ]
    data = "\n".join(lines).encode()

    def with_pandas() -> object:
        frame = pd.read_csv(io.BytesIO(data), sep="\t", header=None, names=["line"])
        parts = frame["line"].str.rsplit(" ", n=1, expand=True)
        return parts[0].str.split(";").explode().astype("category"), parts[1].astype(int)

    ours = cpu_seconds(lambda: read(data, format="folded"))
    name = f"folded stacks, {len(data) / 1e6:.0f} MB ({len(data) / 1e6 / ours:.0f} MB/CPU-s)"
    return name, ours, cpu_seconds(with_pandas)


def provenance(repository: Repository, base: str, head: str) -> tuple[str, float, float]:
    """Say which commit wrote which line, beside `git blame` of the same files."""
    commits = repository.commits(base, head)
    paths = sorted({hunk.path for commit in commits for hunk in commit.hunks})
    kept = [path for path in paths if repository.find(path, head)]

    def with_blame() -> None:
        for path in kept:
            command = ["git", "blame", "--porcelain", f"{base}..{head}", "--", path]
            subprocess.run(command, cwd=repository.folder, capture_output=True, check=True)

    ours = cpu_seconds(
        lambda: weave_files(repository.commits(base, head), lambda p: repository.find(p, base))
    )
    return (
        f"line provenance, {len(commits)} commits, {len(paths)} files",
        ours,
        cpu_seconds(with_blame),
    )


def detection(store: Path) -> tuple[str, float, float]:
    """Run the whole funnel, beside bare PELT of ruptures on every series."""
    recording = Store.open(store).recording()
    series = function_series(recording)
    places, values = depths(recording), stack_costs(recording)
    change_points(series.values[0])  # imports

    def with_ruptures() -> None:
        for row in series.values:
            ruptures.Pelt(model="l2", jump=1, min_size=5).fit(row).predict(pen=3 * np.log(len(row)))

    ours = cpu_seconds(lambda: detect(series, depths=places, stack_values=values))
    return f"detection, {len(series.values)} series of 40 windows", ours, cpu_seconds(with_ruptures)


def main() -> None:
    """Print one table."""
    bank = {recorded.spec.id: recorded for recorded in load_bank(DATASETS)}
    case = open_case(materialise(bank["jsonschema-ref-4.0"]))
    rows = [
        (*folded(), "pandas"),
        (*provenance(Repository(case.repository), case.base, case.head), "git blame"),
        (*detection(Path(case.store)), "ruptures, PELT alone"),
    ]
    table = Table(title="CPU time; above 1 is faster than the peer", title_justify="left")
    for name in ("what", "ours, s", "peer", "peer, s", "ratio"):
        table.add_column(name, justify="left" if name in {"what", "peer"} else "right")
    for what, ours, theirs, peer in rows:
        table.add_row(what, f"{ours:.3f}", peer, f"{theirs:.3f}", f"{theirs / ours:.1f}")
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
