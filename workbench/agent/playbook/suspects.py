"""How a playbook weighs suspects: the ranking's odds, times what the skill's eye sees in each.

The ranking knows when a change came, and how much of the growth passes through what it touched. It
does not know what code means. A skill does, for one mechanism: its *signs* are what that mechanism
looks like in a diff, in a setting, or in the profile.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from workbench.agent.playbook.diff import Diff, Edit, defined, read_diff
from workbench.agent.playbook.paths import Explained, bare, explain, is_about, new_calls
from workbench.agent.playbook.protocol import (
    Call,
    EvidenceItem,
    Reply,
    ReportDiagnosis,
    abstain,
    call,
    cite,
)

CLEAR, LIKELY, HINT = 8.0, 3.0, 1.5
"""Odds of a sign: the mechanism itself is seen; what it needs is seen; what often goes with it."""
UNLIKELY = 1 / LIKELY
"""Odds where what the mechanism needs is seen to be missing."""

_DATA = re.compile(r"\.(?:json|ya?ml|toml|ini|cfg|conf|properties|env|csv)$")
MOST_ROWS = 12
"""Of what grew, that triage asks for, and playbooks too: so it is answered once."""
_QUOTED = re.compile("`([^`]+)`")
MOST_ODDS = 24.0
"""That all which is seen in a suspect counts together, at most."""
_NOTHING = 0.7
"""Odds of a suspect that was not looked into."""
_EXPLAINS = ((0.5, CLEAR), (0.2, UNLIKELY), (0.0, UNLIKELY * UNLIKELY))
"""(part of the growth that a commit explains, odds of that)."""
_READ_ON_THE_WAY = ((0.5, HINT), (0.0, UNLIKELY))
"""The same of what is no commit: that code on the way reads it."""
_WORTH_READING = 0.005
_MOST_READ = 5
_MOST_PAGES = 3
ENOUGH = 0.5
"""Probability below which nobody is accused."""


@dataclass(frozen=True, slots=True)
class Sign:
    """What a skill sees in a suspect."""

    claim: str
    """One sentence; all that is quoted in it is in the reply it is seen in."""
    odds: float
    reply: Reply | None = None
    """Where it is seen. None: in the suspect's change."""
    is_mechanism: bool = True
    """Whether it shows the mechanism in the change itself, rather than what goes with it."""
    leads_there: bool = False
    """Whether it shows that the change leads to what grew."""


@dataclass(frozen=True)
class Suspect:
    """A change that may be the cause, with what it did."""

    row: Mapping[str, Any]
    """As `rank_changes` tells of it."""
    pages: tuple[Reply, ...] = ()
    """As `get_change` does; more than one where the diff is long."""

    @cached_property
    def change(self) -> Mapping[str, Any]:
        """All pages as one, with the whole diff."""
        first = self.pages[0] if self.pages else {}
        return {**first, "diff": "".join(str(page.get("diff", "")) for page in self.pages)}

    def cite(self, claim: str) -> EvidenceItem:
        """Cite the page that holds what a claim quotes."""
        quoted = _QUOTED.findall(claim)
        holding = (p for p in self.pages if all(text in str(p.get("diff", "")) for text in quoted))
        return cite(next(holding, self.pages[0]), claim)

    @property
    def id(self) -> str:
        """As replies tell it."""
        return str(self.row["change_id"])

    @property
    def kind(self) -> str:
        """`commit`, `flag`, `config`, `experiment` or `dependency`."""
        return str(self.row.get("kind", "commit"))

    @property
    def key(self) -> str:
        """Flag, setting, experiment or package; empty for a commit."""
        return str(self.row.get("key", ""))

    @property
    def functions(self) -> list[str]:
        """Subjects that carry the growth blamed on it, most first."""
        return list(self.row.get("functions", ()))

    @cached_property
    def diff(self) -> Diff:
        """What it did to the code."""
        told = self.row.get("diff")
        return read_diff(str(self.change["diff"])) if self.pages else Diff.from_facts(told or {})

    @property
    def is_known(self) -> bool:
        """Whether what it did was looked at."""
        return bool(self.pages) or "diff" in self.row

    def explains(self, paths: Sequence[Mapping[str, Any]]) -> Explained:
        """Return how much of the growth it explains, by the calls that lead to what grew."""
        key = self.key or ("data" if self.is_data else "")
        return explain(paths, self.diff, key, self.functions)

    @property
    def is_data(self) -> bool:
        """Whether it is a commit that changes what code reads, and no code."""
        paths = self.diff.paths
        return not self.key and bool(paths) and all(map(_DATA.search, paths))

    def new_calls(self, paths: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, float]]:
        """Return (caller, callee, part of the growth) of new calls of what it did not write."""
        return new_calls(paths, self.diff)

    def nearness(self, edit: Edit) -> float:
        """Return 1 for a line in a function that carries growth, 0.5 in its file, else 0.2."""
        if edit.function in {bare(name) for name in self.functions}:
            return 1.0
        stem = edit.path.rpartition(".")[0].replace("/", ".")
        modules = {name.partition(":")[0] for name in self.functions}
        return 0.5 if any(stem.endswith(module) for module in modules if module) else 0.2

    def more_lines(
        self, pattern: re.Pattern[str], *, added: bool = True, in_strings: bool = False
    ) -> list[tuple[str, float]]:
        """Return new lines that match, or gone ones, where there are more of them than on the other
        side; each with how near to the growth it is, the nearest first.
        """
        if not self.diff.has_more(pattern, added=added, in_strings=in_strings):
            return []
        found = [
            (edit.text, self.nearness(edit))
            for edit in (self.diff.new if added else self.diff.gone)
            if edit.matches(pattern, in_strings=in_strings) and not defined(edit.text)
        ]
        return sorted(found, key=lambda pair: -pair[1])


