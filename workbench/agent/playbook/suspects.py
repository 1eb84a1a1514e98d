"""Suspects, and the scene in which a skill looks at them: a change, and what grew."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from workbench.agent.playbook.diff import Diff, Edit, defined, read_diff
from workbench.agent.playbook.paths import Explained, bare, explain, is_about, new_calls
from workbench.agent.playbook.protocol import EvidenceItem, Reply, cite

CLEAR, LIKELY, HINT = 8.0, 3.0, 1.5
"""Odds of a sign: the mechanism itself is seen; what it needs is seen; what often goes with it."""
UNLIKELY = 1 / LIKELY
"""Odds where what the mechanism needs is seen to be missing."""
_DATA = re.compile(r"\.(?:json|ya?ml|toml|ini|cfg|conf|properties|env|csv)$")
_QUOTED = re.compile("`([^`]+)`")


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


def name_of(suspect: Suspect) -> str:
    """Return the function that carries most of the growth, or else the setting or change itself."""
    return str((suspect.functions or [suspect.key])[0] or suspect.id)
