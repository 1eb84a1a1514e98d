"""Playbook of the skill more-items."""

import re

from workbench.agent.playbook import (
    CLEAR,
    HINT,
    LIKELY,
    Sign,
    added_line,
    growth_of_setting,
    levels,
    mechanism,
    name_of,
    quote,
    setting,
)

NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")
AMOUNT = re.compile(
    r"limit|page|size|count|max|most|ahead|window|top|depth|first|batch|candidates|per_|n_|fan",
    re.IGNORECASE,
)
ROOM = re.compile(
    r"cache|pool|(?:^|_)rate|timeout|ttl|queue|buffer|capacity|burst|(?:^|_)log|sampl|retry",
    re.IGNORECASE,
)
"""Settings of which more costs nothing, or less."""
AHEAD = re.compile(
    r"^[A-Z][A-Z_]*(?:LIMIT|PAGES|SIZE|COUNT|AHEAD|DEPTH|MAX|FACTOR)\w* *=|\* *[A-Z][A-Z_]+\b|"
    r"\b[A-Z][A-Z_]+ *\* |"
    r"\b[2-9] \* \w|\w \* [2-9]\b|prefetch|look_?ahead|over_?fetch",
)
"""A new amount, or a multiple of one."""
NEAR = 0.2
"""Part by which a growth may be off from that of a number."""


def signs(suspect, scene):
    """A number that was raised, by as much as what is behind it grew."""
    factor = growth_of_setting(suspect)
    if suspect.key:
        if factor is None or factor <= 1 or ROOM.search(suspect.key):
            return []
        known = [*setting(suspect, scene, AMOUNT, LIKELY if scene.is_about(suspect.key) else HINT)]
        return [*known, *_alike(scene, factor)] if known else []
    raised = _raised(suspect.diff)
    if raised:
        edit, factor = raised
        stem = edit.path.rpartition(".")[0].replace("/", ".")
        on_path = any(stem.endswith(name.partition(":")[0]) for name in _names(scene))
        said = f"The change raises a number: {quote(edit.text)}"
        return [Sign(said, CLEAR if on_path else LIKELY), *_alike(scene, factor)]
    return [*added_line(suspect, AHEAD, LIKELY, "asks for more")]


def _names(scene):
    """Everything that grew, and what calls it."""
    return [name for path in scene.paths for name in (path["function"], *path["callers"])]


def _raised(diff):
    """Return a line that differs from one that is gone by larger numbers alone, and by how much."""
    old = {NUMBER.sub("\n", edit.text): edit.text for edit in diff.edits if not edit.is_added}
    for edit in (edit for edit in diff.edits if edit.is_added):
        before = old.get(NUMBER.sub("\n", edit.text))
        if before is None or before == edit.text:
            continue
        pairs = zip(NUMBER.findall(before), NUMBER.findall(edit.text), strict=True)
        factors = [float(b) / float(a) for a, b in pairs if float(a) > 0 and a != b]
        if factors and max(factors) > 1:
            return edit, max(factors)
    return None


def _alike(scene, factor):
    """Tell that functions grew by as much as the number did."""
    rows = [row for row in scene.grown() if row["before"] > 0]
    near = [row for row in rows if abs(row["after"] / row["before"] / factor - 1) < NEAR]
    if near:
        yield Sign(levels(near[0], scene.unit), HINT * HINT, scene.profile)


relevance, investigate = mechanism(
    signs,
    far=True,
    category="more items",
    mitigation="fetch_less",
    tell=lambda suspect: (
        f"More is asked for, or handed on, by {name_of(suspect)} since {suspect.id}."
    ),
)
