"""Playbook of the skill cost-outside-the-diff."""

from workbench.agent import accuse, cite, examine
from workbench.agent.playbook import Examined, call


def relevance(facts):
    """High where most of the growth is in files that the service does not own."""
    suspect = facts.get("suspect") or {}
    package = _package((suspect.get("functions") or [":"])[0])
    grown = [(row["function"], row["after"] - row["before"]) for row in facts.get("grew", [])]
    total = sum(delta for _, delta in grown if delta > 0)
    outside = sum(delta for name, delta in grown if delta > 0 and _package(name) != package)
    return 0.8 * outside / total if suspect and total else 0.0


def investigate(facts):
    """Blame the nearest changed caller of what grew."""
    whole = yield call("diff_profile", regression_id=facts["regression_id"])
    found = yield from examine(facts, at_least=0.15)
    if not isinstance(found, Examined):
        return found
    name = found.subject
    evidence = []
    leaf = next(
        (r for r in whole.get("own_time", []) if _package(r["function"]) != _package(name)), None
    )
    if leaf:
        levels = f"{leaf['before']:g} to {leaf['after']:g} {whole['unit']}"
        grew = f"{leaf['function']} itself went from {levels}"
        evidence.append(cite(whole, grew))
    below = found.profile.get("callees", [])
    if below:
        evidence.append(cite(found.profile, f"most of it below {below[0]['function']}"))
    called = below[0]["function"] if below else "library code"
    return accuse(
        found,
        summary=f"{name} calls {called} more than before; the time is spent outside the diff.",
        category="expensive call",
        mitigation="revert",
        evidence=evidence,
    )


def _package(subject):
    return subject.split(":")[0].split(".")[0]
