"""Hot functions and pattern rules -> opportunities, the most promising first."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from workbench.errors import WorkbenchError
from workbench.opportunity.codebase import Codebase
from workbench.opportunity.pattern import Match, Pattern
from workbench.opportunity.reading import FunctionCode
from workbench.opportunity.registry import PATTERNS
from workbench.opportunity.samples import Samples, Share
from workbench.opportunity.telling import documents_on, evidence_of, precedents_of, validation_of
from workbench.types import Amount, BoolArray, Function, Opportunity, Recording, Records

HOT = 0.001
"""Fraction of the samples from which on a function, or lines of one, are worth a look."""
_FEWEST_SAMPLES = 5
"""Fewer than so many samples on the lines of a match say nothing."""
_ROUNDS = 8
"""Times that a loop goes round, where lines are not recorded and nothing tells."""
_LEAST_RAISED = 0.02
"""Of the samples of a `try`, those that show an exception from which on it is common."""
_TESTS = ("tests", "test", "testing", "benchmarks", "conftest.py", "setup.py")


class Found(NamedTuple):
    """A match in a hot function, with the samples that belong to it."""

    name: str
    """Of the pattern."""
    code: FunctionCode
    match: Match
    share: Share
    function_share: float
    """Of the whole function."""


def find_opportunities(
    recording: Recording,
    read_source: Callable[[str], str | None],
    *,
    records: Records | None = None,
    service_watts: float = math.nan,
    since: Mapping[str, int] | None = None,
    patterns: Collection[str] | None = None,
    hot: float = HOT,
) -> list[Opportunity]:
    """Find what hot functions do in vain, by the rules of `PATTERNS`.

    Parameters
    ----------
    recording : Recording
        By line where lines were recorded (`Store.recording(by_line=True)`).
    read_source : callable
        File as the recording names it -> its text; None for what is not the repository's.
    records : Records, optional
        Documents, past cases, and the service's servers and owner.
    service_watts : float, optional
        What the whole service draws. Default: servers times watts of one, as `records` has them.
    since : mapping, optional
        File -> first of the last windows in all of which it is as `read_source` reads it; those
        before it say nothing of the file. Default: all windows count.
    patterns : collection of str, optional
        Names of the rules to ask. Default: all.
    hot : float, optional
        Fraction of the samples that a function, and the lines of a match, must have.

    Returns
    -------
    list of Opportunity
        By `Opportunity.score`, largest first. A place that several rules found is there once.
    """
    if unknown := sorted(set(patterns or ()) - PATTERNS.keys()):
        raise WorkbenchError(f"expected patterns among {', '.join(PATTERNS)}, got {unknown}")
    samples = Samples(recording)
    files = sorted({file for file, _ in samples.rows if file.endswith(".py") and not is_test(file)})
    codebase = Codebase(lambda path: None if is_test(path) else read_source(path), files)
    starts = since or {}
    functions = _hot_functions(samples, codebase, hot, starts)
    watts = service_watts if math.isfinite(service_watts) else _watts_of(records)
    chosen = PATTERNS if patterns is None else {n: PATTERNS[n] for n in PATTERNS if n in patterns}
    found = [
        one
        for code, share in functions
        for one in _matches(samples, code, share, chosen, hot, starts.get(code.module.path, 0))
    ]
    groups = _same_place(found)
    opportunities = [
        _opportunity(recording.service, samples, group, records, watts) for group in groups
    ]
    opportunities = _with_own_ids(opportunities)
    return sorted(opportunities, key=lambda o: (-o.score, o.id))


def is_test(path: str) -> bool:
    """Whether a file is of tests, or of what is not deployed."""
    parts = path.replace("\\", "/").split("/")
    name = parts[-1]
    return (
        any(part in _TESTS for part in parts)
        or name.startswith("test_")
        or (name.endswith("_test.py"))
    )


def _hot_functions(
    samples: Samples, codebase: Codebase, hot: float, starts: Mapping[str, int]
) -> list[tuple[FunctionCode, float]]:
    """Return the functions of the repository that are in enough stacks, with their shares."""
    found = []
    for (file, name), rows in samples.rows.items():
        share = samples.fraction(samples.stacks(samples.frames(rows)), starts.get(file, 0))
        module = codebase.module(file) if file.endswith(".py") else None
        code = module.functions.get(name) if module else None
        if code is not None:
            samples.look_for_lines(file, name, code.node.lineno)
        if code is not None and share >= hot:
            found.append((code, share))
    return found


def find_matches(
    codebase: Codebase, path: str, patterns: Collection[str] | None = None
) -> Iterator[tuple[str, FunctionCode, Match]]:
    """Yield what the rules say of every function of a file: pattern, function, match."""
    module = codebase.module(path)
    for code in list(module.functions.values()) if module else []:
        for name, pattern in PATTERNS.items():
            if patterns is None or name in patterns:
                yield from ((name, code, match) for match in pattern.rule(code))


def _matches(
    samples: Samples, code: FunctionCode, share: float, patterns: Mapping[str, Pattern], hot: float,
    start: int,
) -> Iterator[Found]:  # fmt: skip
    file = code.module.path
    for name, pattern in patterns.items():
        for match in pattern.rule(code):
            stacks = _stacks_of(samples, file, code, match, start)
            if stacks is None:
                continue
            measured = samples.share(stacks, start)
            if not samples.knows_lines and not match.callees and not _is_whole(code, match):
                measured = _part_of(measured, static_part(code, match))
            if measured.value >= hot and measured.n_samples >= _FEWEST_SAMPLES:
                yield Found(name, code, match, measured, share)


def _stacks_of(
    samples: Samples, file: str, code: FunctionCode, match: Match, start: int
) -> BoolArray | None:
    """Return the stacks of a match; None where what must have run never did."""
    if _is_whole(code, match):
        return samples.stacks_of(file, code.qualname)
    if not samples.knows_lines:
        if match.proof:
            return None
        return samples.stacks_below(file, code.qualname, match.callees)
    stacks = samples.stacks_of_match(file, code.qualname, match)
    if match.proof:
        frames = [samples.through(*place) for place in match.proof]
        ran = stacks & samples.stacks(np.concatenate(frames))
        if samples.fraction(ran, start) < _LEAST_RAISED * samples.fraction(stacks, start):
            return None
    return stacks


def _is_whole(code: FunctionCode, match: Match) -> bool:
    return match.line == code.node.lineno and match.end_line >= (code.node.end_lineno or 0)


def static_part(code: FunctionCode, match: Match) -> float:
    """Return which part of a function lines are by its text alone, a loop counted several times."""
    weights = [
        (
            match.line <= getattr(node, "lineno", 0) <= match.end_line,
            _ROUNDS ** len(code.loops(node)),
        )
        for node in code.nodes
    ]
    whole = sum(float(weight) for _, weight in weights)
    return sum(float(weight) for is_inside, weight in weights if is_inside) / max(1.0, whole)


def _part_of(share: Share, part: float) -> Share:
    """Return a part of a share that is not known better: from nothing to all of it."""
    return Share(part * share.value, 0.0, share.high, share.n_samples, share.n_total)


def _same_place(found: list[Found]) -> list[list[Found]]:
    """Group matches of one function on the same lines, the most promising of each first."""
    groups: list[list[Found]] = []
    for one in sorted(found, key=_promise, reverse=True):
        for group in groups:
            first = group[0]
            if first.code is one.code and _overlap(first.match, one.match):
                group.append(one)
                break
        else:
            groups.append([one])
    return groups


def _promise(found: Found) -> float:
    pattern = PATTERNS[found.name]
    return found.share.value * pattern.part[1] * pattern.chance / pattern.effort_hours


def _overlap(one: Match, other: Match) -> bool:
    """Whether two matches are mostly on the same lines."""
    shared = min(one.end_line, other.end_line) - max(one.line, other.line) + 1
    longest = max(one.end_line - one.line, other.end_line - other.line) + 1
    return shared > 0 and shared * 2 >= longest


def _opportunity(
    service: str, samples: Samples, group: list[Found], records: Records | None, watts: float
) -> Opportunity:  # fmt: skip
    best = group[0]
    pattern, code, match = PATTERNS[best.name], best.code, best.match
    subject = Function(code.qualname, code.module.path).subject
    saving = saving_of(best.share, pattern.part)
    return Opportunity(
        id=_id(service, code, best.name, match),
        service=service,
        function=subject,
        file=code.module.path,
        line=match.line,
        end_line=match.end_line,
        pattern=best.name,
        title=f"{pattern.title}, in {code.qualname}",
        share=best.share.value,
        saving=saving,
        watts=Amount(watts * saving.value, watts * saving.low, watts * saving.high),
        chance=pattern.chance,
        effort_hours=pattern.effort_hours,
        mitigation=pattern.mitigation,
        evidence=evidence_of(samples, group),
        documents=documents_on(records, subject, code.module.path),
        precedents=precedents_of(records, subject, pattern),
        validation=validation_of(pattern, saving, code),
        owner=_owner_of(records),
    )


def saving_of(share: Share, part: tuple[float, float, float]) -> Amount:
    """Return the part of a share that usually goes away.

    The relative distances of both ends from the value, of sampling and of the pattern, add as
    those of independent things do: the root of the sum of squares.
    """
    low, likely, high = part
    value = share.value * likely
    below = math.hypot(1 - share.low / share.value, 1 - low / likely)
    above = math.hypot(share.high / share.value - 1, high / likely - 1)
    return Amount(value, max(0.0, value * (1 - below)), min(share.high, value * (1 + above)))


def _id(service: str, code: FunctionCode, pattern: str, match: Match) -> str:
    """Return the hash of what an opportunity is, wherever its lines move to."""
    lines = code.module.names.lines[match.line - 1 : match.end_line]
    text = "\n".join(line.strip() for line in lines)
    told = "\0".join((service, code.module.path, code.qualname, pattern, text))
    return blake2b(told.encode("utf-8", "replace"), digest_size=6).hexdigest()


def _with_own_ids(opportunities: list[Opportunity]) -> list[Opportunity]:
    """Number those that say the same of the same text in one function, from the second on."""
    seen: dict[str, int] = {}
    out = []
    for one in sorted(opportunities, key=lambda o: (o.file, o.line)):
        n = seen[one.id] = seen.get(one.id, 0) + 1
        out.append(one if n == 1 else replace(one, id=f"{one.id}-{n}"))
    return out


def _watts_of(records: Records | None) -> float:
    if records is None or not len(records.services):
        return math.nan
    row = records.services.iloc[0]
    return float(row["servers"]) * float(row["watts"])


def _owner_of(records: Records | None) -> str:
    if records is None or not len(records.services):
        return ""
    return str(records.services.iloc[0]["owner"] or "")
