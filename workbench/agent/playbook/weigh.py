"""How a playbook weighs suspects: the ranking's odds, times what the skill's eye sees in each.

The ranking knows when a change came, and how much of the growth passes through what it touched. It
does not know what code means. A skill does, for one mechanism: its *signs* are what that mechanism
looks like in a diff, in a setting, or in the profile.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.agent.playbook.protocol import Call, Reply, ReportDiagnosis, abstain, call, cite
from workbench.agent.playbook.suspects import CLEAR, HINT, LIKELY, UNLIKELY, Scene, Sign, Suspect

MOST_ROWS = 12
"""Of what grew, that triage asks for, and playbooks too: so it is answered once."""
MOST_ODDS = 24.0
"""That all which is seen in a suspect counts together, at most."""
_NOTHING = 0.7
"""Odds of a suspect that was not looked into."""
_EXPLAINS = ((0.5, CLEAR), (0.2, UNLIKELY), (0.0, UNLIKELY * UNLIKELY))
"""(part of the growth that a commit explains, odds of that)."""
_READ_ON_THE_WAY = ((0.5, HINT), (0.0, UNLIKELY))
"""The same of what is no commit: that code on the way reads it."""
WORTH_READING, MOST_READ = 0.005, 5
"""Probability from which a suspect's change is read, and how many: by triage, and by playbooks."""
MOST_PAGES = 3
"""Of a long diff, that are read."""

Signs = Callable[[Suspect, Scene], Iterable[Sign]]
Check = Callable[[Suspect, Scene], Generator[Call, Reply, list[Sign]]]


class Fit(float):
    """How well a skill fits, 0 to 1, with what it sees in each suspect."""

    odds: Mapping[str, float]
    """Id of a suspect -> odds of what is seen in it; 1 where that is nothing."""

    def __new__(cls, value: float, odds: Mapping[str, float]) -> Fit:
        """Return a fit."""
        made = super().__new__(cls, value)
        made.odds = odds
        return made


def fit(facts: Mapping[str, Any], signs: Signs, *, far: bool = False) -> Fit:
    """Return how well a skill fits the facts, 0 to 1: the probability of its best suspect, the more
    of it the more of the mechanism is seen there.

    Parameters
    ----------
    facts : mapping
        As triage gathers them.
    signs : callable
        (suspect, scene) -> what the skill sees.
    far : bool
        Whether the mechanism works from afar, on functions that nothing changed in or above.
    """
    scene = Scene(facts)
    total = float(facts.get("none_of_these", 0.0))
    rest = 1.0 - total
    fits, odds = [0.0], {}
    for row in facts.get("suspects", []):
        suspect = Suspect(row)
        seen = [*signs(suspect, scene)] if suspect.is_known else []
        odds[suspect.id] = _odds(_judge(suspect, scene, seen, far=far))
        weight = row["probability"] * odds[suspect.id]
        own = math.prod(sign.odds for sign in seen)
        fits.append(weight * own / (own + LIKELY) if own > 1 else 0.0)
        total, rest = total + weight, rest - row["probability"]
    return Fit(max(fits) / (total + max(0.0, rest) or 1.0), odds)


def _judge(suspect: Suspect, scene: Scene, seen: Sequence[Sign], *, far: bool) -> tuple[Sign, ...]:
    """Return what is seen in a suspect, with what it explains of the growth."""
    paths = scene.paths
    if not paths or not suspect.is_known:
        return tuple(seen)
    if suspect.key and not suspect.functions:  # who reads it is not known
        return tuple(seen) or (Sign("", _NOTHING),)
    fraction, claim = suspect.explains(paths)
    classes = _READ_ON_THE_WAY if suspect.key or suspect.is_data else _EXPLAINS
    odds = next(odds for least, odds in classes if fraction >= least)
    if odds < 1 and far and any(sign.odds > 1 for sign in seen):
        return tuple(seen)  # the mechanism works from afar
    return (*seen, Sign(claim, odds, is_mechanism=False, leads_there=True))


def _odds(signs: Sequence[Sign]) -> float:
    return min(MOST_ODDS, math.prod(sign.odds for sign in signs)) if signs else _NOTHING


