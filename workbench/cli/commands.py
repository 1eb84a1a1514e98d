"""The command line: arguments, exit codes, printing. Heavy imports stand where they are used."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from workbench.cli.attribute import attribute
from workbench.cli.backtest import backtest
from workbench.cli.capacity import capacity
from workbench.cli.cases import case
from workbench.cli.compare import compare
from workbench.cli.detect import detect
from workbench.cli.evaluate import evaluate
from workbench.cli.investigations import resume
from workbench.cli.lab import lab
from workbench.cli.mcp import mcp
from workbench.cli.opportunities import opportunities
from workbench.cli.outcomes import finish, run_solve, write_fix
from workbench.cli.output import Progress, print_next, print_table, show_progress
from workbench.cli.profiles import ingest, profile
from workbench.cli.queue import queue
from workbench.cli.skills import skills
from workbench.cli.solve import solve
from workbench.cli.tracking import report, sync
from workbench.cli.watch import watch
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.types import Outcome

_FOLDER = click.Path(path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="efficiency-workbench", prog_name="workbench")
def cli() -> None:
    """From profiles to a reviewed, measured fix."""


cli.add_command(profile)
cli.add_command(ingest)
cli.add_command(detect)
cli.add_command(evaluate)
cli.add_command(compare)
cli.add_command(attribute)
cli.add_command(capacity)
cli.add_command(case)
cli.add_command(lab)
cli.add_command(mcp)
cli.add_command(opportunities)
cli.add_command(queue)
cli.add_command(report)
cli.add_command(resume)
skills.add_command(backtest)
cli.add_command(skills)
cli.add_command(solve)
cli.add_command(sync)
cli.add_command(watch)


@cli.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("out/demo"),
              show_default=True, help="Folder to write the report to.")  # fmt: skip
@click.option("--bank", type=_FOLDER, help="Folder of recorded cases. [default: datasets/pypi]")
def demo(out: Path, bank: Path | None) -> None:
    """Solve recorded cases of real packages, one after the other, and report.

    Of a bank those whose spec says `is_shown`; all, where none does.
    """
    from workbench.evaluate import load_recorded
    from workbench.evaluate.bank import datasets_folder

    datasets = datasets_folder()
    place = bank or (datasets and datasets / "pypi")
    if place is None:
        raise WorkbenchError(
            "an installed package has no recorded cases; expected --bank FOLDER, or a checkout"
        )
    known = load_recorded(place)
    cases = [recorded for recorded in known if recorded.spec.is_shown] or known
    out.mkdir(parents=True, exist_ok=True)
    outcomes, summaries = [], []
    failures = 0
    for number, recorded in enumerate(cases, start=1):
        with show_progress(f"{number}/{len(cases)} {recorded.spec.id}") as progress:
            try:
                outcome, summary = _solve_recorded(recorded, progress)
            except WorkbenchError as error:
                failures += 1
                click.echo(f"{recorded.spec.id}: {error}", err=True)
                continue
        outcomes.append(outcome)
        summaries.append(summary)
    _write_demo(out, outcomes, summaries)
    print_table(summaries)
    print_next(out)
    if failures:
        sys.exit(1)


def _solve_recorded(recorded: Any, progress: Progress) -> tuple[Outcome, dict[str, Any]]:
    """Solve one case of a bank; what was expected is added only afterwards."""
    from workbench.evaluate import load_truth, materialise
    from workbench.solver import SolveOptions, open_case

    folder = materialise(recorded, progress)
    outcome = run_solve(open_case(folder), SolveOptions(), progress)
    truth = load_truth(folder)
    summary, _ = finish(outcome, truth, True, progress)
    if truth:
        summary["expected"] = {
            "regressed": truth.regressed,
            "change_index": truth.change_index,
            "functions": list(truth.culprit_functions),
            "commits": list(truth.culprit_commits),
            "candidates": truth.n_candidates,
        }
    return outcome, summary


def _write_demo(out: Path, outcomes: list[Outcome], summaries: list[dict[str, Any]]) -> None:
    from workbench.report import render_report

    (out / "summary.json").write_text(json.dumps(summaries, indent=1) + "\n", encoding="utf-8")
    if outcomes:
        (out / "report.html").write_text(render_report(outcomes), encoding="utf-8")
    for outcome in outcomes:
        write_fix(outcome, out / outcome.case.id)


def main() -> NoReturn:
    """Run the command line; a deliberate error is one line and exit code 1."""
    for stream in (sys.stdout, sys.stderr):  # names may have letters that it has not
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
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
