"""The command that solves a case, and what an investigation may take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from workbench.cli.outcomes import (
    budget_options,
    finish,
    outcome_options,
    run_solve,
    show,
    write_fix,
)
from workbench.cli.output import show_progress

_FOLDER = click.Path(path_type=Path)
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--repo", type=_FOLDER, help="Repository of the service, where FOLDER is a store.")
@click.option("--service", help="Where FOLDER is a store of several.")
@click.option("--workload", type=_FILE, help="TOML file that names what measures it, where FOLDER "
              "is a store.  [default: workbench.toml of the repository]")  # fmt: skip
@click.option("--model", default="playbook", show_default=True,
              help="playbook, or provider:model of an installed LangChain provider.")  # fmt: skip
@click.option("--base-url", default="", help="Where the model is, if not at its provider's.")
@click.option("--skills", "skills_folder", type=_FOLDER,
              help="Folder of skills. [default: those that come along]")  # fmt: skip
@click.option("--regression", default="", help="Its id or subject.  [default: the largest]")
@click.option("--opportunity", default="", metavar="ID",
              help="Mend this in place of a regression (workbench opportunities).")  # fmt: skip
@click.option("--question", default="", help="In your words: skills are chosen by it too.")
@click.option("--review", is_flag=True, help="Stop until it is approved (resume): at the "
              "diagnosis, or, of an opportunity, once its patch is measured.")  # fmt: skip
@click.option("--fix/--no-fix", default=True, help="Make and measure a fix.")
@click.option("--assumptions", type=_FOLDER,
              help="TOML file of servers, watts and prices: what the fix is worth.")  # fmt: skip
@budget_options(calls="24")
@outcome_options
def solve(
    folder: Path, repo: Path | None, service: str | None, workload: Path | None, model: str,
    base_url: str, skills_folder: Path | None, regression: str, opportunity: str, question: str,
    review: bool, fix: bool, assumptions: Path | None, budget: dict[str, Any],
    state: Path | None, tracked: bool, report: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Find what regressed in FOLDER (a case or a store), who did it, and a fix that is measured.

    With --opportunity, mend what a store's service does in vain: the patch is measured likewise.

    Each step is kept: `workbench resume` goes on with what was stopped, or waits for a review.
    """
    from workbench.capacity import read_assumptions
    from workbench.evaluate import load_truth
    from workbench.solver import SolveOptions, investigations_file, open_case, place_workload

    options = SolveOptions(
        model, skills_folder, fix, regression=regression, opportunity=opportunity,
        question=question, review=review, fix_first=review and bool(opportunity),
        assumptions=read_assumptions(assumptions) if assumptions else None, budget=budget,
        base_url=base_url,
    )  # fmt: skip
    opened = place_workload(open_case(folder, repository=repo, service=service), workload)
    with show_progress(f"solving {opened.id}") as progress:
        outcome = run_solve(opened, options, progress, state or investigations_file())
        summary, page = finish(outcome, load_truth(folder.resolve()), tracked, progress)
    show(outcome, summary, page, report, as_json, write_fix(outcome, folder / "fix"))
