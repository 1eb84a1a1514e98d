"""What a person is asked to review."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.patch.handover.owners import NOBODY, Owners
from workbench.types import (
    CHECKS,
    Amount,
    Change,
    Check,
    Diagnosis,
    Fix,
    Gain,
    Regression,
    Suspect,
    Worth,
)

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
_WORTH = (("servers", "servers"), ("watts", "watts"), ("money_per_year", "{currency} a year"))
_MOST_FAULTS = 3
_ROOMS = {
    "bubblewrap": "without network, and unable to write outside of a folder of their own",
    "namespaces": "without network; files were protected by rights alone",
    "limits": "with limits of time and memory alone; network and files were open to them",
}


@dataclass(frozen=True, slots=True)
class Stakes:
    """Who answers for the code, and what the regression costs where it is left."""

    owner: str = ""
    """Where no CODEOWNERS says so."""
    loss: Worth | None = None
    """All of the regression; where nothing of it is known, nothing is said."""
    assumptions: tuple[str, ...] = ()
    """What has to hold for that, a sentence each."""


UNKNOWN = Stakes()


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
        _addressed(culprit, owners) + f"\nBranch: `{branch}`",
        f"## What regressed\n{_regressed(regression, base)}",
        f"## Cause\n{_cause(diagnosis, culprit)}",
        f"## The change\n{_what(fix, by_id)}",
        f"## Measured\n{_measured(fix)}",
        *_worth(fix.verification.gain, stakes),
        f"## Checked\n{_checked(fix)}",
        f"## Risk\n{_risk(fix)}",
        f"## Roll back\n`git revert {fix.commit[:12] or branch}`",
    ]
    return "\n\n".join(parts) + "\n"


def _addressed(culprit: Change | None, owners: Owners) -> str:
    told = ", ".join(owners.names)
    lines = [f"To: {culprit.author} <{culprit.email}>" if culprit else ""]
    if told or not culprit:
        lines.append(f"{'Cc' if culprit else 'To'}: {told or 'the code owner'}")
    more = len(owners.faults) - _MOST_FAULTS
    lines += [f"Left out: {fault}" for fault in owners.faults[:_MOST_FAULTS]]
    lines += [f"Left out: {more} more lines"] if more > 0 else []
    return "\n".join(filter(None, lines))


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
            before = gain.at_good if gain.good else gain.at_bad
            against = f"{cost / before:.2f}" if before else "–"  # no tick of the clock
            rows.append(f"| {name} | {cost * 1e3:.4g} | {against} |")
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


def _worth(gain: Gain, stakes: Stakes) -> list[str]:
    """Return a section on what is lost and what of it comes back; none where nothing is known."""
    loss = stakes.loss
    known = [(name, of) for name, of in _WORTH if loss and getattr(loss, name).is_known]
    if loss is None or not known or math.isnan(gain.restored):
        return []
    lost = [getattr(loss, name) for name, _ in known]
    rows = [
        ["", *(of.format(currency=loss.currency).strip() for _, of in known)],
        ["---", *("---" for _ in known)],
        ["left as it is, it costs", *map(_amount, lost)],
        ["this change gives back", *(_amount(_part(amount, gain)) for amount in lost)],
    ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    told = "\n".join(f"- {sentence}" for sentence in stakes.assumptions)
    return [f"## Worth\n{table}\n\nAssumed:\n\n{told}" if told else f"## Worth\n{table}"]


def _part(amount: Amount, gain: Gain) -> Amount:
    """Return what comes back of an amount: the ends of both intervals, so rather too wide."""
    ends = [end * part for end in (amount.low, amount.high) for part in gain.restored_interval]
    low, high = (math.nan, math.nan) if any(map(math.isnan, ends)) else (min(ends), max(ends))
    return Amount(amount.value * gain.restored, low, high)


def _amount(amount: Amount) -> str:
    told = _figure(amount.value)
    if math.isnan(amount.low) or math.isnan(amount.high):
        return told
    return f"{told} (95 % interval {_figure(amount.low)} to {_figure(amount.high)})"


def _figure(value: float) -> str:
    """Return a number with three digits that count."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 100 else f"{rounded:g}"


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
