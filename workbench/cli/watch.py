"""The command that watches a store: the engine."""

from __future__ import annotations

import signal
from pathlib import Path

import click

from workbench.cli.output import printable

_FOLDER = click.Path(path_type=Path)
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("store", type=_FOLDER)
@click.option("--repo", type=_FOLDER, required=True, help="Repository of its services.")
@click.option("--every", type=click.FloatRange(min=0, min_open=True), default=60.0,
              show_default=True, help="Seconds between two looks.")  # fmt: skip
@click.option("--once", is_flag=True, help="Look once, investigate what is new, and end.")
@click.option("--webhook", metavar="URL", help="Post to it what is found, diagnosed and fixed; "
              "signed where WORKBENCH_WEBHOOK_SECRET is set.")  # fmt: skip
@click.option("--workload", type=_FILE, help="TOML file that names what measures the services.  "
              "[default: workbench.toml of the repository]")  # fmt: skip
@click.option("--jobs", type=click.IntRange(min=1, max=64), default=1, show_default=True,
              help="Investigations at once.")  # fmt: skip
@click.option("--state", type=_FILE, help="File of investigations. [default: WORKBENCH_STATE, else "
              "in the user's data folder]")  # fmt: skip
def watch(
    store: Path, repo: Path, every: float, once: bool, webhook: str | None, workload: Path | None,
    jobs: int, state: Path | None,
) -> None:  # fmt: skip
    """Watch a STORE: investigate each new regression, make its fix, and queue it for review.

    The repository stays as it is: a fix that `workbench queue` shows is on a branch when `workbench
    resume ID --approve` says so. Ctrl-C ends it at the next step; started again, it goes on.
    """
    from workbench.engine import Engine, Webhook
    from workbench.solver import investigations_file

    engine = Engine(
        store, repo, state or investigations_file(), workload=workload,
        webhook=Webhook.from_environment(webhook) if webhook else None, n_jobs=jobs,
        say=lambda text: click.echo(printable(text)),
    )  # fmt: skip

    def end(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_DFL)  # whoever asks twice does not want to wait
        click.echo("ending at the next step", err=True)
        engine.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    engine.run(every_s=every, once=once)
