"""Playbook of the skill regex-cost."""

import re

from workbench.agent.playbook import CLEAR, HINT, LIKELY, added_line, grown, mechanism, name_of

REGEX = re.compile(
    r"\bre\.\w+\(|\bregex\.|Pattern\.compile|\.matches\(|regexp\.(?:Must)?Compile|new RegExp|"
    r"std::regex|"
    r"\bpreg_\w+\(|\.(?:search|match|fullmatch|finditer|findall|sub)\(",
)
LITERAL = re.compile(
    r"\br[\"'].*(?:\\[wsdbWSDB]|\[\^?|\(\?|[)\]\w.][*+]).*[\"']|/(?:[^/]*(?:\\[wsd]|\[|\(\?)[^/]*)/[gimsuy]*"
)
"""A pattern as code has it."""
NESTED = re.compile(
    r"[\"'/][^\"']*(?:\([^()]*[*+][^()]*\)(?:[*+]|\{\d+,)|\.\*.*\.\*|\.\+.*\.\+)|"
    r"[\"'](?:\\w|\.|\[[^]]+\])[*+][^\"'?+$)|]"
)
"""A repetition in a repetition, or one that begins a pattern and has to be followed by something:
it is tried over and over."""
FRAMES = re.compile(
    r"(?:^|[.:/])(?:_?sre|re|regex|regexp)(?:[._:]|$)|_compile|Pattern|Matcher|match",
    re.IGNORECASE,
)


def signs(suspect, scene):
    """A pattern that is new, altered, or compiled where it is used."""
    if suspect.key:
        return []
    for pattern, odds, what in (
        (NESTED, CLEAR, "has a pattern that can go over the same text again"),
        (LITERAL, LIKELY, "has another pattern"),
        (REGEX, LIKELY, "compiles or matches a pattern"),
    ):
        seen = [*added_line(suspect, pattern, odds, what, in_strings=True)]
        if seen:
            return [*seen, *grown(scene, FRAMES, HINT)]
    return []


relevance, investigate = mechanism(
    signs,
    far=True,
    category="regular expression",
    mitigation="precompile",
    tell=lambda suspect: (
        f"{name_of(suspect)} matches or compiles dearer patterns since {suspect.id}."
    ),
)
