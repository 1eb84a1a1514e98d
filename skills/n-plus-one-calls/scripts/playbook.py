"""Playbook of the skill n-plus-one-calls."""

import re

from workbench.agent.playbook import (
    HINT,
    LIKELY,
    added_line,
    grown,
    mechanism,
    name_of,
    removed_line,
)

ONE = re.compile(
    r"\b\w*(?:fetch|load|get|look_?up|find|query|select|read|request|resolve)\w*\s*\(|"
    r"\.execute\(|\.objects\.",
    re.IGNORECASE,
)
"""A call that asks for one thing."""
MANY = re.compile(
    r"many|batch|bulk|prefetch|_all\b|select_related|\bjoin\b|in_bulk|multi|gather|pipeline",
    re.IGNORECASE,
)
ASKS = re.compile(
    r"fetch|load|get|look_?up|find|query|select|read|execute|send|recv|request", re.IGNORECASE
)
PROPERTY = re.compile(r"@(?:\w+\.)?(?:cached_)?property|\bget \w+\(\)|__getattr__")


def signs(suspect, scene):
    """One call for each item, where it was one for all, or an attribute that now asks."""
    if suspect.key:
        return []
    lost = [*removed_line(suspect, MANY, LIKELY, "asks for many at once")]
    asked = [*added_line(suspect, ONE, HINT if not lost else LIKELY, "asks for one")]
    lazy = [*added_line(suspect, PROPERTY, LIKELY, "makes an attribute a call")]
    seen = [*lost, *lazy, *asked] if lost or lazy or asked else []
    return [*seen, *grown(scene, ASKS, HINT)] if seen else []


relevance, investigate = mechanism(
    signs,
    category="n plus one calls",
    mitigation="batch_calls",
    tell=lambda suspect: f"{name_of(suspect)} is asked once for each item since {suspect.id}.",
)
