"""What a case is, closed and opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

from workbench.agent import Investigation
from workbench.types import Regression

SPLIT = "halves-3"
"""Name of the division into `train` and `test`, which every result repeats.

The feed is for training, as rules were made with its cases at hand, and so are the releases that
say so. Shifts of the earlier quiet stretches are for training and those of the later ones for
testing, so that no window is in both; of generated services odd ones are for testing.
"""
HIDDEN = "-hidden"
"""End of the id of a case whose culprit nobody knows of."""


@dataclass(frozen=True, slots=True)
class BankCase:
    """A case by its name, before it is opened."""

    id: str
    """`family/name`."""
    service: str
    """What it is of: cases of one service resemble each other."""
    split: str
    """`train` or `test`."""
    strata: Mapping[str, str] = field(hash=False)
    """`category`, `kind` (of change), `size` (of the effect), `noise`, `language`, and `culprit`:
    `known`, or `none` where the right answer is nobody."""
    content_hash: str

    @property
    def family(self) -> str:
        """Which kind of case it is."""
        return self.id.partition("/")[0]

    @property
    def has_culprit(self) -> bool:
        """Whether a change that is known did it."""
        return self.strata["culprit"] == "known"


@dataclass(frozen=True, slots=True, eq=False)
class OpenedCase:
    """What a solver reads of a case, and what it is judged by."""

    case: BankCase
    evidence: Investigation
    regression: Regression | None
    """What was detected of it; None where nothing was."""
    culprits: frozenset[str]
    """Ids of the changes that did it; empty where no known one did."""
    functions: frozenset[str]
    """Subjects of what they made slower."""


class Family(Protocol):
    """Cases of one kind."""

    name: str

    def cases(self) -> list[BankCase]:
        """Return all of them, by id; nothing is opened."""

    def open(self, case: BankCase) -> OpenedCase:
        """Open one of them."""


def size_of(ratio: float | None) -> str:
    """Return how large an effect is, by the ratio of what the service costs after and before."""
    if ratio is None:
        return "not measured"
    grown = abs(ratio - 1)
    for name, most in (("below 5 %", 0.05), ("5 to 10 %", 0.1), ("10 to 20 %", 0.2)):
        if grown < most:
            return name
    return "20 % and more"


def noise_of(noise: float | None) -> str:
    """Return how noisy a series is, by how far its windows are from their median."""
    if noise is None:
        return "not measured"
    return next(
        (name for name, most in (("below 1 %", 0.01), ("1 to 2 %", 0.02)) if noise < most),
        "2 % and more",
    )


def hash_of(parts: Iterable[str | bytes]) -> str:
    """Return a hash of what a case is made of."""
    digest = blake2b(digest_size=8)
    for part in parts:
        digest.update(part if isinstance(part, bytes) else part.encode())
        digest.update(b"\0")
    return digest.hexdigest()


def store_parts(store: Path) -> list[str]:
    """Return what stands for the profiles of a store: segments are named by their content."""
    return sorted(path.name for path in (store / "segments").glob("[!.]*"))
