"""Ship `skills/` in the wheel as `workbench/_skills/`; all else is said in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SKILLS = Path("skills")
JUNK = ("__pycache__", "*.pyc", ".*")


class BuildWithSkills(build_py):
    """An editable install needs no copy: there the folder is found beside the package."""

    def run(self) -> None:
        """Build, then copy the skills."""
        super().run()
        if SKILLS.is_dir() and not self.editable_mode:
            target = Path(self.build_lib, "workbench", "_skills")
            shutil.copytree(
                SKILLS, target, ignore=shutil.ignore_patterns(*JUNK), dirs_exist_ok=True
            )

    def get_source_files(self) -> list[str]:
        """Return what a source distribution has to hold."""
        skills = (p for p in sorted(SKILLS.rglob("*")) if p.is_file() and p.suffix != ".pyc")
        return [*super().get_source_files(), *(p.as_posix() for p in skills)]


setup(cmdclass={"build_py": BuildWithSkills})
