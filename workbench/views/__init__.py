"""What is shown, as data, and the ES modules that draw it: for widgets, pages and files alike."""

from workbench.views.flame import Flame
from workbench.views.flame_build import diff_flame, flame_of, recording_flame

__all__ = ["Flame", "diff_flame", "flame_of", "recording_flame"]
