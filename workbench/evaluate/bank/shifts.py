"""Cases in which nobody is to blame: cost that only moved, or other traffic."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path

from workbench.errors import CaseError
from workbench.evaluate.bank.case import BankCase, OpenedCase, hash_of
from workbench.evaluate.bank.feed import FeedCases
from workbench.evaluate.shifts import KINDS, open_shift
from workbench.evaluate.shifts.drawn import quiet_stretches

N_SEEDS = 2
_FORMAT = "1"  # of what is drawn: another number makes other cases


class ShiftCases:
    """Made of the quiet windows of a timeline; those of its later stretches are for testing.

    All are of one service, that of the timeline. Their repositories are there as long as this is.
    """

    name = "shift"

    def __init__(self, feed: FeedCases) -> None:
        self._feed = feed
        self._scratch: Path | None = None

    def cases(self) -> list[BankCase]:
        """Return all of them, by id."""
        n = len(quiet_stretches(self._feed.timeline))
        return sorted(
            (
                self._case(seed, number, kind, "train" if 2 * number < n else "test")
                for seed in range(N_SEEDS) for number in range(n) for kind in KINDS
            ),
            key=lambda case: case.id,
        )  # fmt: skip

    def _case(self, seed: int, number: int, kind: str, half: str) -> BankCase:
        name = f"{self.name}/{seed}-{number:02}-{kind.replace(' ', '_')}"
        strata = {
            "category": kind, "kind": "none", "size": "not measured", "noise": "drawn anew",
            "language": "python", "culprit": "none",
        }  # fmt: skip
        content = hash_of([self._feed.content, _FORMAT, name])
        return BankCase(name, self._feed.name, half, strata, content)

    def open(self, case: BankCase) -> OpenedCase:
        """Make one of them."""
        seed, number, kind = case.id.removeprefix(f"{self.name}/").split("-", 2)
        if self._scratch is None:
            self._scratch = Path(tempfile.mkdtemp(prefix="workbench-shifts-"))
            weakref.finalize(self, shutil.rmtree, self._scratch, ignore_errors=True)
        opened = open_shift(
            self._feed.timeline, self._scratch, int(number), kind.replace("_", " "),
            seed=int(seed),
        )  # fmt: skip
        if opened is None:
            raise CaseError(f"{case.id}: the code of that stretch cannot be written so")
        return OpenedCase(case, opened.evidence, opened.regression, frozenset(), frozenset())
