"""Fit the weights of the root-cause ranker to simulated causes, and tell how well it ranks others.

python benchmarks/ranker.py [--fit] [--cases N]
"""

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, softmax

from workbench.attribute import Clues, Code, Sources, measure_growth
from workbench.attribute.features import FEATURES, Measured, measure
from workbench.attribute.nobody import NOBODY, measure_nobody
from workbench.attribute.rank import default_weights, probabilities
from workbench.signals import function_series, stack_costs
from workbench.simulate import simulate_cause

FITTED_ON = 100_000
"""Seeds from here on are for the fit; those from 0 for what is reported."""
RIDGE = 3.0
AGAINST, EITHER = (None, 0), (None, None)
SIGNS = dict.fromkeys(
    (
        "other_lines",
        "other_calls",
        "in_place",
        "alike",
        "uneven",
        "distance",
        "no_code",
        "area",
    ),
    AGAINST,
)
SIGNS |= dict.fromkeys(("flag", "config", "experiment", "dependency", "any", "rivals"), EITHER)
SIGNS["best"] = AGAINST
"""What evidence may say; all other features speak for a candidate or not at all."""


class Case(NamedTuple):
    """One simulated case, measured."""

    clues: Clues
    measured: Measured
    culprit: np.ndarray
    kind: str


def measured(seed):
    case = simulate_cause(seed)
    n_windows, index = case.recording.n_windows, case.windows[1]
    growth = measure_growth(
        case.recording, stack_costs(case.recording), case.subject,
        np.arange(index), np.arange(index, n_windows),
    )  # fmt: skip
    values = function_series(case.recording).row(case.subject, "cost")
    code = Code(case.texts, {}, {commit.id: commit for commit in case.commits})
    clues = Clues(
        growth,
        case.windows,
        values,
        code,
        Sources(case.texts_before, case.texts),
        authors=case.authors,
        lines=case.lines,
        arms=case.arms,
        mix=case.mix,
    )
    culprit = np.array([change.id in case.culprits for change in case.changes])
    return Case(clues, measure(case.changes, clues), culprit, case.kind)


def draw(first, n):
    with ProcessPoolExecutor(2) as pool:
        cases = list(pool.map(measured, range(first, first + n), chunksize=25))
    return [case for case in cases if case.clues.growth.total > 0]


def fit(cases):
    candidates = fit_candidates([case for case in cases if case.culprit.any()])
    rows = np.array([
        measure_nobody(case.clues, case.measured.values @ candidates)
        for case in cases
    ])  # fmt: skip
    return candidates, fit_nobody(rows, np.array([not case.culprit.any() for case in cases]))


def fit_candidates(cases):
    """Maximise the likelihood that one of the culprits is chosen, with a ridge."""
    scale = np.maximum(np.vstack([case.measured.values for case in cases]).std(axis=0), 0.05)

    def loss(weights):
        total, slope = RIDGE * ((weights * scale) ** 2).sum(), 2 * RIDGE * weights * scale**2
        for _, measured, culprit, _ in cases:
            chances = softmax(measured.values @ weights)
            right = max(chances[culprit].sum(), 1e-12)
            total -= np.log(right)
            slope += (chances - np.where(culprit, chances, 0) / right) @ measured.values
        return total, slope

    return minimised(loss, FEATURES)


def fit_nobody(rows, is_nobody):
    def loss(weights):
        logits = rows @ weights
        total = np.logaddexp(0, np.where(is_nobody, -logits, logits)).sum()
        slope = (expit(logits) - is_nobody) @ rows
        return total + 0.3 * (weights**2).sum(), slope + 0.6 * weights

    return minimised(loss, NOBODY)


def minimised(loss, names):
    bounds = [SIGNS.get(name, (0, None)) for name in names]
    start = np.zeros(len(names))
    return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x


def report(cases, weights):
    rows, briers = [], []
    for clues, measured, culprit, kind in cases:
        utilities = measured.values @ weights.candidates
        nobody = float(measure_nobody(clues, utilities) @ weights.nobody)
        chances = probabilities(utilities, nobody)
        truth = np.append(culprit, not culprit.any()).astype(float)
        order = np.argsort(-chances)
        rows.append(
            (
                kind if culprit.any() else f"nobody: {kind}",
                bool(truth[order[0]]),
                bool(truth[order[:3]].any()),
                chances[order[0]],
            )
        )
        briers.append(((chances - truth) ** 2).sum())
    for kind in sorted({row[0] for row in rows}):
        mine = [row for row in rows if row[0] == kind]
        first, top = (np.mean([row[i] for row in mine]) for i in (1, 2))
        print(f"{kind:22s} {len(mine):5d}  first {first:5.1%}  top three {top:5.1%}")
    sure, right = (np.array([row[i] for row in rows]) for i in (3, 1))
    brier = f"Brier of the first {((right - sure) ** 2).mean():.3f}, of all {np.mean(briers):.3f}"
    print(f"{'all':22s} {len(rows):5d}  first {right.mean():5.1%}  {brier}")
    for low, high in ((0, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01)):
        inside = (sure >= low) & (sure < high)
        if inside.any():
            told, was = sure[inside].mean(), right[inside].mean()
            print(f"  told {told:.2f}, was {was:.2f} ({inside.sum()})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--cases", type=int, default=1000)
    options = parser.parse_args()
    if options.fit:
        weights = fit(draw(FITTED_ON, 3 * options.cases))
        told = {
            "candidates": dict(zip(FEATURES, weights[0].round(3).tolist(), strict=True)),
            "nobody": dict(zip(NOBODY, weights[1].round(3).tolist(), strict=True)),
        }
        place = Path(__file__).parents[1] / "workbench" / "attribute" / "weights.json"
        place.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        print(json.dumps(told, indent=1))
    default_weights.cache_clear()
    report(draw(0, options.cases), default_weights())
