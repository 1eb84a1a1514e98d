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
from workbench.cli.detect import detect
from workbench.cli.investigations import resume
from workbench.cli.mcp import mcp
from workbench.cli.output import Progress, print_next, print_outcome, print_table, show_progress
from workbench.cli.profiles import ingest, profile
from workbench.cli.skills import skills
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.solver import SolveOptions
    from workbench.types import Outcome

_FOLDER = click.Path(path_type=Path)
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="efficiency-workbench", prog_name="workbench")
def cli() -> None:
    """From profiles to a reviewed, measured fix."""


cli.add_command(profile)
cli.add_command(ingest)
cli.add_command(detect)
cli.add_command(attribute)
cli.add_command(mcp)
cli.add_command(resume)
cli.add_command(skills)


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

    with show_progress(f"building {out.name}") as progress:
        build_case(
            *load_spec(spec, case_id), out, recorded=recorded, n_windows=windows, progress=progress
        )
    truth = load_truth(out)
    n_commits = truth.n_candidates if truth else 0
    click.echo(f"{out}: {n_commits} candidate commits; solve it with: workbench solve {out}")


@cli.command()
@click.argument("folder", type=_FOLDER)
@click.option("--repo", type=_FOLDER, help="Repository of the service, where FOLDER is a store.")
@click.option("--model", default="playbook", show_default=True,
              help="playbook, or provider:model of an installed LangChain provider.")  # fmt: skip
@click.option("--base-url", default="", help="Where the model is, if not at its provider's.")
@click.option("--skills", "skills_folder", type=_FOLDER,
              help="Folder of skills. [default: those that come along]")  # fmt: skip
@click.option("--regression", default="", help="Its id or subject.  [default: the largest]")
@click.option("--question", default="", help="In your words: skills are chosen by it too.")
@click.option("--review", is_flag=True, help="Stop at the diagnosis until it is approved (resume).")
@click.option("--fix/--no-fix", default=True, help="Make and measure a fix.")
@click.option("--max-calls", type=click.IntRange(min=1), default=24, show_default=True,
              help="Answers of the model, at most.")  # fmt: skip
@click.option(
    "--max-seconds", type=click.FloatRange(min=0, min_open=True), help="Of investigation."
)
@click.option("--max-tokens", type=click.IntRange(min=1), help="Read and written, together.")
@click.option("--max-dollars", type=click.FloatRange(min=0, min_open=True),
              help="For tokens; needs --price.")  # fmt: skip
@click.option("--price", type=(float, float), metavar="IN OUT",
              help="Dollars for a million tokens read, and written.")  # fmt: skip
@click.option("--state", type=_FILE, help="File to keep the investigation in. [default: "
              "WORKBENCH_STATE, else in the user's data folder]")  # fmt: skip
@click.option("--track/--no-track", "tracked", default=True, help="Log the solve to MLflow.")
@click.option("--report", type=_FILE, help="Write the HTML report to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def solve(
    folder: Path, repo: Path | None, model: str, base_url: str, skills_folder: Path | None,
    regression: str, question: str, review: bool, fix: bool, max_calls: int,
    max_seconds: float | None, max_tokens: int | None, max_dollars: float | None,
    price: tuple[float, float] | None, state: Path | None, tracked: bool, report: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Find what regressed in FOLDER (a case or a store), who did it, and a fix that is measured.

    Each step is kept: `workbench resume` goes on with what was stopped, or waits for a review.
    """
    from workbench.evaluate import load_truth
    from workbench.solver import SolveOptions, investigations_file, open_case

    budget = {
        "model_calls": max_calls, "seconds": max_seconds, "tokens": max_tokens,
        "dollars": max_dollars, "price": price,
    }  # fmt: skip
    options = SolveOptions(
        model, skills_folder, fix, regression=regression, question=question, review=review,
        budget=budget, base_url=base_url,
    )  # fmt: skip
    opened = open_case(folder, repository=repo)
    with show_progress(f"solving {opened.id}") as progress:
        outcome = _solve(opened, options, progress, state or investigations_file())
        truth = load_truth(folder.resolve())
        summary, page = _finish(outcome, truth, tracked, progress)
    letter = write_fix(outcome, folder / "fix")
    if report:
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(page, encoding="utf-8")
    if as_json:
        click.echo(json.dumps(summary, indent=1))
    else:
        print_outcome(summary, letter)


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


def _solve(
    opened: Any, options: SolveOptions, progress: Progress, saved: Path | None = None
) -> Outcome:
    from workbench.solver import solve as solve_case

    return solve_case(
        opened, options, saved=saved, progress=progress, on_step=lambda step: progress(step.title)
    )


def _finish(
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


def _write_demo(out: Path, outcomes: list[Outcome], summaries: list[dict[str, Any]]) -> None:
    from workbench.report import render_report

    (out / "summary.json").write_text(json.dumps(summaries, indent=1) + "\n", encoding="utf-8")
    if outcomes:
        (out / "report.html").write_text(render_report(outcomes), encoding="utf-8")
    for outcome in outcomes:
        write_fix(outcome, out / outcome.case.id)


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


def _datasets() -> Path:
    """Return the recorded cases of the checkout."""
    folder = Path(__file__).parents[2] / "datasets"
    if not folder.is_dir():
        raise WorkbenchError(f"expected datasets at {folder}, found none: name a bank with --bank")
    return folder


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
