"""How well causes are ranked: over a timeline of planted causes, and beside a trivial rule."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from workbench.agent import Investigation
from workbench.attribute import rank_changes
from workbench.detect import DetectConfig, detect
from workbench.evaluate.cases.timeline import (
    commit_ids,
    load_timeline_truth,
    materialise_timeline,
)
from workbench.history import Repository
from workbench.signals import function_series, stacks
from workbench.store import Store
from workbench.types import Change, Ranking, Regression

_NEAR = 3
"""Windows that a regression may begin from where its cause took effect, to be of it."""
_CONFIG = DetectConfig(min_relative=0.02, min_share=0.005)


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
    """The same with the culprits taken from the candidates."""
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


def open_timeline(folder: Path) -> Investigation:
    """Open a recorded timeline as an investigation would: its store and its repository."""
    store = Store.open(folder / "store")
    recording = store.recording()
    series = function_series(recording)
    config = replace(_CONFIG, alerts_per_1000_series=10)
    detection = detect(series, stacks=stacks(recording), config=config)
    versions = recording.windows["version"]
    return Investigation(
        recording, detection, Repository(materialise_timeline(folder)),
        str(versions.iloc[0]), str(versions.iloc[-1]), store.records(),
        read_lines=partial(store.recording, by_line=True),
    )  # fmt: skip


def rank_timeline(folder: Path, investigation: Investigation | None = None) -> list[RankedCase]:
    """Rank the candidates of every planted and hidden cause of a timeline.

    Parameters
    ----------
    folder : Path
        With `store/`, `history/`, `timeline.json` and `truth.json`.
    investigation : Investigation, optional
        As `open_timeline` gives it.
    """
    evidence = investigation or open_timeline(folder)
    assert evidence.repository is not None
    ids = commit_ids(folder, evidence.repository.folder)
    truth = load_timeline_truth(folder)
    planted = [
        _rank(evidence, p.id, p.category, p.kind, p.window, {ids.get(c, c) for c in p.changes})
        for p in truth.planted
    ]
    return planted + [
        _rank(evidence, h.id, h.category, "hidden", h.window, set()) for h in truth.hidden
    ]


def _rank(
    evidence: Investigation, case_id: str, category: str, kind: str, window: int, changes: set[str]
) -> RankedCase:
    culprits = frozenset(changes)
    found = regression_at(evidence.detection.found, window)
    if found is None:
        return RankedCase(case_id, category, kind, culprits, None, None, None, ())
    candidates = evidence.candidates(found.id)
    clues = evidence.clues(found)
    others = [change for change in candidates if change.id not in culprits]
    return RankedCase(
        case_id, category, kind, culprits, found, rank_changes(candidates, clues),
        rank_changes(others, clues) if culprits else None,
        tuple(change.id for change in trivially(candidates, found)),
    )  # fmt: skip


def regression_at(found: Sequence[Regression], window: int) -> Regression | None:
    """Return the largest regression that began about a window; None where none did."""
    near = [r for r in found if abs(r.change_index - window) <= _NEAR]
    return max(near, key=lambda r: r.absolute_delta, default=None)


def trivially(candidates: Sequence[Change], regression: Regression) -> list[Change]:
    """Rank by a trivial rule: touches the function, nearest in time, largest difference."""

    def badness(change: Change) -> tuple[bool, int, int]:
        touches = regression.subject in {f.subject for f in change.functions}
        off = abs((change.window or 0) - regression.change_index)
        return (not touches, off, -(change.n_added + change.n_removed))

    return sorted(candidates, key=badness)


def brier(cases: Sequence[RankedCase]) -> float:
    """Return the mean squared error of the probability of the first answer."""
    return float(np.mean([(sure - right) ** 2 for sure, right in _answers(cases)]))


def _answers(cases: Sequence[RankedCase]) -> Iterator[tuple[float, bool]]:
    for case in cases:
        for ranking, culprits in ((case.ranking, case.culprits), (case.without, frozenset())):
            if ranking is not None:
                sure = max([ranking.none_probability, *(s.probability for s in ranking.suspects)])
                yield sure, _place(ranking, culprits) == 1
