"""How most skills investigate: weigh the suspects, look the first up in the profile, report."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, NamedTuple

from workbench.agent.playbook.protocol import (
    Call,
    EvidenceItem,
    Reply,
    ReportDiagnosis,
    abstain,
    call,
    cite,
)
from workbench.agent.playbook.suspects import LIKELY, Suspect, levels, name_of
from workbench.agent.playbook.weigh import Check, Fit, Signs, Weighed, fit, weigh

ENOUGH = 0.5
"""Probability below which nobody is accused."""
_UNDO = {
    "flag": "roll_back_flag",
    "config": "roll_back_flag",
    "experiment": "roll_back_flag",
    "dependency": "pin_dependency",
}
"""What undoes a change that is no commit of the service's own code."""


def follow(
    facts: Mapping[str, Any], signs: Signs, *, category: str, mitigation: str,
    tell: Callable[[Suspect], str], check: Check | None = None,
    before: Sequence[EvidenceItem] = (), none_odds: float = 1.0, far: bool = False,
) -> Generator[Call, Reply, ReportDiagnosis]:  # fmt: skip
    """Investigate as most skills do: weigh the suspects, look the first up in the profile, report.

    Parameters
    ----------
    facts : mapping
        As triage gathers them.
    signs, check, none_odds, far
        As `weigh` takes them.
    category, mitigation : str
        Of the report; what is no commit is rolled back, or pinned.
    tell : callable
        Suspect -> cause and mechanism in a sentence.
    before : sequence of EvidenceItem
        What was found on the way here.
    """
    weighed = yield from weigh(facts, signs, check=check, none_odds=none_odds, far=far)
    if isinstance(weighed, ReportDiagnosis):
        return weighed
    return (
        yield from conclude(
            facts, weighed, category=category, mitigation=mitigation, tell=tell, before=before
        )
    )


class Playbooks(NamedTuple):
    """The two functions that a playbook has."""

    relevance: Callable[[Mapping[str, Any]], Fit]
    investigate: Callable[[Mapping[str, Any]], Generator[Call, Reply, ReportDiagnosis]]


def mechanism(
    signs: Signs, *, category: str, mitigation: str, tell: Callable[[Suspect], str],
    check: Check | None = None, far: bool = False,
) -> Playbooks:  # fmt: skip
    """Return the playbook of a skill that knows one mechanism by its signs.

    Parameters
    ----------
    signs, check, far
        As `weigh` takes them.
    category, mitigation, tell
        As `follow` does.
    """

    def relevance(facts: Mapping[str, Any]) -> Fit:
        return fit(facts, signs, far=far)

    def investigate(facts: Mapping[str, Any]) -> Generator[Call, Reply, ReportDiagnosis]:
        return (
            yield from follow(
                facts,
                signs,
                category=category,
                mitigation=mitigation,
                tell=tell,
                check=check,
                far=far,
            )
        )

    return Playbooks(relevance, investigate)


def conclude(
    facts: Mapping[str, Any], weighed: Weighed, *, category: str, mitigation: str,
    tell: Callable[[Suspect], str], before: Sequence[EvidenceItem] = (), always: bool = False,
) -> Generator[Call, Reply, ReportDiagnosis]:  # fmt: skip
    """Accuse the most probable suspect, or nobody where that is not probable enough.

    With `always`, category and mitigation are told without a sign of the mechanism too.
    """
    suspect, sure, signs = weighed.suspects[0]
    ranked = weighed.ranked
    share = suspect.row["probability"]
    when_and_where = (
        f"By its time and by where cost grew alone, {suspect.id} is the cause with a probability "
        f"of {share:.0%}; that it is none of the {ranked['n_candidates']} changes has one of "
        f"{ranked['none_of_these']:.0%}"
    )
    evidence = [*before, cite(ranked, when_and_where)]
    seen = [
        suspect.cite(s.claim) if s.reply is None else cite(s.reply, s.claim)
        for s in signs
        if s.claim
    ]
    mechanism = math.prod(s.odds for s in signs if s.is_mechanism and s.odds > 1)
    leads_there = max((s.odds for s in signs if s.leads_there), default=1.0)
    has_mechanism = max(mechanism, leads_there) >= LIKELY or not weighed.scene.paths
    if sure < ENOUGH or weighed.none > sure or not has_mechanism:
        why = f"Nobody is named: {when_and_where[0].lower()}{when_and_where[1:]}"
        why += "." if has_mechanism else ", but nothing in it explains what grew."
        return abstain(why, [*evidence, *seen], confidence=weighed.none, suspects=weighed.order)
    carrying = suspect.functions[0] if suspect.functions else ""  # a setting may have none
    profile = yield call("diff_profile", regression_id=facts["regression_id"], function=carrying)
    row = profile.get("function")
    if row:
        evidence.append(cite(profile, levels(row, profile["unit"])))
        if row["after"] <= row["before"]:
            why = f"Nobody is named: {row['function']}, which {suspect.id} touched, costs no more."
            return abstain(why, evidence, confidence=weighed.none, suspects=weighed.order)
    is_shown = always or any(sign.is_mechanism and sign.odds > 1 for sign in signs)
    plainly = f"{name_of(suspect)} costs more since {suspect.id}."
    return ReportDiagnosis(
        summary=tell(suspect) if is_shown else plainly, change_id=suspect.id,
        functions=suspect.functions, category=category if is_shown else "",
        mitigation=_UNDO.get(suspect.kind, mitigation if is_shown else "revert"),
        confidence=min(sure, 1.0), suspects=weighed.order[:3], evidence=[*evidence, *seen],
    )  # fmt: skip