@dataclass(frozen=True)
class Scene:
    """What is known of a regression before anyone is suspected."""

    facts: Mapping[str, Any]
    profile: Reply = field(default_factory=Reply)
    """`diff_profile` of the whole service."""
    ranked: Reply = field(default_factory=Reply)
    """`rank_changes`."""

    @property
    def unit(self) -> str:
        """Of what the profile tells."""
        return str(self.profile.get("unit") or self.facts.get("unit", ""))

    @property
    def paths(self) -> Sequence[Mapping[str, Any]]:
        """What grew by itself, each with its callers upward, as triage followed them."""
        return list(self.facts.get("paths", []))

    def is_about(self, key: str) -> bool:
        """Tell whether the name of a setting has a word in common with what grew or calls it."""
        return is_about(key, self.paths)

    def is_on_path(self, function: str) -> bool:
        """Tell whether a function, by its bare name, grew or calls what did."""
        return any(
            function == bare(name)
            for path in self.paths
            for name in (path["function"], *path["callers"])
        )

    def grown(self, pattern: re.Pattern[str] | None = None) -> list[dict[str, Any]]:
        """Return the functions that cost more beyond doubt, by themselves, most first."""
        return self._rows("own_time", "grew", pattern)

    def grown_in_total(self, pattern: re.Pattern[str] | None = None) -> list[dict[str, Any]]:
        """Return the functions that cost more with all they call, most first."""
        return self._rows("total_time", "grew_in_total", pattern)

    def _rows(
        self, in_reply: str, in_facts: str, pattern: re.Pattern[str] | None
    ) -> list[dict[str, Any]]:
        rows = self.profile.get(in_reply) or self.facts.get(in_facts) or []
        grown = [row for row in rows if row["after"] > row["before"] and is_beyond_noise(row)]
        grown.sort(key=lambda row: row["before"] - row["after"])
        return [row for row in grown if pattern is None or pattern.search(row["function"])]


def is_beyond_noise(row: Mapping[str, Any]) -> bool:
    """Tell whether a row of `diff_profile` changed beyond its noise."""
    z = row.get("z")
    return z is None or abs(z) > 3


def levels(row: Mapping[str, Any], unit: str) -> str:
    """Say what a row of `diff_profile` cost before and after."""
    return f"{row['function']} went from {row['before']:g} to {row['after']:g} {unit}"


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
        why = ranked.error or f"{ranked.get('n_candidates', 0)} changes took effect about then"
        evidence = [] if ranked.error else [cite(ranked, why)]
        return abstain(
            f"Nobody is named: {why}.", evidence, confidence=0.0 if ranked.error else 1.0
        )
    profile = yield call("diff_profile", regression_id=regression_id, limit=MOST_ROWS)
    scene = Scene(facts, profile, ranked)
    seen_at_first: Mapping[str, float] = facts.get("seen_at_first", {})
    looked_at = {told["change_id"]: told for told in facts.get("suspects", [])}
    found: list[tuple[Suspect, float, tuple[Sign, ...]]] = []
    for place, row in enumerate(rows):
        likely = place < _MOST_READ and (place == 0 or row["probability"] >= _WORTH_READING)
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


def _read_change(change_id: str) -> Generator[Call, Reply, tuple[Reply, ...]]:
    """Read a change, of a long diff the first pages."""
    pages = [(yield call("get_change", change_id=change_id))]
    if pages[0].error:
        return ()
    while len(pages) < _MOST_PAGES and pages[-1].get("next_diff_offset") is not None:
        after = pages[-1]["next_diff_offset"]
        pages.append((yield call("get_change", change_id=change_id, diff_offset=after)))
    return tuple(pages)


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
        f"By when it came and where cost grew, {suspect.id} is the cause with a probability of "
        f"{share:.0%}, none of the {ranked['n_candidates']} changes with one of "
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
    is_shown = always or any(sign.is_mechanism and sign.odds > 1 for sign in signs)
    plainly = f"{name_of(suspect)} costs more since {suspect.id}."
    return ReportDiagnosis(
        summary=tell(suspect) if is_shown else plainly, change_id=suspect.id,
        functions=suspect.functions, category=category if is_shown else "",
        mitigation=_UNDO.get(suspect.kind, mitigation if is_shown else "revert"),
        confidence=min(sure, 1.0), suspects=weighed.order[:3], evidence=[*evidence, *seen],
    )  # fmt: skip


def name_of(suspect: Suspect) -> str:
    """Return the function that carries most of the growth, or else the setting or change itself."""
    return str((suspect.functions or [suspect.key])[0] or suspect.id)
