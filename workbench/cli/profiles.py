"""Commands about profiles: what files hold, and files into a store."""

from __future__ import annotations

import math
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import print_changes, print_functions, print_neighbours, tracked

if TYPE_CHECKING:
    import pandas as pd

    from workbench.types import Profile


class _Time(click.ParamType["datetime"]):
    """A time in ISO 8601; UTC where it tells no zone."""

    name = "time"

    def convert(self, value: Any, param: Any, ctx: Any) -> datetime:
        """Parse an argument."""
        try:
            time = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"expected a time such as 2026-01-31T12:00Z, got {value!r}", param, ctx)
        return time if time.tzinfo else time.replace(tzinfo=UTC)


@click.command()
@click.argument("paths", nargs=-1)
@click.option("--store", "folder", required=True, help="Folder, or URL of a prefix; made if new.")
@click.option("--service", required=True, help="What was recorded.")
@click.option("--version", default="", help="Release or revision that ran.")
@click.option("--host", default="", help="Where it ran.")
@click.option("--at", type=_Time(), help="Start of the profiles' window, ISO 8601.  "
              "[default: what a file says, else when it was changed]")  # fmt: skip
@click.option("--work", type=float, default=math.nan, help="Units of work done in the window.")
@click.option("--cpu-seconds", type=float, default=math.nan, help="CPU time which that took.")
@click.option("--format", help="Of profiles.  [default: told from the content]")
@click.option("--watch", "watched", type=click.Path(path_type=Path, exists=True, file_okay=False),
              help="Add what appears in this folder, until interrupted: files that have not "
              "changed for 5 seconds. Move files in whole where writing takes longer.")  # fmt: skip
def ingest(paths: tuple[str, ...], folder: str, watched: Path | None, **told: Any) -> None:
    """Add profiles, series and records to a store.

    PATHS are files or folders: profiles of any profiler, series (CSV, Parquet, results of asv,
    pytest-benchmark, pyperf, Google Benchmark), records (CSV or JSON lines of changes, experiments,
    services, documents), a git repository for its commits, or the URL of a range query of
    Prometheus (http://host:9090/api/v1/query_range?query=…&start=…&end=…&step=…).
    """
    if not paths and watched is None:
        raise click.UsageError("expected PATHS, or --watch FOLDER")
    from workbench.intake import Labels, Tally, expand, take_in
    from workbench.store import Store

    labels = Labels(**told)
    store = Store.create(folder)
    is_clean = True
    if paths:
        tally = Tally()
        places = expand(paths)
        n_left = len(places)
        try:
            for path in tracked("ingest", places):
                take_in(store, path, labels, tally)
                n_left -= 1
            if any(tally.added.values()):
                store.compact(whole=False)
        finally:  # also if interrupted: what was added stays
            for line in tally.rejected:
                click.echo(f"rejected: {line}", err=True)
            stopped = f"; stopped, {n_left} of {len(places)} not looked at" if n_left else ""
            click.echo(f"{folder}: {tally}{stopped}")
        is_clean = not tally.rejected
    if watched is not None:
        _watch(store, watched, labels)
    if not is_clean:
        sys.exit(1)


def _watch(store: Any, folder: Path, labels: Any) -> None:
    """Add files as they appear, a line each, until interrupted."""
    from workbench.intake import Tally, watch

    def report(path: Path, tally: Tally) -> None:
        for line in tally.rejected:
            click.echo(f"rejected: {line}", err=True)
        if not tally.rejected:
            click.echo(f"{path}: {tally}")
        if any(tally.added.values()):
            store.compact(whole=False)

    click.echo(f"watching {folder}; Ctrl-C ends it", err=True)
    try:
        for _ in watch(store, folder, labels, report):
            pass
    except KeyboardInterrupt:
        click.echo("stopped", err=True)


class _Sides(click.Command):
    """A command whose `--after` takes all files that follow it, as shells expand `new*.pb.gz`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse, with `--after` before each of its files."""
        told: list[str] = []
        is_after = False
        for before, word in zip(["", *args], args, strict=False):
            if word.startswith("-"):
                is_after = word.partition("=")[0] == "--after"
            elif is_after and before != "--after":
                told.append("--after")
            told.append(word)
        rest = super().parse_args(ctx, told)
        begin = next((i for i, w in enumerate(args) if w.partition("=")[0] == "--after"), len(args))
        late = [file for file in ctx.params["files"] if file not in args[:begin]]
        if late:
            raise click.UsageError(f"expected FILES before --after, got {late[0]} after it", ctx)
        return rest


@click.command(cls=_Sides)
@click.argument("files", nargs=-1, required=True)
@click.option("--after", multiple=True, metavar="FILE…",
              help="Later profiles to compare with: all files that follow.")  # fmt: skip
@click.option("--function", help="Show who calls this function, and whom it calls.")
@click.option("--by", type=click.Choice(["self", "total"]), default="self", show_default=True,
              help="What to order functions by.")  # fmt: skip
@click.option("--rows", type=click.IntRange(min=1), default=20, show_default=True,
              help="Functions to show.")  # fmt: skip
@click.option("--value-type", help="Of the values in the files.  [default: what they name]")
@click.option("--format", help="Of the files.  [default: told from the content]")
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False),
              help="Write it for other tools: .pb.gz, .folded or .speedscope.json.")  # fmt: skip
def profile(
    files: tuple[str, ...], after: tuple[str, ...], function: str | None, by: str, rows: int,
    value_type: str | None, format: str | None, save: Path | None,
) -> None:  # fmt: skip
    """Show what FILES of any profiler hold: what costs most, or what changed --after.

    Several FILES are put together; beside --after they are replicates of one version, which tell
    by how much runs of the same program differ.
    """
    if after and (function is not None or save is not None):
        raise click.UsageError("expected --function and --save without --after")
    from workbench.ingest import read

    before = [read(file, format=format) for file in files]
    if after:
        later = [read(file, format=format) for file in after]
        for side, names, profiles in (("before", files, before), ("after", after, later)):
            for name, recorded in zip(names, profiles, strict=True):
                click.echo(f"{side:6}  {name}: {recorded!r}")
        click.echo()
        print_changes(_changes(before, later, value_type), rows)
        return
    merged = before[0].merge(*before[1:])
    kind = str(merged.value_types[merged.value_index(value_type)])
    if save is not None:
        merged.save(save)
    click.echo(f"{merged!r}\n")
    if function is not None:
        print_neighbours("callers", merged.callers(function, value_type=value_type), kind, rows)
        print_neighbours("callees", merged.callees(function, value_type=value_type), kind, rows)
    else:
        print_functions(merged.top(rows, value_type=value_type, by=by), kind)
    if save is not None:
        click.echo(f"wrote {save}")


def _changes(before: list[Profile], after: list[Profile], value_type: str | None) -> pd.DataFrame:
    return before[0].diff(
        after[0],
        value_type=value_type,
        before_replicates=before[1:],
        after_replicates=after[1:],
    )
