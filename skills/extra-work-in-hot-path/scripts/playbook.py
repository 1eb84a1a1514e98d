"""Playbook of the skill extra-work-in-hot-path."""

import re

from workbench.agent import accuse, cite, examine
from workbench.agent.playbook import Examined, call

LOOP = re.compile(r"^\s*(?:async\s+)?(for|while)\b|\bfor\b.+\bin\b")


def relevance(facts):
    """The plain case: fits wherever nothing more special does."""
    return 0.5 if facts.get("suspect") else 0.3


def investigate(facts):
    """Blame the change whose functions do the added work."""
    found = yield from examine(facts, at_least=0.15)
    if not isinstance(found, Examined):
        return found
    name = found.subject
    added = [x[1:] for x in found.change.get("diff", "").split("\n") if x.startswith("+")]
    loops = sum(1 for line in added if LOOP.search(line))
    evidence = [cite(found.change, f"its diff adds {len(added)} lines, {loops} of them loops")]
    bare = re.escape(name.rsplit(":", 1)[-1].rsplit(".", 1)[-1])
    callers = yield call("search_code", pattern=rf"\b{bare}\(", limit=5)
    if not callers.error and callers["lines"]:
        first = callers["lines"][0]
        evidence.append(cite(callers, f"it is called at {first['path']}:{first['line']}"))
    return accuse(
        found,
        summary=f"{name} does more work on each call since this change.",
        category="extra work in the hot path",
        mitigation="revert",
        evidence=evidence,
    )
