"""Whether those who ask a function change what it gives them: then it has to stay theirs alone."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any

from workbench.agent.playbook.mend import Finding, Look
from workbench.agent.playbook.paths import bare, quote
from workbench.agent.playbook.protocol import Call, Reply, call, cite
from workbench.python.repeatable import MUTATORS

_MOST_ASKERS = 3
_NEAR = 40
"""Lines behind a call in which what it gave is likely still meant by the same name."""
_MOST_LINES = 50
_UNSEEN_ODDS = 0.5
"""Where not all who ask were looked at."""
_METHODS = "|".join(sorted(MUTATORS - {"write"}))


def writes_by_askers(patterns: Iterable[str]) -> Look:
    """Return a look for writes to what a function returns, in the code around those who call it.

    Parameters
    ----------
    patterns : iterable of str
        Names of the patterns of which that matters.
    """
    wanted = frozenset(patterns)

    def look(facts: Mapping[str, Any]) -> Generator[Call, Reply, Sequence[Finding]]:
        if facts["pattern"] not in wanted:
            return []
        name = re.escape(bare(facts["function"]))
        kept = re.compile(rf"^\s*(\w+)\s*(?::[^=]+)?=\s*(?:await\s+)?(?:[\w.]+\.)?{name}\(")
        asked = yield call("search_code", pattern=rf"(^|[^A-Za-z0-9_]){name}[(]", limit=_MOST_LINES)
        askers = [(row, found[1]) for row in asked.get("lines", [])
                  if (found := kept.match(row["text"]))]  # fmt: skip
        for row, variable in askers[:_MOST_ASKERS]:
            used = yield call(
                "search_code", pattern=rf"(^|[^A-Za-z0-9_.]){variable}([.]|\[)",
                path=row["path"], limit=_MOST_LINES,
            )  # fmt: skip
            for line in used.get("lines", []):
                if 0 < line["line"] - row["line"] <= _NEAR and _writes(variable, line["text"]):
                    claim = f"Who asks for it changes what it is given: {quote(line['text'])}"
                    return [Finding(cite(used, claim), 0.0)]
        if askers and (asked.get("more") or len(askers) > _MOST_ASKERS):
            claim = f"More ask for it than were looked at, as here: {quote(askers[0][0]['text'])}"
            return [Finding(cite(asked, claim), _UNSEEN_ODDS)]
        return []

    return look


def _writes(variable: str, line: str) -> bool:
    """Whether a line changes what a variable holds, however deep."""
    part = r"(?:\.\w+|\[[^\]]*\])"
    changed = rf"(?:{part}+\s*(?:[-+|&*/]|//)?=(?!=)|{part}*\.(?:{_METHODS})\()"
    return bool(re.search(rf"(?<![\w.])(?:{variable}{changed}|del {variable}{part})", line))
