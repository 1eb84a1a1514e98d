"""What is done with an outcome: it is scored, tracked, reported, and its fix is written down."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import Progress, print_outcome
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.solver import SolveOptions
    from workbench.types import Outcome

_FILE = click.Path(path_type=Path, dir_okay=False)


def outcome_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options about what is done with an outcome, and where its investigation is kept."""
    options = (
        click.option("--state", type=_FILE, help="File of investigations. [default: "
                     "WORKBENCH_STATE, else in the user's data folder]"),
        click.option("--track/--no-track", "tracked", default=True, help="Log it to MLflow."),
        click.option("--report", type=_FILE, help="Write the HTML report to this file."),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def run_solve(
    opened: Any, options: SolveOptions, progress: Progress, saved: Path | None = None
) -> Outcome:
    """Solve, and show each step as it ends."""
    from workbench.solver import solve as solve_case

    return solve_case(
        opened, options, saved=saved, progress=progress, on_step=lambda step: progress(step.title)
    )


def finish(
    outcome: Outcome, truth: Any, tracked: bool, progress: Progress
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


def tell(
    outcome: Outcome, summary: dict[str, Any], page: str, report: Path | None, as_json: bool
) -> None:
    """Write the fix beside its case, the report where it is wanted, and print what came of it."""
    letter = write_fix(outcome, Path(outcome.case.folder) / "fix")
    if report:
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(page, encoding="utf-8")
    if as_json:
        click.echo(json.dumps(summary, indent=1))
    else:
        print_outcome(summary, letter)


def write_fix(outcome: Outcome, folder: Path) -> Path | None:
    """Write what a reviewer gets and return the letter; of an earlier solve nothing is left."""
    fix = outcome.fix if outcome.fix and outcome.fix.pull_request else None
    texts = {"PULL_REQUEST.md": fix.pull_request, "fix.patch": fix.diff} if fix else {}
    for name in ("PULL_REQUEST.md", "fix.patch"):
        (folder / name).unlink(missing_ok=True)
    for name, text in texts.items():
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", errors="surrogateescape")
    return folder / "PULL_REQUEST.md" if fix else None
