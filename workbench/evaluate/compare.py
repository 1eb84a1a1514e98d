"""Two runs on the same cases, side by side: every measure with a verdict, and where they differ."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import CaseError, WorkbenchError
from workbench.evaluate.results import ResultsFolder
from workbench.evaluate.scorers import SCORERS
from workbench.evaluate.statistics import (
    Comparison,
    compare_rates,
    compare_values,
    correct,
    needed_pairs,
)
from workbench.evaluate.summary import case_values
from workbench.measures import MEASURES, WORTH, Measure, first_parting

_SPENT = ("seconds", "tool_calls", "tokens", "dollars")
_BOUNDED = ("share", "")
"""Units of measures from 0 to 1."""
_GATE = re.compile(r"(?P<name>\w+):(?P<size>\d+(?:\.\d+)?)pp")


@dataclass(frozen=True, slots=True)
class Measured:
    """How two runs differ in one measure."""

    name: str
    comparison: Comparison
    """Of a time, `before` and `after` are the parts of the cases in which each was sooner."""
    lower_is_better: bool
    """Of what is compared: to be sooner more often is better."""
    is_rate: bool
    """Whether it was compared as right and wrong, case by case."""
    is_share: bool
    """Whether what is compared is a part of cases, 0 to 1."""

    @property
    def verdict(self) -> str:
        """`better`, `worse` or `inconclusive`, of the second run."""
        return self.comparison.verdict(lower_is_better=self.lower_is_better)

    @property
    def loss(self) -> float:
        """By how much the second run is worse; below 0 where it is better."""
        return self.comparison.difference * (1 if self.lower_is_better else -1)

    @property
    def needed(self) -> int | None:
        """Cases that would decide a difference of a rate that is worth knowing of; None where not
        even many would, or it is no rate.
        """
        told = self.comparison
        if not self.is_rate:
            return None
        return needed_pairs(WORTH, (told.n_better + told.n_worse) / told.n_pairs)


def load_run(text: str) -> pd.DataFrame:
    """Return the results of one variant: `FOLDER:VARIANT` or `FOLDER:VARIANT/MODEL`.

    Raises
    ------
    WorkbenchError
        Where the text is neither, or the folder has no such variant, or several models of it, or
        not all of its answers yet.
    """
    folder, sign, name = text.rpartition(":")
    if not sign or not folder or not name:
        raise WorkbenchError(f"expected FOLDER:VARIANT or FOLDER:VARIANT/MODEL, got {text!r}")
    results = ResultsFolder(Path(folder))
    found = choose_run(results.load(), name, folder)
    results.check_whole()
    return found


def load_halves(runs: Sequence[str], split: str = "") -> dict[str, list[pd.DataFrame]]:
    """Return the results of several runs on each half of the bank, what was held out first.

    Parameters
    ----------
    runs : sequence of str
        As `load_run` takes them.
    split : str
        `train` or `test` alone. Default: both, as far as there are cases.

    Raises
    ------
    CaseError
        Where the runs are of different halves, or none of them has cases of the one asked for.
    """
    loaded = [dict(halves_of(load_run(run))) for run in runs]
    halves = [half for half in loaded[0] if half == split or not split]
    for run, known in zip(runs, loaded, strict=True):
        if not halves or not {*halves} <= {*known}:
            wanted = split or " and ".join(loaded[0])
            seen = ", ".join(known)
            raise CaseError(f"{run}: expected cases of the {wanted} half, as others, got {seen}")
    return {half: [known[half] for known in loaded] for half in halves}


def choose_run(results: pd.DataFrame, name: str, where: str) -> pd.DataFrame:
    """Return the rows of one variant and model; CaseError for none, or for several models.

    Parameters
    ----------
    results : pandas.DataFrame
        As `load_results` gives them.
    name : str
        `VARIANT` or `VARIANT/MODEL`.
    where : str
        What the results are called.
    """
    variant, _, model = name.partition("/")
    found = results[results["variant"] == variant]
    if model:
        found = found[found["model"] == model]
    models = sorted(found["model"].unique())
    if len(models) != 1:
        known = ", ".join(
            f"{one}/{of}" for one, of in results[["variant", "model"]].drop_duplicates().to_numpy()
        )
        raise CaseError(f"{where}: expected one of {known}, got {name!r}")
    return found.reset_index(drop=True)


def compare_runs(before: pd.DataFrame, after: pd.DataFrame, *, seed: int = 0) -> list[Measured]:
    """Compare two runs in every measure that says something of their cases.

    Parameters
    ----------
    before, after : pandas.DataFrame
        As `load_run` gives them; epochs of a case are averaged.
    seed : int
        Of what is drawn.

    Raises
    ------
    CaseError
        Where they are not of the same cases.
    """
    (told,) = compare_many(before, [after], seed=seed)
    return told


def compare_many(
    before: pd.DataFrame, afters: Sequence[pd.DataFrame], *, seed: int = 0
) -> list[list[Measured]]:
    """Compare several runs with one; p-values of a measure hold for all of them together (Holm).

    Parameters
    ----------
    before : pandas.DataFrame
        The baseline.
    afters : sequence of pandas.DataFrame
        On the same cases.
    seed : int
        Of what is drawn.
    """
    one = _by_case(before)
    found = []
    for after in afters:
        other = _by_case(after)
        strange = sorted({*one.index} ^ {*other.index})
        if strange:
            told = f"{len(strange)} are not in all, such as {strange[0]}"
            raise CaseError(f"expected runs on the same cases, {told}")
        found.append([*_measures(one, other.loc[one.index], seed)])
    return _corrected(found)


def _corrected(found: list[list[Measured]]) -> list[list[Measured]]:
    places: dict[str, list[tuple[int, int]]] = {}
    for run, measures in enumerate(found):
        for place, measure in enumerate(measures):
            places.setdefault(measure.name, []).append((run, place))
    for where in places.values():
        held = correct([found[run][place].comparison for run, place in where])
        for (run, place), comparison in zip(where, held, strict=True):
            found[run][place] = replace(found[run][place], comparison=comparison)
    return found


def compare_all(results: pd.DataFrame, baseline: str, *, seed: int = 0) -> pd.DataFrame:
    """Compare every variant of an evaluation with one of them, on each half, as one table.

    Parameters
    ----------
    results : pandas.DataFrame
        As `load_results` gives them.
    baseline : str
        `VARIANT`, or `VARIANT/MODEL` where there are several models of it.
    seed : int
        Of what is drawn.

    Returns
    -------
    pandas.DataFrame
        One row a half, variant and measure: `half` (of the bank, what was held out first),
        `variant`, `model`, `measure`, `before`, `after`, `difference`, `low`, `high` (95 %),
        `p_value` (Holm over the variants), `verdict`, `detectable`, `needed` (cases that would
        decide 10 points; NaN where not even many would), `n_cases`, `n_better` and `n_worse`
        (cases), `is_rate`, `is_share`, `lower_is_better`.
    """
    rows = [
        {"half": half, **row}
        for half, some in halves_of(results)
        for row in _rows(some, baseline, seed)
    ]
    columns = ["half", "variant", "model", "measure", "before", "after", "difference", "low",
               "high", "p_value", "verdict", "detectable", "needed", "n_cases", "n_better",
               "n_worse", "is_rate", "is_share", "lower_is_better"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def halves_of(results: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the name and the rows of each half of the bank, what was held out first."""
    return [(str(half), rows) for half, rows in results.groupby("split")]


