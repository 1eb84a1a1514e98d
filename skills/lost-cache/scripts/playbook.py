"""Playbook of the skill lost-cache."""

import re

from workbench.agent.playbook import (
    CLEAR,
    HINT,
    LIKELY,
    Sign,
    added_line,
    growth_of_setting,
    mechanism,
    name_of,
    quote,
    setting,
)

CACHE = re.compile(r"cach|memo(?!ry)|lru|(?:^|_)ttl", re.IGNORECASE)
KEY = re.compile(
    r"cach|memo(?!ry)|lru|(?:^|_)ttl|entries|evict|expir|max_?size|capacity", re.IGNORECASE
)
KEPT = re.compile(r"\b\w*(?:cache|memo|lru)\w*", re.IGNORECASE)


def signs(suspect, scene):
    """A cache that is gone, holds less, or is asked by another key."""
    if suspect.key:
        factor = growth_of_setting(suspect)
        if factor is not None and factor >= 1:
            return []
        odds = CLEAR if factor is not None else LIKELY
        return [*setting(suspect, scene, KEY, odds if scene.is_about(suspect.key) else HINT)]
    lost = sorted(_names(suspect, added=False) - _names(suspect, added=True))
    if lost:
        return [Sign(f"The change takes away `{lost[0]}`", CLEAR)]
    for edit in suspect.diff.new:
        if CACHE.search(edit.path) and scene.is_on_path(edit.function):
            return [Sign(f"The change alters how a cache answers: {quote(edit.text)}", CLEAR)]
    return [*added_line(suspect, KEPT, HINT * HINT, "asks or fills a cache")]


def _names(suspect, *, added):
    """Names of caches on one side of a change."""
    lines = [edit.text for edit in suspect.diff.edits if edit.is_added is added]
    return {match.group() for line in lines for match in KEPT.finditer(line.partition("#")[0])}


relevance, investigate = mechanism(
    signs,
    far=True,
    category="lost cache",
    mitigation="restore_cache",
    tell=lambda suspect: (
        f"{name_of(suspect)} works out what it used to find in a cache, since {suspect.id}."
    ),
)
