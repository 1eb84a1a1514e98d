"""How skills of offense investigate: is the waste there, is an edit known, does anything speak
against it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from workbench.agent.playbook.follow import Playbooks
from workbench.agent.playbook.paths import quote
from workbench.agent.playbook.protocol import Call, EvidenceItem, Reply, ReportDiagnosis
from workbench.agent.playbook.weigh import Fit

_FITS, _RELATED = 1.0, 0.2


class Doubt(NamedTuple):
    """What speaks against an edit where the code says it."""

    code: re.Pattern[str]
    """Looked for in the lines of the function, one by one, comments left out."""
    why: str
    """What it means, a part of a sentence."""
    odds: float
    """How many times likelier an edit holds where it is there: below 1; 0 forbids the edit."""


def cite_place(call_id: str, place: Mapping[str, Any]) -> EvidenceItem:
    """Cite what was measured of a place: `place` as `get_opportunity` replies."""
    saving = place["saving"]["value"]
    claim = (
        f"{place['share']:.2%} of the samples of {place['service']} pass through "
        f"{place['path']} at line {place['line']}, of which {saving:.2%} should be saved"
    )
    return EvidenceItem(claim=claim, call_id=call_id)


def cite_edit(call_id: str, edit: Mapping[str, Any]) -> EvidenceItem:
    """Cite an edit that is known: `edit` as `preview_edits` replies."""
    return EvidenceItem(claim=f"An edit is known: {quote(edit['summary'])}", call_id=call_id)


def mending(
    patterns: Collection[str], *, category: str, mitigations: Sequence[str],
    doubts: Sequence[Doubt] = (),
) -> Playbooks:  # fmt: skip
    """Return the playbook of a skill that mends one kind of waste.

    Parameters
    ----------
    patterns : collection of str
        Names of the patterns (`workbench opportunities`) that it is for.
    category : str
        Of the report.
    mitigations : sequence of str
        Kinds of edits that mend it, the best first.
    doubts : sequence of Doubt
        What speaks against an edit.
    """

    def relevance(facts: Mapping[str, Any]) -> Fit:
        if "pattern" not in facts:
            return Fit(0.0, {})
        is_near = any(edit["mitigation"] in mitigations for edit in facts["edits"])
        return Fit(_FITS if facts["pattern"] in patterns else _RELATED * is_near, {})

    def investigate(facts: Mapping[str, Any]) -> Generator[Call, Reply, ReportDiagnosis]:
        yield from ()  # all that it needs was looked at
        ids = facts["call_ids"]
        evidence = [cite_place(ids["get_opportunity"], facts)]
        for row in facts["past"]:
            if row["cause"].startswith("rejected"):
                said = EvidenceItem(
                    claim=f"A reviewer said no to it before, in {row['case_id']}",
                    call_id=ids["similar_cases"],
                )
                return _left(f"{said.claim}.", [*evidence, said], category)
        edits = sorted(facts["edits"], key=lambda edit: _place(edit["mitigation"], mitigations))
        if not edits:
            return _left("No edit is known that mends it by itself.", evidence, category)
        odds = 1.0
        for doubt, line in _find(doubts, facts["code"]["text"]):
            odds *= doubt.odds
            evidence.append(EvidenceItem(claim=f"{doubt.why}: {quote(line)}",
                                         call_id=ids["read_code"]))  # fmt: skip
        if not odds:
            return _left(f"It is left: {evidence[-1].claim}.", evidence, category)
        chance = facts["chance"]
        best = edits[0]
        edit = cite_edit(ids["preview_edits"], best)
        return ReportDiagnosis(
            summary=f"{facts['title']}: {edit.claim[0].lower()}{edit.claim[1:]}.",
            functions=[facts["function"]], category=category, mitigation=best["mitigation"],
            confidence=chance * odds / (chance * odds + 1 - chance), evidence=[*evidence, edit],
        )  # fmt: skip

    return Playbooks(relevance, investigate)


def _place(mitigation: str, order: Sequence[str]) -> int:
    return order.index(mitigation) if mitigation in order else len(order)


def _find(doubts: Sequence[Doubt], text: str) -> Iterator[tuple[Doubt, str]]:
    """Yield each doubt that a line gives rise to, with the first such line."""
    lines = [line.partition("#")[0].strip() for line in text.split("\n")]
    for doubt in doubts:
        line = next((line for line in lines if doubt.code.search(line)), None)
        if line is not None:
            yield doubt, line


def _left(why: str, evidence: Sequence[EvidenceItem], category: str) -> ReportDiagnosis:
    """Leave the code as it is, and say why."""
    return ReportDiagnosis(summary=why, evidence=list(evidence), category=category)
