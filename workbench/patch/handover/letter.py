"""What letters about a fix have in common: what was measured and checked, its worth and risk."""

from __future__ import annotations

import math
from dataclasses import dataclass

from workbench.patch.handover.owners import Owners
from workbench.types import CHECKS, Amount, Change, Check, Fix, Gain, Worth

_VERSIONS = (("before the regression", "good"), ("now", "bad"), ("with this change", "fixed"))
_RISKS = {
    "revert": "A revert also takes back whatever else those lines were for: ask their author.",
    "roll_back": "This takes the whole deploy back, and whatever else it was for.",
    "restore_cache": "A cache assumes that what it holds does not change.",
    "add_cache": "A cache assumes that the same question always has the same answer.",
    "precompile": "What is made when the module is loaded sees no constants that are set later.",
    "reuse_objects": "Who tells such objects apart by `is`, or thaws one, now meets the same one.",
    "hoist": "A hoisted value assumes that the loop does not change what it is made of.",
    "replace_structure": "Members of a set have to be hashable, and equal ones to hash alike.",
    "drop_copy": "Who holds the object from now on must not change it.",
    "import_at_top": "The module is now loaded with this one, also where nobody needs it.",
    "import_lazily": "Whoever uses it first now waits for the import, and meets its errors.",
    "batch_calls": "The call for many has to give the same as the calls for one, also for none.",
    "check_first": "What is looked up has to answer `get` as it answers a subscript.",
}
_WORTH = (("servers", "servers"), ("watts", "watts"), ("money_per_year", "{currency} a year"))
_ROOMS = {
    "bubblewrap": "without network, and unable to write outside of a folder of their own",
    "namespaces": "without network; files were protected by rights alone",
    "limits": "with limits of time and memory alone; network and files were open to them",
}


@dataclass(frozen=True, slots=True)
class Stakes:
    """Who answers for the code, and what is at stake."""

    owner: str = ""
    """Where no CODEOWNERS says so."""
    loss: Worth | None = None
    """All of the regression; of an opportunity, all of the service. Where nothing of it is known,
    nothing is said."""
    assumptions: tuple[str, ...] = ()
    """What has to hold for that, a sentence each."""


UNKNOWN = Stakes()
"""Nothing of that is known."""
_MOST_FAULTS = 3


def addressed_part(culprit: Change | None, owners: Owners) -> str:
    """Tell whom it is for: the author of the culprit, and who answers for the code."""
    told = ", ".join(owners.names)
    lines = [f"To: {culprit.author} <{culprit.email}>" if culprit else ""]
    if told or not culprit:
        lines.append(f"{'Cc' if culprit else 'To'}: {told or 'the code owner'}")
    more = len(owners.faults) - _MOST_FAULTS
    lines += [f"Left out: {fault}" for fault in owners.faults[:_MOST_FAULTS]]
    lines += [f"Left out: {more} more lines"] if more > 0 else []
    return "\n".join(filter(None, lines))


def measured_part(fix: Fix) -> str:
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


def worth_part(
    stakes: Stakes, names: tuple[str, str], part: float, interval: tuple[float, float]
) -> list[str]:
    """Return a section on what something costs and which part of it is gained; none where nothing
    is known.

    Parameters
    ----------
    stakes : Stakes
        With the whole.
    names : (str, str)
        What the rows of the whole and of the part are called.
    part, interval
        Which part it is, as a fraction, with its 95 % interval.
    """
    whole = stakes.loss
    known = [(name, of) for name, of in _WORTH if whole and getattr(whole, name).is_known]
    if whole is None or not known or math.isnan(part):
        return []
    amounts = [getattr(whole, name) for name, _ in known]
    rows = [
        ["", *(of.format(currency=whole.currency).strip() for _, of in known)],
        ["---", *("---" for _ in known)],
        [names[0], *map(_amount, amounts)],
        [names[1], *(_amount(_part(amount, part, interval)) for amount in amounts)],
    ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    told = "\n".join(f"- {sentence}" for sentence in stakes.assumptions)
    return [f"## Worth\n{table}\n\nAssumed:\n\n{told}" if told else f"## Worth\n{table}"]


def _part(amount: Amount, part: float, interval: tuple[float, float]) -> Amount:
    """Return a part of an amount: of the ends of both intervals, so rather too wide."""
    ends = [end * factor for end in (amount.low, amount.high) for factor in interval]
    low, high = (math.nan, math.nan) if any(map(math.isnan, ends)) else (min(ends), max(ends))
    return Amount(amount.value * part, low, high)


def _amount(amount: Amount) -> str:
    told = _figure(amount.value)
    if math.isnan(amount.low) or math.isnan(amount.high) or amount.low == amount.high:
        return told
    return f"{told} (95 % interval {_figure(amount.low)} to {_figure(amount.high)})"


def _figure(value: float) -> str:
    """Return a number with three digits that count."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 100 else f"{rounded:g}"


def checked_part(fix: Fix) -> str:
    """Tell what was checked, a line each."""
    return "\n".join(map(_row, fix.verification.checks))


def _row(check: Check) -> str:
    mark = {True: "yes", False: "NO", None: "not checked"}[check.passed]
    return f"- {CHECKS[check.name]}: {mark}" + (f" ({check.detail})" if check.detail else "")


def risk_part(fix: Fix) -> str:
    """Tell what was not checked, and what the kind of edit takes for granted."""
    own = _RISKS.get(fix.patch.strategy, "")
    return (
        "The workload is one use of the code. What neither it nor a test runs was only checked to "
        f"compile and to use no name that is gone. {own}"
    ).strip()
