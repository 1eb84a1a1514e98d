"""Playbook of the skill cost-outside-the-diff."""

from workbench.agent.playbook import LIKELY, Sign, mechanism, name_of

LEAST = 0.2
"""Part of the growth that such calls have to lead to."""


def signs(suspect, scene):
    """A call that is new, of code that the change did not write, on the way to what grew."""
    found = suspect.new_calls(scene.facts.get("paths", []))
    if suspect.key or sum(growth for _, _, growth in found) < LEAST:
        return []
    caller, callee, _ = max(found, key=lambda call: call[2])
    return [Sign(f"The change makes `{caller}` speak of `{callee}`", LIKELY)]


relevance, investigate = mechanism(
    signs,
    category="expensive call",
    mitigation="revert",
    tell=lambda suspect: (
        f"{name_of(suspect)} calls code of others that costs more since {suspect.id}."
    ),
)
