"""Cases of two releases of a real package, recorded."""

from __future__ import annotations

from pathlib import Path

from workbench.evaluate.bank.case import BankCase, OpenedCase, hash_of, store_parts
from workbench.evaluate.cases.build import load_truth
from workbench.evaluate.cases.recorded import RecordedCase, load_recorded, materialise
from workbench.solver import open_case, open_investigation


class ReleaseCases:
    """Recorded cases (`datasets/pypi`); their code is fetched when one is opened the first time."""

    name = "release"

    def __init__(self, folder: Path) -> None:
        self._recorded = {case.spec.id: case for case in load_recorded(folder)}

    def cases(self) -> list[BankCase]:
        """Return all of them, by id."""
        return [self._case(self._recorded[name]) for name in sorted(self._recorded)]

    def _case(self, recorded: RecordedCase) -> BankCase:
        spec = recorded.spec
        is_known = spec.kind == "regression"
        strata = {
            "category": spec.category or spec.kind, "kind": "commit" if is_known else "none",
            "size": "not measured", "noise": "recorded", "language": "python",
            "culprit": "known" if is_known else "none",
        }  # fmt: skip
        parts: list[str | bytes] = [spec.model_dump_json(), recorded.workload.read_bytes()]
        half = int(hash_of([spec.package.lower()]), 16) % 2
        return BankCase(
            f"{self.name}/{spec.id}", f"{self.name}:{spec.package.lower()}",
            ("test", "train")[half], strata, hash_of([*parts, *store_parts(recorded.store)]),
        )  # fmt: skip

    def open(self, case: BankCase) -> OpenedCase:
        """Open one of them, built where it was not before."""
        recorded = self._recorded[case.id.removeprefix(f"{self.name}/")]
        folder = materialise(recorded)
        truth = load_truth(folder)
        evidence = open_investigation(open_case(folder))
        found = evidence.detection.found[:1]
        is_known = truth is not None and truth.regressed
        culprits = truth.culprit_commits if truth is not None and is_known else ()
        functions = truth.culprit_functions if truth is not None and is_known else ()
        return OpenedCase(
            case, evidence, found[0] if found else None, frozenset(culprits),
            frozenset(functions),
        )  # fmt: skip
