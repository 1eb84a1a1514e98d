"""What a person is asked to review where an opportunity is mended."""

from __future__ import annotations

from workbench.patch.handover.letter import (
    UNKNOWN,
    Stakes,
    addressed_part,
    checked_part,
    measured_part,
    risk_part,
    worth_part,
)
from workbench.patch.handover.owners import NOBODY, Owners
from workbench.types import Diagnosis, Fix, Opportunity


def saving_letter(
    place: Opportunity, diagnosis: Diagnosis, fix: Fix, branch: str, *, owners: Owners = NOBODY,
    stakes: Stakes = UNKNOWN,
) -> str:  # fmt: skip
    """Return PULL_REQUEST.md: what is wasted, the change, measured saving and its worth, risk.

    Parameters
    ----------
    place, diagnosis
        What is mended, and why it is thought to be worth it.
    fix : Fix
        The edit, as verified.
    branch : str
        Where it is.
    owners : Owners
        Who answers for the code.
    stakes : Stakes
        What all of the service costs.
    """
    gain = fix.verification.gain
    saved = ("the whole service", "this change saves")
    parts = [
        f"# {fix.patch.summary}",
        addressed_part(None, owners) + f"\nBranch: `{branch}`",
        f"## What is wasted\n{_wasted(place)}",
        f"## Why\n{_why(place, diagnosis)}",
        f"## The change\n{fix.patch.summary}. What the code does stays as it is.",
        f"## Measured\n{measured_part(fix)}",
        *worth_part(stakes, saved, gain.saved, gain.saved_interval),
        f"## Checked\n{checked_part(fix)}",
        f"## Asked for\n{_lines(place.validation)}",
        f"## Risk\n{risk_part(fix)}",
        f"## Roll back\n`git revert {fix.commit[:12] or branch}`",
    ]
    return "\n\n".join(parts) + "\n"


def _wasted(place: Opportunity) -> str:
    saving = place.saving
    return (
        f"{place.title} (`{place.file}:{place.line}`): {place.share:.2%} of the recorded CPU "
        f"samples of {place.service} pass through it. By its kind, {saving.value:.2%} of the "
        f"service's CPU was expected to be saved ({saving.low:.2%} to {saving.high:.2%})."
    )


def _why(place: Opportunity, diagnosis: Diagnosis) -> str:
    cited = [f"{item.claim} (`{item.call_id}`)" for item in diagnosis.evidence]
    told = [f"Past case: {id_}" for id_ in place.precedents]
    return f"{diagnosis.summary}\n\n{_lines([*place.evidence, *cited, *told])}"


def _lines(sentences: tuple[str, ...] | list[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)
