"""What a repository remembers: commits, files at revisions, and who wrote each line.

The one home of running git.
"""

from workbench.history.git import Commit, Hunk, Repository, run_git
from workbench.history.weave import Delta, FileWeave, weave_files

__all__ = ["Commit", "Delta", "FileWeave", "Hunk", "Repository", "run_git", "weave_files"]
