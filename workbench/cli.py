"""The command line: arguments, exit codes, printing. Heavy imports stand where they are used."""

from __future__ import annotations

import json
import math
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.solver import SolveOptions
    from workbench.types import Outcome

_FOLDER = click.Path(path_type=Path)
_FILE = click.Path(path_type=Path, dir_okay=False)
_PROGRESS = Callable[[str], None]


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


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="efficiency-workbench", prog_name="workbench")
def cli() -> None:
    """From profiles to a reviewed, measured fix."""


@cli.group()
def case() -> None:
    """Cases: recorded regressions of real packages."""


@case.command("build")
@click.argument("spec", type=_FOLDER)
@click.option("--out", type=_FOLDER, required=True, help="Folder to make; must not exist.")
@click.option("--id", "case_id", help="Which spec, where the file holds a list.")
@click.option("--recorded", type=_FOLDER, help="Store of profiles recorded earlier.")
@click.option("--windows", type=click.IntRange(min=5), default=20, show_default=True,
              help="Windows to record of each release.")  # fmt: skip
def case_build(
    spec: Path, out: Path, case_id: str | None, recorded: Path | None, windows: int
) -> None:
    """Make a case from SPEC: fetch two releases, split their difference, record profiles."""
    from workbench.evaluate import build_case, load_spec, load_truth

    with _progress(f"building {out.name}") as progress:
        build_case(
            *load_spec(spec, case_id), out, recorded=recorded, n_windows=windows, progress=progress
        )
    truth = load_truth(out)
    n_commits = truth.n_candidates if truth else 0
    click.echo(f"{out}: {n_commits} candidate commits; solve it with: workbench solve {out}")


@cli.command()
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
            for path in _tracked("ingest", places):
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


@cli.command()
@click.argument("folder", type=_FOLDER)
@click.option("--repo", type=_FOLDER, help="Repository of the service, where FOLDER is a store.")
@click.option("--model", default="playbook", show_default=True,
              help="playbook, or provider:model of an installed LangChain provider.")  # fmt: skip
