"""Playbook of the skill deep-copies."""

import re

from workbench.agent.playbook import CLEAR, LIKELY, added_line, grown, mechanism, name_of

COPY = re.compile(
    r"\bdeepcopy\(|\bcopy\.\w+\(|\.(?:deep_?)?copy\(|\bclone\w*\(|structuredClone|cloneDeep|"
    r"\bdict\(\w|\blist\(\w|\basdict\(|\breplace\(\w|model_copy|model_dump|append\(\[\]|Arrays\.copyOf|"
    r"\[\.\.\.|\{\.\.\.|\[:\]",
    re.IGNORECASE,
)
DEEP = re.compile(r"\bdeepcopy\b|structuredClone|cloneDeep|deep_?copy|deep_?clone", re.IGNORECASE)
FRAMES = re.compile(r"(?:^|[.:/])copy[:.]|deepcopy|_reconstruct|clone|copy", re.IGNORECASE)


def signs(suspect, scene):
    """A new copy; CLEAR where copying is what grew."""
    if suspect.key:
        return []
    seen = [*added_line(suspect, DEEP, CLEAR, "makes a deep copy")]
    seen = seen or [*added_line(suspect, COPY, LIKELY, "copies")]
    return [*seen, *grown(scene, FRAMES, LIKELY)] if seen else []


relevance, investigate = mechanism(
    signs,
    category="deep copy",
    mitigation="drop_copy",
    tell=lambda suspect: f"{name_of(suspect)} copies what it used to hand on since {suspect.id}.",
)
