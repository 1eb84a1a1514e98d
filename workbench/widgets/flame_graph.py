"""A flame graph in a notebook; what is selected is a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd
import traitlets

from workbench.errors import ProfileError
from workbench.profile import Profile, Tree
from workbench.views import Flame, diff_flame, flame_of
from workbench.views.columns import flame_columns
from workbench.views.flame_svg import flame_svg
from workbench.views.words import counted
from workbench.widgets.view import LEAST_HEIGHT, View

_ALL = "all"
"""What the root is called, where it has no name."""


class FlameGraph(View):
    """Where the time goes, or what changed: zoom, search, callers and callees, and select.

    Parameters
    ----------
    what : Profile, Flame, Tree, or mapping of str to float
        A mapping has folded stacks (`main;parse;read`, root first) and their values. Several
        profiles are replicates of the side before; where there is no later side, they are added up.
    after : Profile, mapping, or iterable of Profile, optional
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
    styles = ("flame/view.css",)

    _flame = traitlets.Dict().tag(sync=True)
    height = traitlets.Int(420, min=LEAST_HEIGHT).tag(sync=True)
    selected = traitlets.List(traitlets.Int(), help="Nodes of `flame`, as they were clicked.").tag(
        sync=True
    )
    selection = traitlets.Instance(
        pd.DataFrame, help="The selected call paths, as `Flame.table` has them."
    )
    flame = traitlets.Instance(Flame, help="What is shown; assign another to show that.")

    def __init__(
        self,
        what: Flame | Profile | Tree | Mapping[str, float] | Iterable[Profile],
        after: Profile | Mapping[str, float] | Iterable[Profile] | None = None,
        *,
        value_type: str | None = None,
        title: str = _ALL,
        height: int = 420,
        **kwargs: Any,
    ) -> None:
        flame = _flame(what, after, value_type, title)
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

    def choose(self, *functions: str) -> None:
        """Select every call path that ends with one of some functions, by name or subject."""
        flame = self.flame
        wanted = {
            number for number, f in enumerate(flame.functions) if {f.name, f.subject} & {*functions}
        }
        if not wanted:
            raise ProfileError(f"no function {functions[0]!r} in it" if functions else "no name")
        self.selected = np.flatnonzero(np.isin(flame.function, [*wanted])).tolist()

    def still(self) -> dict[str, str]:
        """Return the picture of it."""
        flame = self.flame
        sides = ", before and after" if flame.is_diff else ""
        of = "" if flame.title == _ALL else f" of {flame.title}"
        text = f"Flame graph{of}: {counted(flame.n_nodes - 1, 'call path')}{sides}"
        return {"text/plain": text, "image/svg+xml": flame_svg(flame)}


_ALONE = (Profile, Flame, Tree, Mapping, str, bytes, PathLike)
"""What is one side by itself, though it may be gone through."""


def _flame(what: Any, after: Any, value_type: str | None, title: str) -> Flame:
    """Return the flame graph of what was handed in, each side alone or as replicates."""
    before = _side(what, "first")
    if after is None:
        return flame_of(_added(before), value_type=value_type, title=title)
    later = _side(after, "second")
    if len(before) == len(later) == 1:
        return flame_of(before[0], later[0], value_type=value_type, title=title)
    return diff_flame(before, later, value_type=value_type, title=title)


def _side(given: Any, which: str) -> list[Any]:
    """Return one side as a list; ProfileError where it is empty, or names a file."""
    is_one = isinstance(given, _ALONE) or not isinstance(given, Iterable)
    profiles = [given] if is_one else [*given]
    if not profiles:
        raise ProfileError(f"expected one profile or more as the {which}, got an empty list")
    for one in profiles:
        if isinstance(one, str | PathLike):
            told = f"workbench.ingest.read({f'{one!s:.80}'!r})"
            raise ProfileError(f"expected a profile, got a text or path; to read a file: {told}")
    return profiles


def _added(profiles: list[Any]) -> Any:
    """Return profiles as one: samples of all, or the sums of mappings."""
    first, *others = profiles
    if not others:
        return first
    if all(isinstance(one, Profile) for one in profiles):
        return first.merge(*others)
    sums: Counter[str] = Counter()
    for one in profiles:
        if not isinstance(one, Mapping):
            kinds = ", ".join(sorted({type(each).__name__ for each in profiles}))
            raise ProfileError(f"expected profiles, or mappings, of one kind, got {kinds}")
        sums.update(one)
    return sums
