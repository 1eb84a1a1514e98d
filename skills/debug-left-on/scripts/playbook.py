"""Playbook of the skill debug-left-on."""

import re

from workbench.agent.playbook import (
    HINT,
    LIKELY,
    added_line,
    carries,
    grown,
    growth_of_setting,
    mechanism,
    name_of,
    setting,
)

KEY = re.compile(
    r"debug|(?:^|_)trac|verbos|profil|dump|assert|inspect|diagnos|check|strict|sanit|shadow",
    re.IGNORECASE,
)
DEBUG = re.compile(
    r"\bDEBUG\b|\bdebug\s*=\s*(?:True|true|1)|set_debug|settrace|tracemalloc|cProfile|faulthandler|pdb\b|"
    r"\bassert\b|\.dump\w*\(|pformat|repr\(|inspect\.|-race\b|fsanitize|console\.time|\.debug\(",
)
FRAMES = re.compile(r"debug|trac|dump|repr|pformat|inspect|profil|assert|diagnos", re.IGNORECASE)


def signs(suspect, scene):
    """A switch for debugging that went on, or debug work that nothing guards."""
    factor = growth_of_setting(suspect)
    if factor is not None and factor <= 1:
        return []
    switch = [*setting(suspect, scene, KEY, LIKELY if scene.is_about(suspect.key) else HINT)]
    if switch:
        return [*switch, *carries(suspect, scene, FRAMES, LIKELY), *grown(scene, FRAMES, HINT)]
    seen = [*added_line(suspect, DEBUG, LIKELY, "does debug work")] if not suspect.key else []
    return [*seen, *grown(scene, FRAMES, LIKELY)] if seen else []


relevance, investigate = mechanism(
    signs,
    category="debug left on",
    mitigation="guard_debug",
    tell=lambda suspect: (
        f"{name_of(suspect)} does work for debugging in production since {suspect.id}."
    ),
)
