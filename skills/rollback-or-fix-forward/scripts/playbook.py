"""Playbook of the skill rollback-or-fix-forward."""

from workbench.agent.playbook import call, cite, conclude, name_of, weigh


def relevance(facts):
    """Fits where people ask for it: by facts it fits no regression better than any other."""
    return float("rollback-or-fix-forward" in facts.get("asked", ()))


def investigate(facts):
    """Name the culprit as the ranking does, and choose what to do about it by what came after."""
    weighed = yield from weigh(facts, lambda suspect, scene: [])
    if not hasattr(weighed, "suspects") or not hasattr(weighed, "ranked"):
        return weighed
    suspect = weighed.suspects[0][0]
    worth = yield call("capacity_cost", regression_id=facts["regression_id"])
    evidence = []
    if not worth.error and worth["servers"]["value"] is not None:
        servers = worth["servers"]["value"]
        evidence.append(cite(worth, f"The growth keeps {servers:.3g} servers busy"))
    mitigation = "revert"
    path = next(iter(suspect.diff.paths), "")
    if suspect.kind == "commit" and path:
        later = yield call("list_changes", path=path, limit=20)
        after = [row for row in later.get("changes", []) if _came_after(row, suspect)]
        if after:
            mitigation = "fix_forward"
            row = after[0]
            evidence.append(
                cite(later, f"{row['change_id']} has changed the same file since: `{row['title']}`")
            )
    return (
        yield from conclude(
            facts,
            weighed,
            category="mitigation",
            mitigation=mitigation,
            tell=lambda suspect: f"{name_of(suspect)} costs more since {suspect.id}.",
            before=evidence,
            always=True,
        )
    )


def _came_after(row, suspect):
    """Whether a change took effect after the suspect."""
    window, own = row.get("window"), suspect.row.get("window")
    return window is not None and own is not None and window > own
