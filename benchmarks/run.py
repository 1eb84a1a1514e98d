"""Speed of our own parts beside what one would use instead, in one run: ratios, not seconds.

`make bench` needs the recorded cases (built from the package index on first use).
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import ruptures
from measure import Row, cpu_seconds, show
from profiles import cprofile_rows, folded_rows, million_rows, pprof_rows
from stores import store_rows

from workbench.detect import detect
from workbench.evaluate import load_recorded, materialise
from workbench.history import Repository, weave_files
from workbench.signals import function_series, stacks
from workbench.solver import open_case
from workbench.store import Store

DATASETS = Path(__file__).parents[1] / "datasets" / "pypi"


def provenance(repository: Repository, base: str, head: str) -> Row:
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
    what = f"line provenance, {len(commits)} commits, {len(paths)} files"
    return Row(what, ours, "git blame", cpu_seconds(with_blame))


def detection(store: Path) -> Row:
    """Run the whole funnel, beside bare PELT of ruptures on every series."""
    recording = Store.open(store).recording()
    series = function_series(recording)
    moved = stacks(recording)
    detect(series, stacks=moved)  # imports, compiles

    def with_ruptures() -> None:
        for row in series.values:
            ruptures.Pelt(model="l2", jump=1, min_size=5).fit(row).predict(pen=3 * np.log(len(row)))

    ours = cpu_seconds(lambda: detect(series, stacks=moved))
    what = f"detection, {len(series.values)} series of 40 windows"
    return Row(what, ours, "ruptures, PELT alone", cpu_seconds(with_ruptures))


def main() -> None:
    """Print the tables; above 1 is faster than the peer."""
    bank = {recorded.spec.id: recorded for recorded in load_recorded(DATASETS)}
    case = open_case(materialise(bank["jsonschema-ref-4.0"]))
    show("Profiles", [*pprof_rows(), *folded_rows(), *cprofile_rows(), *million_rows()])
    show("Store", store_rows())
    show(
        "A case",
        [
            provenance(Repository(case.repository), case.base, case.head),
            detection(Path(case.store)),
        ],
    )


if __name__ == "__main__":
    main()
