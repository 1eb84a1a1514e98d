"""Build the repository of the service, and copies of it with fixes: python building.py OUT."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from workbench.history import run_git

FOLDER = Path(__file__).parent
SERVICE = FOLDER / "service"
REFERENCE = FOLDER / "reference"
_BRANCH = "main"
_NO_HOOKS = ("-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false")


class Step(NamedTuple):
    """A commit, and the files that it brings."""

    title: str
    author: str
    email: str
    at: str
    files: tuple[str, ...]


STEPS = (
    Step(
        "Products, stock and orders are kept", "Marta Kessler", "marta@depot.example.invalid",
        "2026-01-12T09:40:00+01:00",
        ("depot/__init__.py", "depot/errors.py", "depot/model.py", "depot/settings.py",
         "depot/store", "tests/conftest.py", "tests/test_store.py", "pytest.ini"),
    ),
    Step(
        "Prices, taxes and tariffs", "Joon Park", "joon@depot.example.invalid",
        "2026-01-19T14:05:00+01:00", ("depot/pricing", "tests/test_pricing.py"),
    ),
    Step(
        "Picking: oldest batches first, along the aisles", "Marta Kessler",
        "marta@depot.example.invalid", "2026-01-27T11:20:00+01:00",
        ("depot/picking", "tests/test_picking.py"),
    ),
    Step(
        "Carriers, vans and tours, and the papers that travel along", "Ines Duarte",
        "ines@depot.example.invalid", "2026-02-09T16:45:00+01:00",
        ("depot/routing", "depot/documents", "tests/test_routing.py", "tests/test_documents.py"),
    ),
    Step(
        "Addresses, events, messages and standing orders", "Joon Park",
        "joon@depot.example.invalid", "2026-02-17T10:10:00+01:00",
        ("depot/addresses.py", "depot/views.py", "depot/events.py", "depot/notifications.py",
         "depot/standing.py", "tests/test_customers.py"),
    ),
    Step(
        "The service as a whole, and its API", "Ines Duarte", "ines@depot.example.invalid",
        "2026-02-25T15:30:00+01:00", ("depot/service.py", "depot/api", "tests/test_api.py"),
    ),
    Step(
        "A day at the depot, to measure with", "Marta Kessler", "marta@depot.example.invalid",
        "2026-03-01T09:15:00+01:00", ("bench", "workbench.toml"),
    ),
)  # fmt: skip


def build_depot(out: Path) -> str:
    """Make the repository in a folder that is not there yet; return the id of its last commit."""
    out.mkdir(parents=True)
    run_git(out, "init", "--quiet", f"--initial-branch={_BRANCH}")
    for step in STEPS:
        for name in step.files:
            copy(SERVICE / name, out / name)
        run_git(out, "-c", "core.autocrlf=false", "add", "--all")
        run_git(out, *_NO_HOOKS, "commit", "--quiet", f"--message={step.title}", env=_told(step))
    return run_git(out, "rev-parse", "HEAD").strip()


def fixed(names: Iterable[str], out: Path) -> Path:
    """Return a copy of the service with the reference fixes of these opportunities."""
    copy(SERVICE, out)
    for name in names:
        run_git(out, "apply", str(REFERENCE / f"{name}.patch"))
    return out


def copy(source: Path, target: Path) -> None:
    """Copy a file or a folder, without what running leaves behind."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    else:
        shutil.copyfile(source, target)


def _told(step: Step) -> dict[str, str]:
    """Return what git is told of who commits, and when."""
    return {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in (("NAME", step.author), ("EMAIL", step.email), ("DATE", step.at))
    }


if __name__ == "__main__":
    print(build_depot(Path(sys.argv[1])))
