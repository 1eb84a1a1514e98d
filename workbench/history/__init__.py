"""What a repository remembers: commits, files at revisions, who wrote each line, and
which function it is in.

The one home of running git.
"""

from workbench.history.git import BlamedLine, Blob, Commit, Hunk, Repository, run_git
from workbench.history.pieces import Piece, cut
from workbench.history.spans import (
    MODULE,
    Span,
    enclosing_function,
    function_spans,
    line_functions,
    parses,
    statement_starts,
)
from workbench.history.weave import FileWeave, WovenLine, split_lines, weave_files

__all__ = [
    "MODULE",
    "BlamedLine",
    "Blob",
    "Commit",
    "FileWeave",
    "Hunk",
    "Piece",
    "Repository",
    "Span",
    "WovenLine",
    "cut",
    "enclosing_function",
    "function_spans",
    "line_functions",
    "parses",
    "run_git",
    "split_lines",
    "statement_starts",
    "weave_files",
]
