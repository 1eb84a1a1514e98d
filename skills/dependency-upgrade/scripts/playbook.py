"""Playbook of the skill dependency-upgrade."""

import re

from workbench.agent.playbook import (
    CLEAR,
    HINT,
    LIKELY,
    UNLIKELY,
    Sign,
    carries,
    fit,
    follow,
    grown,
    name_of,
)

PINS = re.compile(
    r"requirements|\.lock$|go\.mod|package(?:-lock)?\.json|pom\.xml|Cargo|pyproject|build\.gradle",
    re.IGNORECASE,
)


def signs(suspect, scene):
    """A package that went to another version, whose own functions grew."""
    is_pin = suspect.kind == "dependency" or any(PINS.search(path) for path in suspect.diff.paths)
    if not is_pin:
        return []
    seen = []
    if suspect.key:
        versions = (
            f" from `{suspect.row['before']}` to `{suspect.row['after']}`"
            if suspect.row.get("before")
            else ""
        )
        seen.append(Sign(f"`{suspect.key}` went{versions}", HINT, scene.ranked))
        inside = re.compile(rf"(?:^|[./]){re.escape(re.sub(r'[-.]', '_', suspect.key))}[.:/]")
        inner = [*grown(scene, inside, CLEAR)] or [*carries(suspect, scene, inside, LIKELY)]
        if _is_patch(suspect.row):
            seen.append(Sign(f"`{suspect.key}` went{versions}", 1 / HINT, scene.ranked))
        seen += inner or [
            Sign(f"What of `{suspect.key}` runs did not grow", UNLIKELY, scene.ranked)
        ]
    return seen


def _is_patch(row):
    """Whether only the last number of a version moved: such releases seldom cost more."""
    before, after = (re.findall(r"\d+", str(row.get(side, ""))) for side in ("before", "after"))
    return len(before) > 2 and before[:2] == after[:2]


def relevance(facts):
    """Fits as well as the likeliest suspect that shows the mechanism."""
    return fit(facts, signs)


def investigate(facts):
    """Weigh the suspects by what they show."""
    return (
        yield from follow(
            facts,
            signs,
            category="dependency upgrade",
            mitigation="pin_dependency",
            tell=lambda suspect: (
                f"{name_of(suspect)} costs more in the version that came with {suspect.id}."
            ),
        )
    )
