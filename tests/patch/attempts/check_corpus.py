"""Tries each attempt: do the tests pass, is the output the same, what does it cost?

`python check_corpus.py [PART OF AN ID ...]` prints a row for each attempt:

tests     whether the tests of the patched tree pass
lint      whether what it touches is without findings of pyflakes (by ruff)
same      whether the digest is that of the bad tree, on usual and held-out inputs
good, now the CPU that the workload prints for the good and the patched tree, as shares of that of
          the bad tree, on usual and held-out inputs
gain      which share of the loss is given back, on usual and held-out inputs
all       what the whole process and its children cost, as a share of the bad tree (usual inputs)
once      the same as `now`, where the workload has one round
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

from corpus import ATTEMPTS, HOLLOW, SOUND, Attempt, project_folder

PYTHON = sys.executable
TIMES = int(os.environ.get("CHECK_TIMES", "3"))
ROUNDS = os.environ.get("CHECK_ROUNDS", "12")


class Run(NamedTuple):
    """What a run of the workload said, and what the process and its children cost."""

    cpu: float
    check: str
    everything: float


def lay_out(project: str, attempt: Attempt | None, folder: Path, tree: str = "bad") -> Path:
    """Put a tree and its workload into a folder; the tree."""
    shutil.copytree(project_folder(project) / tree, folder / "tree")
    shutil.copytree(project_folder(project) / "workload", folder / "workload")
    target = folder / "tree"
    for path, text in (attempt.edits if attempt else {}).items():
        file = target / path
        if text is None:
            file.unlink()
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return target


def run(tree: Path, inputs: str, rounds: str = ROUNDS) -> Run:
    """Run the workload once."""
    temporary = tree.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "PYTHONPATH": str(tree),
        "TMPDIR": str(temporary),
        "WL_INPUTS": inputs,
        "WL_REPEAT": rounds,
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [PYTHON, str(tree.parent / "workload" / "wl.py")],
        env=environment,
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    everything = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    for line in done.stdout.splitlines():
        if line.startswith("WL "):
            said = dict(part.split("=") for part in line.split()[1:])
            return Run(float(said["cpu"]), said["check"], everything)
    return Run(float("nan"), f"exit {done.returncode}", everything)


def passes(command: list[str], tree: Path) -> bool:
    """Whether a command ends well in a tree."""
    done = subprocess.run(command, cwd=tree, capture_output=True, timeout=120, check=False)
    return done.returncode == 0


class Sides(NamedTuple):
    """What three trees cost; the least of several runs in turn."""

    good: float
    bad: float
    now: float
    everything: float
    same: bool

    @property
    def gain(self) -> float:
        """The share of the loss that is given back."""
        return (self.bad - self.now) / (self.bad - self.good)


@cache
def plain(project: str, tree: str) -> Path:
    """A tree as it is, laid out once."""
    return lay_out(project, None, Path(tempfile.mkdtemp(prefix="attempts-")), tree)


def compare(project: str, tree: Path, inputs: str, times: int, rounds: str) -> Sides:
    """Run good, bad and patched tree in turn."""
    trees = (plain(project, "good"), plain(project, "bad"), tree)
    runs: tuple[list[Run], ...] = ([], [], [])
    for _ in range(times):
        for place, found in zip(trees, runs, strict=True):
            found.append(run(place, inputs, rounds))
    good, bad, now = (min(one.cpu for one in found) for found in runs)
    whole = min(one.everything for one in runs[2]) / min(one.everything for one in runs[1])
    same = {one.check for one in runs[1]} == {one.check for one in runs[2]}
    return Sides(good, bad, now, whole, same)


def row(attempt: Attempt) -> tuple[str, bool]:
    """A row of the table, and whether the attempt is what it is said to be."""
    with tempfile.TemporaryDirectory(prefix="attempts-") as folder:
        tree = lay_out(attempt.project, attempt, Path(folder))
        usual = compare(attempt.project, tree, "usual", TIMES, ROUNDS)
        held_out = compare(attempt.project, tree, "held-out", TIMES, ROUNDS)
        once = compare(attempt.project, tree, "usual", TIMES, "1")
        tests = passes([PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider"], tree)
        touched = [path for path in attempt.edits if path.endswith(".py")]
        lint = passes(
            [
                PYTHON,
                "-m",
                "ruff",
                "check",
                "-q",
                "--isolated",
                "--no-cache",
                "--select=F",
                *touched,
            ],
            tree,
        )
    if attempt.kind == SOUND:
        fine = tests and lint and usual.same and held_out.same
        fine = fine and usual.gain >= 0.85 and held_out.gain >= 0.85
    else:
        fine = tests and usual.same and usual.gain >= 0.8
    marks = ("yes" if said else "NO" for said in (tests, lint, usual.same, held_out.same))
    text = "{:<34} {:<8} {:<23} {:<5} {:<4} {:>3}/{:<3} ".format(
        attempt.id, attempt.project, attempt.kind, *marks
    )
    for sides in (usual, held_out):
        text += f" {sides.good / sides.bad:5.2f} {sides.now / sides.bad:5.2f} {sides.gain:5.0%} "
    text += f" {usual.everything:5.2f} {once.now / once.bad:5.2f}"
    return text + ("" if fine else "  <-"), fine


def main(parts: Sequence[str]) -> None:
    """Print the table."""
    chosen = [
        attempt for attempt in ATTEMPTS if not parts or any(part in attempt.id for part in parts)
    ]
    print(f"{'':<72} {'tests lint  same':<18}  good   now  gain   good   now  gain    all  once")
    odd = 0
    for attempt in chosen:
        text, fine = row(attempt)
        odd += not fine
        print(text, flush=True)
    counts = Counter((attempt.project, attempt.kind) for attempt in chosen)
    for (project, kind), count in sorted(counts.items()):
        print(f"{project:<8} {kind:<23} {count}")
    hollow = sum(attempt.kind in HOLLOW for attempt in chosen)
    print(f"{len(chosen) - hollow} sound, {hollow} hollow; marked: {odd}")
    for project in {attempt.project for attempt in chosen}:
        for tree in ("good", "bad"):
            shutil.rmtree(plain(project, tree).parent)


if __name__ == "__main__":
    main(sys.argv[1:])
