"""Playbook of the skill traffic-mix-shift."""

from workbench.agent.playbook import call, cite, follow, name_of

LEAST = 0.05
"""Part of all requests that has to have moved between endpoints, or in all."""
STEADY = 0.03
"""Part by which a request may cost more without being said to."""
NONE_ODDS = 8.0


def relevance(facts):
    """Fits where requests moved between endpoints while each costs what it did."""
    moved, dearer = _compare(facts.get("endpoints", []))
    if moved < LEAST:
        return 0.0
    return 0.9 if dearer < STEADY else 0.3


def investigate(facts):
    """Ask what is requested before anyone is suspected; then weigh who is left."""
    traffic = yield call("top_endpoints", regression_id=facts.get("regression_id", ""))
    rows = traffic.get("endpoints", [])
    moved, dearer = _compare(rows)
    evidence = [*_moved(traffic, rows)]
    is_traffic = moved >= LEAST and dearer < STEADY
    report = yield from follow(
        facts,
        lambda suspect, scene: [],
        category="traffic mix",
        mitigation="add_capacity",
        tell=lambda suspect: f"{name_of(suspect)} costs more since {suspect.id}.",
        before=evidence,
        none_odds=NONE_ODDS if is_traffic else 1.0,
    )
    if is_traffic and not report.change_id and evidence:
        told = f"Other requests than before, each at the cost that it had: {evidence[0].claim}."
        update = {"summary": told, "mitigation": "add_capacity", "category": "traffic mix"}
        return report.model_copy(update=update)
    return report


def _compare(rows):
    """Return which part of requests moved between endpoints, and how much dearer they are."""
    known = [
        (row["before"], row["now"])
        for row in rows
        if row.get("before") and row["before"].get("requests")
    ]
    before, now = (sum(pair[side]["requests"] or 0.0 for pair in known) for side in (0, 1))
    if not before or not now:
        return 0.0, 0.0
    moved = sum(abs((n["requests"] or 0.0) / now - b["requests"] / before) for b, n in known) / 2
    at_old_cost = sum((n["requests"] or 0.0) * (b["cpu_ms"] or 0.0) for b, n in known)
    at_new_cost = sum((n["requests"] or 0.0) * (n["cpu_ms"] or 0.0) for _, n in known)
    dearer = at_new_cost / at_old_cost - 1 if at_old_cost else 0.0
    return moved, dearer


def _moved(traffic, rows):
    """Cite the endpoint whose number of requests moved most."""
    known = [row for row in rows if row.get("before") and row["before"].get("requests")]
    if not known:
        return
    row = max(
        known, key=lambda row: abs((row["now"]["requests"] or 0.0) - row["before"]["requests"])
    )
    before, now = row["before"]["requests"], row["now"]["requests"] or 0.0
    yield cite(
        traffic, f"`{row['endpoint']}` went from {before:.4g} to {now:.4g} requests a window"
    )
