"""What is done with an outcome: it is scored, tracked, reported, and its fix is written down."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import Progress, print_outcome
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.evaluate.cases import Truth
    from workbench.solver import SolveOptions
    from workbench.types import Case, Outcome

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


def budget_options(calls: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add the options about a budget, which the command gets as `budget`: what was given of it.

    Parameters
    ----------
    calls : str
        The default of the most calls, as help tells it.
    """

    def add(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def run(
            *args: Any, max_calls: Any, max_seconds: Any, max_tokens: Any, max_dollars: Any,
            price: Any, **rest: Any,
        ) -> None:  # fmt: skip
            told = {
                "model_calls": max_calls, "seconds": max_seconds, "tokens": max_tokens,
                "dollars": max_dollars, "price": price,
            }  # fmt: skip
            given = {name: value for name, value in told.items() if value is not None}
            command(*args, budget=given, **rest)

        options = (
            click.option("--max-calls", type=click.IntRange(min=1),
                         help=f"Answers of the model, at most.  [default: {calls}]"),
            click.option("--max-seconds", type=click.FloatRange(min=0, min_open=True),
                         help="Of investigation."),
            click.option("--max-tokens", type=click.IntRange(min=1),
                         help="Read and written, together."),
            click.option("--max-dollars", type=click.FloatRange(min=0, min_open=True),
                         help="For tokens; needs --price."),
            click.option("--price", type=(float, float), metavar="IN OUT",
                         help="Dollars for a million tokens read, and written."),
        )  # fmt: skip
        for option in reversed(options):
            run = option(run)
        return run

    return add


def run_solve(
    case: Case, options: SolveOptions, progress: Progress, saved: Path | None = None
) -> Outcome:
    """Solve, and show each step as it ends."""
    from workbench.solver import solve as solve_case

    return solve_case(
        case, options, saved=saved, progress=progress, on_step=lambda step: progress(step.title)
    )


def finish(
    outcome: Outcome, truth: Truth | None, tracked: bool, progress: Progress
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
            click.echo(f"not tracked: {error}; kept, to be sent with: workbench sync", err=True)
    return to_json(outcome, run_id), page


def show(
    outcome: Outcome, summary: dict[str, Any], page: str, report: Path | None, as_json: bool,
    letter: Path | None,
) -> None:  # fmt: skip
    """Write the report where it is wanted, and print what came of it."""
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
