"""What is told of an opportunity besides where it is: evidence, documents, precedents, criteria."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.opportunity.pattern import Pattern
from workbench.opportunity.registry import PATTERNS
from workbench.opportunity.samples import Samples
from workbench.types import MITIGATIONS, Amount, Records

if TYPE_CHECKING:
    from workbench.opportunity.find import Found
    from workbench.opportunity.reading import FunctionCode

_MOST_CALLERS, _MOST_DOCUMENTS, _MOST_PRECEDENTS = 3, 5, 5


def evidence_of(samples: Samples, group: Sequence[Found]) -> tuple[str, ...]:
    """Say what was read at a place and what was measured of it, the best rule's first."""
    best = group[0]
    code, match, share = best.code, best.match, best.share
    place = f"{code.module.path}:{match.line}"
    told = [f"{place}: {match.seen}"]
    interval = f"[{share.low:.2%}, {share.high:.2%}]"
    if samples.knows_lines:
        what = "with what it costs below them" if match.callees else "through these lines"
        told.append(
            f"{share.n_samples:,} of {share.n_total:,} samples pass {what}: "
            f"{share.value:.2%} {interval}"
        )
        whole = best.function_share
        if whole > share.value:
            told.append(f"{share.value / whole:.0%} of what {code.qualname} costs ({whole:.2%})")
    else:
        told.append(
            f"lines were not recorded: of the {best.function_share:.2%} that {code.qualname} "
            f"costs, {share.value:.2%} are taken to be of this place"
        )
    callers = samples.callers(code.module.path, code.qualname)
    if callers:
        named = [f"{s} ({part:.1%})" for s, part in list(callers.items())[:_MOST_CALLERS]]
        more = f" and {len(callers) - _MOST_CALLERS} more" if len(callers) > _MOST_CALLERS else ""
        told.append(f"called by {', '.join(named)}{more}")
    for other in group[1:]:
        title = PATTERNS[other.name].title
        told.append(f"also: {other.match.seen} ({other.name}: {title[0].lower()}{title[1:]})")
    return tuple(dict.fromkeys(told))


def documents_on(records: Records | None, subject: str, file: str) -> tuple[str, ...]:
    """Return the titles of documents that speak of a function or its file."""
    if records is None or not len(records.documents):
        return ()
    name = subject.rpartition(":")[2]
    last = re.escape(name.rpartition(".")[2])
    module = re.escape(subject.partition(":")[0])
    file_or_module = rf"{re.escape(file)}|{module}(?![\w])"
    is_telling = "_" in last or "." in name
    words = rf"\b{file_or_module}|\b{last}\b" if is_telling else rf"\b{file_or_module}|`{last}`"
    rows = records.documents
    is_there = [bool(re.search(words, f"{row.title}\n{row.text}")) for row in rows.itertuples()]
    return tuple(str(title) for title in rows[is_there]["title"])[:_MOST_DOCUMENTS]


def precedents_of(records: Records | None, subject: str, pattern: Pattern) -> tuple[str, ...]:
    """Return the ids of past cases of the same kind or function, those of the function first."""
    if records is None or not len(records.past_cases):
        return ()
    kinds = {_plain(category) for category in pattern.categories}
    found: list[tuple[int, str]] = []
    for row in records.past_cases.itertuples():
        is_same = row.subject == subject
        is_kin = _plain(str(row.category)) in kinds or row.mitigation == pattern.mitigation
        if is_same or is_kin:
            found.append((not is_same, str(row.id)))
    return tuple(id for _, id in sorted(found, key=lambda pair: pair[0]))[:_MOST_PRECEDENTS]


def _plain(category: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", category.lower()).strip()


def validation_of(pattern: Pattern, saving: Amount, code: FunctionCode) -> tuple[str, ...]:
    """Say what has to hold for a patch to be accepted."""
    return (
        f"the edit is of the kind {pattern.mitigation}: {MITIGATIONS[pattern.mitigation]}",
        "the project's tests pass, and the linter says nothing new",
        "the workload says the same as before, with inputs that no search saw too",
        f"at least {saving.low:.2%} of the service's CPU is saved on held-out inputs",
        f"what {code.qualname} saves is not spent elsewhere: the total falls by as much",
    )
