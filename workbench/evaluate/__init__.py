"""Cases, scorers and tracking; experiments over many cases, which are imported when asked for."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from workbench.evaluate.cases import build_case, load_recorded, load_spec, load_truth, materialise
from workbench.evaluate.score import score
from workbench.evaluate.tracking import track, tracking_uri

if TYPE_CHECKING:
    from workbench.evaluate.compare import compare_all, compare_runs
    from workbench.evaluate.experiment import Plan, run_experiment
    from workbench.evaluate.results import load_results
    from workbench.evaluate.skill_diff import diff_skills
    from workbench.evaluate.summary import summarise

__all__ = [
    "Plan",
    "build_case",
    "compare_all",
    "compare_runs",
    "diff_skills",
    "load_recorded",
    "load_results",
    "load_spec",
    "load_truth",
    "materialise",
    "run_experiment",
    "score",
    "summarise",
    "track",
    "tracking_uri",
]

_HOMES = {
    "Plan": "experiment", "compare_all": "compare", "compare_runs": "compare",
    "diff_skills": "skill_diff", "load_results": "results", "run_experiment": "experiment",
    "summarise": "summary",
}  # fmt: skip
"""Name -> module; they bring the agent and statistics, which who solves a case has no need of."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
