"""The command that goes on with an investigation that was kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.outcomes import budget_options, finish, outcome_options, show, write_fix
from workbench.cli.output import print_rows, printable, show_progress

if TYPE_CHECKING:
    from workbench.types import Step


@click.command()
@click.argument("investigation", default="")
@click.option("--approve", is_flag=True, help="The diagnosis is right: go on to the fix.")
@click.option("--reject", metavar="WHY", help="The diagnosis is wrong, because of WHY.")
@click.option("--edit", "edits", metavar="FIELD=VALUE", multiple=True,
              help="Put the diagnosis right, and go on: change_id, functions (once for each), "
              "category, mitigation or summary.")  # fmt: skip
@click.option("--by", default="", help="Who says so.")
@click.option("--open", "open_at", type=click.Choice(["github", "gitlab"]),
              help="Push the fix that was approved, and open a pull request at the host of the "
              "repository, with the token in GITHUB_TOKEN or GITLAB_TOKEN.")  # fmt: skip
@click.option("--steps", "list_steps", is_flag=True, help="List the steps that were kept.")
@click.option("--step", type=click.IntRange(min=0), help="Run again from this step.")
@click.option("--skill", default="", help="Run again from there under this skill.")
@click.option("--model", default="", help="Another model.  [default: as it began]")
@click.option("--base-url", default="", help="Where the model is.  [default: as it began]")
@budget_options(calls="as it began")
@outcome_options
def resume(
    investigation: str, approve: bool, reject: str | None, edits: tuple[str, ...], by: str,
    open_at: str | None, list_steps: bool, step: int | None, skill: str, model: str, base_url: str,
    budget: dict[str, Any], state: Path | None, tracked: bool, report: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Go on with an INVESTIGATION that was stopped or waits for a review; list them without one."""
    from workbench.solver import investigations_file

    path = state or investigations_file()
    review = _review(approve, reject, edits, by)
    if not investigation:
        if review or budget or step is not None or list_steps or open_at:
            raise click.UsageError("expected the id of an investigation")
        _list(path, as_json)
        return
    _check(review, step, skill, by, budget, list_steps=list_steps)
    if open_at and (reject is not None or step is not None or list_steps):
        raise click.UsageError("expected --open alone, or with --approve or --edit")
    if list_steps:
        _list_steps(path, investigation, as_json)
        return
    from workbench.evaluate import load_truth
    from workbench.solver import resume

    n_steps = 0

    def count(done: Step) -> None:
        nonlocal n_steps
        n_steps += 1
        progress(done.title)

    with show_progress(f"resuming {investigation}") as progress:
        outcome = resume(
            path, investigation, review=review, step=step, skill=skill, budget=budget, model=model,
            base_url=base_url, open_at=open_at or "", progress=progress, on_step=count,
        )  # fmt: skip
        truth = load_truth(Path(outcome.case.folder))
        summary, page = finish(outcome, truth, tracked and n_steps > 0, progress)
    letter = write_fix(outcome, Path(outcome.case.folder) / "fix") if outcome.fix else None
    for warning in outcome.warnings:
        click.echo(f"warning: {warning}", err=True)
    show(outcome, summary, page, report, as_json, letter)


def _check(
    review: dict[str, Any] | None, step: int | None, skill: str, by: str, budget: dict[str, Any],
    *, list_steps: bool,
) -> None:  # fmt: skip
    """Raise UsageError for options that do not go together."""
    if (review is not None) + (step is not None) + list_steps > 1:
        raise click.UsageError("expected one of a review, --step and --steps")
    if budget and (review is not None or list_steps):
        raise click.UsageError("expected a budget where the investigation goes on, or with --step")
    if by and review is None:
        raise click.UsageError("expected --approve, --reject or --edit with --by")
    if skill and step is None:
        raise click.UsageError("expected --step with --skill: --steps lists them")


def _review(
    approve: bool, reject: str | None, edits: tuple[str, ...], by: str
) -> dict[str, Any] | None:
    """Return what the options say of the diagnosis; None for nothing."""
    if approve + (reject is not None) + bool(edits) > 1:
        raise click.UsageError("expected one of --approve, --reject and --edit")
    told = {"by": by} if by else {}
    if approve:
        return {"verdict": "approve", **told}
    if reject is not None:
        return {"verdict": "reject", "why": reject, **told}
    if not edits:
        return None
    changes: dict[str, Any] = {}
    for edit in edits:
        field, found, value = edit.partition("=")
        if not found:
            raise click.UsageError(f"expected --edit FIELD=VALUE, got {edit!r}")
        if field == "functions":
            changes[field] = [*changes.get(field, ()), *([value] if value else ())]
        elif field in changes:
            raise click.UsageError(f"expected --edit {field} once")
        else:
            changes[field] = value
    return {"verdict": "edit", "changes": changes, **told}


def _list_steps(path: Path, investigation: str, as_json: bool) -> None:
    from workbench.solver import kept_steps

    steps = kept_steps(path, investigation)
    if as_json:
        click.echo(json.dumps([{"step": number, "next": then} for number, then in steps]))
    else:
        click.echo("\n".join(f"{number:4d}  {then}" for number, then in steps))


def _list(path: Path, as_json: bool) -> None:
    from workbench.agent import SavedInvestigations

    kept = []
    if path.is_file():
        with SavedInvestigations(path) as file:
            kept = file.all()
    told = [
        {
            "investigation": one.id, "status": one.status, "at": one.at.isoformat(),
            "of": str(one.job.get("case", "")),
        }
        for one in kept
    ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(told, indent=1))
    elif not kept:
        where = f"in {path}" if path.is_file() else f": {path} is not there"
        click.echo(f"no investigations {where}".replace(" :", ":"))
    else:
        rows = [
            [row["investigation"], row["status"], f"{one.at:%Y-%m-%d %H:%M}", printable(row["of"])]
            for one, row in zip(kept, told, strict=True)
        ]
        print_rows(f"{path}", ["investigation", "status", "last step", "of"], rows)