@dataclass(frozen=True)
class Weighed:
    """All suspects, and that it was none of them, with their probabilities."""

    scene: Scene
    ranked: Reply
    suspects: tuple[tuple[Suspect, float, tuple[Sign, ...]], ...]
    """(suspect, probability, signs), most probable first."""
    none: float
    """That it was none of the known changes."""

    @property
    def order(self) -> list[str]:
        """Ids, most probable first."""
        return [suspect.id for suspect, _, _ in self.suspects]


def weigh(
    facts: Mapping[str, Any], signs: Signs, *, check: Check | None = None, none_odds: float = 1.0,
    far: bool = False,
) -> Generator[Call, Reply, Weighed | ReportDiagnosis]:  # fmt: skip
    """Rank the changes, read the likeliest, and let what the skill sees count.

    Parameters
    ----------
    facts : mapping
        As triage gathers them.
    signs : callable
        (suspect, scene) -> what the skill sees in what is at hand.
    check : callable, optional
        The same with tool calls of its own.
    none_odds : float
        What the skill saw, before, for or against that no known change did it.
    far : bool
        As `fit` takes it.

    Returns
    -------
    Weighed or ReportDiagnosis
        An abstention where there is nobody to suspect.
    """
    regression_id = facts["regression_id"]
    ranked = yield call("rank_changes", regression_id=regression_id)
    rows = ranked.get("suspects", [])
    if not rows:
        return _nobody_there(ranked)
    profile = yield call("diff_profile", regression_id=regression_id, limit=MOST_ROWS)
    scene = Scene(facts, profile, ranked)
    seen_at_first: Mapping[str, float] = facts.get("seen_at_first", {})
    looked_at = {told["change_id"]: told for told in facts.get("suspects", [])}
    found: list[tuple[Suspect, float, tuple[Sign, ...]]] = []
    for place, row in enumerate(rows):
        likely = place < MOST_READ and (place == 0 or row["probability"] >= WORTH_READING)
        row = {**looked_at.get(row["change_id"], {}), **row}
        suspect = Suspect(row, (yield from _read_change(row["change_id"])) if likely else ())
        seen: list[Sign] = []
        if likely:
            seen += signs(suspect, scene)
            if check:
                seen += yield from check(suspect, scene)
        judged = _judge(suspect, scene, seen, far=far)
        odds = max(_odds(judged), seen_at_first.get(row["change_id"], 0.0) ** 0.5)
        found.append((suspect, row["probability"] * odds, judged))
    none = ranked["none_of_these"]
    rest = max(0.0, 1.0 - none - sum(row["probability"] for row in rows))
    total = none * none_odds + rest + sum(weight for _, weight, _ in found)
    found.sort(key=lambda one: -one[1])
    shares = tuple((suspect, weight / total, judged) for suspect, weight, judged in found)
    return Weighed(scene, ranked, shares, none * none_odds / total)


def _nobody_there(ranked: Reply) -> ReportDiagnosis:
    """Return why there is nobody to suspect."""
    if ranked.error:
        return abstain(f"Nobody is named: {ranked.error}.", [], confidence=0.0)
    known = ranked.get("n_known", 0)
    if not known:
        why = "0 changes of this service are known"
        hint = "name its repository, or ingest what was changed"
        return abstain(f"Nobody is named: {why}; {hint}.", [cite(ranked, why)], confidence=0.0)
    why = f"of {known} changes that are known 0 took effect about then"
    return abstain(f"Nobody is named: {why}.", [cite(ranked, why)], confidence=1.0)


def _read_change(change_id: str) -> Generator[Call, Reply, tuple[Reply, ...]]:
    """Read a change, of a long diff the first pages."""
    pages = [(yield call("get_change", change_id=change_id))]
    if pages[0].error:
        return ()
    while len(pages) < MOST_PAGES and pages[-1].get("next_diff_offset") is not None:
        after = pages[-1]["next_diff_offset"]
        pages.append((yield call("get_change", change_id=change_id, diff_offset=after)))
    return tuple(pages)
