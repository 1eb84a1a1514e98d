"""Hollow and sound fixes, each verified: benchmarks/attempts.py [--only sound|hollow] [ID …].

Prints what became of each attempt in tests/patch/attempts, and how many hollow ones were accepted
and sound ones refused.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ATTEMPTS = Path(__file__).parents[1] / "tests" / "patch" / "attempts"
sys.path.insert(0, str(ATTEMPTS))

from corpus import ATTEMPTS as CORPUS  # noqa: E402
from corpus import SOUND, project_folder  # noqa: E402

from workbench.history import Repository, run_git  # noqa: E402
from workbench.patch.verify.bench import Bench  # noqa: E402
from workbench.patch.verify.verification import Verifier  # noqa: E402
from workbench.patch.workspace import Workspace  # noqa: E402
from workbench.types import Patch, Workload  # noqa: E402

WORKLOAD = Workload(
    ("workload/wl.py",), ("workload",), held_out=({"WL_INPUTS": "held-out"},),
    tests=("-m", "pytest", "-q", "tests"),
)  # fmt: skip
N_RUNS = 5


@contextmanager
def opened(project: str) -> Iterator[Verifier]:
    """Make a repository of a project's two trees, and set its workload up."""
    with tempfile.TemporaryDirectory() as place:
        repository = Path(place) / "repository"
        repository.mkdir()
        run_git(repository, "init", "--quiet", "--initial-branch=main")
        for tree in ("good", "bad"):
            for path in repository.iterdir():
                if path.name != ".git":
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            folder = project_folder(project) / tree
            shutil.copytree(
                folder, repository, dirs_exist_ok=True,
                ignore=shutil.ignore_patterns("__pycache__", ".*_cache"),
            )  # fmt: skip
            run_git(repository, "add", "--all")
            author = ("-c", "user.name=a", "-c", "user.email=a@example.invalid")
            run_git(repository, *author, "commit", "--quiet", "--allow-empty", f"--message={tree}")
        shutil.copytree(project_folder(project) / "workload", Path(place) / "workload")
        with Workspace(Repository(repository), "main~1", "main") as workspace:
            yield Verifier(Bench.set_up(WORKLOAD, Path(place), workspace))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--only", choices=("sound", "hollow"))
    parser.add_argument("ids", nargs="*")
    told = parser.parse_args()
    chosen = [
        one for one in CORPUS
        if (not told.ids or one.id in told.ids)
        and (not told.only or (one.kind == SOUND) == (told.only == SOUND))
    ][:: told.every]  # fmt: skip
    counts: Counter[tuple[str, bool]] = Counter()
    for project in dict.fromkeys(one.project for one in chosen):
        with opened(project) as verifier:
            for attempt in (one for one in chosen if one.project == project):
                began = time.perf_counter()
                seen = verifier.verify(Patch("edit", attempt.note, attempt.edits), N_RUNS)
                counts[attempt.kind, seen.verified] += 1
                is_right = seen.verified == (attempt.kind == SOUND)
                took = time.perf_counter() - began
                print(
                    f"{'' if is_right else 'WRONG '}{attempt.kind:24} {attempt.id:34} "
                    f"{'accepted' if seen.verified else 'refused'} {took:5.1f} s  "
                    f"{seen.hollow:20} {seen.reason}", flush=True,
                )  # fmt: skip
    n_sound = counts[SOUND, True] + counts[SOUND, False]
    n_hollow = sum(counts.values()) - n_sound
    accepted = sum(n for (kind, is_in), n in counts.items() if is_in and kind != SOUND)
    print(f"hollow fixes accepted: {accepted} of {n_hollow}")
    print(f"sound fixes refused: {counts[SOUND, False]} of {n_sound}")


if __name__ == "__main__":
    main()
