"""CPU time and memory of a piece of work, and the table that shows them."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from typing import NamedTuple

from rich.console import Console
from rich.table import Table


class Row(NamedTuple):
    """One comparison."""

    what: str
    ours_s: float
    peer: str = ""
    peer_s: float = float("nan")


def cpu_seconds(work: Callable[[], object], repeat: int = 7) -> float:
    """Return the least CPU time of some runs, all threads and children included."""
    times = []
    for _ in range(repeat):
        begun = _cpu()
        work()
        times.append(_cpu() - begun)
    return min(times)


def peak_mb() -> float:
    """Return the most memory this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def show(title: str, rows: list[Row]) -> None:
    """Print one table."""
    table = Table(title=title, title_justify="left")
    for name in ("what", "ours, CPU s", "peer", "peer, CPU s", "ratio"):
        table.add_column(name, justify="left" if name in {"what", "peer"} else "right")
    for row in rows:
        has_peer = row.peer_s == row.peer_s
        cells = (f"{row.peer_s:.2f}", f"{row.peer_s / row.ours_s:.1f}") if has_peer else ("", "")
        table.add_row(row.what, f"{row.ours_s:.3f}", row.peer, *cells)
    Console(width=118).print(table)


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
