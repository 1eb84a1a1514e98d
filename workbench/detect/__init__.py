"""Series -> change points -> regressions, with the funnel that says what was left out and why."""

from workbench.detect.change_points import change_points
from workbench.detect.funnel import DetectConfig, detect

__all__ = ["DetectConfig", "change_points", "detect"]
