"""What a person is asked to review."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.types import Change, Diagnosis, Fix, Regression, Suspect, quiet_cost

_UNITS = {"cost": ("ms of CPU per round of work", 1e3)}
_SHARE = ("% of CPU samples", 100.0)


def pull_request(
    regression: Regression, diagnosis: Diagnosis, suspects: Sequence[Suspect], fix: Fix,
    branch: str, base: str,
) -> str:  # fmt: skip
    """Return PULL_REQUEST.md: what regressed, cause, change, measured gain, risk."""
    by_id = {suspect.change.id: suspect.change for suspect in suspects}
    culprit = by_id.get(diagnosis.change_id or "")
    seen = fix.verification
    unit, scale = _UNITS.get(regression.metric, _SHARE)
    low, high = seen.interval
    evidence = "\n".join(f"- {item.claim} (`{item.call_id}`)" for item in diagnosis.evidence)
    return f"""# {fix.patch.summary}

To: {f"{culprit.author} <{culprit.email}>" if culprit else "the code owner"}
Branch: `{branch}`

## What regressed
`{regression.subject}` went from {regression.before * scale:.4g} to {regression.after * scale:.4g} \
{unit} at window {regression.change_index} (the deploy after `{base}`).

## Cause
{diagnosis.summary}

{evidence}

## The change
{_what(fix, by_id)}

## Measured
{len(seen.good)} interleaved runs of the workload on each version; its output is unchanged.

| version | CPU ms per round (lower quartile) | against before |
|---|---|---|
| before the regression | {quiet_cost(seen.good) * 1e3:.4g} | 1.00 |
| now | {quiet_cost(seen.bad) * 1e3:.4g} | {seen.ratio_before:.2f} |
| with this change | {quiet_cost(seen.fixed) * 1e3:.4g} | {seen.ratio_after:.2f} |

{seen.gain_restored:.0%} of the loss comes back (95 % interval {low:.0%} to {high:.0%}).

## Risk
The workload is one use of the code. What it does not run was only checked to compile and to use \
no name that is gone. {_risk(fix)}

## Roll back
`git revert {branch}`
"""


def _what(fix: Fix, by_id: dict[str, Change]) -> str:
    if not fix.patch.reverted:
        return f"{fix.patch.summary}. The rest of the culprit's change stays."
    rows = [
        f"- `{sha[:10]}` {by_id[sha].title if sha in by_id else ''}".rstrip()
        for sha in fix.patch.reverted
    ]
    return "Reverts, in part or whole:\n\n" + "\n".join(rows)


def _risk(fix: Fix) -> str:
    if not fix.patch.reverted:
        return "A cache or a hoisted value assumes that what it holds does not change."
    return "A revert also takes back whatever else those lines were for: ask their author."
