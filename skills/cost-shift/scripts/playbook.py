"""Playbook of the skill cost-shift."""

from workbench.agent.playbook import call, cite, follow, levels, name_of

STAYED = 0.3
"""Part of what grew by which the whole service may have grown."""
SHRANK = 0.5
"""Part of what grew that others have to have shrunk by."""
NONE_ODDS = 8.0


def relevance(facts):
    """Fits where functions grew and the service as a whole did not."""
    return 0.85 if is_shift(facts.get("grew", []), facts.get("whole")) else 0.0


def investigate(facts):
    """Set off what shrank against what grew, before anyone is suspected."""
    profile = yield call("diff_profile", regression_id=facts.get("regression_id", ""), limit=12)
    rows = profile.get("own_time", [])
    moved = is_shift(rows, profile.get("service"))
    unit = profile.get("unit", "")
    shown = [*_extremes(rows), profile["service"]] if moved else []
    evidence = [cite(profile, levels(row, unit)) for row in shown]
    report = yield from follow(
        facts,
        lambda suspect, scene: [],
        category="cost shift",
        mitigation="accept",
        tell=lambda suspect: f"{name_of(suspect)} costs more since {suspect.id}.",
        before=evidence,
        none_odds=NONE_ODDS if moved else 1.0,
    )
    if moved and not report.change_id:
        told = f"Cost has only moved: {' while '.join(item.claim for item in evidence)}."
        update = {"summary": told, "mitigation": "accept", "category": "cost shift"}
        return report.model_copy(update=update)
    return report


def is_shift(own, whole):
    """Tell whether others shrank by about what functions grew, and the whole service stayed."""
    grew = sum(row["after"] - row["before"] for row in own if (row["z"] or 0.0) > 3)
    shrank = sum(row["before"] - row["after"] for row in own if (row["z"] or 0.0) < -3)
    stayed = bool(whole) and whole["after"] - whole["before"] < STAYED * grew
    return grew > 0 and stayed and shrank > SHRANK * grew


def _extremes(rows):
    """Return what grew most and what shrank most."""
    order = sorted(rows, key=lambda row: row["after"] - row["before"])
    return [order[-1], order[0]]
