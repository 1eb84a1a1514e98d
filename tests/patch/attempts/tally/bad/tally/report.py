"""Sums over many lines."""

from collections import Counter
from dataclasses import dataclass, field

from tally.entry import Entry


@dataclass
class PathSums:
    """What is known of one path."""

    hits: int = 0
    errors: int = 0
    clients: list[str] = field(default_factory=list)
    millis: list[int] = field(default_factory=list)

    def percentile(self, share: float) -> int:
        """The time that this share of the requests did not exceed."""
        ordered = sorted(self.millis)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Report:
    """What a log says of each path, hour and client."""

    def __init__(self) -> None:
        self.paths: dict[str, PathSums] = {}
        self.hours: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.notes: list[str] = []

    def add(self, entry: Entry) -> None:
        """Count a line."""
        sums = self.paths.get(entry.path)
        if sums is None:
            sums = self.paths[entry.path] = PathSums()
        sums.hits += 1
        sums.errors += entry.status >= 500
        if entry.client not in sums.clients:
            sums.clients.append(entry.client)
        sums.millis.append(entry.millis)
        self.hours[f"{entry.time:%Y-%m-%dT%H}"] += 1
        if entry.note and entry.status >= 400:
            self.notes.append(f"{entry.path}: {entry.note}")

    def reject(self, reason: str) -> None:
        """Count a line that says nothing."""
        self.rejected[reason] += 1

    def rows(self) -> list[tuple[str, int, int, int, int, int]]:
        """Path, hits, errors, clients, median and p95 in ms; the busiest path first."""
        rows = [
            (
                path,
                sums.hits,
                sums.errors,
                len(sums.clients),
                sums.percentile(0.5),
                sums.percentile(0.95),
            )
            for path, sums in self.paths.items()
        ]
        return sorted(rows, key=lambda row: (-row[1], row[0]))

    def busiest(self) -> str | None:
        """The path with the most hits."""
        rows = self.rows()
        return rows[0][0] if rows else None

    def text(self) -> str:
        """The report as it is mailed."""
        lines = ["path hits errors clients p50 p95"]
        lines += [" ".join(map(str, row)) for row in self.rows()]
        lines += [f"{hour}:00 {hits}" for hour, hits in sorted(self.hours.items())]
        lines += [f"rejected {count}: {reason}" for reason, count in sorted(self.rejected.items())]
        lines += self.notes
        return "\n".join(lines)
