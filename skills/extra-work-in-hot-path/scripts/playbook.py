"""Playbook of the skill extra-work-in-hot-path."""

import re

from workbench.agent.playbook import HINT, added_line, fit, follow, grown, name_of

ALWAYS = 0.05
"""The skill for what no other fits."""
WORK = re.compile(r"\w\(|\bfor\b|\bwhile\b|[+*/%@]=?|\[")


def signs(suspect, scene):
    """New work in a function that itself costs more."""
    if suspect.key:
        return []
    itself = {row["function"] for row in scene.grown()} & {*suspect.functions}
    if not itself:
        return []
    seen = [*added_line(suspect, WORK, HINT * HINT, "does work")]
    own = re.compile("^" + re.escape(sorted(itself)[0]) + "$")
    return [*seen, *grown(scene, own, HINT)] if seen else []


def relevance(facts):
    """Fits as well as the likeliest suspect that shows the mechanism."""
    return max(ALWAYS * bool(facts), fit(facts, signs))


def investigate(facts):
    """Weigh the suspects by what they show."""
    return (
        yield from follow(
            facts,
            signs,
            category="extra work in the hot path",
            mitigation="revert",
            tell=lambda suspect: (
                f"{name_of(suspect)} does more work on each call since {suspect.id}."
            ),
        )
    )
