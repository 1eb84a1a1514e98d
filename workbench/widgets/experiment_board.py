"""Variants of skills on a bank of cases: which is better, where, on which cases, and how sure.

Each half of the bank is told by itself: what skills were made with says little of them.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import traitlets

from workbench.errors import WorkbenchError
from workbench.measures import Measure
from workbench.views.columns import number_or_none
from workbench.views.words import counted
from workbench.widgets.experiment_cells import Cells, listed
from workbench.widgets.experiment_halves import Half, read_halves
from workbench.widgets.experiment_pairs import differing, pairs_table
from workbench.widgets.experiment_tables import HIGH, LOW, VALUE, N, summarise, variant_table
from workbench.widgets.experiment_told import told_experiment
from workbench.widgets.view import LEAST_HEIGHT, View, text_table

_IN_STILL = ("correct", "top1", "top3", "false_accusation", "time_to_diagnosis")
"""Measures that a still has a column of."""


class ExperimentBoard(View):
    """Variants beside a baseline; strata, cases that differ and risk of the one that is chosen.

    Parameters
    ----------
    results : pandas.DataFrame
        One row a cell (`case`, `variant`, `model`, `epoch`), with a column a measure, such as
        `correct` (0 or 1; NaN where it says nothing), and what was said; as
        `workbench.evaluate.results.load_results` returns it. Columns may be missing.
    comparisons : pandas.DataFrame, optional
        One row a half, variant and measure, against the baseline: `half`, `variant`, `model`,
        `measure`, `difference`, `low`, `high`, `p_value`, `verdict` (`better`, `worse` or
        `inconclusive`), `detectable`, `needed`, `n_cases`, `n_better`, `n_worse`; as
        `workbench.evaluate.compare.compare_all` returns it. Default: no verdict is told.
    baseline : str
        Name of the variant, or VARIANT/MODEL, that the others are compared with. Default: the first
        that is no floor.
    height : int
        Of the lists of strata and of cases, in pixels, at most.

    Examples
    --------
    >>> told = {"case": ["a", "b"] * 2, "variant": ["old", "old", "new", "new"]}
    >>> board = ExperimentBoard(pd.DataFrame(told | {"correct": [0.0, 1.0, 1.0, 1.0]}))
    >>> board.chosen
    'new'
    >>> board.selected = ["a"]
    >>> board.selection[["case", "outcome"]].values.tolist()
    [['a', 'solved']]
    """

    module = "experiment_board.js"
    styles = ("parts.css", "experiment/view.css")

    _told = traitlets.Dict().tag(sync=True)
    height = traitlets.Int(420, min=LEAST_HEIGHT).tag(sync=True)
    half = traitlets.Unicode(
        help="Half of the bank that is looked at; empty where results have none."
    ).tag(sync=True)
    chosen = traitlets.Unicode(help="Name of the variant that is looked at.").tag(sync=True)
    measure = traitlets.Unicode(help="Name of what is measured.").tag(sync=True)
    stratum = traitlets.Unicode(
        help="By which cases are told apart; empty where results have none."
    ).tag(sync=True)
    case = traitlets.Unicode(help="Id of the case that is open; empty for none.").tag(sync=True)
    selected = traitlets.List(
        traitlets.Unicode(), help="Ids of cases, of those that differ in the measure."
    ).tag(sync=True)
    selection = traitlets.Instance(
        pd.DataFrame,
        help="The selected cases, one a row: what each side said, and where they part.",
    )

    def __init__(
        self,
        results: pd.DataFrame,
        comparisons: pd.DataFrame | None = None,
        *,
        baseline: str = "",
        height: int = 420,
        **kwargs: Any,
    ) -> None:
        self._halves = read_halves(results, comparisons, baseline)
        half = str(kwargs.get("half", next(iter(self._halves))))
        cells = self._find(half).cells
        first = {
            "half": half,
            "chosen": cells.variants[min(1, len(cells.variants) - 1)],
            "measure": cells.measures[0].name,
            "stratum": str(next(iter(cells.strata), "")),
        }
        told = [
            {"name": name, **told_experiment(one.cells, one.verdicts)}
            for name, one in self._halves.items()
        ]
        super().__init__(
            _told={"halves": told}, height=height, selection=pairs_table(cells, 0, 0, ()),
            **(first | kwargs),
        )  # fmt: skip

    def _find(self, half: object) -> Half:
        if half not in self._halves:
            known = listed(map(repr, self._halves))
            raise WorkbenchError(f"half: expected one of {known}, got {half!r:.80}")
        return self._halves[str(half)]

    @property
    def _cells(self) -> Cells:
        return self._find(self.half).cells

    @property
    def baseline(self) -> str:
        """Name of the variant that the others are compared with."""
        return self._cells.baseline

    @property
    def variants(self) -> pd.DataFrame:
        """One row a variant: its measures on that half, with the 95 % interval of each rate."""
        return variant_table(self._cells)

    @property
    def differing(self) -> pd.DataFrame:
        """All cases in which the chosen variant and the baseline differ, as in `selection`."""
        return pairs_table(self._cells, *self._looked_at, self._differing())

    @property
    def _looked_at(self) -> tuple[int, int]:
        cells = self._cells
        return cells.find_measure(self.measure), cells.find_variant(self.chosen, "chosen")

    def _differing(self) -> list[str]:
        pairs = differing(self._cells, *self._looked_at)
        return [self._cells.cases[case] for case in pairs.case]

    @traitlets.validate("half")
    def _known_half(self, proposal: Any) -> str:
        self._find(proposal["value"])
        return str(proposal["value"])

    @traitlets.validate("chosen")
    def _known_variant(self, proposal: Any) -> str:
        return self._cells.variants[self._cells.find_variant(proposal["value"], "chosen")]

    @traitlets.validate("measure")
    def _known_measure(self, proposal: Any) -> str:
        return self._cells.measures[self._cells.find_measure(proposal["value"])].name

    @traitlets.validate("stratum")
    def _known_stratum(self, proposal: Any) -> str:
        value, known = proposal["value"], [*map(str, self._cells.strata)]
        if value in known or (not known and not value):
            return str(value)
        told = f"one of {listed(known)}" if known else "an empty text, as results have none"
        raise WorkbenchError(f"stratum: expected {told}, got {value!r:.80}")

    @traitlets.validate("case")
    def _known_case(self, proposal: Any) -> str:
        value = proposal["value"]
        if value and value not in self._cells.cases:
            told = f"an id of the {len(self._cells.cases)} cases, such as {self._cells.cases[0]}"
            raise WorkbenchError(f"case: expected {told}, got {value!r:.80}")
        return str(value)

    @traitlets.validate("selected")
    def _known_selected(self, proposal: Any) -> list[str]:
        known = self._differing()
        for name in proposal["value"]:
            if name not in known:
                told = f"{self.chosen} and {self.baseline} differ in {self.measure} there alone"
                wanted = f"one of {listed(known)}" if known else "none"
                raise WorkbenchError(f"selected: expected {wanted}, as {told}, got {name!r:.80}")
        return list(proposal["value"])

    @traitlets.observe("half")
    def _look_at_half(self, change: Any) -> None:
        """Keep what that half has too."""
        cells = self._cells
        with self.hold_trait_notifications():  # one by one they would not fit each other
            if self.chosen not in cells.variants:
                self.chosen = cells.variants[min(1, len(cells.variants) - 1)]
            if self.measure not in [one.name for one in cells.measures]:
                self.measure = cells.measures[0].name
            if self.stratum not in cells.strata:
                self.stratum = str(next(iter(cells.strata), ""))
            if self.case not in cells.cases:
                self.case = ""
        self._look_elsewhere(change)

    @traitlets.observe("chosen", "measure")
    def _look_elsewhere(self, change: Any) -> None:
        """Keep those selected that still differ."""
        if not self.selected:
            return
        known = set(self._differing())
        kept = [name for name in self.selected if name in known]
        if kept == self.selected:
            self._select()
        self.selected = kept

    @traitlets.observe("selected")
    def _select(self, change: Any = None) -> None:
        self.selection = pairs_table(self._cells, *self._looked_at, self.selected)

    def still(self) -> dict[str, str]:
        """Return the table of the variants, on the half that is looked at."""
        half = self._find(self.half)
        cells, summary = half.cells, summarise(half.cells)
        shown = [at for at, one in enumerate(cells.measures) if one.name in _IN_STILL]
        shown = shown or [0]
        rows = [
            [name, *(_told(cells.measures[at], summary[at, number]) for at in shown),
             _against(half.verdicts.get((number, self.measure)), number)]
            for number, name in enumerate(cells.variants)
        ]  # fmt: skip
        measure = cells.measures[cells.find_measure(self.measure)].label
        head = ["Variant", *(_heading(cells.measures[at]) for at in shown),
                f"Against {self.baseline} ({measure})"]  # fmt: skip
        text = f"{counted(len(cells.variants), 'variant')}, {counted(len(cells.cases), 'case')}"
        text += f" of the {self.half} half" if self.half else ""
        n_cases = sum(len(one.cells.cases) for one in self._halves.values())
        whole = f"{counted(len(cells.variants), 'variant')}, {counted(n_cases, 'case')}"
        return {"text/plain": whole, "text/html": text_table(head, rows, text)}


def _heading(measure: Measure) -> str:
    return f"median {measure.label}" if measure.is_median else measure.label


def _told(measure: Measure, cell: Any) -> str:
    """Return a value with its interval."""
    if not cell[N]:
        return "–"
    if measure.is_rate:
        return f"{cell[VALUE]:.1%} ({cell[LOW]:.1%} to {cell[HIGH]:.1%})"
    if measure.limit is not None and cell[VALUE] >= measure.limit:
        return "never"
    unit = " s" if measure.unit == "seconds" else ""
    return f"{cell[VALUE]:.3g}{unit}"


def _against(verdict: Any, number: int) -> str:
    """Return a verdict in words."""
    if number == 0:
        return "baseline"
    if verdict is None:
        return "not compared"
    p_value = number_or_none(verdict["p_value"])
    told = "" if p_value is None else f" (p {'< 0.001' if p_value < 0.001 else f'{p_value:.2g}'})"
    return f"{verdict['verdict']}{told}"
