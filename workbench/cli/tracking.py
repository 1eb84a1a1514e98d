"""The commands about what MLflow is told: what was not sent yet, and the report of all of it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from workbench.cli.output import show_progress
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