@click.option("--skills", type=_FOLDER, help="Folder of skills. [default: those that come along]")
@click.option("--fix/--no-fix", default=True, help="Make and measure a fix.")
@click.option("--track/--no-track", "tracked", default=True, help="Log the solve to MLflow.")
@click.option("--report", type=_FILE, help="Write the HTML report to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def solve(
    folder: Path, repo: Path | None, model: str, skills: Path | None, fix: bool, tracked: bool,
    report: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Find what regressed in FOLDER (a case or a store), who did it, and a fix that is measured."""
    from workbench.evaluate import load_truth
    from workbench.solver import SolveOptions, open_case

    opened = open_case(folder, repository=repo)
    with _progress(f"solving {opened.id}") as progress:
        outcome = _solve(opened, SolveOptions(model, skills, fix), progress)
        truth = load_truth(folder.resolve())
        summary, page = _finish(outcome, truth, tracked, progress)
    letter = _write_fix(outcome, folder / "fix")
    if report:
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(page, encoding="utf-8")
    if as_json:
        click.echo(json.dumps(summary, indent=1))
    else:
        _print_outcome(summary, letter)


@cli.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("out/demo"),
              show_default=True, help="Folder to write the report to.")  # fmt: skip
@click.option("--bank", type=_FOLDER, help="Folder of recorded cases. [default: datasets/pypi]")
def demo(out: Path, bank: Path | None) -> None:
    """Solve the recorded cases of real packages, one after the other, and report."""
    from workbench.evaluate import load_bank

    cases = load_bank(bank or _datasets() / "pypi")
    out.mkdir(parents=True, exist_ok=True)
    outcomes, summaries = [], []
    failures = 0
    for number, recorded in enumerate(cases, start=1):
        with _progress(f"{number}/{len(cases)} {recorded.spec.id}") as progress:
            try:
                outcome, summary = _solve_recorded(recorded, progress)
            except WorkbenchError as error:
                failures += 1
                click.echo(f"{recorded.spec.id}: {error}", err=True)
                continue
        outcomes.append(outcome)
        summaries.append(summary)
    _write_demo(out, outcomes, summaries)
    _print_table(summaries)
    _print_next(out)
    if failures:
        sys.exit(1)


def _solve_recorded(recorded: Any, progress: _PROGRESS) -> tuple[Outcome, dict[str, Any]]:
    """Solve one case of a bank; what was expected is added only afterwards."""
    from workbench.evaluate import load_truth, materialise
    from workbench.solver import SolveOptions, open_case

    folder = materialise(recorded, progress)
    outcome = _solve(open_case(folder), SolveOptions(), progress)
    truth = load_truth(folder)
    summary, _ = _finish(outcome, truth, True, progress)
    if truth:
        summary["expected"] = {
            "regressed": truth.regressed,
            "change_index": truth.change_index,
            "functions": list(truth.culprit_functions),
            "commits": list(truth.culprit_commits),
            "candidates": truth.n_candidates,
        }
    return outcome, summary


def _solve(opened: Any, options: SolveOptions, progress: _PROGRESS) -> Outcome:
    from workbench.solver import solve as solve_case

    return solve_case(opened, options, progress=progress, on_step=lambda step: progress(step.title))


def _finish(
    outcome: Outcome, truth: Any, tracked: bool, progress: _PROGRESS
) -> tuple[dict[str, Any], str]:
    """Render the report, log the run, and return the summary with the page."""
    from workbench.evaluate import score, track
    from workbench.report import render_report
    from workbench.solver import to_json

    progress("writing the report")
    page = render_report([outcome])
    run_id = None
    if tracked:
        progress("logging to MLflow")
        scores = score(outcome, truth) if truth and truth.is_known else {}
        try:
            run_id = track(outcome, to_json(outcome), scores, page)
        except WorkbenchError as error:  # a solve is not lost because nobody took note of it
            click.echo(f"not tracked: {error}", err=True)
    return to_json(outcome, run_id), page


def _write_demo(out: Path, outcomes: list[Outcome], summaries: list[dict[str, Any]]) -> None:
    from workbench.report import render_report

    (out / "summary.json").write_text(json.dumps(summaries, indent=1) + "\n", encoding="utf-8")
    if outcomes:
        (out / "report.html").write_text(render_report(outcomes), encoding="utf-8")
    for outcome in outcomes:
        _write_fix(outcome, out / outcome.case.id)


def _write_fix(outcome: Outcome, folder: Path) -> Path | None:
    """Write what a reviewer gets and return the letter; of an earlier solve nothing is left."""
    fix = outcome.fix if outcome.fix and outcome.fix.pull_request else None
    texts = {"PULL_REQUEST.md": fix.pull_request, "fix.patch": fix.diff} if fix else {}
    for name in ("PULL_REQUEST.md", "fix.patch"):
        (folder / name).unlink(missing_ok=True)
    for name, text in texts.items():
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", errors="surrogateescape")
    return folder / "PULL_REQUEST.md" if fix else None


@contextmanager
def _progress(title: str) -> Iterator[_PROGRESS]:
    """Show a line that says what is under way; nothing where the output is not a terminal."""
    console = _console(stderr=True)
    if not console.is_terminal:
        click.echo(title, err=True)
        yield lambda text: None
        return
    with console.status(title) as status:
        yield lambda text: status.update(f"{title}: {text}")


def _tracked(title: str, paths: list[Path | str]) -> Iterator[Path | str]:
    """Give paths one by one, and show how far that is; nothing where there is no terminal."""
    from rich.progress import track

    console = _console(stderr=True)
    silent = not console.is_terminal
    yield from track(paths, title, console=console, transient=True, disable=silent)


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


def _print_table(summaries: list[dict[str, Any]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title="Recorded regressions of real packages", title_justify="left")
    for name in ("case", "regression", "culprit", "rank", "fix verified"):
        table.add_column(name, overflow="fold")
    table.add_column("time", justify="right")
    for row in summaries:
        cells = (row["case"], _regression_cell(row), _culprit_cell(row), _rank_cell(row),
                 _fix_cell(row), f"{row['seconds']['total']:.0f} s")  # fmt: skip
        table.add_row(*(escape(cell) for cell in cells))
    console = _console()
    if not console.is_terminal:
        console.width = 120
    console.print(table)


def _regression_cell(row: Mapping[str, Any]) -> str:
    if not row["regressions"]:
        return "none"
    first = row["regressions"][0]
    delta = first["relative_delta"]
    grown = "new" if delta is None else f"{delta + 1:.2g}x" if delta < 99 else ">100x"
    return f"{first['function'].rsplit(':', 1)[-1]} at window {first['change_index']} ({grown})"


def _culprit_cell(row: Mapping[str, Any]) -> str:
    if not row["cause"]:
        return "nobody"
    names = [name.rsplit(":", 1)[-1] for name in row["cause"]["functions"]]
    return f"{row['cause']['commit'][:8]} {names[0] if names else ''}"


def _rank_cell(row: Mapping[str, Any]) -> str:
    expected = row.get("expected")
    if not expected:
        return "?"
    if not expected["regressed"]:
        return "right" if not row["cause"] else "wrong"
    places = [row["suspects"].index(c) + 1 for c in expected["commits"] if c in row["suspects"]]
    return f"{min(places)} of {expected['candidates']}" if places else "not found"


def _fix_cell(row: Mapping[str, Any]) -> str:
    fix = row["fix"]
    if not row["regressions"]:
        return "none needed"
    if not fix:
        return f"none: {row['no_fix']}"
    if not fix["verified"]:
        return f"no: {fix['reason']}"
    low, high = fix["interval"]
    return f"{fix['gain_restored']:.0%} restored [{low:.0%}, {high:.0%}]"


def _print_outcome(row: Mapping[str, Any], letter: Path | None) -> None:
    """Print one solve for a person."""
    lines = [f"case        {row['case']}", f"regression  {_regression_cell(row)}"]
    if row["regressions"]:
        lines.append(f"culprit     {_culprit_cell(row)}")
        lines.append(f"diagnosis   {row['diagnosis']}")
        lines.append(f"fix         {_fix_cell(row)}")
    if row["fix"] and row["fix"]["branch"]:
        lines.append(f"branch      {row['fix']['branch']} ({row['fix']['summary']})")
        lines.append(f"to review   {letter}")
    lines.append(f"time        {row['seconds']['total']:.1f} s")
    if row["mlflow_run_id"]:
        lines.append(f"MLflow run  {row['mlflow_run_id']}")
    click.echo("\n".join(lines))


def _print_next(out: Path) -> None:
    from workbench.evaluate import tracking_uri

    click.echo(
        f"\nReport   {out / 'report.html'}\nSummary  {out / 'summary.json'}\n"
        f"MLflow   {Path(sys.executable).parent / 'mlflow'} ui --backend-store-uri {tracking_uri()}"
    )


def _datasets() -> Path:
    """Return the recorded cases of the checkout."""
    folder = Path(__file__).parents[1] / "datasets"
    if not folder.is_dir():
        raise WorkbenchError(f"expected datasets at {folder}, found none: name a bank with --bank")
    return folder


def main() -> NoReturn:
    """Run the command line; a deliberate error is one line and exit code 1."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing is left half-done
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os._exit(141)
    except (WorkbenchError, OSError) as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)
    sys.exit(0)
