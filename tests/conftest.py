"""Builders: small real things, made from literals."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from workbench import cli
from workbench.history import Repository, run_git
from workbench.ingest import read
from workbench.store import Store, WindowProfile
from workbench.types import Function, Profile, Recording

settings.register_profile("workbench", deadline=None, max_examples=30)  # machines are shared
settings.load_profile("workbench")


@pytest.fixture(autouse=True)
def _own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep investigations, and what is not sent yet, where the test is."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("WORKBENCH_STATE", str(tmp_path / "investigations.db"))


@pytest.fixture
def make_profile() -> Callable[..., Profile]:
    """Lines of folded stacks -> a profile."""
    return lambda *lines: read("".join(f"{line}\n" for line in lines).encode(), format="folded")


@pytest.fixture
def make_repository(tmp_path: Path) -> Callable[..., Repository]:
    """Commits, each a mapping of path to text (None removes) -> a repository."""

    def make(*commits: Mapping[str, str | None], name: str = "repo") -> Repository:
        folder = tmp_path / name
        folder.mkdir()
        run_git(folder, "init", "--quiet", "--initial-branch=main")
        run_git(folder, "config", "user.name", "Ada Keller")
        run_git(folder, "config", "user.email", "ada@example.invalid")
        for number, files in enumerate(commits):
            for path, text in files.items():
                target = folder / path
                if text is None:
                    target.unlink()
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(text.encode("utf-8", "surrogateescape"))
            run_git(folder, "add", "--all")
            run_git(folder, "commit", "--quiet", "--allow-empty", "-m", f"c{number}")
        return Repository(folder)

    return make


@pytest.fixture
def make_store(tmp_path: Path) -> Callable[..., Store]:
    """Folded stacks of each window before and after -> a store."""

    def make(
        before: Mapping[str, float], after: Mapping[str, float], *, n_windows: int = 20,
        noise: float = 0.02, work: float = 10.0, name: str = "store",
    ) -> Store:  # fmt: skip
        rng = np.random.default_rng(0)
        windows = []
        for side, costs in enumerate((before, after)):
            for turn in range(n_windows):
                drawn = {s: c * (1 + noise * rng.standard_normal()) for s, c in costs.items()}
                folded = "".join(
                    f"{stack} {max(1, round(c * 100))}\n" for stack, c in drawn.items()
                )
                at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=side * n_windows + turn)
                profile = read(folded.encode(), format="folded")
                version = ("base", "head")[side]
                cpu = sum(drawn.values())
                windows.append(WindowProfile(profile, "svc", version, at, work, cpu))
        store = Store.create(tmp_path / name)
        store.add_all(windows)
        return store

    return make


@pytest.fixture
def make_recording(make_store: Callable[..., Store]) -> Callable[..., Recording]:
    """As make_store, but read back."""
    return lambda *args, **kwargs: make_store(*args, **kwargs).recording()


@pytest.fixture
def make_windows() -> Callable[..., Recording]:
    """Windows such as `{"main;parse;read": 12}` -> a recording of them."""

    def make(
        *windows: Mapping[str, int], cpu_seconds: Sequence[float] = (), work: Sequence[float] = ()
    ) -> Recording:
        stacks = sorted({stack for window in windows for stack in window})
        names = sorted({name for stack in stacks for name in stack.split(";")})
        frames = [[names.index(name) for name in stack.split(";")] for stack in stacks]
        counts = Counter(
            {(w, stacks.index(s)): n for w, window in enumerate(windows) for s, n in window.items()}
        )
        samples = np.array([[w, s, n] for (w, s), n in sorted(counts.items())], np.int64)
        samples = samples.reshape(-1, 3)
        table = pd.DataFrame(
            {
                "at": pd.date_range("2025-03-01", periods=len(windows), freq="h"),
                "version": "1.0",
                "work": work or np.nan,
                "cpu_seconds": cpu_seconds or np.nan,
                "n_samples": [sum(window.values()) for window in windows],
            }
        )
        return Recording(
            service="shop",
            windows=table,
            functions=tuple(Function(name, f"{name}.py") for name in names),
            stack_starts=np.cumsum([0, *map(len, frames)]),
            stack_functions=np.array([f for stack in frames for f in stack], dtype=np.int64),
            sample_windows=samples[:, 0],
            sample_stacks=samples[:, 1],
            sample_counts=samples[:, 2],
        )

    return make


@pytest.fixture
def workbench(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., tuple[int, str, str]]:
    """Arguments -> (exit code, standard output, standard error), in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["workbench", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        out, err = capsys.readouterr()
        assert isinstance(caught.value.code, int)
        return caught.value.code, out, err

    return run
