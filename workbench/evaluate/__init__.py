"""Cases, scorers and tracking."""

from workbench.evaluate.cases import build_case, load_recorded, load_spec, load_truth, materialise
from workbench.evaluate.score import score
from workbench.evaluate.tracking import track, tracking_uri

__all__ = [
    "build_case",
    "load_recorded",
    "load_spec",
    "load_truth",
    "materialise",
    "score",
    "track",
    "tracking_uri",
]
