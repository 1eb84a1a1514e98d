"""The command about capacity: what was lost and given back, and what waits for a person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import print_rows, printable, show_progress
from workbench.cli.record import Looked, Savings, look, look_at_savings

if TYPE_CHECKING:
    from workbench.types import Amount, CapacityPlan, CapacityTimeline, WeekCost, Worth

_FILE = click.Path(path_type=Path, dir_okay=False)
_MOST_ROWS = 20


@click.command()
@click.argument("store", type=click.Path(path_type=Path), required=False)
@click.option("--since", default="90d", show_default=True,
              help="Days (90d), weeks (12w), or a date (2026-08-01).")  # fmt: skip
@click.option("--assumptions", type=_FILE, help="TOML file of servers, watts and prices.  "
              "[default: WORKBENCH_ASSUMPTIONS]")  # fmt: skip
@click.option("--repo", type=click.Path(path_type=Path),
              help="Repository of the code of STORE: what could be saved counts too.")  # fmt: skip
@click.option("--service", default="", help="Whose code that is.  [default: the only one]")
@click.option("--state", type=_FILE, help="File of investigations: what became of opportunities.  "
              "[default: WORKBENCH_STATE, else in the user's data folder]")  # fmt: skip
@click.option("--html", type=_FILE, help="Write the view of it to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def capacity(
    store: Path | None, since: str, assumptions: Path | None, repo: Path | None, service: str,
    state: Path | None, html: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Tell what regressions cost, what fixes gave back, and what waits is worth.

    By what MLflow has of solves; later profiles in STORE confirm fixes, and tell what went away.
    With --repo, opportunities of its service wait too, and patches of them count.
    """
    from workbench.capacity import capacity_plan, capacity_timeline

    if repo and not store:
        raise click.UsageError("expected STORE with --repo")

    with show_progress("reading MLflow") as progress:
        looked = look(since, assumptions, store, progress)
        saved = Savings([], [])
        if store and repo:
            saved = look_at_savings(store, repo, service, state, looked.assumptions, progress)
        timeline = capacity_timeline(*looked, more=saved.events)
        plan = capacity_plan(*looked, opportunities=saved.opportunities)
    if html:
        from workbench.widgets import CapacityView

        html.parent.mkdir(parents=True, exist_ok=True)
        CapacityView(timeline, plan).to_html(html, title="Capacity")
    if as_json:
        click.echo(json.dumps(_to_json(looked, timeline, plan), indent=1))
    else:
        _print(looked, timeline, plan)


def _print(looked: Looked, timeline: CapacityTimeline, plan: CapacityPlan) -> None:
    from workbench.types import CONFIRMATIONS
    from workbench.views.words import counted

    _print_balance(timeline, plan)
    if looked.later:
        verdicts = [seen.verdict for seen in looked.later.values()]
        told = [f"{verdicts.count(name)} {name}" for name in CONFIRMATIONS if name in verdicts]
        click.echo(f"Later profiles of {counted(len(verdicts), 'solve')}: {', '.join(told)}\n")
    _print_queue(plan)
    for line in plan.assumptions:
        click.echo(f"- {printable(line)}")


def _print_balance(timeline: CapacityTimeline, plan: CapacityPlan) -> None:
    """Print what was lost and given back, and what the queue is worth."""
    columns = ("lost", "recovered", "confirmed")
    last = timeline.balances[-1] if timeline.balances else None
    worths = [getattr(last, name) for name in columns] if last else []
    if not worths:
        click.echo("Nothing was lost and nothing recovered in this time.\n")
        return
    rows = [
        [*(_told(one, name) for one in (*worths, plan.expected)), title]
        for name, title in _titles().items()
    ]
    print_rows(
        f"Since {timeline.since:%Y-%m-%d}, with 95 % intervals",
        [*columns, "the queue is worth", ""], rows,
    )  # fmt: skip


