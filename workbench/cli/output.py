"""What commands print: progress, tables, one solve in words."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

Progress = Callable[[str], None]
Thing = TypeVar("Thing")

_LEAST_WIDTH = 110
"""Of a table with names of functions; a narrower terminal breaks its lines."""
_LEAST_TEXT = 30
"""Of the column of names, where they are that long."""
_SECONDS = {"nanoseconds": 1e-9, "microseconds": 1e-6, "milliseconds": 1e-3}


@contextmanager
def show_progress(title: str) -> Iterator[Progress]:
    """Show a line that says what is under way; nothing where the output is not a terminal."""
    console = _console(stderr=True)
    if not console.is_terminal:
        click.echo(title, err=True)
        yield lambda text: None
        return
    with console.status(title) as status:
        yield lambda text: status.update(f"{title}: {text}")


def tracked(title: str, things: list[Thing]) -> Iterator[Thing]:
    """Give things one by one, and show how far that is; nothing where there is no terminal."""
    from rich.progress import track

    console = _console(stderr=True)
    silent = not console.is_terminal
    yield from track(things, title, console=console, transient=True, disable=silent)


@contextmanager
def counted_progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """Show how many of how many are done; nothing where there is no terminal."""
    from rich.progress import Progress as Bar

    console = _console(stderr=True)
    with Bar(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


Parts = TypeVar("Parts", bound=Sized)


def counted(title: str, what: str, parts: Iterable[Parts]) -> Iterator[Parts]:
    """Give parts one by one, and show how much is in them so far; nothing without a terminal."""
    console = _console(stderr=True)
    if not console.is_terminal:
        yield from parts
        return
    n = 0
    with console.status(title) as status:
        for part in parts:
            n += len(part)
            status.update(f"{title}: {n:,} {what}")
            yield part


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


def print_table(summaries: list[dict[str, Any]]) -> None:
    """Print the solves of a bank of cases."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title="Recorded regressions of real packages", title_justify="left")
    for name in ("case", "regression", "culprit", "rank", "fix verified"):
        table.add_column(name, overflow="fold")
    table.add_column("time", justify="right")
    for row in summaries:
        cells = (row["case"], _regression_cell(row), _culprit_cell(row), _rank_cell(row),
                 _fix_cell(row), f"{row['seconds']['total']:.0f} s")  # fmt: skip
        table.add_row(*(escape(cell) for cell in cells))
    console = _console()
    if not console.is_terminal:
        console.width = 120
    console.print(table)


def _regression_cell(row: Mapping[str, Any]) -> str:
    if not row["regressions"]:
        return "none"
    first = row["regressions"][0]
    delta = first["relative_delta"]
    grown = "new" if delta is None else f"{delta + 1:.2g}x" if delta < 99 else ">100x"
    return f"{first['function'].rsplit(':', 1)[-1]} at window {first['change_index']} ({grown})"


def _culprit_cell(row: Mapping[str, Any]) -> str:
    if not row["cause"]:
        return "nobody"
    names = [name.rsplit(":", 1)[-1] for name in row["cause"]["functions"]]
    commit, expected = row["cause"]["commit"], row.get("expected") or {}
    is_wrong = commit not in expected.get("commits", [commit])
    return f"{commit[:8]} {names[0] if names else ''}{' (another did it)' if is_wrong else ''}"


def _rank_cell(row: Mapping[str, Any]) -> str:
    expected = row.get("expected")
    if not expected:
        return "?"
    if not expected["regressed"]:
        return "right" if not row["cause"] else "wrong"
    places = [row["suspects"].index(c) + 1 for c in expected["commits"] if c in row["suspects"]]
    return f"{min(places)} of {expected['candidates']}" if places else "not found"


def _fix_cell(row: Mapping[str, Any]) -> str:
    fix = row["fix"]
    if not row["regressions"] and not row.get("opportunity"):
        return "none needed"
    if not fix:
        return f"none: {row['no_fix']}"
    if not fix["verified"]:
        return f"no: {fix['reason']}"
    if row.get("opportunity"):
        low, high = fix["saved_interval"]
        return f"{fix['saved']:.1%} of the workload's cost saved [{low:.1%}, {high:.1%}]"
    low, high = fix["interval"]
    return f"{fix['gain_restored']:.0%} restored [{low:.0%}, {high:.0%}]"


def print_outcome(row: Mapping[str, Any], letter: Path | None) -> None:
    """Print one solve for a person."""
    lines = [f"case        {row['case']}", *_subject_lines(row)]
    if row["regressions"] or row["opportunity"]:
        lines.append(f"diagnosis   {printable(row['diagnosis'])}")
        lines += [f"            - {printable(item['claim'])}" for item in row["evidence"]]
        lines.append(f"by skill    {row['skill']}{_mitigation(row)}")
        lines.append(f"fix         {_fix_cell(row)}")
    if row["fix"] and row["fix"]["branch"]:
        lines.append(f"branch      {row['fix']['branch']} ({row['fix']['summary']})")
        lines.append(f"to review   {letter}")
    lines += _opened_lines(row["opened"])
    if row["investigation"]:
        lines.append(f"kept as     {row['investigation']}")
    lines.append(f"time        {row['seconds']['total']:.1f} s")
    if row["mlflow_run_id"]:
        lines.append(f"MLflow run  {row['mlflow_run_id']}")
    click.echo("\n".join(lines))


