"""What several skills look for, each with patterns of its own."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from workbench.agent.playbook.paths import quote
from workbench.agent.playbook.suspects import HINT, Scene, Sign, Suspect, levels


def added_line(
    suspect: Suspect, pattern: re.Pattern[str], odds: float, what: str, *, in_strings: bool = False
) -> Iterator[Sign]:
    """Yield a sign for the nearest line that a change adds and that matches.

    None where it takes away as many that match: then the mechanism was there before.

    Parameters
    ----------
    odds : float
        In a function that carries growth; less, the farther from it.
    what : str
        What the line does, such as "copies an object".
    in_strings : bool
        Whether to look into what the code quotes, too.
    """
    for line, nearness in suspect.more_lines(pattern, in_strings=in_strings)[:1]:
        yield Sign(f"The change adds a line that {what}: {quote(line)}", weaken(odds, nearness))


def removed_line(
    suspect: Suspect, pattern: re.Pattern[str], odds: float, what: str
) -> Iterator[Sign]:
    """Yield a sign for the nearest line that a change takes away and that matches; none where it
    adds as many.
    """
    for line, nearness in suspect.more_lines(pattern, added=False)[:1]:
        yield Sign(
            f"The change takes away a line that {what}: {quote(line)}", weaken(odds, nearness)
        )


def weaken(odds: float, nearness: float) -> float:
    """Return the odds of a sign that is not seen in the code that costs more: nearer to even."""
    return math.exp(math.log(odds) * (1.0 if nearness >= 1 else 0.6 if nearness >= 0.5 else 0.3))


def setting(
    suspect: Suspect, scene: Scene, pattern: re.Pattern[str], odds: float
) -> Iterator[Sign]:
    """Yield a sign for a flag, setting, experiment or package whose name matches."""
    if suspect.key and pattern.search(suspect.key):
        moved = f"`{suspect.key}`"
        row = suspect.row
        if row.get("before") and row.get("after"):
            moved += f" went from `{row['before']}` to `{row['after']}`"
        yield Sign(f"The change is of {moved}", odds, scene.ranked)


def growth_of_setting(suspect: Suspect) -> float | None:
    """Return by which factor a setting grew, switches as 0 and 1; None for what is no number."""
    before, after = (_value(str(suspect.row.get(side, ""))) for side in ("before", "after"))
    if before is None or after is None or before[1] != after[1] or min(before[0], after[0]) < 0:
        return None
    if before[0] == 0:
        return math.inf if after[0] > 0 else None
    return after[0] / before[0]


_SWITCHES = {"true": 1.0, "on": 1.0, "enabled": 1.0, "false": 0.0, "off": 0.0, "disabled": 0.0}
_AMOUNT = re.compile(r"(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*([a-z%]*)")


def _value(text: str) -> tuple[float, str] | None:
    """Return a number with its unit; None for what is none."""
    said = text.strip().strip("\"'").lower()
    if said in _SWITCHES:
        return _SWITCHES[said], ""
    found = _AMOUNT.fullmatch(said)
    return (float(found[1]), found[2]) if found else None


def grown(scene: Scene, pattern: re.Pattern[str], odds: float) -> Iterator[Sign]:
    """Yield a sign for the function that grew most among those whose names match."""
    for row in scene.grown(pattern)[:1] or scene.grown_in_total(pattern)[:1]:
        claim = levels(row, scene.unit)
        yield Sign(claim, odds, scene.profile, is_mechanism=False)


def carries(
    suspect: Suspect, scene: Scene, pattern: re.Pattern[str], odds: float = HINT
) -> Iterator[Sign]:
    """Yield a sign where a function that carries the growth blamed on a suspect matches by name."""
    for name in suspect.functions:
        if pattern.search(name):
            yield Sign(f"Growth is blamed on it in {name}", odds, scene.ranked, is_mechanism=False)
            return
