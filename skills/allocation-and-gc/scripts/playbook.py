"""Playbook of the skill allocation-and-gc."""

import re

from workbench.agent.playbook import (
    CLEAR,
    HINT,
    LIKELY,
    added_line,
    grown,
    mechanism,
    name_of,
    setting,
)

COLLECTOR = re.compile(r"(?:^|_)gc(?:_|$)|garbage|collector|heap|GOGC|objects", re.IGNORECASE)
GC_CALL = re.compile(r"\bgc\.\w+\(|System\.gc|runtime\.GC|SetGCPercent|malloc_trim|set_threshold")
MAKES = re.compile(
    r"=\s*\[.+ for .+\]|return\s+\[.+ for |\blist\(|\bdict\(|\bnew \w+\(|\bmake\(|"
    r"append\(|\{.+ for .+\}|\.toList\(|collect\(|\breplace\(|\bCopy\w*\("
)
FRAMES = re.compile(
    r"(?:^|[.:_/])gc|alloc|malloc|collect|memmove|memcpy|copy|__init__", re.IGNORECASE
)


def signs(suspect, scene):
    """More objects for each request, or a collector that runs more often."""
    of_collector = [
        *setting(suspect, scene, COLLECTOR, CLEAR),
        *added_line(suspect, GC_CALL, CLEAR, "sets or runs the collector"),
    ]
    if suspect.key:
        return of_collector
    frames = [*grown(scene, FRAMES, LIKELY)]
    made = added_line(suspect, MAKES, HINT, "makes objects") if frames else ()  # all code does
    seen = of_collector or [*made]
    return [*seen, *frames] if seen else []


relevance, investigate = mechanism(
    signs,
    far=True,
    category="allocation and GC",
    mitigation="reuse_objects",
    tell=lambda suspect: f"{name_of(suspect)} makes or collects more objects since {suspect.id}.",
)
