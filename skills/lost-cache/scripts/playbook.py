"""Playbook of the skill lost-cache."""

import re

from workbench.agent import accuse, cite, examine
from workbench.agent.playbook import Examined, call

CACHE = re.compile(r"\b\w*(cache|memo)\w*", re.IGNORECASE)


def relevance(facts):
    """High where the first suspect takes away lines that speak of a cache."""
    removed = _cache_names(facts.get("removed", []))
    added = _cache_names(facts.get("added", []))
    return 0.9 if removed - added else 0.0


def investigate(facts):
    """Blame the change that took the cache away."""
    found = yield from examine(facts, at_least=0.15)
    if not isinstance(found, Examined):
        return found
    lines = found.change.get("diff", "").split("\n")
    lost = _cache_names(x for x in lines if x.startswith("-")) - _cache_names(
        x for x in lines if x.startswith("+")
    )
    evidence = []
    if lost:
        named = ", ".join(sorted(lost)[:3])
        evidence.append(cite(found.change, f"its diff takes away {named}"))
        left = yield call("search_code", pattern=sorted(lost)[0], limit=5)
        if not left.error:
            where = "still appears elsewhere" if left["lines"] else "appears nowhere now"
            evidence.append(cite(left, f"{sorted(lost)[0]} {where}"))
    name = found.subject
    return accuse(
        found,
        summary=f"{name} no longer answers from its cache and works its result out each time.",
        category="lost cache",
        mitigation="restore_cache",
        evidence=evidence,
    )


def _cache_names(lines):
    return {match.group().lower() for line in lines for match in CACHE.finditer(line)}
