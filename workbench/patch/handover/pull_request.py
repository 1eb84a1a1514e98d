"""What a person is asked to review where a regression is mended."""

from __future__ import annotations

from collections.abc import Sequence

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
from workbench.types import Change, Diagnosis, Fix, Regression, Suspect

_RECORDED = {"cost": ("ms of CPU per unit of recorded work", 1e3)}
_SHARE = ("% of CPU samples", 100.0)


def pull_request(
    regression: Regression, diagnosis: Diagnosis, suspects: Sequence[Suspect], fix: Fix,
    branch: str, base: str, *, owners: Owners = NOBODY, stakes: Stakes = UNKNOWN,
) -> str:  # fmt: skip
    """Return PULL_REQUEST.md: what regressed, cause, change, measured gain and its worth, risk.

    Parameters
    ----------
    regression, diagnosis, suspects
        What is mended, why it is thought to have come, and who was suspected.
    fix : Fix
        The edit, as verified.
    branch, base : str
        Where it is, and the revision before the regression.
    owners : Owners
        Who answers for the code, after the author of the culprit.
    stakes : Stakes
        What the regression costs.
    """
    by_id = {suspect.change.id: suspect.change for suspect in suspects}
    measured = next((by_id[id_] for id_ in fix.patch.reverted if id_ in by_id), None)
    culprit = by_id.get(diagnosis.change_id or "", measured)
    parts = [
        f"# {fix.patch.summary}",
        addressed_part(culprit, owners) + f"\nBranch: `{branch}`",
        f"## What regressed\n{_regressed(regression, base)}",
        f"## Cause\n{_cause(diagnosis, culprit)}",
        f"## The change\n{_what(fix, by_id)}",
        f"## Measured\n{measured_part(fix)}",
        *_worth(fix, stakes),
        f"## Checked\n{checked_part(fix)}",
        f"## Risk\n{risk_part(fix)}",
        f"## Roll back\n`git revert {fix.commit[:12] or branch}`",
    ]
    return "\n\n".join(parts) + "\n"


def _regressed(regression: Regression, base: str) -> str:
    unit, scale = _RECORDED.get(regression.metric, _SHARE)
    levels = f"{regression.before * scale:.4g} to {regression.after * scale:.4g} {unit}"
    rise = ""
    if regression.before > 0:
        rise = f", {regression.after / regression.before - 1:+.0%}"
    when = f" ({regression.at:%Y-%m-%d %H:%M})" if regression.at is not None else ""
    return (
        f"In the recorded profiles `{regression.subject}` went from {levels}{rise}, at window "
        f"{regression.change_index}{when}, with the deploy after `{base}`."
    )


def _cause(diagnosis: Diagnosis, culprit: Change | None) -> str:
    if not diagnosis.change_id:
        return (
            f"The recording alone names nobody: {diagnosis.summary}\n\nRuns do: of all that was "
            "deployed, the smallest part found without which the loss is gone is taken back here."
        )
    who = f"`{culprit.id[:10]}` {culprit.title}\n\n" if culprit else ""
    evidence = "\n".join(f"- {item.claim} (`{item.call_id}`)" for item in diagnosis.evidence)
    sure = f"Confidence in this diagnosis, all evidence together: {diagnosis.confidence:.0%}."
    return f"{who}{diagnosis.summary} {sure}\n\n{evidence}"


def _what(fix: Fix, by_id: dict[str, Change]) -> str:
    if not fix.patch.reverted:
        return f"{fix.patch.summary}. The rest of the culprit's change stays."
    rows = [
        f"- `{sha[:10]}` {by_id[sha].title if sha in by_id else ''}".rstrip()
        for sha in fix.patch.reverted
    ]
    return "Reverts, in part or whole:\n\n" + "\n".join(rows)


def _worth(fix: Fix, stakes: Stakes) -> list[str]:
    """Return a section on what is lost and what of it comes back; none where nothing is known."""
    gain = fix.verification.gain
    names = ("left as it is, it costs", "this change gives back")
    return worth_part(stakes, names, gain.restored, gain.restored_interval)
