"""What a lead's report says, as data: counted and ordered before anything is drawn."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from workbench.measures import FEW, Curve, Rate, rate_of
from workbench.report.lead.accuracy import most_telling_half
from workbench.report.lead.times import EVALUATED, LIVE, NAMED, curves_of, times_to_diagnosis
from workbench.types import Amount, Ledger, TrackRecord, Worth
from workbench.types.record import VERIFIED
from workbench.views.words import counted

_N_SLOWEST = 3

Row = Mapping[Hashable, Any]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What one variant did in one evaluation, on one half of the bank."""

    row: Row
    right: Rate
    accused: Rate
    first: Rate
    harmed: Rate
    """Of what is right without skills, what is wrong here."""

    @classmethod
    def of(cls, row: Row) -> Evaluated:
        """Count."""
        n = row["n_cases"]
        return cls(
            row, rate_of(row["n_right"], n), rate_of(row["n_accused_wrongly"], n),
            rate_of(row["n_first"], row["n_with_culprit"]),
            rate_of(row["n_harmed"], row["n_right_without"]),
        )  # fmt: skip

    @property
    def name(self) -> str:
        """Variant, and model where there is one."""
        variant, model = self.row["variant"], self.row["model"]
        return str(variant) if self.row["is_floor"] else f"{variant} ({model})"

    @property
    def is_flattering(self) -> bool:
        """Whether skills were written with some of these cases in sight."""
        return bool(self.row["split"] != "test")


@dataclass(frozen=True, slots=True)
class Solved:
    """A solve, and what it is worth."""

    row: Row
    worth: Worth
    n_days: int
    """Since it was asked for."""


@dataclass(frozen=True, slots=True)
class SkillRow:
    """What a skill did in the latest evaluation."""

    row: Row
    right: Rate
    without: Rate
    uplift: float
    """Helped less harmed, of its cases."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the funnel, and what part it is of the one before."""

    name: str
    n: int
    ratio: float
    """NaN of the first, and of what follows on nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class LeadView:
    """All that the page says, in its order."""

    record: TrackRecord
    ledger: Ledger
    is_valued: bool
    """Whether a ledger was told."""
    half: str
    """Half of the bank that is judged by."""
    head: Evaluated | None
    """First variant, no floor, of the latest evaluation on that half."""
    latest: tuple[Evaluated, ...]
    """All variants of the latest evaluation, on each half."""
    accused: tuple[Row, ...]
    """Answers of the head in which somebody was accused wrongly."""
    harmed: tuple[Row, ...]
    """Other answers of it that are wrong, where the floor without skills is right."""
    n_evaluations: int
    is_trend: bool
    """Whether the head was evaluated more than once on that half, over the same cases."""
    times: pd.DataFrame
    curves: Mapping[str, Curve]
    slowest: tuple[Row, ...]
    """Solves in which somebody was named, that took longest."""
    states: Mapping[str, int]
    fixes: tuple[Solved, ...]
    """Fixes that are verified and approved, those of the most expensive regressions first."""
    queue: tuple[Solved, ...]
    """Solves that wait for a person, the most expensive first, then the oldest."""
    skills: tuple[SkillRow, ...]
    stages: tuple[Stage, ...]

    @classmethod
    def of(cls, record: TrackRecord, ledger: Ledger | None) -> LeadView:
        """Count and order what is in the record."""
        half, head, latest = _latest(record.evaluations)
        variant = str(head.row["variant"]) if head else ""
        times = times_to_diagnosis(record, variant, half)
        answers = record.answers[
            record.answers[["variant", "half"]].eq([variant, half]).all(axis=1)
        ]
        is_accused = answers["is_accused_wrongly"].astype(bool)
        is_harmed = (answers["is_right"] == 0) & (answers["is_right_without"] == 1) & ~is_accused
        return cls(
            record=record,
            ledger=ledger or Ledger(),
            is_valued=ledger is not None,
            half=half,
            head=head,
            latest=latest,
            accused=tuple(answers[is_accused].to_dict("records")),
            harmed=tuple(answers[is_harmed].to_dict("records")),
            n_evaluations=record.evaluations["evaluation"].nunique(),
            is_trend=head is not None and _n_like(record.evaluations, head.row) > 1,
            times=times,
            curves=curves_of(times),
            slowest=_slowest(record.solves),
            states=Counter(record.solves["state"]),
            fixes=_dearest(record, record.recovered_solves(), (ledger or Ledger()).fixed),
            queue=_dearest(record, _waiting(record, ledger), (ledger or Ledger()).waiting),
            skills=_skills(record.skills),
            stages=_stages(record.funnel),
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing was evaluated, and nothing solved."""
        return self.record.evaluations.empty and self.record.solves.empty

    @property
    def n_solves(self) -> int:
        """How many solves were asked for."""
        return len(self.record.solves)

    @property
    def live(self) -> Curve | None:
        """Times of solves, where there are any."""
        return self.curves.get(LIVE)

    @property
    def evaluated(self) -> Curve | None:
        """Times of answers in evaluations, where there are any."""
        return self.curves.get(EVALUATED)

    @property
    def n_open(self) -> int:
        """How many solves wait for a person."""
        return len(self.queue)

    @property
    def n_verified(self) -> int:
        """How many solves ended in a verified fix."""
        return self.states.get(VERIFIED, 0)

    @property
    def n_recovered(self) -> int:
        """How many fixes are verified and approved."""
        return len(self.fixes)

    @property
    def runs(self) -> list[Row]:
        """Evaluations of the variant that is judged, on its half of the bank, the latest first."""
        if not self.head:
            return []
        keys = ["variant", "model", "split"]
        rows = self.record.evaluations
        like = rows[(rows[keys] == [self.head.row[key] for key in keys]).all(axis=1)]
        return list(like.sort_values("at", ascending=False).to_dict("records"))

    @property
    def cautions(self) -> list[str]:
        """What a reader of the accuracies has to know."""
        told = []
        if self.head and self.head.is_flattering:
            told.append(
                f"These figures are of {half_words(self.half)}: skills were written with train "
                "cases in sight, so they flatter. Evaluate the test half to know."
            )
        if self.head and self.head.right.is_few:
            n = counted(self.head.right.n, "case")
            told.append(f"The latest evaluation has {n}, fewer than {FEW}: too few to rely on.")
        if self.head and not self.is_trend:
            told.append("These cases were evaluated once: a point, and no trend.")
        return told


