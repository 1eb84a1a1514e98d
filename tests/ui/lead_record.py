"""A made-up record of 90 days: three variants and two floors every week, and 60 solves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from workbench.capacity import Assumptions, ServiceAssumptions
from workbench.types import TrackRecord
from workbench.types.record import ANSWERS, EVALUATIONS, SKILLS, SOLVES

UNTIL = datetime(2026, 6, 30, tzinfo=UTC)
SINCE = UNTIL - timedelta(days=90)
LONG = "app.a_module_with_a_long_name.another_one:AClassOfThatModule.a_method_with_a_long_name_too"
SERVICES = ("checkout", "search-frontend", "feed", "thumbnails",
            "a-service-of-which-the-name-is-as-long-as-names-of-services-get-at-times")  # fmt: skip
STATES = (
    *("no regression",) * 12, *("nobody named",) * 7, *("diagnosed",) * 5,
    *("waits for review",) * 6, *("rejected",) * 3, *("fix failed",) * 4, *("fix verified",) * 23,
)  # fmt: skip
ASSUMPTIONS = Assumptions(
    services={
        "checkout": ServiceAssumptions(1200, 350, 1.3, 0.11, "EUR", 0.35, 2100),
        "search-frontend": ServiceAssumptions(640, 350, 1.3, 0.11, "EUR", 0.35, 2100),
        "feed": ServiceAssumptions(5200, 310, price_per_kwh=0.09, currency="EUR", kg_co2_per_kwh=0.2),
        "thumbnails": ServiceAssumptions(90),
    }
)  # fmt: skip
_VARIANTS = (("skills", 0.95, False), ("skills of main", 0.93, False),
             ("short instructions", 0.85, False), ("no skills", 0.72, True),
             ("nearest change", 0.48, True))  # fmt: skip


def make_evaluations(n_weeks: int = 13, *, split: str = "test", n_cases: int = 221) -> pd.DataFrame:
    """Return evaluations, one a week, in which variants slowly get better."""
    random, rows = np.random.default_rng(7 + len(split)), []
    for week in range(n_weeks):
        at = SINCE + timedelta(days=7 * week, hours=5)
        for name, level, is_floor in _VARIANTS:
            gain = 0 if is_floor else 0.002 * (week - 12)
            n_right = int(random.binomial(n_cases, level + gain))
            n_accused = int(random.binomial(n_cases - n_right, 0.4))
            rows.append(
                (at, f"week-{week + 14}", name, "" if is_floor else "playbook", is_floor, split,
                 "5e1f0a" if week < 6 else "9b2c44", n_cases, n_right, n_accused, n_cases // 2,
                 n_right // 2, int(0.72 * n_cases), 0 if is_floor else n_accused // 3,
                 "" if name == "no skills" else "worse" if is_floor else
                 "better" if level > 0.9 else "inconclusive",
                 8 + 10 * random.random(), f"https://track.example/{week}/{name}")
            )  # fmt: skip
    return pd.DataFrame(rows, columns=[*EVALUATIONS])


def make_solves(n: int = 60, states: tuple[str, ...] = STATES) -> pd.DataFrame:
    """Return solves, of which every state in `states` is in its share."""
    random, rows = np.random.default_rng(11), []
    order = random.permutation(n)
    for number in range(n):
        state = states[order[number] % len(states)]
        is_named = state not in ("no regression", "nobody named")
        cost = float(random.lognormal(-4.6, 0.9)) if state != "no regression" else np.nan
        subject = (
            "" if state == "no regression" else LONG if number % 9 == 0 else f"pkg.m{number}:f"
        )
        rows.append(
            (SINCE + timedelta(days=90 * number / n), f"case-{number:03}",
             SERVICES[number % len(SERVICES)], subject, state,
             "hot loop" if is_named else "", ("caching", "serialisation")[number % 2] if is_named else "",
             random.uniform(0.5, 1) if is_named else np.nan, float(random.lognormal(6.6, 1.3)),
             np.nan, cost, 0.7 * cost, 1.4 * cost,
             random.uniform(0.8, 1) if state == "fix verified" else np.nan,
             f"https://runs.example/{number}" if number % 4 else "", np.nan, np.nan,
             state == "fix verified" and number % 3 > 0, "gcpu",
             SINCE + timedelta(days=90 * number / n - 3))
        )  # fmt: skip
    return pd.DataFrame(rows, columns=[*SOLVES])


def make_answers(n: int = 221) -> pd.DataFrame:
    """Return what a variant answered of each case, 4 % wrong."""
    random = np.random.default_rng(3)
    at = SINCE + timedelta(days=84)
    rows = [
        (
            at,
            f"shop-{i}",
            "skills",
            "test",
            float(random.lognormal(2.6, 0.8)),
            i % 9 != 4,
            i % 25 != 0,
            float(i % 50 != 0 or i % 3 == 0),
            i % 75 == 0,
            f"https://track.example/traces/{i}" if i % 2 == 0 else "",
        )
        for i in range(n)
    ]
    return pd.DataFrame(rows, columns=[*ANSWERS])


def make_skills(n: int = 7) -> pd.DataFrame:
    """Return skills that help, one that harms, and one with few cases."""
    names = ("caching", "serialisation", "logging", "regular-expressions", "data-structures",
             "concurrency", "a-skill-with-a-name-that-is-as-long-as-any-name-may-be-in-a-table")  # fmt: skip
    rows = []
    for i in range(n):
        n_cases = 58 - 8 * (i % 7)
        n_harmed = (0, 1, 0, 6, 0, 2, 0)[i % 7]
        n_without = n_cases * 7 // 10
        n_helped = min(n_cases - n_without, 2 + 7 * (i % 3))
        name = names[i] if i < len(names) else f"skill-{i}"
        rows.append((name, "test", n_cases, n_without + n_helped - n_harmed, n_without, n_helped,
                     n_harmed,
                     "better" if n_helped > n_harmed + 6 else "inconclusive", f"https://skills.example/{i}" if i % 2 == 0 else ""))  # fmt: skip
    return pd.DataFrame(rows, columns=[*SKILLS])


def make_record(**others: object) -> TrackRecord:
    """Return the whole record, with some of its parts replaced."""
    solves = make_solves()
    both = [make_evaluations(), make_evaluations(split="train", n_cases=219)]
    evaluations = pd.concat(both, ignore_index=True).sort_values("at", kind="stable")
    funnel = pd.DataFrame(
        [("series looked at", 184_220), ("change points", 2_913), ("regressions", 60),
         ("asked for", 60), ("somebody named", 41), ("reviewed", 30), ("fix verified", 23)],
        columns=["stage", "n"],
    )  # fmt: skip
    parts = {
        "evaluations": evaluations.reset_index(drop=True), "answers": make_answers(),
        "solves": solves, "skills": make_skills(), "funnel": funnel,
        "pages": {"Experiments": "https://track.example/", "Report of cases": "report.html"},
    }  # fmt: skip
    return TrackRecord(SINCE, UNTIL, "mlruns of the team efficiency", **(parts | others))
