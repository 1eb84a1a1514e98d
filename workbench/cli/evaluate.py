"""The command that compares variants of skills on the bank of cases."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.output import counted_progress, print_rows, show_progress
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    import pandas as pd

_FOLDER = click.Path(path_type=Path)
_DPI = 150


@click.command()
@click.argument("patterns", nargs=-1)
@click.option("--cases", "folder", type=_FOLDER,
              help="Folder of datasets.  [default: those of the checkout; generated cases where "
              "there is none]")  # fmt: skip
@click.option("--split", type=click.Choice(["train", "test"]), help="Only this half.")
@click.option("--variant", "variants", multiple=True, metavar="NAME=FOLDER[@REVISION]",
              help="Skills to compare, as they are or at a revision of git; again for another. "
              "[default: ours=skills that come along]")  # fmt: skip
@click.option("--model", "models", multiple=True, default=("playbook",), show_default=True,
              help="playbook, or provider:model; again for another.")  # fmt: skip
@click.option("--epochs", type=click.IntRange(min=1), default=1, show_default=True,
              help="How often each case is solved by each.")  # fmt: skip
@click.option("--price", "prices", multiple=True, metavar="MODEL=IN,OUT",
              help="Dollars that a model takes for a million tokens read, and written; again for "
              "another.")  # fmt: skip
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True,
              help="Processes.")  # fmt: skip
@click.option("--track/--no-track", "tracked", default=True, help="Log it to MLflow.")
@click.option("--out", type=_FOLDER, required=True,
              help="Folder of results; what is in it of the same is not solved again.")  # fmt: skip
def evaluate(
    patterns: tuple[str, ...], folder: Path | None, split: str | None, variants: tuple[str, ...],
    models: tuple[str, ...], epochs: int, prices: tuple[str, ...],
    jobs: int, tracked: bool, out: Path,
) -> None:  # fmt: skip
    """Solve cases by variants of skills, beside two floors: a trivial rule, and the ranking alone.

    PATTERNS are ids of cases such as feed/A03, feed/*, shift/0-*; all where none is told.
    """
    from workbench.agent.skills import skills_folder
    from workbench.evaluate.bank import CaseBank, datasets_folder
    from workbench.evaluate.experiment import Plan, fetch_variants, run_experiment
    from workbench.evaluate.variants import Variant

    place = folder or datasets_folder()
    bank = CaseBank(place)
    chosen = tuple(case.id for case in bank.select(patterns, split=split or ""))
    wanted = [*map(Variant.parse, variants)] or [Variant("ours", skills_folder())]
    with tempfile.TemporaryDirectory(prefix="workbench-variants-") as scratch:
        revisions = {variant.name: variant.commit() for variant in wanted}
        plan = Plan(
            place,
            chosen,
            fetch_variants(wanted, Path(scratch)),
            models,
            epochs,
            revisions,
            _prices(prices, models),
        )
        with counted_progress("solving") as progress:
            results = run_experiment(bank, plan, out, n_jobs=jobs, progress=progress)
    print_results(results)
    page = _write_page(results, out)
    _write_figures(results, out)
    click.echo(f"results in {out}, to be looked at in {page}")
    if tracked:
        _track(out)


def _prices(texts: Sequence[str], models: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Read MODEL=IN,OUT; WorkbenchError for what is not, or of a model that is not asked."""
    told = {}
    for text in texts:
        model, _, numbers = text.rpartition("=")
        try:
            read, written = (float(part) for part in numbers.split(","))
        except ValueError:
            read = written = math.nan
        if not (0 <= read < math.inf and 0 <= written < math.inf):
            raise WorkbenchError(f"price: expected MODEL=IN,OUT in dollars, got {text!r}")
        if model not in models:
            raise WorkbenchError(f"price: expected one of {', '.join(models)}, got {model!r}")
        told[model] = read, written
    return told


def _write_page(results: pd.DataFrame, out: Path) -> Path:
    """Write the board of an evaluation beside its results; variants are compared with the first."""
    from workbench.evaluate.compare import compare_all
    from workbench.evaluate.results import ResultsFolder
    from workbench.widgets import ExperimentBoard

    baseline = ResultsFolder(out).baseline()
    board = ExperimentBoard(results, compare_all(results, baseline), baseline=baseline)
    path = out / "board.html"
    board.to_html(path)
    return path


def _write_figures(results: pd.DataFrame, out: Path) -> None:
    """Draw each half, beside the results."""
    from workbench.evaluate.compare import halves_of
    from workbench.evaluate.summary import risk_curves, summarise
    from workbench.report import plot_risk, plot_variants
    from workbench.views.words import counted

    for half, rows in halves_of(results):
        title = f"{counted(rows['case'].nunique(), 'case')} of the {half} half"
        figures = {
            "variants": plot_variants(summarise(rows), title=title),
            "risk": plot_risk(risk_curves(rows), title=title),
        }
        for name, figure in figures.items():
            figure.savefig(out / f"{name}-{half}.png", dpi=_DPI)


def _track(out: Path) -> None:
    """Log results to MLflow; where it cannot be reached they are kept to be sent later."""
    from workbench.evaluate.tracking import EVALUATIONS, dashboard_url, track_evaluation

    try:
        with show_progress("logging to MLflow"):
            run_id = track_evaluation(out)
    except WorkbenchError as error:
        click.echo(f"not tracked: {error}; kept, to be sent with: workbench sync", err=True)
    else:
        click.echo(f"MLflow run {run_id}")
        if page := dashboard_url(EVALUATIONS):
            click.echo(f"all of them: {page}")


def print_results(results: pd.DataFrame) -> None:
    """Print how well each did, of each half by itself: what was held out says more."""
    from workbench.evaluate.compare import halves_of

    for half, rows in halves_of(results):
        _print_half(half, rows)
    click.echo(
        "harm: part of what is right without skills that is wrong with them; diagnosed in: by then "
        "half of the cases with a culprit were solved"
    )


def _print_half(half: str, results: pd.DataFrame) -> None:
    from workbench.evaluate.summary import summarise
    from workbench.views.words import counted

    table = summarise(results)
    rates = ("correct", "top1", "top3", "false_accusation")
    cells = []
    for row in table.to_dict("records"):
        interval = f"{100 * row['correct_low']:.0f} to {100 * row['correct_high']:.0f} %"
        ends = f"{100 * row['harm_rate_low']:.0f} to {100 * row['harm_rate_high']:.0f} %"
        harm = f"{100 * row['harm_rate']:.1f} ({ends})"
        told = [_number(100 * row[name], "{:.1f} %") for name in rates]
        others = [
            harm if row["harm_rate_n"] else "–", _number(row["aurc"], "{:.3f}"),
            _number(row["macro_f1"], "{:.2f}"), _number(row["time_to_diagnosis"], "{:.2f} s"),
        ]  # fmt: skip
        cells.append([
            told[0], interval, *told[1:], *others, str(row["n_failed"]),
            f"{row['variant']} ({row['model']})",
        ])  # fmt: skip
    names = ["right", "95 %", "first", "in three", "false accusation", "harm, 95 %", "AURC",
             "macro F1", "diagnosed in", "failed"]  # fmt: skip
    title = f"{counted(results['case'].nunique(), 'case')} of the {half} half"
    print_rows(title, [*names, "variant (model)"], cells)


def _number(value: float, form: str) -> str:
    return "–" if math.isnan(value) else form.format(value)
