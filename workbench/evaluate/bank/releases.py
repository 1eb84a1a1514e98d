"""Cases of two releases of a real package, recorded."""

from __future__ import annotations

from pathlib import Path

from workbench.errors import CaseError
from workbench.evaluate.bank.case import (
    HIDDEN,
    BankCase,
    OpenedCase,
    hash_of,
    noise_of,
    size_of,
    store_parts,
)
from workbench.evaluate.cases.build import load_truth, truth_path
from workbench.evaluate.cases.recorded import RecordedCase, load_recorded, materialise
from workbench.solver import open_case, open_investigation


class ReleaseCases:
    """Recorded cases (`datasets/pypi`); their code is fetched when one is opened the first time."""

    name = "release"

    def __init__(self, folder: Path) -> None:
        self._recorded = {case.spec.id: case for case in load_recorded(folder)}

    def cases(self) -> list[BankCase]:
        """Return all of them, by id."""
        found = [self._case(recorded, is_hidden=False) for recorded in self._recorded.values()]
        found += [
            self._case(recorded, is_hidden=True)
            for recorded in self._recorded.values()
            if recorded.spec.kind == "regression"
        ]
        return sorted(found, key=lambda case: case.id)

    def _case(self, recorded: RecordedCase, *, is_hidden: bool) -> BankCase:
        spec = recorded.spec
        name = f"{spec.id}{HIDDEN * is_hidden}"
        is_known = spec.kind == "regression" and not is_hidden
        strata = {
            "category": spec.category or spec.kind, "kind": "commit" if is_known else "none",
            "size": size_of(spec.ratio), "noise": noise_of(spec.noise), "language": "python",
            "culprit": "known" if is_known else "none",
        }  # fmt: skip
        parts: list[str | bytes] = [name, spec.model_dump_json(), recorded.workload.read_bytes()]
        return BankCase(
            f"{self.name}/{name}", f"{self.name}:{spec.package.lower()}",
            spec.half, strata, hash_of([*parts, *store_parts(recorded.store)]),
        )  # fmt: skip

    def open(self, case: BankCase) -> OpenedCase:
        """Open one of them, built where it was not before."""
        name = case.id.removeprefix(f"{self.name}/").removesuffix(HIDDEN)
        recorded = self._recorded[name]
        folder = materialise(recorded)
        truth = load_truth(folder)
        if truth is None:
            raise CaseError(f"{case.id}: expected its truth at {truth_path(folder)}, found none")
        evidence = open_investigation(open_case(folder))
        found = evidence.detection.found[:1]
        culprits = truth.culprit_commits if truth.regressed else ()
        functions = truth.culprit_functions if truth.regressed else ()
        if case.id.endswith(HIDDEN):
            evidence, culprits, functions = evidence.without(frozenset(culprits)), (), ()
        return OpenedCase(
            case, evidence, found[0] if found else None, frozenset(culprits),
            frozenset(functions),
        )  # fmt: skip
