"""What a person is asked to review."""

from __future__ import annotations

import math
from collections.abc import Sequence

from workbench.types import CHECKS, Change, Check, Diagnosis, Fix, Gain, Regression, Suspect

_RECORDED = {"cost": ("ms of CPU per unit of recorded work", 1e3)}
_SHARE = ("% of CPU samples", 100.0)
_VERSIONS = (("before the regression", "good"), ("now", "bad"), ("with this change", "fixed"))
_RISKS = {
    "revert": "A revert also takes back whatever else those lines were for: ask their author.",
    "roll_back": "This takes the whole deploy back, and whatever else it was for.",
    "restore_cache": "A cache assumes that what it holds does not change.",
    "add_cache": "A cache assumes that the same question always has the same answer.",
    "hoist": "A hoisted value assumes that the loop does not change what it is made of.",
    "replace_structure": "Members of a set have to be hashable, and equal ones to hash alike.",
    "drop_copy": "Who holds the object from now on must not change it.",
    "import_at_top": "The module is now loaded with this one, also where nobody needs it.",
    "import_lazily": "Whoever uses it first now waits for the import, and meets its errors.",
    "batch_calls": "The call for many has to give the same as the calls for one, also for none.",
    "check_first": "What is looked up has to answer `get` as it answers a subscript.",
}
_ROOMS = {
    "bubblewrap": "without network, and unable to write outside of a folder of their own",
    "namespaces": "without network; files were protected by rights alone",
    "limits": "with limits of time and memory alone; network and files were open to them",
}


def pull_request(
    regression: Regression, diagnosis: Diagnosis, suspects: Sequence[Suspect], fix: Fix,
    branch: str, base: str, *, owner: str = "",
) -> str:  # fmt: skip
    """Return PULL_REQUEST.md: what regressed, cause, change, measured gain, risk.

    Parameters
    ----------
    regression, diagnosis, suspects
        What is mended, why it is thought to have come, and who was suspected.
    fix : Fix
        The edit, as verified.
    branch, base : str
        Where it is, and the revision before the regression.
    owner : str
        Who answers for the code, after the author of the culprit.
    """
    by_id = {suspect.change.id: suspect.change for suspect in suspects}
    culprit = by_id.get(diagnosis.change_id or "")
    parts = [
        f"# {fix.patch.summary}",
        _addressed(culprit, owner) + f"\nBranch: `{branch}`",
        f"## What regressed\n{_regressed(regression, base)}",
        f"## Cause\n{_cause(diagnosis, culprit)}",
        f"## The change\n{_what(fix, by_id)}",
        f"## Measured\n{_measured(fix)}",
        f"## Checked\n{_checked(fix)}",
        f"## Risk\n{_risk(fix)}",
        f"## Roll back\n`git revert {fix.commit[:12] or branch}`",
    ]
    return "\n\n".join(parts) + "\n"


def _addressed(culprit: Change | None, owner: str) -> str:
    if culprit is None:
        return f"To: {owner or 'the code owner'}"
    copy = f"\nCc: {owner}" if owner else ""
    return f"To: {culprit.author} <{culprit.email}>{copy}"


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


def _measured(fix: Fix) -> str:
    """Tell what runs of the workload took, a table for each set of inputs."""
    room = _ROOMS.get(fix.verification.isolation, "")
    told = [
        "A round is one call of what the workload times; it is another unit than that of the "
        "recorded work above. Versions ran in turns" + (f", {room}." if room else ".")
    ]
    return "\n\n".join([*told, *map(_table, fix.verification.gains)])


def _table(gain: Gain) -> str:
    rows = []
    for name, side in _VERSIONS:
        runs, cost = getattr(gain, side), getattr(gain, f"at_{side}")
        if runs:
            against = cost / (gain.at_good if gain.good else gain.at_bad)
            rows.append(f"| {name} | {cost * 1e3:.4g} | {against:.2f} |")
    kind = {"usual": "The usual inputs", "held-out": "Inputs that no search saw"}[gain.inputs]
    head = [
        f"{kind}, {len(gain.bad)} runs of each version:\n",
        "| version | CPU ms per round | against before |",
        "|---|---|---|",
    ]
    return "\n".join([*head, *rows]) + f"\n\n{_gained(gain)}"


def _gained(gain: Gain) -> str:
    if math.isnan(gain.restored):
        low, high = gain.saved_interval
        return f"{gain.saved:.1%} of the cost is saved (95 % interval {low:.1%} to {high:.1%})."
    low, high = gain.restored_interval
    return f"{gain.restored:.0%} of the loss comes back (95 % interval {low:.0%} to {high:.0%})."


def _checked(fix: Fix) -> str:
    return "\n".join(map(_row, fix.verification.checks))


def _row(check: Check) -> str:
    mark = {True: "yes", False: "NO", None: "not checked"}[check.passed]
    return f"- {CHECKS[check.name]}: {mark}" + (f" ({check.detail})" if check.detail else "")


def _risk(fix: Fix) -> str:
    own = _RISKS.get(fix.patch.strategy, "")
    return (
        "The workload is one use of the code. What neither it nor a test runs was only checked to "
        f"compile and to use no name that is gone. {own}"
    ).strip()
