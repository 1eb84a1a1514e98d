"""Cases of a timeline of planted causes: each as it was, and with its culprit unknown."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from workbench.evaluate.attribution import OpenedCause, RecordedTimeline, open_cause
from workbench.evaluate.bank.case import (
    HIDDEN,
    BankCase,
    OpenedCase,
    hash_of,
    size_of,
    store_parts,
)
from workbench.evaluate.cases.timeline import HiddenCause, PlantedCause, load_timeline_truth
from workbench.types import Function


class FeedCases:
    """The planted and the hidden causes of a timeline (`datasets/feed`)."""

    name = "feed"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened: OpenedCause | None = None  # the latest: a case and its twin follow each other

    @cached_property
    def timeline(self) -> RecordedTimeline:
        """The timeline, opened once."""
        return RecordedTimeline.open(self._folder)

    @cached_property
    def content(self) -> str:
        """Hash of the recording, the history and the truth."""
        files = [self._folder / "timeline.json", self._folder / "truth.json"]
        files += sorted((self._folder / "history").iterdir())
        return hash_of([*store_parts(self._folder / "store"), *(f.read_bytes() for f in files)])

    def cases(self) -> list[BankCase]:
        """Return all of them, by id."""
        truth = load_timeline_truth(self._folder)
        found = [self._case(cause, is_hidden=False) for cause in truth.planted]
        found += [self._case(cause, is_hidden=True) for cause in truth.planted]
        found += [self._case(cause, is_hidden=False) for cause in truth.hidden]
        return sorted(found, key=lambda case: case.id)

    def _case(self, cause: PlantedCause | HiddenCause, *, is_hidden: bool) -> BankCase:
        is_planted = isinstance(cause, PlantedCause)
        name = f"{self.name}/{cause.id}{HIDDEN * is_hidden}"
        strata = {
            "category": cause.category,
            "kind": cause.kind if isinstance(cause, PlantedCause) else "none",
            "size": size_of(None if cause.effect is None else cause.effect.ratio),
            "noise": "recorded", "language": "python",
            "culprit": "known" if is_planted and not is_hidden else "none",
        }  # fmt: skip
        return BankCase(name, self.name, "train", strata, hash_of([self.content, name]))

    def open(self, case: BankCase) -> OpenedCase:
        """Open one of them; what they share is opened with the first."""
        name = case.id.removeprefix(f"{self.name}/").removesuffix(HIDDEN)
        told = next(one for one in self.timeline.truth.causes if one.id == name)
        if self._opened is None or self._opened.id != name:
            self._opened = open_cause(self.timeline, told)
        cause = self._opened
        if case.id.endswith(HIDDEN):
            alone = cause.evidence.without(cause.culprits)
            return OpenedCase(case, alone, cause.regression, frozenset(), frozenset())
        functions = told.culprit_functions if isinstance(told, PlantedCause) else ()
        subjects = frozenset(Function(name, file).subject for name, file in functions)
        return OpenedCase(case, cause.evidence, cause.regression, cause.culprits, subjects)
