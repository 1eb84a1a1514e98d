"""Playbook of the skill cost-outside-the-diff."""

from itertools import pairwise

from workbench.agent.playbook import LIKELY, Sign, bare, mechanism, name_of

LEAST = 0.2
"""Part of the growth that such calls have to lead to."""


def is_foreign(caller, callee, paths):
    """Tell whether a call leads out of the code that it is made in, to another package."""
    chains = ([path["function"], *path["callers"]] for path in paths)
    return any(
        (bare(above), bare(below)) == (caller, callee) and package(above) != package(below)
        for chain in chains
        for below, above in pairwise(chain)
    )


def package(function):
    """Return the package, or the module that is in none, of a function."""
    return function.partition(":")[0].partition(".")[0]


def signs(suspect, scene):
    """A call that is new, of a package that the change did not write, on the way to what grew."""
    paths = scene.facts.get("paths", [])
    found = [call for call in suspect.new_calls(paths) if is_foreign(call[0], call[1], paths)]
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
