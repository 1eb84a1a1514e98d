"""A repository with a slow commit in it, and a store that grows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from workbench.engine import Engine
from workbench.history import run_git
from workbench.ingest import read
from workbench.store import Store, WindowProfile

FAST = """def main(n):
    seen = set()
    for i in range(n):
        seen.add(i % 60)
    return len(seen)
"""
SLOW = FAST.replace("set()", "[]").replace(
    "        seen.add(i % 60)", "        if i % 60 not in seen:\n            seen.append(i % 60)"
)
BENCH = "import app\n\n\ndef run():\n    return app.main(6000)\n"
NAMED = '[workload]\nfunction = "bench.load:run"\n'
CULPRIT = 6
MAIN, REST = "<module> (w.py:1);main (app.py:1)", "<module> (w.py:1);rest (w.py:2)"
QUICK, DEAR = {MAIN: 0.2, REST: 0.1}, {MAIN: 0.9, REST: 0.1}


@dataclass
class Fleet:
    """A service whose store grows, its repository, and a place for what the engine remembers."""

    folder: Path
    n_windows: int = 0

    @property
    def store(self) -> Path:
        return self.folder / "fleet"

    @property
    def repo(self) -> Path:
        return self.folder / "repo"

    @property
    def saved(self) -> Path:
        return self.folder / "state" / "kept.db"

    def grow(self, costs: Mapping[str, float], n: int, version: str, service: str = "svc") -> None:
        """Record some more windows."""
        rng = np.random.default_rng(1000 + self.n_windows)
        windows = []
        for _ in range(n):
            drawn = {s: c * (1 + 0.02 * rng.standard_normal()) for s, c in costs.items()}
            folded = "".join(f"{stack} {round(c * 100)}\n" for stack, c in drawn.items())
            at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=self.n_windows)
            profile = read(folded.encode(), format="folded")
            windows.append(WindowProfile(profile, service, version, at, 10.0, sum(drawn.values())))
            self.n_windows += 1
        Store.create(self.store).add_all(windows)

    def engine(self, **options: object) -> Engine:
        return Engine(self.store, self.repo, self.saved, **options)

    def untouched(self) -> dict[str, bytes]:
        """Return what nobody may change: tree, index and branches of the repository."""
        git = self.repo / ".git"
        paths = [p for p in self.repo.rglob("*") if p.is_file() and git not in p.parents]
        paths += [git / "index", git / "HEAD"]
        refs = run_git(self.repo, "for-each-ref").encode()
        return {str(p): p.read_bytes() for p in paths} | {"refs": refs}


@pytest.fixture
def make_fleet(tmp_path: Path) -> Callable[..., Fleet]:
    """Text of `workbench.toml`, if it is to have one -> a fleet of which 20 windows are recorded."""

    def make(named: str | None = NAMED) -> Fleet:
        fleet = Fleet(tmp_path)
        repo = fleet.repo
        repo.mkdir()
        run_git(repo, "init", "--quiet", "--initial-branch=main")
        stream = []
        for number in range(12):
            helpers = [
                f"\n\ndef helper_{i}():\n    return {'1 + ' * (i <= number and i != CULPRIT)}{i}\n"
                for i in range(1, 12)
            ]
            files = {"app.py": (SLOW if number >= CULPRIT else FAST) + "".join(helpers)}
            if number == 0:
                files["bench/load.py"] = BENCH
                files |= {"workbench.toml": named} if named is not None else {}
            stream.append(
                f"commit refs/heads/main\n"
                f"committer Ada Keller <ada@example.invalid> {1767603600 + 60 * number} +0000\n"
                f"data 2\nc\n\n"
            )
            for path, text in files.items():
                stream.append(f"M 100644 inline {path}\ndata {len(text)}\n{text}\n")
        run_git(repo, "fast-import", "--quiet", stdin="".join(stream))
        run_git(repo, "reset", "--quiet", "--hard", "main")
        for name, revision in (("v1", "main~11"), ("v2", "main")):
            run_git(repo, "tag", name, revision)
        fleet.grow(QUICK, 20, "v1")
        return fleet

    return make
