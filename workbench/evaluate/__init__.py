"""Cases, scorers, experiments over many cases, and tracking."""

from workbench.evaluate.cases import build_case, load_recorded, load_spec, load_truth, materialise
from workbench.evaluate.compare import compare_all, compare_runs
from workbench.evaluate.experiment import Plan, run_experiment
from workbench.evaluate.results import load_results
from workbench.evaluate.score import score
from workbench.evaluate.skill_diff import diff_skills
from workbench.evaluate.summary import summarise
from workbench.evaluate.tracking import track, tracking_uri

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
