"""Results of an evaluation that nobody ran: cases of a service each, solved by a made-up rate."""

import random
from datetime import datetime
from pathlib import Path

from workbench.evaluate.answers import Answer, Expected
from workbench.evaluate.bank import SPLIT
from workbench.evaluate.results import ResultsFolder
from workbench.evaluate.scorers import score
from workbench.measures import NO_SKILLS, TRIVIAL

SKILL = """---
name: {name}
description: For tests.
metadata:
  category: lost cache
---
Look at {name}, {{mustache}} and all.
"""


AT_MS = 1_790_000_000_000
"""When the first case was solved, where it is not told when an evaluation began."""


def make_results(
    folder: Path, *, n_cases: int = 12, rates=None, seed: int = 0, began: datetime | None = None,
    models=("playbook",), n_epochs: int = 1, failing=(),
) -> Path:  # fmt: skip
    """Write results of variants that are right at some rates, beside two floors.

    An evaluation begins now, with cases that were solved at a fixed time, or all of it `began`.
    Each variant is asked under each model and in each epoch; those of `failing`, numbers of cases,
    have no answer in the last.
    """
    times = {} if began is None else {"began": began.isoformat()}
    at_ms = AT_MS if began is None else int(began.timestamp() * 1000)
    rates = rates or {"ours": 0.8}
    rng = random.Random(seed)
    names = {f"release/c{n:02}": f"{n:016x}" for n in range(n_cases)}
    solvers = {(TRIVIAL, "none"): 0.2, (NO_SKILLS, "none"): 0.5}
    solvers |= {(name, model): rate for name, rate in rates.items() for model in models}
    results = ResultsFolder(folder)
    hashes = {f"{variant}/{model}": f"hash-{variant}" for variant, model in solvers}
    results.begin(
        {"split": SPLIT, "cases": names, "solvers": hashes, "epochs": n_epochs,
         "prices": {}, "code": "c0de"},
        {"bank": "feedf00d", "revisions": {"ours": "0" * 40}, **times},
    )  # fmt: skip
    for name in rates:
        for skill in ("lost-cache", "deep-copies"):
            place = folder / "skills" / name / skill
            place.mkdir(parents=True)
            (place / "SKILL.md").write_text(SKILL.format(name=skill), encoding="utf-8")
    with results.written() as write:
        for number, case in enumerate(names):
            for (variant, model), rate in solvers.items():
                for epoch in range(1 if model == "none" else n_epochs):
                    is_right, is_last = rng.random() < rate, epoch == n_epochs - 1
                    fails = number in failing and model != "none" and is_last
                    write(_row(case, number, variant, model, epoch, is_right, at_ms, fails))
    return folder


def _row(case, number, variant, model, epoch, is_right, at_ms, fails):
    has_culprit = bool(number % 3)
    expected = Expected(
        frozenset({"guilty"} if has_culprit else ()), frozenset({"m:f"}), "lost_cache", "commit"
    )
    answer = FAILED if fails else _answer(number, model, has_culprit, is_right)
    told = {name: getattr(answer, name) for name in Answer.__slots__}
    return {
        "case": case, "variant": variant, "model": model, "epoch": epoch,
        "service": f"release:p{number}", "split": ("train", "test")[number % 2],
        "strata": {
            "category": "lost_cache", "kind": "commit" if has_culprit else "none",
            "size": "5 to 10 %", "noise": "below 1 %", "language": "python",
            "culprit": "known" if has_culprit else "none",
        },
        "at_ms": at_ms + 1000 * number,
        "expected": {"culprits": sorted(expected.culprits), "functions": ["m:f"]},
        "answer": told, "scores": score(expected, answer),
    }  # fmt: skip


FAILED = Answer(failure="429: over quota", spent={"seconds": 9.0, "steps": 1.0, "tokens": 500.0})


def _answer(number, model, has_culprit, is_right):
    named = ("guilty" if has_culprit else "") if is_right else "x"
    is_floor = model == "none"
    steps = () if is_floor else (
        {"node": "triage", "title": "Looked at m:f", "detail": "{}", "started_s": 0.0,
         "seconds": 0.1, "call_id": ""},
        {"node": "tool", "title": "rank_changes replied", "detail": '{"suspects": []}',
         "started_s": 0.1, "seconds": 0.2, "call_id": "call-1"},
    )  # fmt: skip
    return Answer(
        named, (named,) if named else (), ("m:f",), "lost cache", "restore_cache",
        0.9 if is_right else 0.6, 2, 0, "" if is_floor else "lost-cache",
        spent={"seconds": 0.3 + number / 100}, steps=steps,
    )  # fmt: skip
