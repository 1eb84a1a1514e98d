"""A folder of recorded cases, made solvable on demand.

    <bank>/<case id>/spec.json      what it is made from, with the truth
    <bank>/<case id>/store/         its recorded profiles
    <bank>/workloads/               the workloads

No third-party source is kept: repositories are rebuilt from the package index and cached.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from workbench.errors import CaseError
from workbench.evaluate.cases.build import build_case
from workbench.evaluate.cases.releases import cache_folder
from workbench.evaluate.cases.spec import CaseSpec, load_spec

_FORMAT = "4"  # of the built case: another number builds all anew


class RecordedCase(NamedTuple):
    """A case of a bank."""

    spec: CaseSpec
    workload: Path
    store: Path


def load_recorded(folder: Path) -> list[RecordedCase]:
    """Return the cases of a bank, by id."""
    specs = sorted(folder.glob("*/spec.json"))
    if not specs:
        raise CaseError(f"{folder}: expected recorded cases (*/spec.json), found none")
    return [RecordedCase(*load_spec(path), path.parent / "store") for path in specs]


def materialise(case: RecordedCase, progress: Callable[[str], None] = lambda text: None) -> Path:
    """Return the folder of a built case, from the cache where it was built before."""
    digest = blake2b(_FORMAT.encode(), digest_size=6)
    digest.update(case.spec.model_dump_json().encode())
    for path in (case.workload, *sorted(case.store.rglob("*.parquet"))):
        digest.update(path.read_bytes())
    place = cache_folder() / "cases" / digest.hexdigest()
    out = place / case.spec.id
    if out.is_dir():
        return out
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".build-") as scratch:
        built = Path(scratch) / "case"  # the case and its truth, which are there together or not
        build_case(
            case.spec, case.workload, built / case.spec.id, recorded=case.store, progress=progress
        )
        try:
            built.replace(place)
        except OSError:  # another process built the same meanwhile
            if not out.is_dir():
                raise
    return out
