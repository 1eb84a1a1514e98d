"""The command that ranks the causes of what regressed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import print_rows, printable, show_progress

if TYPE_CHECKING:
    from workbench.agent import Investigation
    from workbench.types import Change, Feature, Ranking, Regression

_FOLDER = click.Path(path_type=Path)
_LEAST_SHOWN = 0.01
"""Candidates less probable than this are only counted."""


@click.command()
@click.argument("store", type=_FOLDER)
@click.option("--repo", type=_FOLDER, help="Repository of the code.")
@click.option("--service", default="", help="To look at.  [default: the only one of the store]")
@click.option("--regression", "wanted", metavar="ID", help="Rank the causes of this one alone.")
@click.option("--limit", type=click.IntRange(1), default=5, show_default=True,
              help="Regressions, the largest first, and candidates of each.")  # fmt: skip
@click.option("--evidence", is_flag=True, help="Say what each probability is made of.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def attribute(
    store: Path, repo: Path | None, service: str, wanted: str | None, limit: int, evidence: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Rank what could have caused each regression of STORE: commits, flags, settings, experiments.

    Of each candidate the probability that it is the cause, and of none of them.
    """
    from workbench.agent.opened import FEWEST_WINDOWS
    from workbench.agent.workspace import Workspace
    from workbench.errors import SignalError

    with show_progress("looking for causes") as progress:
        progress("detecting")
        investigation = Workspace(store, repo, service).investigation()
        n_windows = investigation.recording.n_windows
        if n_windows < FEWEST_WINDOWS:
            raise SignalError(
                f"{store}: expected {FEWEST_WINDOWS} windows or more, found {n_windows}"
            )
        found = _chosen(investigation, wanted)[: None if wanted else limit]
        ranked = []
        for number, regression in enumerate(found, start=1):
            progress(f"ranking causes, {number} of {len(found)}")
            ranked.append((regression, investigation.ranking(regression.id)))
    if as_json:
        told = [_to_json(*one, limit) for one in ranked]
        click.echo(json.dumps({"regressions": told}, indent=1))
        return
    if not ranked:
        click.echo("no regression was detected")
    for regression, ranking in ranked:
        _print(regression, ranking, limit, evidence)


def _chosen(investigation: Investigation, wanted: str | None) -> list[Regression]:
    if wanted is None:
        return list(investigation.detection.found)
    return [investigation.regression(wanted)]


def _print(regression: Regression, ranking: Ranking, limit: int, evidence: bool) -> None:
    from workbench.report.units import format_relative, unit_of

    unit = unit_of(regression.metric)
    levels = unit.format_pair(regression.before, regression.after).strip()
    size = f"{unit.metric} {levels} ({format_relative(regression.relative_delta)})"
    title = f"{regression.id}  {regression.subject}  {size} at window {regression.change_index}"
    rows = [
        (s.probability, _name(s.change), _carries(s.functions), s.change.title, s.features)
        for s in ranking.suspects[:limit]
        if s.probability >= _LEAST_SHOWN
    ]
    rows.append((ranking.none_probability, "none of these", "", "", ranking.none_features))
    rows.sort(key=lambda row: -row[0])
    cells = [[f"{row[0]:.1%}", *map(printable, row[1:4])] for row in rows]
    print_rows(printable(title), ["probability", "change", "function", "title"], cells)
    if not ranking.suspects:
        click.echo("  no change is known to have taken effect about then: --repo reads commits,")
        click.echo("  `workbench ingest` records flags, settings and experiments")
    left = len(ranking.suspects) - len(rows) + 1
    if left > 0:
        click.echo(f"  and {left} less probable")
    for _, name, _, _, features in rows if evidence else []:
        click.echo(f"  {printable(name)}")
        for feature in features:
            click.echo(f"    {feature.contribution:+6.2f}  {printable(feature.note)}")
    click.echo()


def _name(change: Change) -> str:
    """Return what to call a change: a short commit id, or kind, id and value."""
    if not change.key:
        return change.id[:12]
    value = f" {change.before} → {change.after}" if change.before or change.after else ""
    return f"{change.kind} {change.key}{value}"


def _carries(functions: tuple[str, ...]) -> str:
    """Return the function that carries most of the growth, and how many more do."""
    more = f" +{len(functions) - 1}" if len(functions) > 1 else ""
    return f"{functions[0].rpartition(':')[2]}{more}" if functions else ""


def _to_json(regression: Regression, ranking: Ranking, limit: int) -> dict[str, Any]:
    return {
        "id": regression.id,
        "subject": regression.subject,
        "metric": regression.metric,
        "change_index": regression.change_index,
        "none_of_these": {
            "probability": ranking.none_probability,
            "features": list(map(_feature, ranking.none_features)),
        },
        "suspects": [
            {
                "id": suspect.change.id,
                "kind": suspect.change.kind,
                "title": suspect.change.title,
                "author": suspect.change.author,
                "window": suspect.change.window,
                "rolled_back": suspect.change.is_roll_back,
                "probability": suspect.probability,
                "growth": suspect.growth,
                "functions": list(suspect.functions),
                "features": list(map(_feature, suspect.features)),
            }
            for suspect in ranking.suspects[:limit]
        ],
        "n_suspects": len(ranking.suspects),
    }


def _feature(feature: Feature) -> dict[str, Any]:
    return {
        "name": feature.name,
        "value": feature.value,
        "contribution": feature.contribution,
        "note": feature.note,
    }
