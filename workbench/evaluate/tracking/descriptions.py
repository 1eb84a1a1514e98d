"""What is told of an evaluation and its variants in words, and the colour of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import pandas as pd

from workbench.evaluate.bank import SPLIT
from workbench.evaluate.compare import compare_all
from workbench.evaluate.summary import summarise
from workbench.measures import NO_SKILLS, TRIVIAL

_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")
"""Told apart by everybody (M. Okabe and K. Ito, 2008)."""
_GREYS = {TRIVIAL: "#BBBBBB", NO_SKILLS: "#777777"}


def halves_told(results: pd.DataFrame) -> str:
    """Return which halves of the cases were asked."""
    return " and ".join(sorted(results["split"].unique()))


def describe_evaluation(results: pd.DataFrame, baseline: str) -> str:
    """Return what came of an evaluation: a table in Markdown, with a verdict a variant.

    Parameters
    ----------
    results : pandas.DataFrame
        As `load_results` gives them.
    baseline : str
        `VARIANT/MODEL` that others are compared with; empty for none.
    """
    held_out = results[results["split"] == "test"]
    shown, half = (held_out, "test") if len(held_out) else (results, "train")
    verdicts = _verdicts(shown, baseline)
    beside = f"beside {baseline.partition('/')[0]}"
    table = summarise(shown).sort_values("correct", ascending=False, kind="stable")
    best = table.iloc[0]
    lines = [
        f"**{best['variant']} ({best['model']})** is right most often: in "
        f"{_percent(best['correct'])} of the {best['n_cases']} cases of the {half} half (split "
        f"`{SPLIT}`).", "",
        f"| variant | right | 95 % | false accusations |{f' {beside} |' if verdicts else ''}",
        f"|---|---|---|---|{'---|' if verdicts else ''}",
    ]  # fmt: skip
    for row in table.to_dict("records"):
        of = f"{row['variant']}/{row['model']}"
        verdict = f" {verdicts.get(of, '–')} |" if verdicts else ""
        lines.append(
            f"| {row['variant']} ({row['model']}) | {_percent(row['correct'])} | {_interval(row)} "
            f"| {_percent(row['false_accusation'])} |{verdict}"
        )
    if verdicts:
        lines += ["", "All measures and cases are in `comparisons.csv` and `summary.csv`."]
    return "\n".join(lines)


def describe_variant(results: pd.DataFrame) -> str:
    """Return what came of one variant, a line a half.

    Parameters
    ----------
    results : pandas.DataFrame
        Its rows.
    """
    lines = []
    for half, rows in results.groupby("split"):
        (row,) = summarise(rows).to_dict("records")
        lines.append(
            f"- **{half}**: right in {_percent(row['correct'])} of {row['n_cases']} cases "
            f"(95 %: {_interval(row)}), false accusations in {_percent(row['false_accusation'])}"
        )
    return "\n".join(lines)


def colours_of(variants: Sequence[str]) -> Mapping[str, str]:
    """Return a colour a variant: mostly the same in all evaluations, never two alike of few.

    Parameters
    ----------
    variants : sequence of str
        Names, of one evaluation.
    """
    found = dict(_GREYS)
    for name in sorted({*variants} - {*_GREYS}):
        start = blake2b(name.encode(), digest_size=2).digest()[0]
        order = [_COLOURS[(start + place) % len(_COLOURS)] for place in range(len(_COLOURS))]
        found[name] = next((one for one in order if one not in found.values()), order[0])
    return found


def _verdicts(results: pd.DataFrame, baseline: str) -> dict[str, str]:
    """Return whether each other variant is right more or less often than the first."""
    if not baseline:
        return {}
    kept = ["variant", "model", "case", "service", "split", "correct"]
    told = compare_all(results[kept], baseline)
    return {
        f"{row['variant']}/{row['model']}": f"{row['verdict']} ({100 * row['difference']:+.1f} pp)"
        for row in told[told["measure"] == "correct"].to_dict("records")
    }


def _percent(ratio: float) -> str:
    return f"{100 * ratio:.1f} %"


def _interval(row: Mapping[Any, Any]) -> str:
    return f"{100 * row['correct_low']:.1f} to {_percent(row['correct_high'])}"
