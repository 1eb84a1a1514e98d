"""Data -> views, selection -> values, in a notebook."""

from workbench.widgets.picker import Picker

__all__ = ["Picker"]
