"""What a solver did over a time, as plain tables: what a lead's report is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd

EVALUATIONS = (
    "at", "evaluation", "variant", "model", "is_floor", "split", "bank", "n_cases", "n_right",
    "n_accused_wrongly", "n_with_culprit", "n_first", "n_right_without", "n_harmed", "verdict",
    "time_to_diagnosis", "url",
)  # fmt: skip
ANSWERS = (
    "at", "case", "variant", "half", "seconds", "has_culprit", "is_right", "is_right_without",
    "is_accused_wrongly", "url",
)  # fmt: skip
SOLVES = (
    "at", "case", "service", "subject", "state", "category", "skill", "confidence", "seconds",
    "is_right", "cost", "cost_low", "cost_high", "restored", "url", "restored_low",
    "restored_high", "is_approved", "metric", "began",
)  # fmt: skip
SKILLS = ("skill", "half", "n_cases", "n_right", "n_right_without", "n_helped", "n_harmed",
          "verdict", "url")  # fmt: skip
FUNNEL = ("stage", "n")
OPEN = ("waits for review", "diagnosed", "fix failed")
"""States of a solve in which somebody is named and no fix is there: a person has to act."""
VERIFIED = "fix verified"
"""State of a solve that ended in a fix; until somebody has approved it, it waits for a person."""


def _empty(columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(columns=[*columns])


@dataclass(frozen=True, slots=True, eq=False)
class TrackRecord:
    """What was evaluated and what was solved in a time.

    Fractions are 0 to 1, times seconds, `at` is UTC; a URL is empty where there is no page.
    """

    since: datetime
    until: datetime
    source: str
    """Where it was read, as a reader may be told."""
    evaluations: pd.DataFrame = field(default_factory=lambda: _empty(EVALUATIONS))
    """One row a variant, of each evaluation, by time.

    `at`, `evaluation` (its name), `variant`, `model`, `is_floor`, `split` (half of the bank:
    `train`, `test` or `both`), `bank` (its hash), `n_cases`, `n_right`, `n_accused_wrongly`,
    `n_with_culprit`, `n_first` (of these, a culprit is the first suspect), `n_right_without` (by
    the floor without skills), `n_harmed` (of these, wrong here), `verdict` (`better`, `worse` or
    `inconclusive`: whether it is right more often than that floor; empty of the floor itself),
    `time_to_diagnosis` (by which half of those with a culprit are solved; NaN where fewer are),
    `url`.
    """
    answers: pd.DataFrame = field(default_factory=lambda: _empty(ANSWERS))
    """One row an answer of the latest evaluation: `at`, `case`, `variant`, `half` (of the bank),
    `seconds`, `has_culprit` (in other cases the right answer is nobody), `is_right` (NaN where the
    truth is not known), `is_right_without` (the floor without skills; NaN where it was not asked),
    `is_accused_wrongly`, `url` (of its trace).
    """
    solves: pd.DataFrame = field(default_factory=lambda: _empty(SOLVES))
    """One row a solve that was asked for, by time.

    `at`, `case`, `service`, `subject` (empty: nothing regressed), `state` (`no regression`,
    `nobody named`, `diagnosed`, `waits for review`, `rejected`, `fix failed`, `fix verified`),
    `category`, `skill`, `confidence`, `seconds`, `is_right` (NaN: not known), `cost` (fraction of
    the service's CPU that the regression adds) with `cost_low` and `cost_high` (95 %), `restored`
    (part of that cost which a verified fix takes away; NaN where none is) with `restored_low` and
    `restored_high` (95 %), `url`, `is_approved` (whether a person has approved it), `metric` of the
    regressed series, `began` (when its new level did; NaT where not known).
    """
    skills: pd.DataFrame = field(default_factory=lambda: _empty(SKILLS))
    """One row a skill that decided cases of the latest evaluation, on one half of the bank:
    `skill`, `half`, `n_cases`, `n_right`,
    `n_right_without` (of the same cases, by the floor without skills), `n_helped` (wrong there,
    right here), `n_harmed`, `verdict` (`better`, `worse` or `inconclusive` than without skills),
    `url`."""
    funnel: pd.DataFrame = field(default_factory=lambda: _empty(FUNNEL))
    """`stage` and `n`: from series looked at to fixes verified, over all solves."""
    pages: Mapping[str, str] = field(default_factory=dict)
    """Title -> address of pages behind the report."""

    def latest_solves(self) -> pd.DataFrame:
        """Return the solves, of the same case and subject only the latest."""
        by_time = self.solves.sort_values("at", kind="stable")
        return by_time.drop_duplicates(["service", "case", "subject"], keep="last")

    def recovered_solves(self) -> pd.DataFrame:
        """Return the latest solves of which the fix is verified, and approved by a person."""
        solves = self.latest_solves()
        return solves[(solves["state"] == VERIFIED) & solves["is_approved"].eq(True)]

    def open_solves(self) -> pd.DataFrame:
        """Return the latest solves that wait for a person: for a fix, or for a look at one."""
        solves = self.latest_solves()
        is_waiting = (solves["state"] == VERIFIED) & ~solves["is_approved"].eq(True)
        return solves[solves["state"].isin(OPEN) | is_waiting]
