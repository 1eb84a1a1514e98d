"""Solve a case: series, regressions, suspects, diagnosis, verified fix.

What is named here is imported when it is asked for: who lists what was kept detects nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.solver.cases import CASE_FILE, open_case
    from workbench.solver.later import look_later, look_later_at
    from workbench.solver.mended import Mended, find_mended, with_states
    from workbench.solver.opportunities import find_opportunities
    from workbench.solver.options import SolveOptions, investigations_file
    from workbench.solver.queue import find_waiting, waiting
    from workbench.solver.solving import kept_steps, open_investigation, resume, solve
    from workbench.solver.summary import to_json
    from workbench.solver.workloads import find_workload, place_workload

__all__ = [
    "CASE_FILE",
    "Mended",
    "SolveOptions",
    "find_mended",
    "find_opportunities",
    "find_waiting",
    "find_workload",
    "investigations_file",
    "kept_steps",
    "look_later",
    "look_later_at",
    "open_case",
    "open_investigation",
    "place_workload",
    "resume",
    "solve",
    "to_json",
    "waiting",
    "with_states",
]

_NAMES = {
    "cases": ["CASE_FILE", "open_case"],
    "later": ["look_later", "look_later_at"],
    "mended": ["Mended", "find_mended", "with_states"],
    "opportunities": ["find_opportunities"],
    "options": ["SolveOptions", "investigations_file"],
    "queue": ["find_waiting", "waiting"],
    "solving": ["kept_steps", "open_investigation", "resume", "solve"],
    "summary": ["to_json"],
    "workloads": ["find_workload", "place_workload"],
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
