"""What came of a review, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SAID = {"approve": "Approved", "edit": "Put right", "reject": "Rejected"}
_LONGEST_TEXT = 1000


def came_of(said: Mapping[str, Any], result: object) -> str:
    """Return what came of a person's word.

    Parameters
    ----------
    said : mapping
        `verdict`, and where they were given `by` and `why`.
    result : object
        A text, or an outcome, of which `status`, `fix` and `no_fix` are read where it has them.
    """
    by = f" by {said['by']}" if said.get("by") else ""
    why = f": {said['why']}" if said.get("why") else ""
    told = result if isinstance(result, str) else _became(said, result)
    words = f"{_SAID[said['verdict']]}{by}{why}" + (f"; {told}" if told else "")
    return " ".join(words.split())[:_LONGEST_TEXT]


def _became(said: Mapping[str, Any], result: object) -> str:
    status = getattr(result, "status", "")
    if said["verdict"] == "reject":
        return ""
    if status == "waits for review":
        return "what was then made waits for a review anew, and is not in this list until it is set"
    if status == "stopped":
        return "it was stopped on the way, and can be resumed"
    fix = getattr(result, "fix", None)
    if fix is not None:
        return _where(fix, result)
    no_fix = getattr(result, "no_fix", "")
    return f"no fix: {no_fix}" if no_fix else ""


def _where(fix: object, result: object) -> str:
    """Return on which branch a fix is, and where that is open; never without that it failed."""
    branch, opened = getattr(fix, "branch", ""), getattr(result, "opened", None)
    where = f"the fix is on the branch {branch}" if branch else "the fix is on no branch"
    if opened is not None:
        where += f", opened at {getattr(opened, 'url', '')}"
    seen = getattr(fix, "verification", None)
    if seen is not None and not seen.verified:
        where += f", as it is not verified: {seen.reason}" if not branch else ", and not verified"
    return where
