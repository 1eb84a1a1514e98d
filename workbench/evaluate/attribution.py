"""How well causes are ranked: over a timeline of planted causes, and beside a trivial rule."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.agent import Investigation
from workbench.agent.opened import detect_worth_a_look
from workbench.attribute import rank_changes
from workbench.evaluate.cases.timeline import (
    HiddenCause,
    PlantedCause,
    TimelineTruth,
    commit_ids,
    load_timeline_truth,
    materialise_timeline,
)
from workbench.history import Repository
from workbench.store import Store
from workbench.types import Change, Ranking, Recording, Records, Regression

_NEAR = 3
"""Windows that a regression may begin from where its cause took effect, to be of it."""
_WINDOWS_BEFORE, _WINDOWS_AFTER = 36, 10
"""That are looked at of a change: an investigation is opened before it is undone."""


@dataclass(frozen=True, slots=True)
class RankedCase:
    """One cause, and how it was ranked."""

    id: str
    category: str
    kind: str
    culprits: frozenset[str]
    """Ids of the changes that did it; empty where no known one did."""
    regression: Regression | None
    """What was detected of it; None where nothing was."""
    ranking: Ranking | None
    without: Ranking | None
    """The same with the culprits taken from the candidates; None where they were not among them."""
    trivial: tuple[str, ...]
    """Candidates as the trivial rule ranks them."""

    @property
    def place(self) -> int:
        """Place of the first culprit among the candidates and none of them, from 1; 0 for none."""
        return _place(self.ranking, self.culprits) if self.ranking else 0

    @property
    def trivial_place(self) -> int:
        """The same by the trivial rule."""
        places = [i for i, change in enumerate(self.trivial, 1) if change in self.culprits]
        return min(places, default=0)

    @property
    def is_easy(self) -> bool:
        """Whether the trivial rule finds it too."""
        return self.trivial_place == 1


def _place(ranking: Ranking, culprits: Collection[str]) -> int:
    """Return where the truth stands; "none of these" is the truth where there is no culprit."""
    answers = [(s.probability, s.change.id) for s in ranking.suspects]
    answers.append((ranking.none_probability, ""))
    order = sorted(answers, key=lambda answer: -answer[0])
    wanted = set(culprits) or {""}
    return next((i for i, (_, change) in enumerate(order, 1) if change in wanted), 0)


@dataclass(frozen=True, eq=False)
class RecordedTimeline:
    """A timeline with its truth, opened once for many cases."""

    recording: Recording
    by_line: Recording
    records: Records
    repository: Repository
    commits: Mapping[str, str]
    """Name of each patch -> id of its commit."""
    truth: TimelineTruth

    @classmethod
    def open(cls, folder: Path) -> RecordedTimeline:
        """Open one with `store/`, `history/`, `timeline.json` and `truth.json`."""
        store = Store.open(folder / "store")
        place = materialise_timeline(folder)
        return cls(
            store.recording(), store.recording(by_line=True), store.records(), Repository(place),
            commit_ids(folder, place), load_timeline_truth(folder),
        )  # fmt: skip

    def investigation(self, window: int, end: int | None = None) -> Investigation:
        """Return what was known some windows after a change, when somebody looks into it.

        Parameters
        ----------
        window : int
            In which it took effect.
        end : int, optional
            The first window without it again, which nobody had seen then.
        """
        first = max(0, window - _WINDOWS_BEFORE)
        last = min(
            window + _WINDOWS_AFTER, end or self.recording.n_windows, self.recording.n_windows
        )
        view = self.recording.between(first, last)
        versions = view.windows["version"]
        moment = view.windows["at"].iloc[-1] + (view.windows["at"].diff().iloc[-1])
        return Investigation(
            view, detect_worth_a_look(view), self.repository, str(versions.iloc[0]),
            str(versions.iloc[-1]), self.records.until(moment),
            read_lines=lambda: self.by_line.between(first, last),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class OpenedCause:
    """A cause of a timeline, as it is when somebody looks into it."""

    id: str
    category: str
    kind: str
    culprits: frozenset[str]
    """Ids of the changes that did it; empty where no known one did."""
    evidence: Investigation
    regression: Regression | None
    """What was detected of it; None where nothing was."""


def open_causes(timeline: RecordedTimeline) -> Iterator[OpenedCause]:
    """Yield every planted and hidden cause of a timeline."""
    for cause in timeline.truth.causes:
        yield open_cause(timeline, cause)


def open_cause(timeline: RecordedTimeline, cause: PlantedCause | HiddenCause) -> OpenedCause:
    """Open one of them."""
    kind, culprits = "hidden", frozenset[str]()
    if isinstance(cause, PlantedCause):
        kind = cause.kind
        culprits = frozenset(timeline.commits.get(name, name) for name in cause.changes)
    evidence = timeline.investigation(cause.window, cause.end_window)
    begins = min(cause.window, _WINDOWS_BEFORE)
    found = regression_at(evidence.detection.found, begins)
    return OpenedCause(cause.id, cause.category, kind, culprits, evidence, found)


def rank_timeline(timeline: RecordedTimeline) -> list[RankedCase]:
    """Rank the candidates of every planted and hidden cause of a timeline."""
    return [_rank(cause) for cause in open_causes(timeline)]


def _rank(cause: OpenedCause) -> RankedCase:
    told = cause.id, cause.category, cause.kind, cause.culprits
    evidence, found = cause.evidence, cause.regression
    if found is None:
        return RankedCase(*told, None, None, None, ())
    candidates = evidence.candidates(found.id)
    clues = evidence.clues(found)
    others = [change for change in candidates if change.id not in cause.culprits]
    return RankedCase(
        *told, found, rank_changes(candidates, clues),
        rank_changes(others, clues) if len(others) < len(candidates) else None,
        tuple(change.id for change in trivially(candidates, found, _regressed(evidence, found))),
    )  # fmt: skip


def _regressed(evidence: Investigation, regression: Regression) -> set[str]:
    """Return the subject of what regressed, as it was recorded and as the code names it."""
    recorded = [f for f in evidence.recording.functions if f.subject == regression.subject]
    known = evidence.history_of(regression).known_as(recorded)
    return {regression.subject, *(function.subject for function in known.values())}


def regression_at(found: Sequence[Regression], window: int) -> Regression | None:
    """Return the largest regression that began about a window, cost before share; or None."""
    near = [r for r in found if abs(r.change_index - window) <= _NEAR]
    return max(near, key=lambda r: (r.metric == "cost", r.absolute_delta), default=None)


def trivially(
    candidates: Sequence[Change], regression: Regression, subjects: Collection[str]
) -> list[Change]:
    """Rank by a trivial rule: touches the function, nearest in time, largest difference.

    Parameters
    ----------
    candidates : sequence of Change
        With the functions that each touched.
    regression : Regression
        What they are candidates for.
    subjects : collection of str
        What regressed, by all of its names.
    """

    def badness(change: Change) -> tuple[bool, int, int]:
        touches = not {f.subject for f in change.functions}.isdisjoint(subjects)
        off = abs((change.window or 0) - regression.change_index)
        return (not touches, off, -(change.n_added + change.n_removed))

    return sorted(candidates, key=badness)


def brier(cases: Sequence[RankedCase]) -> float:
    """Return the mean squared error of the probability of the first answer."""
    return float(np.mean([(sure - right) ** 2 for sure, right in _answers(cases)]))


def brier_of_all(cases: Sequence[RankedCase]) -> float:
    """Return the Brier score of whole rankings, 0 to 2: of each the squared errors of all answers
    together, candidates and none of them (G. W. Brier, Monthly Weather Review 78, 1950).
    """
    rankings = [answers for case in cases for answers in _rankings(case)]
    return float(np.mean([sum((sure - right) ** 2 for sure, right in r) for r in rankings]))


def _answers(cases: Sequence[RankedCase]) -> Iterator[tuple[float, bool]]:
    """Yield the probability of each first answer, and whether it is right."""
    for case in cases:
        for answers in _rankings(case):
            yield max(answers, key=lambda answer: answer[0])


def _rankings(case: RankedCase) -> Iterator[list[tuple[float, bool]]]:
    """Yield the probabilities of a ranking, each with whether that answer is right: as it is, and
    with the culprits taken away.
    """
    for ranking, culprits in ((case.ranking, case.culprits), (case.without, frozenset[str]())):
        if ranking is not None:
            answers = [(s.probability, s.change.id in culprits) for s in ranking.suspects]
            yield [*answers, (ranking.none_probability, not culprits)]
