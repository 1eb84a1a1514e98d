"""An experiment as `views/js/experiment/view.js` takes it: all that its parts show, as columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.measures import WORTH, RiskCurve
from workbench.views.columns import number_column, number_or_none, text_column
from workbench.widgets.experiment_cells import Cells
from workbench.widgets.experiment_pairs import Pairs, differing
from workbench.widgets.experiment_tables import (
    levels_of,
    risk_curves,
    summarise,
    summarise_strata,
)
from workbench.widgets.experiment_verdicts import Verdicts

MOST_POINTS = 400
"""Of one curve."""
MOST_STEPS = 300
"""Of one trace."""
_ABOUT = ("category", "kind", "service")
"""Strata that are told beside a case."""


def told_experiment(cells: Cells, verdicts: Verdicts) -> dict[str, Any]:
    """Return everything: what is chosen of it is looked up, not computed, where it is shown."""
    numbers = range(len(cells.variants))
    pairs = {
        measure.name: [differing(cells, at, number) for number in numbers]
        for at, measure in enumerate(cells.measures)
    }
    rows, answers = _answers(cells, [one for each in pairs.values() for one in each])
    place = np.zeros(len(cells.frame), np.int64)
    place[rows] = np.arange(len(rows))
    return {
        "variants": [_variant(cells, verdicts, number) for number in numbers],
        "measures": [asdict(measure) for measure in cells.measures],
        "n_epochs": int(cells.frame.groupby(["case", "variant"]).size().max()),
        "has_verdicts": bool(verdicts),
        "worth": WORTH,
        "summary": number_column(summarise(cells), "float32"),
        "strata": [_stratum(cells, str(name)) for name in cells.strata],
        "curves": [_curve(curve) for curve in risk_curves(cells)],
        "cases": text_column(cells.cases),
        "about": text_column(_about(cells)),
        "answers": answers,
        "pairs": {name: [_pairs(one, place) for one in each] for name, each in pairs.items()},
    }


def _variant(cells: Cells, verdicts: Verdicts, number: int) -> dict[str, Any]:
    own = cells.frame[cells.frame["variant"] == number]
    return {
        "name": cells.variants[number],
        "is_floor": cells.is_floor[number],
        "n_cases": int(own["case"].nunique()),
        "n_answers": len(own),
        "n_failed": int((own["failure"] != "").sum()),
        "verdicts": {name: dict(told) for (of, name), told in verdicts.items() if of == number},
    }


def _stratum(cells: Cells, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "levels": levels_of(cells, name),
        "cells": number_column(summarise_strata(cells, name), "float32"),
    }


def _curve(curve: RiskCurve) -> dict[str, Any]:
    n = curve.n_answers
    kept = np.unique(np.linspace(0, max(n - 1, 0), min(n, MOST_POINTS)).round().astype(int))
    return {
        "coverage": number_column(curve.coverage[kept], "float32"),
        "risk": number_column(curve.risk[kept], "float32"),
        "area": number_or_none(curve.area),
        "n_answers": n,
    }


def _about(cells: Cells) -> list[str]:
    names = [name for name in _ABOUT if name in cells.strata]
    return [" · ".join(row) for row in cells.strata[names].itertuples(index=False)]


def _answers(cells: Cells, pairs: Sequence[Pairs]) -> tuple[npt.NDArray[np.int64], dict[str, Any]]:
    """Return the rows that any pair shows, and what was answered there."""
    shown = [rows for one in pairs for rows in (one.row_before, one.row_after)]
    rows = np.unique(np.concatenate([np.empty(0, np.int64), *shown]))
    frame = cells.frame.iloc[rows]
    steps = [one[:MOST_STEPS] for one in frame["trace"]]
    titles, title = _coded(title for one in steps for title in one)
    columns: dict[str, Any] = {
        "confidence": number_column(frame["confidence"], "float32"),
        "epoch": _whole(frame["epoch"]),
        "n_steps": _whole(frame["trace"].map(len)),
        "ends": number_column(np.cumsum([len(one) for one in steps], dtype=np.int64), "uint32"),
        "is_told": number_column(frame["said"].notna(), "uint8"),
        "titles": text_column(titles),
        "title": _whole(title),
    }
    for name in ("said", "failure", "skill"):
        texts, code = _coded(frame[name].fillna(""))
        columns |= {f"{name}_texts": text_column(texts), name: _whole(code)}
    return rows, columns


def _pairs(pairs: Pairs, place: npt.NDArray[np.int64]) -> dict[str, Any]:
    return {
        "case": _whole(pairs.case),
        "before": number_column(pairs.before, "float32"),
        "after": number_column(pairs.after, "float32"),
        "n_before": _whole(pairs.n_before),
        "n_after": _whole(pairs.n_after),
        "answer_before": _whole(place[pairs.row_before]),
        "answer_after": _whole(place[pairs.row_after]),
        "parted": _whole(pairs.step + 1),
        "is_solved": number_column(pairs.is_solved, "uint8"),
    }


def _whole(values: npt.ArrayLike) -> dict[str, Any]:
    """Return whole numbers from 0 on, in as few bytes as they fit into."""
    numbers = np.asarray(values, np.int64)
    is_small = not numbers.size or int(numbers.max()) < 1 << 16
    return number_column(numbers, "uint16" if is_small else "uint32")


def _coded(texts: Iterable[str]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Return the distinct texts, and of each which of them it is."""
    codes, found = pd.factorize(np.array([*texts], object))
    return [str(text) for text in found], np.asarray(codes, np.int64)
