"""Ship skills, notebooks and their case in the wheel; all else is said in pyproject.toml.

`skills/` becomes `workbench/_skills/`; `workbench/_lab/` has what `workbench lab` opens.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

JUNK = ("__pycache__", "*.pyc", ".*_cache", ".ipynb_checkpoints", ".DS_Store")
FEED = ("timeline.json", "store", "history", "base", "deps", "load.py", "terms.txt")
"""Of the service that the notebooks show; what is known of its causes stays away from solvers."""


def shipped() -> list[tuple[Path, Path]]:
    """Return each file that goes along, with its place inside the package."""
    lab, feed = Path("_lab"), Path("datasets", "feed")
    tops = [*(feed / name for name in FEED), Path("datasets", "pypi", "workloads", "_wl.py")]
    tops += sorted(Path("notebooks").glob("[0-9]*.ipynb"))
    placed = [(Path("skills"), Path("_skills")), *((top, lab / top) for top in tops)]
    return [pair for top, place in placed for pair in files(top, place)]


def files(top: Path, place: Path) -> list[tuple[Path, Path]]:
    """Return the files of a folder, or the file itself."""
    found = sorted(top.rglob("*")) if top.is_dir() else [top]
    return [
        (path, place / path.relative_to(top))
        for path in found
        if path.is_file() and not any(map(is_junk, path.relative_to(top.parent).parts))
    ]


def is_junk(name: str) -> bool:
    """Return whether a file or folder of this name is made by tools."""
    return any(Path(name).match(pattern) for pattern in JUNK)


class BuildWithData(build_py):
    """An editable install needs no copy: there the folders are found beside the package."""

    def run(self) -> None:
        """Build, then copy what goes along."""
        super().run()
        if not self.editable_mode:
            for path, place in shipped():
                target = Path(self.build_lib, "workbench", place)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)

    def get_source_files(self) -> list[str]:
        """Return what a source distribution has to hold."""
        return [*super().get_source_files(), *(path.as_posix() for path, _ in shipped())]


setup(cmdclass={"build_py": BuildWithData})
