"""Cases of generated services, each of its own: nothing is needed to make them but a number."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path

from workbench.evaluate.bank.case import BankCase, OpenedCase, hash_of, noise_of, size_of
from workbench.evaluate.fleet import Strata, open_service, read_strata

_FORMAT = "1"
"""Of what is generated: another number makes other cases."""


class FleetCases:
    """Services with one regression each, written out as repositories; odd ones are for testing.

    Their repositories are there as long as this is.
    """

    name = "fleet"

    def __init__(self) -> None:
        self._scratch: Path | None = None
        self._n_opened = 0
        self._scratch_gone: Callable[[], object] = lambda: None

    def cases(self) -> list[BankCase]:
        """Return all of them, by id; none is drawn for that."""
        return [self._case(number, told) for number, told in enumerate(read_strata())]

    def _case(self, number: int, told: Strata) -> BankCase:
        name = f"{self.name}/{number:03}"
        strata = {
            "category": told.category, "kind": told.kind, "size": size_of(told.ratio),
            "noise": noise_of(told.noise), "language": "python",
            "culprit": "none" if told.kind == "none" else "known",
        }  # fmt: skip
        content = hash_of([_FORMAT, name, *map(str, told)])
        service = f"{self.name}:{number:03}"
        return BankCase(name, service, ("train", "test")[number % 2], strata, content)

    def open(self, case: BankCase) -> OpenedCase:
        """Make one of them."""
        if self._scratch is None:
            self._scratch = Path(tempfile.mkdtemp(prefix="workbench-fleet-"))
            self._scratch_gone = weakref.finalize(
                self, shutil.rmtree, self._scratch, ignore_errors=True
            )
        number = case.id.removeprefix(f"{self.name}/")
        self._n_opened += 1
        folder = self._scratch / f"{number}-{self._n_opened}"
        made = open_service(read_strata()[int(number)].seed, case.service, folder)
        return OpenedCase(case, made.evidence, made.regression, made.culprits, made.functions)
