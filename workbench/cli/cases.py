"""Commands about cases: the bank of them, and new ones."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import print_rows, show_progress, tracked
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.evaluate.bank import BankCase, CaseBank

_FOLDER = click.Path(path_type=Path)
_BANK = click.option("--cases", "folder", type=_FOLDER,
                     help="Folder of datasets.  [default: those of the checkout; generated cases "
                     "where there is none]")  # fmt: skip
_SPLIT = click.option("--split", type=click.Choice(["train", "test"]), help="Only this half.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def case() -> None:
    """Cases that a solver is judged on, and new ones of real packages."""


@case.command("list")
@click.argument("patterns", nargs=-1)
@_BANK
@_SPLIT
@_JSON
def case_list(
    patterns: tuple[str, ...], folder: Path | None, split: str | None, as_json: bool
) -> None:
    """List the cases of the bank; PATTERNS are ids such as feed/A03, feed/*, shift/0-*."""
    bank = _open_bank(folder)
    found = bank.select(patterns, split=split or "")
    if as_json:
        rows = bank.table(found).to_dict("records")
        click.echo(json.dumps({"content_hash": bank.content_hash, "cases": rows}))
        return
    print_rows(
        "", ["half", "culprit", "size", "service", "category", "case"],
        [
            [one.split, one.strata["culprit"], one.strata["size"], one.service,
             one.strata["category"], one.id]
            for one in found
        ],
    )  # fmt: skip
    halves = Counter((one.family, one.split) for one in found)
    told = ", ".join(f"{name} {half} {n}" for (name, half), n in sorted(halves.items()))
    click.echo(f"{len(found)} cases: {told}; bank {bank.content_hash}")


@case.command("show")
@click.argument("case_id")
@_BANK
@_JSON
def case_show(case_id: str, folder: Path | None, as_json: bool) -> None:
    """Show one case: its strata, what was detected of it, and the truth that it is judged by."""
    bank = _open_bank(folder)
    told = _told(bank, _one(bank, case_id))
    if as_json:
        click.echo(json.dumps(told))
        return
    for name, value in told.items():
        lines = value if isinstance(value, list) else [value]
        for place, line in enumerate(lines or ["none"]):
            click.echo(f"{name if not place else '':14}{line}")


@case.command("check")
@click.argument("patterns", nargs=-1)
@_BANK
@_SPLIT
def case_check(patterns: tuple[str, ...], folder: Path | None, split: str | None) -> None:
    """Open cases, and say which nobody can answer: nothing detected, or a culprit no candidate.

    Exit code 1 where a case cannot be opened.
    """
    bank = _open_bank(folder)
    cases = bank.select(patterns, split=split or "")
    n_failed = n_weak = 0
    for one in tracked("checking", cases):
        try:
            weakness = _weakness(bank, one)
        except WorkbenchError as error:
            n_failed += 1
            click.echo(f"{one.id}: {error}", err=True)
            continue
        n_weak += bool(weakness)
        if weakness:
            click.echo(f"{one.id}: {weakness}")
    weak = f"{n_weak} are not looked into or cannot be answered"
    click.echo(f"{len(cases)} cases: {n_failed} cannot be opened, {weak}")
    if n_failed:
        sys.exit(1)


def _weakness(bank: CaseBank, one: BankCase) -> str:
    """Return why nobody could answer a case rightly; empty where somebody could."""
    opened = bank.open(one)
    if opened.regression is None:
        return "nothing was detected, so nobody looks into it"
    known = {change.id for change in opened.evidence.candidates(opened.regression.id)}
    if one.has_culprit and not opened.culprits & known:
        return f"none of its culprits is among {len(known)} candidates"
    return ""


def _told(bank: CaseBank, one: BankCase) -> dict[str, Any]:
    opened = bank.open(one)
    found = opened.regression
    candidates = [] if found is None else opened.evidence.candidates(found.id)
    seen = "nothing" if found is None else f"{found.subject} at window {found.change_index}"
    return {
        "case": one.id, "service": one.service, "half": one.split, **one.strata,
        "content hash": one.content_hash, "detected": seen, "candidates": len(candidates),
        "culprits": sorted(opened.culprits), "functions": sorted(opened.functions),
    }  # fmt: skip


def _one(bank: CaseBank, case_id: str) -> BankCase:
    found = bank.select([case_id])
    if len(found) > 1:
        raise WorkbenchError(f"expected the id of one case, {case_id!r} is of {len(found)}")
    return found[0]


def _open_bank(folder: Path | None) -> CaseBank:
    from workbench.evaluate.bank import CaseBank, datasets_folder

    return CaseBank(folder or datasets_folder())


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
