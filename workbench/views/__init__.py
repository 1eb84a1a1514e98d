"""What is shown, as data, and the ES modules that draw it: for widgets, pages and files alike."""

from workbench.views.flame import Flame
from workbench.views.flame_build import diff_flame, flame_of, recording_flame
from workbench.views.series_build import series_set_of
from workbench.views.series_set import SeriesSet
from workbench.views.source import Source

__all__ = [
    "Flame",
    "SeriesSet",
    "Source",
    "diff_flame",
    "flame_of",
    "recording_flame",
    "series_set_of",
]
