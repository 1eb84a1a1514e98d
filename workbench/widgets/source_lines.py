"""Lines of code in a notebook: what each cost, who wrote it; those chosen are a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import traitlets

from workbench.errors import SignalError
from workbench.views.source import Source
from workbench.widgets.view import View, text_table

_MOST_IN_STILL = 60


class SourceLines(View):
    r"""Code with the cost of each line.

    Parameters
    ----------
    source : Source or str
        The lines; or their text alone.
    costs : mapping of int to float
        What lines cost, by number; where `source` is a text.
    unit : str
        Of the costs.
    path : str
        Where the lines are from.
    first_line : int
        Number of the first.

    Examples
    --------
    >>> lines = SourceLines("def f(x):\n    return g(x)", costs={2: 0.8}, unit="share")
    >>> lines.selected = [2]
    >>> lines.selection[["line", "cost"]].values.tolist()
    [[2.0, 0.8]]
    """

    module = "source_lines.js"
    styles = ("table.css", "source/view.css")

    _told = traitlets.Dict().tag(sync=True)
    source = traitlets.Instance(Source, help="What is shown; assign another to show that.")
    selected = traitlets.List(traitlets.Int(), help="Numbers of the chosen lines.").tag(sync=True)
    selection = traitlets.Instance(
        pd.DataFrame, help="The chosen lines, as `Source.table` has them."
    )

    def __init__(
        self,
        source: Source | str,
        *,
        costs: Mapping[int, float] | None = None,
        unit: str = "",
        path: str = "",
        first_line: int = 1,
        **kwargs: Any,
    ) -> None:
        if isinstance(source, str):
            source = Source(path or "code", source, path, first_line, costs or {}, unit)
        _check(source)
        super().__init__(source=source, _told=source.told(), selection=source.table([]), **kwargs)

    @traitlets.observe("source")
    def _show(self, change: Any) -> None:
        if isinstance(change["old"], Source):
            with self.hold_sync():
                self.selected = []
                self._told = self.source.told()

    @traitlets.validate("selected")
    def _known(self, proposal: Any) -> list[int]:
        self.source.check_lines(proposal["value"])
        return list(proposal["value"])

    @traitlets.observe("selected")
    def _choose(self, change: Any) -> None:
        self.selection = self.source.table(change["new"])

    def still(self) -> dict[str, str]:
        """Return the lines as a table."""
        told = self.source
        rows = [
            [str(number), f"{told.costs[number]:.4g}" if number in told.costs else "",
             told.owners.get(number, ("", ""))[0], code]
            for number, code in enumerate(told.lines[:_MOST_IN_STILL], start=told.first_line)
        ]  # fmt: skip
        head = ["line", f"cost, {told.unit}" if told.unit else "cost", "change", "code"]
        text = f"{told.title} ({told.path})" if told.path else told.title
        return {"text/plain": text, "text/html": text_table(head, rows, text)}


def _check(source: Any) -> None:
    if not isinstance(source, Source):
        seen = f"{type(source).__name__}: {source!r:.80}"
        raise SignalError(f"expected a Source, or the text of some lines, got {seen}")
