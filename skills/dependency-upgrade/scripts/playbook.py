"""Playbook of the skill dependency-upgrade."""

import re

from workbench.agent.playbook import (
    CLEAR,
    HINT,
    LIKELY,
    UNLIKELY,
    Sign,
    levels,
    mechanism,
    name_of,
)


def signs(suspect, scene):
    """A package that went to another version, whose own functions grew."""
    if suspect.kind != "dependency":
        return []
    moved = f"`{suspect.key}` went"
    if suspect.row.get("before"):
        moved += f" from `{suspect.row['before']}` to `{suspect.row['after']}`"
    version = Sign(moved, 1.0 if _is_patch(suspect.row) else HINT, scene.ranked)
    package = re.escape(re.sub(r"[-.]", "_", suspect.key))
    inside = re.compile(rf"(?:^|[./]){package}[.:/]", re.IGNORECASE)
    for row in [*scene.grown(inside), *scene.grown_in_total(inside)][:1]:
        return [version, Sign(levels(row, scene.unit), CLEAR, scene.profile)]
    for name in filter(inside.search, suspect.functions):
        return [version, Sign(f"Growth is blamed on it in {name}", LIKELY, scene.ranked)]
    return [version, Sign(f"None of `{suspect.key}` grew beyond noise", UNLIKELY, scene.ranked)]


def _is_patch(row):
    """Whether only the last number of a version moved: such releases seldom cost more."""
    before, after = (re.findall(r"\d+", str(row.get(side, ""))) for side in ("before", "after"))
    return len(before) > 2 and before[:2] == after[:2]


relevance, investigate = mechanism(
    signs,
    category="dependency upgrade",
    mitigation="pin_dependency",
    tell=lambda suspect: (
        f"{name_of(suspect)} costs more in the version that came with {suspect.id}."
    ),
)
