"""The service's history with the commits of `history/` on top, and checkouts of it with or without a fix."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path

LATER = Path(__file__).resolve().parent
FEED = LATER.parent
sys.path.insert(0, str(FEED))

from running import Checkouts

from workbench.evaluate.cases.timeline import (
    build_history,
    commit_ids,
    materialise_timeline,
    patch_names,
)


def assemble(out: Path) -> Path:
    """Put the base, the patches of the main history and those of this folder into one folder."""
    shutil.copytree(
        FEED / "base", out / "base", ignore=shutil.ignore_patterns("__pycache__", ".*_cache")
    )
    (out / "history").mkdir()
    for folder in (FEED, LATER):
        for path in (folder / "history").glob("*.patch"):
            shutil.copy(path, out / "history")
    return out


def build_later(out: Path) -> dict[str, str]:
    """Make the repository; return the commit id of each patch by name, oldest first."""
    with tempfile.TemporaryDirectory(prefix="feed-later-") as place:
        return build_history(assemble(Path(place) / "feed"), out)


class LaterCheckouts(Checkouts):
    """The service's code at each commit of both histories."""

    def __init__(self, scratch: Path) -> None:
        with tempfile.TemporaryDirectory(prefix="feed-later-") as place:
            folder = assemble(Path(place) / "feed")
            self._prepare(scratch, materialise_timeline(folder, print), folder)

    def _prepare(self, scratch: Path, repository: Path, folder: Path) -> None:
        self.repository = repository
        self.ids = commit_ids(folder, repository)
        self._scratch = scratch / "code"
        self._scratch.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()

    def last(self) -> Path:
        """Return the code at the last commit."""
        return self.folder(patch_names(LATER)[-1])

    def fixed(self, names: Iterable[str]) -> Path:
        """Return the code at the last commit with reference fixes."""
        names = sorted(names)
        out = self._scratch / "-".join(["fixed", *names])
        if not out.is_dir():
            shutil.copytree(self.last(), out, ignore=shutil.ignore_patterns("__pycache__"))
            for name in names:
                apply(LATER / "reference" / f"{name}.patch", out)
        return out


def apply(patch: Path, folder: Path) -> None:
    """Apply a patch to a folder that is no repository."""
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    subprocess.run(["git", "apply", str(patch)], cwd=folder, env=environment, check=True)


if __name__ == "__main__":
    for name, commit in build_later(Path(sys.argv[1])).items():
        print(commit, name or "base")
