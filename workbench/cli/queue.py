"""The commands about what waits for a review."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import print_rows, printable

if TYPE_CHECKING:
    from workbench.types import Waiting

_STATE = click.option(
    "--state", type=click.Path(path_type=Path, dir_okay=False),
    help="File of investigations. [default: WORKBENCH_STATE, else in the user's data folder]",
)  # fmt: skip
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_MOST_REPLY = 200
"""Letters of a reply that are shown; `--json` has all of it."""


@click.group(invoke_without_command=True)
@_STATE
@_JSON
@click.pass_context
def queue(context: click.Context, state: Path | None, as_json: bool) -> None:
    """List what waits for a review; `show` has all of one, `workbench resume` takes the word."""
    if context.invoked_subcommand is not None:
        return
    from workbench.solver import investigations_file, waiting

    path = state or investigations_file()
    now = datetime.now(UTC)
    rows = [one.to_row(now) for one in waiting(path)]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
    elif not rows:
        click.echo("nothing waits for a review")
    else:
        names = [
            "investigation",
            "service",
            "cause",
            "sure",
            "gain",
            "worth",
            "age",
            "regression or waste",
        ]
        print_rows("Waiting for a review", names, [_cells(row) for row in rows])
        click.echo("workbench queue show ID; workbench resume ID --approve, or --reject WHY")


@queue.command()
@click.argument("investigation")
@_STATE
@_JSON
def show(investigation: str, state: Path | None, as_json: bool) -> None:
    """Show all of an INVESTIGATION that waits: cause, evidence, checks, gain, and the diff."""
    from workbench.solver import find_waiting, investigations_file

    one = find_waiting(state or investigations_file(), investigation)
    row = one.to_row(datetime.now(UTC))
    if as_json:
        click.echo(json.dumps({**row, **_card(one)}, indent=1))
    else:
        click.echo("\n".join(_lines(one, row)))


def _cells(row: dict[str, Any]) -> list[str]:
    return [
        row["investigation"], printable(row["service"]), _cause(row)[:8],
        f"{row['confidence']:.0%}", _gain(row), _watts(row), _age(row["age_s"]),
        printable(f"{row['subject']} {_growth(row)}"),
    ]  # fmt: skip


def _cause(row: dict[str, Any]) -> str:
    """Return who is accused; nobody is where an opportunity is mended."""
    return "–" if row["pattern"] else str(row["cause"] or "nobody")


def _gain(row: dict[str, Any]) -> str:
    part = row["saved"] if row["pattern"] else row["gain_restored"]
    if part is None or not row["is_verified"]:
        return "no fix"
    digits = 1 if row["pattern"] else 0  # of all that it costs, or of what was lost
    low, high = (f"{row[name] or 0:.{digits}%}" for name in ("gain_low", "gain_high"))
    return f"{part:.{digits}%} [{low}, {high}]"


def _watts(row: dict[str, Any]) -> str:
    return "" if row["watts"] is None else f"{row['watts']:,.0f} W"


def _growth(row: dict[str, Any]) -> str:
    if row["pattern"]:
        return str(row["pattern"])
    return f"{row['after'] / row['before']:.2g}x" if row["before"] else "new"


def _age(seconds: float) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _card(one: Waiting) -> dict[str, Any]:
    """Return what a card has beside its row, as JSON has it."""
    seen = one.fix.verification if one.fix else None
    checks = [(check.name, check.passed, check.detail) for check in seen.checks] if seen else []
    return {
        "diagnosis": one.diagnosis.summary,
        "evidence": [
            {"claim": item.claim, "call": item.call_id, "reply": one.evidence.get(item.call_id, "")}
            for item in one.diagnosis.evidence
        ],
        "checks": [dict(zip(("name", "passed", "detail"), row, strict=True)) for row in checks],
        "diff": one.fix.diff if one.fix else "",
    }


def _lines(one: Waiting, row: dict[str, Any]) -> list[str]:
    """Return the card as lines for a person; nothing in it commands the terminal."""
    card, cause = _card(one), f"{_cause(row)[:12]} {row['title']}".strip()
    what, why = ("opportunity", "to do      ") if row["pattern"] else ("regression ", "cause      ")
    fix = row["summary"] or f"none: {row['no_fix']}"
    if one.fix and not row["is_verified"]:
        fix += f" (not verified: {one.fix.verification.reason})"
    lines = [
        f"{what} {row['regression']} {row['service']} {row['subject']} {_growth(row)}",
        f"{why} {cause} ({row['confidence']:.0%})",
        f"diagnosis   {card['diagnosis']}",
        f"fix         {fix}",
        f"gain        {_gain(row)}",
        *([f"worth       {_watts(row)}"] if _watts(row) else []),
        f"waits       {_age(row['age_s'])}",
    ]
    for item in card["evidence"]:
        reply = " ".join(item["reply"].split())
        more = " …" if len(reply) > _MOST_REPLY else ""
        lines += [
            "",
            f"evidence    {item['claim']}",
            f"  {item['call']}: {reply[:_MOST_REPLY]}{more}",
        ]
    marks = {True: "yes", False: "NO", None: "not checked"}
    lines += ["", *(f"check       {c['name']}: {marks[c['passed']]} {c['detail']}".rstrip()
                    for c in card["checks"])]  # fmt: skip
    lines += ["", *card["diff"].splitlines(), "", f"{row['approve']}, or --reject WHY"]
    return [printable(line.replace("\t", "    ")) for line in lines]
