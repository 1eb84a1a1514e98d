"""How skills of offense investigate: is the waste there, is an edit known, does anything speak
against it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from workbench.agent.playbook.follow import Playbooks
from workbench.agent.playbook.paths import quote
from workbench.agent.playbook.protocol import Call, EvidenceItem, Reply, ReportDiagnosis
from workbench.agent.playbook.weigh import Fit

_FITS = 1.0
_RELATED = 0.04
"""Of a skill that knows the kind of edit, not the waste: heard only where no skill is for it, as it
would not know what speaks against it.
"""
_HEAD = re.compile(r"\s*(?:async\s+)?(?:def|class)\s|\s*@\w")


class Doubt(NamedTuple):
    """What speaks against an edit where the code says it."""

    code: re.Pattern[str]
    """Looked for in the lines of the function, one by one, comments left out."""
    why: str
    """What it means, a part of a sentence."""
    odds: float
    """How many times likelier an edit holds where it is there: below 1; 0 forbids the edit."""


class Finding(NamedTuple):
    """What was found beyond the lines of the function."""

    evidence: EvidenceItem
    odds: float
    """As of a doubt."""


Look = Callable[[Mapping[str, Any]], Generator[Call, Reply, Sequence[Finding]]]
"""Facts -> what speaks against an edit elsewhere, found by calls that it yields."""


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
    doubts: Sequence[Doubt] = (), look: Look | None = None,
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
        What speaks against an edit in the lines of the function.
    look : Look, optional
        Looks elsewhere, where an edit is known and no line forbids it.
    """

    def relevance(facts: Mapping[str, Any]) -> Fit:
        if "pattern" not in facts:
            return Fit(0.0, {})
        is_near = any(edit["mitigation"] in mitigations for edit in facts["edits"])
        return Fit(_FITS if facts["pattern"] in patterns else _RELATED * is_near, {})

    def investigate(facts: Mapping[str, Any]) -> Generator[Call, Reply, ReportDiagnosis]:
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
        findings = [
            Finding(EvidenceItem(claim=f"{doubt.why}: {quote(line)}", call_id=ids["read_code"]),
                    doubt.odds)
            for doubt, line in _find(doubts, own_lines(facts))
        ]  # fmt: skip
        if look is not None and all(finding.odds for finding in findings):
            findings += yield from look(facts)
        evidence += [finding.evidence for finding in findings]
        forbidden = next((finding for finding in findings if not finding.odds), None)
        if forbidden is not None:
            return _left(f"It is left: {forbidden.evidence.claim}.", evidence, category)
        odds = math.prod(finding.odds for finding in findings)
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


def own_lines(facts: Mapping[str, Any]) -> list[str]:
    """Return the lines of the function that a place is in, as far as they were read."""
    lines: list[str] = facts["code"]["text"].split("\n")
    place = min(max(facts["line"] - facts["code"]["start_line"], 0), len(lines) - 1)
    head = _head_above(lines, place)
    deepest = _indent(lines[place]) - 1 if head is None else _indent(lines[head])
    behind = range(place + 1, len(lines))
    end = next((n for n in behind if _HEAD.match(lines[n]) and _indent(lines[n]) <= deepest),
               len(lines))  # fmt: skip
    start = head or 0
    while start and lines[start - 1].lstrip().startswith("@"):
        start -= 1
    return lines[start:end]


def _head_above(lines: Sequence[str], place: int) -> int | None:
    """Return where the function or class begins that a line is in; None where that is not shown."""
    if _HEAD.match(lines[place]):
        return place
    within = _indent(lines[place])
    for n in range(place - 1, -1, -1):
        if _HEAD.match(lines[n]) and _indent(lines[n]) < within:
            return n
        if lines[n].strip() and not lines[n].lstrip().startswith(")"):
            within = min(within, _indent(lines[n]))
    return None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _find(doubts: Sequence[Doubt], lines: Sequence[str]) -> Iterator[tuple[Doubt, str]]:
    """Yield each doubt that a line gives rise to, with the first such line."""
    code = [line.partition("#")[0].strip() for line in lines]
    for doubt in doubts:
        line = next((line for line in code if doubt.code.search(line)), None)
        if line is not None:
            yield doubt, line


def _left(why: str, evidence: Sequence[EvidenceItem], category: str) -> ReportDiagnosis:
    """Leave the code as it is, and say why."""
    return ReportDiagnosis(summary=why, evidence=list(evidence), category=category)