def _subject_lines(row: Mapping[str, Any]) -> list[str]:
    """Return what it was about: an opportunity, or what regressed and by whom."""
    place = row["opportunity"]
    if place:
        where = f"{place['function']}  {place['file']}:{place['line']}"
        value, low, high = place["saving"]
        return [
            f"opportunity {place['id']}: {place['pattern']} in {printable(where)}",
            f"expected    {value:.2%} of the service's CPU saved [{low:.2%}, {high:.2%}]",
        ]
    lines = [f"regression  {_regression_cell(row)}"]
    return [*lines, f"culprit     {_culprit_cell(row)}"] if row["regressions"] else lines


def _opened_lines(opened: Mapping[str, Any] | None) -> list[str]:
    if opened is None:
        return []
    how = "opened" if opened["is_new"] else "open already, since"
    asked = f", asked {', '.join(opened['asked'])}" if opened["asked"] else ""
    lines = [f"request     {opened['url']} ({how} {opened['at'][:16].replace('T', ' ')}{asked})"]
    return [
        printable(line) for line in [*lines, *(f"            - {x}" for x in opened["not_asked"])]
    ]


def _mitigation(row: Mapping[str, Any]) -> str:
    return f", mitigation {row['mitigation']}" if row["mitigation"] else ""


def print_next(out: Path) -> None:
    """Print where to look next."""
    from workbench.evaluate import tracking_uri

    click.echo(
        f"\nReport   {out / 'report.html'}\nSummary  {out / 'summary.json'}\n"
        f"MLflow   {Path(sys.executable).parent / 'mlflow'} ui --backend-store-uri {tracking_uri()}"
    )


def print_functions(top: pd.DataFrame, kind: str) -> None:
    """Print functions by what they cost."""
    label, scale = _unit(kind)
    print_rows(
        f"{label}, of functions alone (self) and with all they called (total)",
        ["self", "", "total", "", "function"],
        [
            [*_amount(row, "self", scale), *_amount(row, "total", scale), _place(row)]
            for row in top.to_dict("records")
        ],
    )


def print_neighbours(title: str, frame: pd.DataFrame, kind: str, rows: int) -> None:
    """Print who calls a function, or whom it calls."""
    label, scale = _unit(kind)
    print_rows(
        f"{title}, {label}",
        ["value", "", "function"],
        [
            [*_amount(row, "value", scale), _place(row)]
            for row in frame.head(rows).to_dict("records")
        ],
    )


def print_changes(diff: pd.DataFrame, rows: int) -> None:
    """Print what changed between profiles; what is sure of it is marked."""
    from workbench.report.units import format_number, format_percent

    cells = []
    for row in diff.head(rows).to_dict("records"):
        low, high = (format_percent(value, signed=True) for value in (row["low"], row["high"]))
        interval = "–" if math.isnan(row["low"]) else f"{low} to {high}"
        shares = [format_percent(row[name]) for name in ("before", "after")]
        change = format_percent(row["delta"], signed=True)
        q = "< 0.001" if row["q_value"] < 0.001 else format_number(row["q_value"])
        mark = "*" if row["is_significant"] else ""
        cells.append([*shares, change, interval, q, mark, _place(row)])
    names = ["before", "after", "change", "95 % interval", "q", "", "function"]
    print_rows("Share of the whole, with all that was called; * where q < 0.05", names, cells)


def print_rows(title: str, names: list[str], cells: list[list[str]]) -> None:
    """Print a table whose last column is text and the others are numbers."""
    from rich import box
    from rich.cells import cell_len
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names[:-1]:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column(names[-1], overflow="fold")
    for row in cells:
        table.add_row(*map(escape, row))
    out = _console()
    *widths, text = (max(map(cell_len, column)) for column in zip(names, *cells, strict=True))
    needed = sum(widths) + 3 * len(names) + min(text, _LEAST_TEXT)
    out.width = max(needed, out.width, _LEAST_WIDTH) if out.is_terminal else max(needed, 160)
    out.print(table)


def _unit(kind: str) -> tuple[str, float]:
    """Return how a value type is shown, and by what factor; time in seconds."""
    name, _, unit = kind.rpartition("/")
    scale = _SECONDS.get(unit)
    return (kind, 1.0) if scale is None else (f"{name}/seconds", scale)


def _amount(row: Mapping[Any, Any], name: str, scale: float) -> tuple[str, str]:
    from workbench.report.units import format_number, format_percent

    value, ratio = row[name] * scale, row["ratio" if name == "value" else f"{name}_ratio"]
    is_whole = scale == 1 and float(value).is_integer() and abs(value) < 2**53
    return f"{int(value):,}" if is_whole else format_number(value), format_percent(ratio)


def _place(row: Mapping[Any, Any]) -> str:
    """Return function, file and line as far as they are known."""
    line = row.get("line") or ""
    return printable(f"{row['function']}  {row['file']}{line and f':{line}'}".rstrip())


def printable(text: str) -> str:
    """Return a text that gives no orders to a terminal."""
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )
