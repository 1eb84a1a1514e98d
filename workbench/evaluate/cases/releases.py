"""Fetch released packages with pip into a cache, each in a folder of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

import platformdirs

from workbench.errors import CaseError
from workbench.evaluate.cases.spec import CaseSpec

_ANY_PLATFORM = ("--platform=any", "--implementation=py", "--abi=none", "--only-binary=:all:")
_KEPT_METADATA = {"METADATA", "entry_points.txt", "top_level.txt"}


def cache_folder() -> Path:
    """Return where fetched releases and built cases are kept between runs."""
    return platformdirs.user_cache_path("efficiency-workbench")


def fetch_release(spec: CaseSpec, version: str) -> Path:
    """Return a folder with one release of the package and what it says of itself."""
    requirement = f"{spec.package}=={version}"
    if not spec.pure_python_wheel:
        return _fetch([requirement], ("--no-compile",))
    try:
        return _fetch([requirement], ("--no-compile", *_ANY_PLATFORM))
    except CaseError:  # no such wheel: build from source and leave the extension out
        return _fetch([requirement], ("--no-compile", "--no-binary=:all:"), drop_extensions=True)


def fetch_dependencies(spec: CaseSpec) -> Path | None:
    """Return a folder with the pinned dependencies, None where there are none."""
    return _fetch(spec.deps, ("--compile",)) if spec.deps else None


def _fetch(
    requirements: Sequence[str], options: Sequence[str], *, drop_extensions: bool = False
) -> Path:
    """Install requirements, without what they depend on, into the cache; whole or not at all."""
    python = f"{sys.implementation.name}{sys.version_info.major}.{sys.version_info.minor}"
    key = "\0".join([python, *requirements, *options])
    name = (
        f"{requirements[0].replace('==', '-')}-{blake2b(key.encode(), digest_size=6).hexdigest()}"
    )
    target = cache_folder() / "releases" / name
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fetch-") as folder:
        install = Path(folder) / "site"
        command = [
            sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
            "--no-input", "--no-deps", "--no-warn-conflicts",
            f"--target={install}", *options, *requirements,
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CaseError(f"cannot fetch {', '.join(requirements)}: {_complaint(done.stderr)}")
        _tidy(install, drop_extensions)
        try:
            install.replace(target)
        except OSError:  # another process fetched the same meanwhile
            if not target.is_dir():
                raise
    return target


def _complaint(text: str) -> str:
    """Return pip's first error line that names the cause (the last repeats it in brief)."""
    asides = ("ERROR: Ignored the following",)  # versions yanked, or for another Python
    lines = text.splitlines()
    errors = [x for x in lines if x.startswith("ERROR") and not x.startswith(asides)]
    first = (errors or text.strip().splitlines() or ["pip said nothing"])[0]
    return first.removeprefix("ERROR: ").split(" (from versions:")[0]


def _tidy(folder: Path, drop_extensions: bool) -> None:
    """Keep what running needs: no scripts, and of the metadata what code reads."""
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for path in sorted(folder.rglob("*"), reverse=True):
        stale = path.parent.suffix == ".dist-info" and path.name not in _KEPT_METADATA
        if stale and path.is_dir():
            shutil.rmtree(path)
        elif stale or (drop_extensions and path.suffix in {".so", ".pyd"}):
            path.unlink()
