"""A flame graph in a notebook; what is selected is a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import traitlets

from workbench.profile import Profile, Tree
from workbench.views import Flame, diff_flame, flame_of
from workbench.views.columns import flame_columns
from workbench.views.flame_svg import flame_svg
from workbench.widgets.view import View


class FlameGraph(View):
    """Where the time goes, or what changed: zoom, search, callers and callees, and select.

    Parameters
    ----------
    what : Profile, Flame, Tree, or mapping of str to float
        A mapping has folded stacks (`main;parse;read`, root first) and their values. A sequence of
        profiles are replicates of the side before.
    after : Profile, mapping, or sequence of Profile, optional
        The later side: the graph is then a differential one.
    value_type : str, optional
        As in `Profile.values`.
    title : str
        What the root is called.
    height : int
        Of the picture, in pixels, at most.

    Examples
    --------
    >>> flame = FlameGraph({"main;parse;read": 6, "main;parse": 1, "main;write": 3})
    >>> flame.selected = [1]
    >>> flame.selection[["function", "total"]].values.tolist()
    [['main', 10.0]]
    """

    module = "flame_graph.js"
    styles = ("flame.css",)

    _flame = traitlets.Dict().tag(sync=True)
    height = traitlets.Int(420).tag(sync=True)
    selected = traitlets.List(traitlets.Int(), help="Nodes of `flame`, as they were clicked.").tag(
        sync=True
    )
    selection = traitlets.Instance(
        pd.DataFrame, help="The selected call paths, as `Flame.table` has them."
    )
    flame = traitlets.Instance(Flame, help="What is shown; assign another to show that.")

    def __init__(
        self,
        what: Flame | Profile | Tree | Mapping[str, float] | Sequence[Profile],
        after: Profile | Mapping[str, float] | Sequence[Profile] | None = None,
        *,
        value_type: str | None = None,
        title: str = "all",
        height: int = 420,
        **kwargs: Any,
    ) -> None:
        if isinstance(what, list | tuple) or isinstance(after, list | tuple):
            sides = [
                [*side] if isinstance(side, list | tuple) else [side] for side in (what, after)
            ]
            flame = diff_flame(*sides, value_type=value_type, title=title)  # type: ignore[arg-type]
        else:
            flame = flame_of(what, after, value_type=value_type, title=title)  # type: ignore[arg-type]
        super().__init__(
            flame=flame, _flame=flame_columns(flame), height=height,
            selection=flame.table([]), **kwargs,
        )  # fmt: skip

    @traitlets.observe("flame")
    def _show(self, change: Any) -> None:
        if change["old"] is traitlets.Undefined or change["old"] is None:
            return
        with self.hold_sync():
            self.selected = []
            self._flame = flame_columns(self.flame)
        self.selection = self.flame.table([])

    @traitlets.validate("selected")
    def _known(self, proposal: Any) -> list[int]:
        self.flame.table(proposal["value"])  # which refuses those that there are not
        return list(proposal["value"])

    @traitlets.observe("selected")
    def _select(self, change: Any) -> None:
        self.selection = self.flame.table(change["new"])

    def still(self) -> dict[str, str]:
        """Return the picture of it."""
        return {"text/plain": repr(self.flame), "image/svg+xml": flame_svg(self.flame)}
