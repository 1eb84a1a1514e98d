"""Series -> change points -> regressions, with the funnel that says what was left out and why."""

from workbench.detect.change_points import change_points
from workbench.detect.config import DetectConfig
from workbench.detect.detector import Detector
from workbench.detect.funnel import detect
from workbench.detect.noise.background import Background, find_background

__all__ = ["Background", "DetectConfig", "Detector", "change_points", "detect", "find_background"]
