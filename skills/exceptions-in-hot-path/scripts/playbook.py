"""Playbook of the skill exceptions-in-hot-path."""

import re

from workbench.agent.playbook import HINT, LIKELY, added_line, grown, mechanism, name_of

RAISE = re.compile(r"^\s*(?:raise|throw)\b|\bpanic\(|\bthrow new\b")
CATCH = re.compile(
    r"^\s*(?:\}?\s*(?:except|catch|rescue)\b|try\b)|\brecover\(\)|contextlib\.suppress|"
    r"\bwith suppress\("
)
FRAMES = re.compile(
    r"traceback|exception|fillInStackTrace|_Unwind|__cxa_throw|panic", re.IGNORECASE
)


def signs(suspect, scene):
    """What is raised, and what catches it, in code that runs for each item."""
    if suspect.key:
        return []
    raised = [*added_line(suspect, RAISE, LIKELY, "raises")]
    caught = [*added_line(suspect, CATCH, LIKELY if raised else HINT, "catches")]
    seen = [*raised, *caught]
    return [*seen, *grown(scene, FRAMES, HINT)] if seen else []


relevance, investigate = mechanism(
    signs,
    category="exceptions in the hot path",
    mitigation="check_first",
    tell=lambda suspect: (
        f"{name_of(suspect)} raises and catches where it used to return since {suspect.id}."
    ),
)
