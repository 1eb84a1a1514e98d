"""Choose one of several things and see it; what is chosen is a Python value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets
import traitlets
from IPython.display import display


class Picker(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """A list of names with a view of the one that is chosen.

    Parameters
    ----------
    choices : mapping of str to value
        Shown by name, in order; the first is chosen to begin with.
    show : callable
        Value -> anything that a notebook can display.
    label : str
        What is being chosen.
    """

    value = traitlets.Any(help="The chosen value; None where there is nothing to choose from.")

    def __init__(
        self, choices: Mapping[str, Any], show: Callable[[Any], object], *, label: str = ""
    ) -> None:
        self._choices, self._show = dict(choices), show
        self._list = ipywidgets.Dropdown(
            options=list(self._choices), description=label,
            layout={"width": "95%"}, style={"description_width": "initial"},
        )  # fmt: skip
        self._view = ipywidgets.Output()
        empty = ipywidgets.HTML("<i>Nothing to choose from.</i>")
        super().__init__([self._list, self._view] if self._choices else [empty])
        self._list.observe(self._draw, names="value")
        self._draw()

    def _draw(self, change: object = None) -> None:
        if not self._choices:
            return
        self.value = self._choices[self._list.value]
        with self._view:
            self._view.clear_output(wait=True)
            display(self._show(self.value))  # type: ignore[no-untyped-call]

    def choose(self, name: str) -> None:
        """Choose by name, as a click would."""
        self._list.value = name
