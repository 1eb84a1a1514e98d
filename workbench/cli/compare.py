"""The command that compares two runs of an evaluation, case by case."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import print_rows, printable

if TYPE_CHECKING:
    import pandas as pd

    from workbench.evaluate.compare import Measured
    from workbench.evaluate.results import ResultsFolder

_MOST_SHOWN = 40


@click.command()
@click.argument("before")
@click.argument("afters", metavar="AFTER...", nargs=-1, required=True)
@click.option("--split", type=click.Choice(["train", "test"]),
              help="Only this half.  [default: each by itself]")  # fmt: skip
@click.option("--fail-if-worse", "gates", multiple=True, metavar="MEASURE:Npp",
              help="Exit code 1 where a rate is worse by more than N percentage points, in a half "
              "that is compared; again for another.")  # fmt: skip
@click.option("--diff", "with_diff", is_flag=True, help="Print how the skills differ, whole.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def compare(
    before: str, afters: tuple[str, ...], split: str | None, gates: tuple[str, ...],
    with_diff: bool, as_json: bool,
) -> None:  # fmt: skip
    """Compare runs, each FOLDER:VARIANT of `workbench evaluate` (or FOLDER:VARIANT/MODEL).

    Verdicts are of each AFTER: better, worse or inconclusive; and beside what is inconclusive, what
    would have been seen. With several, p-values hold for all of them together (Holm). Each half of
    the cases is told by itself: what skills were made with says little of them.
    """
    from workbench.evaluate.compare import compare_many, discordant, failed_gates, load_halves

    told, failed = [], []
    skills = {name: _skill_diff(before, name) for name in afters}
    for half, (one, *others) in load_halves([before, *afters], split or "").items():
        for name, other, measured in zip(afters, others, compare_many(one, others), strict=True):
            apart = discordant(one, other)
            faults = [f"{name}, {half} half: {fault}" for fault in failed_gates(measured, gates)]
            failed += faults
            told.append(_told(name, half, measured, apart, skills[name], faults))
            if not as_json:
                print_comparison(f"{before} → {name}, {half} half", measured, apart)
    if as_json:
        click.echo(json.dumps({"before": before, "after": told}))
    else:
        click.echo(LEGEND)
        for name, diffs in skills.items():
            _print_skills(before, name, diffs, with_diff)
            _print_apart(before, name)
    for line in failed:
        click.echo(f"failed: {line}", err=True)
    if failed:
        sys.exit(1)


LEGEND = """\
would be seen: the smallest difference that so many cases show four times in five
cases for 10 pp: so many would show one of ten points
sooner: part of the cases in which each was the first to be right; who never was is later"""


def _results(run: str) -> ResultsFolder:
    from workbench.evaluate.results import ResultsFolder

    return ResultsFolder(Path(run.rpartition(":")[0]))


def _skills(run: str) -> Path | None:
    """Return the folder of the skills that a run had; None for a floor."""
    return _results(run).skills(run.rpartition(":")[2].partition("/")[0])


def _skill_diff(before: str, after: str) -> dict[str, str]:
    from workbench.evaluate.skill_diff import diff_skills

    return diff_skills(_skills(before), _skills(after))


def _print_apart(before: str, after: str) -> None:
    """Say what else differs where two runs are of two evaluations."""
    one, other = _results(before), _results(after)
    if one.folder.resolve() == other.folder.resolve():
        return
    click.echo(printable(f"times: {before} and {after} were measured one after the other"))
    if one.about().get("code") != other.about().get("code"):
        click.echo(printable(f"code: {after} was answered by other code than {before}"))


def _print_skills(before: str, after: str, diffs: dict[str, str], with_diff: bool) -> None:
    """Print how the skills of two runs differ: a line a file, or whole."""
    for run in (before, after):
        if diffs and not with_diff and _skills(run) is None:
            click.echo(printable(f"skills: {run} has none"))
            return
    if not diffs:
        click.echo(printable(f"skills of {after}: no difference"))
    for path, diff in diffs.items():
        lines = diff.splitlines()[2:]
        n_added, n_removed = (sum(line.startswith(sign) for line in lines) for sign in "+-")
        click.echo(printable(f"skills of {after}: {path} +{n_added} −{n_removed}"))
        if with_diff:
            click.echo("\n".join(map(printable, diff.splitlines())))


def print_comparison(title: str, measured: list[Measured], apart: pd.DataFrame) -> None:
    """Print every measure of two runs with its verdict, and the cases in which they differ."""
    from workbench.measures import MEASURES
    from workbench.views.words import counted

    rows = []
    for one in measured:
        told = one.comparison
        scale, unit = (100.0, " %") if one.is_share else (1.0, "")
        points = " pp" if one.is_share else ""
        needed = "" if one.verdict != "inconclusive" or one.needed is None else f"{one.needed:,}"
        is_told = told.detectable > 0  # none is, where no case differs, or nothing would be seen
        detectable = f"{scale * told.detectable:.3g}{points}" if is_told else "–"
        name = f"{one.name}, sooner" if MEASURES[one.name].limit else one.name
        rows.append([
            f"{scale * told.before:.3g}{unit}", f"{scale * told.after:.3g}{unit}",
            f"{scale * told.difference:+.3g}{points}",
            _interval(scale * told.low, scale * told.high), f"{told.p_value:.2g}",
            detectable, needed, str(told.n_pairs), one.verdict, name,
        ])  # fmt: skip
    names = ["before", "after", "change", "95 %", "p", "would be seen", "cases for 10 pp", "cases"]
    print_rows(title, [*names, "verdict", "measure"], rows)
    for row in apart.head(_MOST_SHOWN).to_dict("records"):
        way = "solved" if row["after"] > row["before"] else "lost"
        parts = f"; part at step {row['step']}: {row['step_before']} | {row['step_after']}"
        where = parts if row["step"] >= 0 else ""
        named = f"{row['said_before'][:12] or 'nobody'} → {row['said_after'][:12] or 'nobody'}"
        click.echo(printable(f"{way:6} {row['case']}: {named}{where}"))
    more = len(apart) - _MOST_SHOWN
    n_apart = counted(len(apart), "case")
    verb = "differs" if len(apart) == 1 else "differ"
    click.echo(f"{n_apart} {verb}" + (f", {more} more than shown" if more > 0 else ""))


def _interval(low: float, high: float) -> str:
    """Return an interval; endless where cases are of too few services to tell one."""
    if math.isinf(low) or math.isinf(high):
        return "too few services"
    return f"{low:+.3g} to {high:+.3g}"


def _told(
    name: str, half: str, measured: list[Measured], apart: pd.DataFrame, skills: dict[str, str],
    failed: list[str],
) -> dict[str, Any]:  # fmt: skip
    def number(value: Any) -> Any:
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return {
        "run": name,
        "half": half,
        "measures": [
            {
                "name": one.name, "verdict": one.verdict, "difference": one.comparison.difference,
                **{name: number(value) for name, value in asdict(one.comparison).items()},
                "needed": one.needed,
            }
            for one in measured
        ],
        "discordant": apart.to_dict("records"),
        "skills": skills,
        "failed": failed,
    }  # fmt: skip
