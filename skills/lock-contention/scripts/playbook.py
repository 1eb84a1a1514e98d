"""Playbook of the skill lock-contention."""

import re

from workbench.agent.playbook import (
    CLEAR,
    HINT,
    LIKELY,
    added_line,
    carries,
    grown,
    mechanism,
    name_of,
)

LOCK = re.compile(
    r"\b(?:R?Lock|Mutex|RWMutex|Semaphore|Condition|ReentrantLock|synchronized)\b|\.(?:acquire|release|[Ll]ock|[Uu]nlock)\(|"
    r"\bwith\s+[\w.]*(?:lock|mutex|guard)\w*|lock_guard|unique_lock|flock\(|SELECT .* FOR UPDATE",
)
FRAMES = re.compile(r"lock|mutex|futex|acquire|park|semaphore|contend|wait", re.IGNORECASE)
COUNTS = re.compile(r"count|usage|stat|metric|regist|record|incr", re.IGNORECASE)


def signs(suspect, scene):
    """A lock that is new, taken more often, or held for longer."""
    if suspect.key:
        return []
    seen = [*added_line(suspect, LOCK, CLEAR, "takes a lock")]
    if not seen:
        return []
    return [*seen, *carries(suspect, scene, COUNTS, HINT), *grown(scene, FRAMES, LIKELY)]


relevance, investigate = mechanism(
    signs,
    category="lock contention",
    mitigation="narrow_lock",
    tell=lambda suspect: (
        f"{name_of(suspect)} takes a lock, or waits for one, more often since {suspect.id}."
    ),
)
