"""The command that tries a changed skill on the bank of cases before it is accepted."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click

from workbench.cli.compare import LEGEND, print_comparison
from workbench.cli.evaluate import print_results
from workbench.cli.output import counted_progress

_FOLDER = click.Path(path_type=Path)


@click.command()
@click.argument("skill", type=_FOLDER)
@click.argument("patterns", nargs=-1)
@click.option("--skills", "folder", type=_FOLDER,
              help="Skills that it is one of.  [default: those that come along]")  # fmt: skip
@click.option("--since", "revision", default="",
              help="Commit at which the skills were as before.  [default: HEAD, where SKILL is one "
              "of the folder's own]")  # fmt: skip
@click.option("--cases", "bank_folder", type=_FOLDER,
              help="Folder of datasets.  [default: those of the checkout; generated cases where "
              "there is none]")  # fmt: skip
@click.option("--split", type=click.Choice(["train", "test"]), default="train", show_default=True,
              help="Half of the cases; the test half is for what is to be accepted.")  # fmt: skip
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True, help="Processes.")
@click.option("--fail-if-worse", "gates", multiple=True, metavar="MEASURE:Npp",
              default=("correct:0pp", "false_accusation:0pp"), show_default=True,
              help="Exit code 1 where a rate is worse by more than N points.")  # fmt: skip
@click.option("--out", type=_FOLDER, required=True, help="Folder of results.")
def backtest(
    skill: Path, patterns: tuple[str, ...], folder: Path | None, revision: str,
    bank_folder: Path | None, split: str, jobs: int, gates: tuple[str, ...], out: Path,
) -> None:  # fmt: skip
    """Solve cases with a changed SKILL and without the change, and compare case by case.

    SKILL is a folder, or the name of a skill that comes along; PATTERNS are ids of cases such as
    release/*; all of the half where none is told.
    """
    from workbench.agent.skills import skills_folder
    from workbench.evaluate.backtest import BEFORE, CHANGED, backtest_variants
    from workbench.evaluate.bank import CaseBank, datasets_folder
    from workbench.evaluate.compare import compare_runs, discordant, failed_gates, load_run
    from workbench.evaluate.experiment import Plan, run_experiment

    home = folder or skills_folder()
    place = bank_folder or datasets_folder()
    bank = CaseBank(place)
    chosen = tuple(case.id for case in bank.select(patterns, split=split))
    with tempfile.TemporaryDirectory(prefix="workbench-backtest-") as scratch:
        named = skill if skill.exists() else home / skill
        variants = backtest_variants(named, home, Path(scratch), revision=revision)
        with counted_progress("solving") as progress:
            results = run_experiment(
                bank, Plan(place, chosen, variants), out, n_jobs=jobs, progress=progress
            )
    print_results(results)
    before, after = (load_run(f"{out}:{name}") for name in (BEFORE, CHANGED))
    measured = compare_runs(before, after)
    print_comparison(f"{BEFORE} → {CHANGED}", measured, discordant(before, after))
    click.echo(LEGEND)
    failed = failed_gates(measured, gates)
    for line in failed:
        click.echo(f"failed: {line}", err=True)
    if failed:
        sys.exit(1)
    click.echo(f"nothing is worse by more than it may ({', '.join(gates)})")
