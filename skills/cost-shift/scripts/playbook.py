"""Playbook of the skill cost-shift."""

from workbench.agent.playbook import abstain, call, cite, follow, levels, name_of

STAYED = 0.3
"""Part of what grew by which the whole service may have grown."""
SHRANK = 0.5
"""Part of what grew that others have to have shrunk by, or that one has to have grown by."""
BEYOND_NOISE = 3.0
SURE = 0.95
NONE_ODDS = 8.0
"""For nobody, where the service stayed but some function costs more that was there before."""


def relevance(facts):
    """Fits where functions grew and the service as a whole did not."""
    own, total, whole = facts.get("grew", []), facts.get("grew_in_total", []), facts.get("whole")
    if has_only_moved(own, total, whole, facts.get("subject", "")):
        return 1.0
    return 0.85 if is_made_up_for(own, whole) else 0.0


def investigate(facts):
    """Set off what shrank against what grew; suspect somebody only where that leaves something."""
    regression_id, subject = facts.get("regression_id", ""), facts.get("subject", "")
    profile = yield call("diff_profile", regression_id=regression_id, limit=12)
    own, total, whole = (profile.get(part) for part in ("own_time", "total_time", "service"))
    only_moved = has_only_moved(own or [], total or [], whole, subject)
    is_flat = only_moved or is_made_up_for(own or [], whole)
    evidence = []
    if is_flat:
        rows = [row for row in total if row["function"] == subject and rises(row)]
        shown = [*(rows or _extremes(own)), whole]
        evidence = [cite(profile, levels(row, profile["unit"])) for row in shown]
    levels_told = " while ".join(item.claim for item in evidence)
    if only_moved:
        told = f"Cost has only moved: {levels_told}."
        ranked = yield call("rank_changes", regression_id=regression_id)
        suspects = [row["change_id"] for row in ranked.get("suspects", [])]
        return abstain(
            told, evidence, confidence=SURE, suspects=suspects, category="cost shift",
            mitigation="accept",
        )  # fmt: skip
    report = yield from follow(
        facts,
        lambda suspect, scene: [],
        category="cost shift",
        mitigation="revert",
        tell=lambda suspect: f"{name_of(suspect)} costs more since {suspect.id}.",
        before=evidence,
        none_odds=NONE_ODDS if is_flat else 1.0,
    )
    if is_flat and not report.change_id:
        told = f"Nobody is named: what grew is made up for elsewhere, {levels_told}."
        return report.model_copy(update={"summary": told, "category": "cost shift"})
    return report


def is_made_up_for(own, whole):
    """Tell whether others shrank by about what functions grew by themselves; the service stayed."""
    grew, shrank = _sum_of(own, 1), _sum_of(own, -1)
    stayed = bool(whole) and whole["after"] - whole["before"] < STAYED * grew
    return grew > 0 and stayed and shrank > SHRANK * grew


def has_only_moved(own, total, whole, subject):
    """Tell whether cost goes by another name: what was there before costs no more, nor the service.

    A function is new under its name, and neither the service nor any function that was there costs
    more by as much: somebody calls it in place of what was there.
    """
    if not whole:
        return False
    new = [row for row in total if row["before"] == 0 and rises(row)]
    growth = max((row["after"] for row in new if row["function"] == subject), default=0.0)
    if not growth:
        return is_made_up_for(own, whole) and not _any_grew(total, _sum_of(own, 1))
    rise = whole["after"] - whole["before"]
    is_told_apart = growth - rise > BEYOND_NOISE * whole["standard_error"]
    return rise < STAYED * growth and is_told_apart and not _any_grew(total, growth)


def _any_grew(total, growth):
    """Tell whether a function that was there before may cost more, by a good part of a growth."""
    return any(
        row["before"] > 0 and row["after"] - row["before"] > SHRANK * growth for row in total
    )


def rises(row):
    """Tell whether a row costs more beyond noise."""
    return row["after"] > row["before"] and _is_beyond_noise(row)


def _is_beyond_noise(row):
    return row["z"] is None or abs(row["z"]) > BEYOND_NOISE


def _sum_of(own, sign):
    """Return by how much rows changed that grew (1) or shrank (-1) beyond noise, together."""
    changes = [sign * (row["after"] - row["before"]) for row in own if _is_beyond_noise(row)]
    return sum(change for change in changes if change > 0)


def _extremes(rows):
    """Return what grew most and what shrank most."""
    order = sorted(rows, key=lambda row: row["after"] - row["before"])
    return [order[-1], order[0]]
