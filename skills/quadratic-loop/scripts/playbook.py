"""Playbook of the skill quadratic-loop."""

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

SCAN = re.compile(
    r"\.index\(|\.count\(|\.indexOf\(|\.includes\(|\.contains\(|\.remove\(|\.insert\(0|"
    r"\bany\(|\ball\(|\bsum\(.+ for |\[:\w+\]|\bsorted\(|\.sort\(|std::find\("
)
"""What walks a list from its beginning."""
MEMBER = re.compile(r"\bnot in \w|\bif .+ in \w")
"""What walks a list, but not a set or a map: which of them it is, the line does not tell."""
LOOP = re.compile(r"^\s*(?:async\s+)?(?:for|while)\b|\bfor\b.+\bin\b|\.(?:forEach|map|filter)\(")
LIST = re.compile(r"=\s*(?:\[|list\(|tuple\()|\.append\(|\+=\s*[\"'f]")
SET = re.compile(
    r"\b(?:frozen)?set\(|\bdict\(|\bCounter\(|new (?:Set|Map)|HashSet|HashMap|unordered_"
)


def signs(suspect, scene):
    """A scan or a loop within a loop, or a set that became a list."""
    if suspect.key:
        return []
    seen = [*added_line(suspect, SCAN, LIKELY, "walks a list")]
    if not seen and any(True for _ in added_line(suspect, LIST, HINT, "")):
        seen = [*added_line(suspect, MEMBER, LIKELY, "looks for a member")]
    if not seen:
        seen = [*added_line(suspect, LOOP, HINT * HINT, "loops")]
    traded = [*removed_line(suspect, SET, LIKELY, "makes a set or a map")]
    if traded and any(True for _ in added_line(suspect, LIST, HINT, "")):
        seen += traded
    itself = {row["function"] for row in scene.grown()} & {*suspect.functions}
    if seen and itself:
        seen += grown(scene, re.compile("^" + re.escape(sorted(itself)[0]) + "$"), HINT)
    return seen


relevance, investigate = mechanism(
    signs,
    far=True,
    category="quadratic loop",
    mitigation="replace_structure",
    tell=lambda suspect: (
        f"{name_of(suspect)} walks a list for each of its items since {suspect.id}."
    ),
)