def half_words(split: str) -> str:
    """Return what a half of the bank is called."""
    return {"both": "both halves of the bank"}.get(split, f"the {split} half of the bank")


def _latest(
    evaluations: pd.DataFrame,
) -> tuple[str, Evaluated | None, tuple[Evaluated, ...]]:
    """Return the half to judge by, the variant to judge, and all of the latest evaluation."""
    if evaluations.empty:
        return "", None, ()
    by_time = evaluations.sort_values("at", kind="stable")
    last = by_time[by_time["evaluation"] == by_time["evaluation"].iloc[-1]]
    half = most_telling_half(evaluations)
    on_half = by_time[by_time["split"] == half]
    judged = on_half[on_half["evaluation"] == on_half["evaluation"].iloc[-1]]
    latest = tuple(Evaluated.of(row) for row in last.to_dict("records"))
    head = next((row for row in judged.to_dict("records") if not row["is_floor"]), None)
    return half, Evaluated.of(head) if head else None, latest


def _n_like(evaluations: pd.DataFrame, row: Row) -> int:
    """Return how often the same variant was evaluated over the same cases."""
    keys = ["variant", "model", "split", "bank"]
    return int((evaluations[keys] == [row[key] for key in keys]).all(axis=1).sum())


def _slowest(solves: pd.DataFrame) -> tuple[Row, ...]:
    named = solves[solves["state"].isin(NAMED)]
    return tuple(named.sort_values("seconds", ascending=False).head(_N_SLOWEST).to_dict("records"))


def _waiting(record: TrackRecord, ledger: Ledger | None) -> pd.DataFrame:
    """Return the solves that wait; those that a ledger has, where one is told."""
    solves = record.open_solves()
    return solves if ledger is None else solves[solves.index.isin([*ledger.waiting])]


def _dearest(
    record: TrackRecord, solves: pd.DataFrame, worths: Mapping[Hashable, Worth]
) -> tuple[Solved, ...]:
    """Return the solves, the most expensive first, then the oldest."""
    valued = [
        Solved(row, worths.get(label, Worth()), _days(row["at"], record.until))
        for label, row in zip(solves.index, solves.to_dict("records"), strict=True)
    ]
    return tuple(sorted(valued, key=_dearest_first))


def _dearest_first(solved: Solved) -> tuple[float, float, float]:
    servers, cost = solved.worth.servers, Amount(solved.row["cost"])
    return (
        -servers.value if servers.is_known else math.inf,
        -cost.value if cost.is_known else math.inf,
        -solved.n_days,
    )


def _days(at: Any, until: datetime) -> int:
    return int((pd.to_datetime(until, utc=True) - pd.to_datetime(at, utc=True)).days)


def _skills(skills: pd.DataFrame) -> tuple[SkillRow, ...]:
    """Return the skills, those that decided most cases first."""
    return tuple(
        SkillRow(
            row, rate_of(row["n_right"], row["n_cases"]),
            rate_of(row["n_right_without"], row["n_cases"]),
            (row["n_helped"] - row["n_harmed"]) / row["n_cases"] if row["n_cases"] else math.nan,
        )
        for row in skills.sort_values("n_cases", ascending=False, kind="stable").to_dict("records")
    )  # fmt: skip


def _stages(funnel: pd.DataFrame) -> tuple[Stage, ...]:
    counts = [int(n) for n in funnel["n"]]
    before = [0, *counts]
    return tuple(
        Stage(str(name), n, n / former if former else math.nan)
        for name, n, former in zip(funnel["stage"], counts, before, strict=False)
    )