def _rows(results: pd.DataFrame, baseline: str, seed: int) -> Iterator[dict[str, Any]]:
    before = choose_run(results, baseline, "results")
    key = tuple(before[["variant", "model"]].iloc[0])
    groups = dict([*results.groupby(["variant", "model"], sort=False)])
    others = [of for of in groups if of != key]
    told = compare_many(before, [groups[of] for of in others], seed=seed)
    for (variant, model), measures in zip(others, told, strict=True):
        for measured in measures:
            yield {"variant": variant, "model": model, **_row(measured)}


def _row(measured: Measured) -> dict[str, Any]:
    told = measured.comparison
    return {
        "measure": measured.name, "before": told.before, "after": told.after,
        "difference": told.difference, "low": told.low, "high": told.high,
        "p_value": told.p_value, "verdict": measured.verdict, "detectable": told.detectable,
        "needed": float("nan") if measured.needed is None else float(measured.needed),
        "n_cases": told.n_pairs, "n_better": told.n_better, "n_worse": told.n_worse,
        "is_rate": measured.is_rate, "is_share": measured.is_share,
        "lower_is_better": measured.lower_is_better,
    }  # fmt: skip


def _measures(one: pd.DataFrame, other: pd.DataFrame, seed: int) -> Iterator[Measured]:
    """Yield each measure that says something of at least a case on both sides."""
    for name in (*SCORERS, *_SPENT):
        if name not in one or name not in other:
            continue
        known = one[name].notna() & other[name].notna()
        if known.any():
            services = one.loc[known, "service"].tolist()
            yield _measured(MEASURES[name], one.loc[known, name], other.loc[known, name],
                            services, seed)  # fmt: skip


