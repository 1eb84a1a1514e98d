"""The command that lists what a service does in vain."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import print_rows, printable, show_progress
from workbench.errors import StoreError

if TYPE_CHECKING:
    from workbench.types import Amount, Opportunity

_FOLDER = click.Path(path_type=Path)
_UNDONE = ("open", "fix verified")
_LISTS = ("evidence", "documents", "precedents", "validation")


@click.command()
@click.argument("store", type=_FOLDER)
@click.option("--repo", type=_FOLDER, required=True, help="Repository of the code.")
@click.option("--service", default="", help="To look at.  [default: the only one of the store]")
@click.option("--top", type=click.IntRange(1), default=20, show_default=True,
              help="How many, the most promising first.")  # fmt: skip
@click.option("--pattern", "patterns", multiple=True, metavar="NAME",
              help="Look for this alone; may be given again.")  # fmt: skip
@click.option("--state", type=click.Path(path_type=Path, dir_okay=False),
              help="File of investigations: what became of each. [default: WORKBENCH_STATE, else "
              "in the user's data folder]")  # fmt: skip
@click.option("--all", "with_done", is_flag=True,
              help="Also what is resolved, rejected, or could not be mended.")  # fmt: skip
@click.option("--evidence", is_flag=True, help="Say what each is made of.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def opportunities(
    store: Path, repo: Path, service: str, top: int, patterns: tuple[str, ...],
    state: Path | None, with_done: bool, evidence: bool, as_json: bool,
) -> None:  # fmt: skip
    """List where the service of STORE does work in vain: hot functions that fit a known pattern.

    Ranked by what mending each should save, times the chance that it does, for an hour of review.
    `workbench solve STORE --repo DIR --opportunity ID` mends one.
    """
    from workbench.history import Repository
    from workbench.opportunity import PATTERNS
    from workbench.solver import find_opportunities, investigations_file, with_states
    from workbench.store import Store

    for name in patterns:
        if name not in PATTERNS:
            known = ", ".join(PATTERNS)
            raise click.BadParameter(f"{name!r}; there are {known}", param_hint="--pattern")
    if not (store / "store.json").is_file():
        found_there = "none" if store.is_dir() else "no such folder"
        raise StoreError(f"{store}: expected a store (store.json), found {found_there}")
    repository = Repository(repo)
    with show_progress("looking for opportunities"):
        found = find_opportunities(
            Store.open(store), repository, service or None, patterns=patterns or None
        )
    found = with_states(found, state or investigations_file())
    if not with_done:
        found = [one for one in found if one.state in _UNDONE]
    if as_json:
        told = {"n_found": len(found), "opportunities": [_to_json(one) for one in found[:top]]}
        click.echo(json.dumps(told, indent=1))
        return
    if not found:
        click.echo("no hot function of the repository fits a pattern")
        return
    _print(found, top, evidence)


def _print(found: list[Opportunity], top: int, evidence: bool) -> None:
    from workbench.report.units import format_percent

    shown = found[:top]
    cells = [
        [
            one.id, one.state, one.pattern, format_percent(one.share), _percents(one.saving),
            _watts(one.watts), f"{one.chance:.0%}", f"{one.effort_hours:g} h",
            printable(f"{one.function}  {one.file}:{one.line}"),
        ]
        for one in shown
    ]  # fmt: skip
    names = ["id", "state", "pattern", "share", "saves", "watts", "chance", "review", "where"]
    title = f"Opportunities of {printable(found[0].service)}, the most promising first"
    print_rows(title, names, cells)
    if len(found) > top:
        click.echo(f"  and {len(found) - top} more: --top {len(found)}")
    for one in shown if evidence else []:
        click.echo(f"{one.id}  {printable(one.title)}")
        for sentence in one.evidence:
            click.echo(f"    - {printable(sentence)}")
        for name, told in (("read", one.documents), ("like", one.precedents)):
            if told:
                click.echo(f"    {name}: {printable(', '.join(told))}")


def _percents(amount: Amount) -> str:
    from workbench.report.units import format_percent

    ends = f"{amount.low * 100:.1f} to {amount.high * 100:.1f}"
    return f"{format_percent(amount.value)} [{ends}]"


def _watts(amount: Amount) -> str:
    return f"{amount.value:,.0f}" if amount.is_known else "–"


def _to_json(one: Opportunity) -> dict[str, Any]:
    told = asdict(one) | {name: list(getattr(one, name)) for name in _LISTS}
    for name in ("saving", "watts"):
        amount = getattr(one, name)
        told[name] = {
            end: value if math.isfinite(value := getattr(amount, end)) else None
            for end in ("value", "low", "high")
        }
    return told | {"score": one.score}
