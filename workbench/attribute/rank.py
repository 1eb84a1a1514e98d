"""Rank the changes that could have caused a regression, and the chance that none of them did.

Two questions, one after the other. Did any of them do it? That is a logistic regression on how
even the growth is and how good the best candidate. If so, who? A conditional logit (D. McFadden,
"Conditional logit analysis of qualitative choice behavior", 1974): each candidate has a utility,
the weighted sum of its features, so that each feature's contribution to the log-odds can be shown.
The weights are fitted to simulated causes (`weights.json`; `make weights`): no case that the ranker
is scored on has part in them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy.special import expit, softmax

from workbench.attribute.features import FEATURES, Clues, Measured, measure
from workbench.attribute.nobody import NOBODY, measure_nobody
from workbench.types import Change, Feature, FloatArray, Ranking, Suspect


@dataclass(frozen=True, eq=False)
class Weights:
    """What each feature adds to the log-odds."""

    candidates: FloatArray
    """(n_features,) of a candidate, as in `FEATURES`."""
    nobody: FloatArray
    """(n_nobody_features,) of "none of these", as in `NOBODY`."""


@cache
def default_weights() -> Weights:
    """Return the weights that come with the workbench."""
    told = json.loads(Path(__file__).with_name("weights.json").read_text(encoding="utf-8"))
    return Weights(_in_order(told["candidates"], FEATURES), _in_order(told["nobody"], NOBODY))


def rank_changes(
    changes: Sequence[Change], clues: Clues, weights: Weights | None = None
) -> Ranking:
    """Rank the changes that could have caused a regression.

    Parameters
    ----------
    changes : sequence of Change
        Candidates: what took effect about when the regression began.
    clues : Clues
        What grew, when, and what is known of the code.
    weights : Weights, optional
        Default: those that come with the workbench.

    Returns
    -------
    Ranking
        Every candidate, most probable first, with what its probability is made of; probabilities
        and that of none of them add up to 1.
    """
    if not changes:
        return Ranking()
    weights = weights or default_weights()
    measured = measure(changes, clues)
    utilities = measured.values @ weights.candidates
    nobody = measure_nobody(clues, utilities)
    chances = probabilities(utilities, float(nobody @ weights.nobody))
    order = np.lexsort([-measured.carried, -chances[:-1]])
    suspects = tuple(
        Suspect(
            change=changes[row], probability=float(chances[row]),
            functions=_carrying(clues, measured, row), growth=float(measured.carried[row]),
            features=_explain(
                FEATURES, measured.values[row], weights.candidates, measured.facts[row]
            ),
        )
        for row in order
    )  # fmt: skip
    facts = dict(zip(NOBODY, nobody.tolist(), strict=True))
    reasons = _explain(NOBODY, nobody, weights.nobody, facts)
    return Ranking(suspects, float(chances[-1]), reasons)


def probabilities(utilities: FloatArray, nobody: float) -> FloatArray:
    """Return the probability of each candidate, and last that of none of them.

    Parameters
    ----------
    utilities : ndarray
        (n_changes,) of the candidates.
    nobody : float
        Log-odds that none of them did it.
    """
    if not len(utilities):
        return np.ones(1)
    none = float(expit(nobody))
    return np.append((1 - none) * softmax(utilities), none)


def _explain(
    names: Mapping[str, str], values: FloatArray, weights: FloatArray, facts: Mapping[str, float]
) -> tuple[Feature, ...]:
    """Return the features that say something, the weightiest first."""
    found = [
        Feature(name, float(value), float(value * weight), words.format(**facts))
        for (name, words), value, weight in zip(names.items(), values, weights, strict=True)
        if value and weight
    ]
    return tuple(sorted(found, key=lambda feature: -abs(feature.contribution)))


def _carrying(clues: Clues, measured: Measured, row: int) -> tuple[str, ...]:
    """Return the subjects of the functions that a change touched and that grew, most first."""
    growth = clues.growth
    inside = np.where(growth.regressed, growth.delta, 0.0)
    numbers = sorted(measured.touched[row])
    if not numbers:
        return ()
    gained = growth.stacks_of[numbers] @ inside
    order = np.argsort(-gained, kind="stable")
    return tuple(growth.functions[numbers[i]].subject for i in order if gained[i] > 0)


def _in_order(told: Mapping[str, float], names: Mapping[str, str]) -> FloatArray:
    return np.array([told[name] for name in names], np.float64)
