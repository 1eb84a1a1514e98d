"""The commands about what MLflow is told: what was not sent yet, and the report of all of it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from workbench.cli.output import show_progress
from workbench.cli.record import look
from workbench.errors import WorkbenchError


@click.command()
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path))
def sync(folders: tuple[Path, ...]) -> None:
    """Send to MLflow what could not be sent before, and the results in FOLDERS, where any are told.

    Exit code 1 where something is still not sent; it is kept.
    """
    from workbench.evaluate.tracking import keep_evaluation, sync_one, waiting

    kept = [keep_evaluation(folder) for folder in folders]
    paths = list(dict.fromkeys([*waiting(), *kept]))
    n_failed = 0
    for path in paths:
        try:
            with show_progress(f"sending {path.name}"):
                run_id = sync_one(path)
        except WorkbenchError as error:
            n_failed += 1
            click.echo(f"{path.name}: {error}", err=True)
            continue
        click.echo(f"sent {path.name.partition('.')[0]} as run {run_id}")
    told = f", {n_failed} are kept" if n_failed else ""
    click.echo(f"{len(paths) - n_failed} of {len(paths)} sent{told}")
    if n_failed:
        sys.exit(1)


@click.command()
@click.option("--since", default="90d", show_default=True,
              help="Days (90d), weeks (12w), or a date (2026-08-01).")  # fmt: skip
@click.option("--assumptions", type=click.Path(path_type=Path),
              help="TOML file of servers, watts and prices: what capacity is worth.  "
              "[default: WORKBENCH_ASSUMPTIONS]")  # fmt: skip
@click.option("--store", type=click.Path(path_type=Path),
              help="Store with later profiles: which fixes do these confirm?")  # fmt: skip
@click.option("--ui", default="", help="Address of MLflow's pages, for links.  [default: the "
              "server's, where MLFLOW_TRACKING_URI is one]")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True,
              help="Page to write.")  # fmt: skip
def report(
    since: str, assumptions: Path | None, store: Path | None, ui: str, out: Path
) -> None:  # fmt: skip
    """Write what a lead reads: one page of all that MLflow has, to be printed or sent."""
    from workbench.capacity import capacity_ledger
    from workbench.report import render_lead_report
    from workbench.views.words import counted

    with show_progress("reading MLflow") as progress:
        looked = look(since, assumptions, store, progress, ui=ui)
        progress("writing the report")
        page = render_lead_report(looked.record, capacity_ledger(*looked))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page, encoding="utf-8")
    record = looked.record
    n_evaluations = record.evaluations["evaluation"].nunique()
    solved = f"{counted(len(record.solves), 'solve')} and {counted(n_evaluations, 'evaluation')}"
    click.echo(f"{out}: {solved} since {record.since:%Y-%m-%d}")