def _print_queue(plan: CapacityPlan) -> None:
    """Print what waits, with what it costs a week."""
    from workbench.report.units import format_percent
    from workbench.types import WeekCost

    if not plan.items:
        click.echo("Nothing waits for a person.")
        return
    rows = []
    for item in plan.items[:_MOST_ROWS]:
        week = WeekCost.of(item.costs)
        rows.append([
            item.kind, *_week(week), format_percent(item.chance), _told(item.expected, "servers"),
            printable(f"{item.name}  {item.service}  {item.subject}"),
        ])  # fmt: skip
    whole = WeekCost.of(plan.costs)
    n_more = len(plan.items) - len(rows)
    told = f"all, without opportunities; {n_more} more are not shown" if n_more else \
        "all, without opportunities"  # fmt: skip
    rows.append(["", *_week(whole), "", _told(plan.expected, "servers"), told])
    names = ["waits", "servers", "kWh a week", "money a week", "CO2 a week", "chance",
             "worth, servers", "what"]  # fmt: skip
    print_rows("What waits for a person, the most worth first", names, rows)


def _week(week: WeekCost) -> list[str]:
    amounts = (("servers", week.servers, ""), ("kwh_per_year", week.kwh, ""),
               ("money_per_year", week.money, week.currency),
               ("kg_co2_per_year", week.kg_co2, ""))  # fmt: skip
    from workbench.report.lead.units import format_amount

    return [format_amount(amount, name, unit) for name, amount, unit in amounts]


def _titles() -> dict[str, str]:
    from workbench.types.ledger import QUANTITIES

    words = {"servers": "servers", "watts": "power, PUE included", "kwh_per_year": "energy a year",
             "money_per_year": "money a year", "kg_co2_per_year": "CO2 a year",
             "homes": "homes that it would power"}  # fmt: skip
    return {name: words[name] for name in QUANTITIES}


def _told(worth: Worth, name: str) -> str:
    from workbench.report.lead.units import format_amount, format_interval

    amount = getattr(worth, name)
    told = format_amount(amount, name, worth.currency if name == "money_per_year" else "")
    interval = format_interval(amount, name)
    return f"{told} [{interval}]" if interval else told


def _to_json(looked: Looked, timeline: CapacityTimeline, plan: CapacityPlan) -> dict[str, Any]:
    from workbench.types import WeekCost

    solves = looked.record.solves
    return {
        "since": timeline.since.isoformat(), "until": timeline.until.isoformat(),
        "events": [
            {"at": event.at.isoformat(), "kind": event.kind, "service": event.service,
             "subject": event.subject, "case": event.case, "worth": _worth(event.worth),
             "balance": {name: _worth(getattr(balance, name))
                         for name in ("lost", "recovered", "confirmed")}}
            for event, balance in zip(timeline.events, timeline.balances, strict=True)
        ],
        "later": None if looked.later is None else [
            {"case": solves.at[label, "case"], "subject": solves.at[label, "subject"],
             "verdict": seen.verdict, "reason": seen.reason, "p_value": _number(seen.p_value),
             "deployed": seen.deployed.isoformat() if seen.deployed else None,
             "gain": _amount(seen.gain), "expected": _amount(seen.expected)}
            for label, seen in looked.later.items()
        ],
        "queue": [
            {"kind": item.kind, "name": item.name, "service": item.service,
             "subject": item.subject, "state": item.state, "chance": item.chance,
             "waits_since": item.waits_since.isoformat() if item.waits_since else None,
             "a_week": _week_json(WeekCost.of(item.costs)), "saving": _worth(item.saving),
             "expected": _worth(item.expected), "url": item.url}
            for item in plan.items
        ],
        "queue_costs_a_week": _week_json(WeekCost.of(plan.costs)),
        "queue_is_worth": _worth(plan.expected), "assumptions": [*plan.assumptions],
    }  # fmt: skip


def _worth(worth: Worth) -> dict[str, Any]:
    from workbench.types.ledger import QUANTITIES

    amounts = {name: _amount(getattr(worth, name)) for name in QUANTITIES}
    return {**amounts, "currency": worth.currency}


def _week_json(week: WeekCost) -> dict[str, Any]:
    names = ("servers", "kwh", "money", "kg_co2")
    return {**{name: _amount(getattr(week, name)) for name in names}, "currency": week.currency}


def _amount(amount: Amount) -> dict[str, Any]:
    told = {name: _number(getattr(amount, name)) for name in ("value", "low", "high")}
    return {**told, "n_unknown": amount.n_unknown}


def _number(value: float) -> float | None:
    return value if value == value and abs(value) != float("inf") else None
