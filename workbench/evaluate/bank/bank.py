"""All families of cases under one roof."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

import pandas as pd

from workbench.errors import CaseError
from workbench.evaluate.bank.case import BankCase, Family, OpenedCase, hash_of
from workbench.evaluate.bank.feed import FeedCases
from workbench.evaluate.bank.fleet import FleetCases
from workbench.evaluate.bank.releases import ReleaseCases
from workbench.evaluate.bank.shifts import ShiftCases

STRATA = ("category", "kind", "size", "noise", "language", "culprit")


def datasets_folder() -> Path | None:
    """Return the recorded cases of the checkout; None of an installed package, which has none."""
    folder = Path(__file__).parents[3] / "datasets"
    return folder if folder.is_dir() else None


class CaseBank:
    """Every case that a folder of datasets has, and those that are generated.

    Parameters
    ----------
    folder : Path, optional
        With `feed/`, `pypi/`, or both. Default: the cases that are generated alone.

    Raises
    ------
    CaseError
        Where it has neither: then it is another folder than was meant.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._families: dict[str, Family] = {}
        if folder is not None:
            self._add_recorded(folder)
        fleet = FleetCases()
        self._families[fleet.name] = fleet

    def _add_recorded(self, folder: Path) -> None:
        if (folder / "feed" / "truth.json").is_file():
            feed = FeedCases(folder / "feed")
            self._families |= {feed.name: feed, "shift": ShiftCases(feed)}
        if any((folder / "pypi").glob("*/spec.json")):
            self._families["release"] = ReleaseCases(folder / "pypi")
        if not self._families:
            raise CaseError(f"{folder}: expected feed/ or pypi/ with cases, found neither")

    @cached_property
    def cases(self) -> tuple[BankCase, ...]:
        """All cases, by id."""
        found = [case for family in self._families.values() for case in family.cases()]
        return tuple(sorted(found, key=lambda case: case.id))

    @property
    def content_hash(self) -> str:
        """Hash of what all cases are made of."""
        return hash_of(f"{case.id} {case.content_hash} {case.split}" for case in self.cases)

    def select(self, patterns: Sequence[str] = (), *, split: str = "") -> list[BankCase]:
        """Return some of the cases, by id.

        Parameters
        ----------
        patterns : sequence of str
            Ids, with `*` for any letters: `feed/*`, `shift/0-*`. Default: all.
        split : str
            `train` or `test`; empty for both.

        Raises
        ------
        CaseError
            Where one of the patterns is of no case.
        """
        for pattern in patterns:
            if not any(fnmatchcase(case.id, pattern) for case in self.cases):
                known = ", ".join(f"{name}/…" for name in sorted(self._families))
                raise CaseError(f"expected ids of cases ({known}), none is like {pattern!r}")
        return [
            case
            for case in self.cases
            if (not patterns or any(fnmatchcase(case.id, pattern) for pattern in patterns))
            and (not split or case.split == split)
        ]

    def open(self, case: BankCase) -> OpenedCase:
        """Open a case: what a solver reads, and apart from it what it is judged by."""
        return self._families[case.family].open(case)

    def table(self, cases: Sequence[BankCase] | None = None) -> pd.DataFrame:
        """Return one row a case: `id`, `service`, `split`, its strata, `content_hash`."""
        rows = [
            {
                "id": case.id, "service": case.service, "split": case.split,
                **{name: case.strata[name] for name in STRATA}, "content_hash": case.content_hash,
            }
            for case in (self.cases if cases is None else cases)
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=["id", "service", "split", *STRATA, "content_hash"])

    def counts(self) -> dict[tuple[str, str], int]:
        """Return how many cases each family has in each half."""
        return dict(Counter((case.family, case.split) for case in self.cases))
