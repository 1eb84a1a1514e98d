"""Solve a case: series, regressions, suspects, diagnosis, verified fix."""

from workbench.solver.cases import CASE_FILE, open_case
from workbench.solver.options import SolveOptions, investigations_file
from workbench.solver.solving import kept_steps, open_investigation, resume, solve
from workbench.solver.summary import to_json

__all__ = [
    "CASE_FILE",
    "SolveOptions",
    "investigations_file",
    "kept_steps",
    "open_case",
    "open_investigation",
    "resume",
    "solve",
    "to_json",
]
