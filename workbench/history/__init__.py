"""What a repository remembers: commits, files at revisions, who wrote each line, and
which function it is in.

The one home of running git.
"""

from workbench.history.git import Commit, Hunk, Repository, run_git
from workbench.history.spans import (
    MODULE,
    Span,
    enclosing_function,
    function_spans,
    line_functions,
)
from workbench.history.weave import Delta, FileWeave, weave_files

__all__ = [
    "MODULE",
    "Commit",
    "Delta",
    "FileWeave",
    "Hunk",
    "Repository",
    "Span",
    "enclosing_function",
    "function_spans",
    "line_functions",
    "run_git",
    "weave_files",
]