def _measured(
    measure: Measure, one: pd.Series[float], other: pd.Series[float], services: Sequence[str],
    seed: int,
) -> Measured:  # fmt: skip
    earlier, later = (np.asarray(side, np.float64) for side in (one, other))
    if measure.limit is not None:
        first, second = (side.astype(np.float64) for side in (earlier < later, later < earlier))
        told = _possible(compare_values(first, second, services, seed=seed))
        return Measured(measure.name, told, lower_is_better=False, is_rate=False, is_share=True)
    are_whole = bool(np.isin(earlier, (0, 1)).all() and np.isin(later, (0, 1)).all())
    is_rate, is_lower = measure.is_rate and are_whole, measure.lower_is_better
    if is_rate:
        told = compare_rates(earlier.astype(bool), later.astype(bool))
    else:
        told = compare_values(earlier, later, services, seed=seed)
    is_share = measure.unit == "share"
    told = _possible(told) if measure.unit in _BOUNDED else told
    if is_lower:  # better is what has less of it
        told = replace(told, n_better=told.n_worse, n_worse=told.n_better)
    return Measured(measure.name, told, is_lower, is_rate, is_share)


def _possible(told: Comparison) -> Comparison:
    """Return the comparison of what is from 0 to 1, so that no difference is larger than 1."""
    low, high = (
        end if math.isinf(end) else min(max(end, -1.0), 1.0) for end in (told.low, told.high)
    )
    return replace(
        told, low=low, high=high,
        detectable=told.detectable if told.detectable <= 1 else math.nan,
    )  # fmt: skip


def _by_case(results: pd.DataFrame) -> pd.DataFrame:
    """Return one row a case, the mean of its epochs; of seconds, of those that are right.

    Who gives up at once, or is soon wrong, is not fast.
    """
    if "seconds" in results:
        results = results.assign(seconds=results["seconds"].where(results["correct"] == 1))
    numbers = [n for n in (*SCORERS, *_SPENT) if n in results]
    frame = pd.DataFrame({name: case_values(results, name) for name in numbers})
    return frame.reindex(sorted(results["case"].unique())).assign(
        service=results.groupby("case")["service"].first()
    )


def discordant(before: pd.DataFrame, after: pd.DataFrame, measure: str = "correct") -> pd.DataFrame:
    """Return the cases in which a measure differs, one row each, by case.

    Returns
    -------
    pandas.DataFrame
        `case`, `before` and `after` (of the measure, the mean of its epochs), `said_before` and
        `said_after` (who was named), `step` (number of the first step at which the two part, from
        0; -1 where no steps were kept), `step_before` and `step_after`.
    """
    means = [run.groupby("case")[measure].mean() for run in (before, after)]
    both = pd.concat(means, axis=1, keys=["before", "after"], join="inner").dropna().sort_index()
    rows = []
    for case, told in both[both["before"] != both["after"]].iterrows():
        epochs = before[before["case"] == case], after[after["case"] == case]
        one, other = _furthest(*epochs, measure)
        step = first_parting(one["said_steps"], other["said_steps"])
        rows.append({
            "case": case, "before": told["before"], "after": told["after"],
            "said_before": one["said_change_id"], "said_after": other["said_change_id"],
            "step": step, "step_before": _step(one, step), "step_after": _step(other, step),
        })  # fmt: skip
    columns = ["case", "before", "after", "said_before", "said_after", "step", "step_before",
               "step_after"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _step(answer: pd.Series[Any], number: int) -> str:
    steps = answer["said_steps"]
    return str(steps[number]) if 0 <= number < len(steps) else ""


def _furthest(
    before: pd.DataFrame, after: pd.DataFrame, measure: str
) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Return the two epochs of a case that are furthest apart, the way that the means go."""
    is_more = after[measure].mean() > before[measure].mean()
    first, second = ("idxmin", "idxmax") if is_more else ("idxmax", "idxmin")
    return (
        before.loc[getattr(before[measure], first)()], after.loc[getattr(after[measure], second)()]
    )  # fmt: skip


def failed_gates(measured: Sequence[Measured], gates: Sequence[str]) -> list[str]:
    """Return which gates fail, in words.

    Parameters
    ----------
    measured : sequence of Measured
        Of two runs.
    gates : sequence of str
        Such as `top1:2pp`: fails where the rate is worse by more than two percentage points.

    Raises
    ------
    WorkbenchError
        Where a gate is none, or of a measure that says nothing of the cases.
    """
    rates = {one.name: one for one in measured if MEASURES[one.name].is_rate}
    failed = []
    for gate in gates:
        match = _GATE.fullmatch(gate)
        if not match or match["name"] not in rates:
            raise WorkbenchError(
                f"expected MEASURE:Npp with one of {', '.join(rates)}, got {gate!r}"
            )
        one = rates[match["name"]]
        if one.loss > float(match["size"]) / 100 + 1e-12:
            told = one.comparison
            cases = f"{told.n_worse} of {told.n_pairs} cases worse, {told.n_better} better"
            failed.append(
                f"{one.name} is worse by {100 * one.loss:.1f} pp, more than {match['size']}: "
                f"{cases}, {one.verdict}"
            )
    return failed
