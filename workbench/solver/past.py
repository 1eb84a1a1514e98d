"""What a review came to, as a past case that later investigations find."""

from __future__ import annotations

import math
from hashlib import blake2b
from typing import Any

from workbench.errors import StoreError
from workbench.store import Store
from workbench.types import Diagnosis, Fix, Opportunity, Outcome, Regression

_MOST = 2000


def keep_past_case(outcome: Outcome, proposed: Diagnosis) -> str:
    """Add what a review came to to the past cases of the store; return why that failed.

    That is a diagnosis that was rejected, or one that was approved and whose fix is verified. Its
    id is a hash of what was said: the same is kept once.

    Parameters
    ----------
    outcome : Outcome
        With what the reviewer said.
    proposed : Diagnosis
        As it was before that, where it was rejected.
    """
    row = _past_case(outcome, proposed)
    if row is None:
        return ""
    try:
        store = Store.open(outcome.case.store).origin
        if row["id"] not in {*store.table("past_cases")["id"]}:
            store.put("past_cases", [row])
    except (StoreError, OSError) as error:
        told = str(error).partition("\n")[0]
        return f"{outcome.case.store}: what the review came to is no past case yet: {told}"
    return ""


def _past_case(outcome: Outcome, proposed: Diagnosis) -> dict[str, Any] | None:
    verdict, fix = outcome.review.get("verdict"), outcome.fix
    if verdict == "reject":
        told = {
            "cause": f"rejected: {outcome.review.get('why', '')}. It was: {proposed.summary}",
            "mitigation": f"nothing was done; proposed was {proposed.mitigation or 'nothing'}",
            "change": "",
        }
    elif verdict and fix is not None and fix.verification.verified:
        told = {
            "cause": proposed.summary,
            "mitigation": f"{fix.patch.strategy}: {fix.patch.summary}; {_gained(fix)}",
            "change": proposed.change_id or "",
        }
    else:
        return None
    row = {
        "service": outcome.case.service, **_what(outcome, proposed),
        "category": proposed.category, "cause": told["cause"][:_MOST], "change": told["change"],
    }  # fmt: skip
    text = "\0".join(map(str, row.values()))  # without the gain, which is another each time
    digest = blake2b(text.encode("utf-8", "surrogateescape"), digest_size=6).hexdigest()
    return {"id": f"P-{digest}", **row, "mitigation": told["mitigation"][:_MOST]}


def _what(outcome: Outcome, proposed: Diagnosis) -> dict[str, Any]:
    """Return when it was, and of what: `at`, `title` and `subject`."""
    if outcome.opportunity is not None:
        one = outcome.opportunity
        at = outcome.recording.windows["at"].iloc[-1]
        return {"at": at, "title": _title_of_waste(one), "subject": one.function}
    found = next(r for r in outcome.detection.found if r.id == proposed.regression_id)
    return {"at": found.at, "title": _title(found), "subject": found.subject}


def _title_of_waste(found: Opportunity) -> str:
    return f"{found.function}: {found.pattern}, {found.share:.1%} of the CPU"


def _gained(fix: Fix) -> str:
    gain = fix.verification.gain
    if math.isnan(gain.restored):
        return f"{gain.saved:.0%} of the cost saved"
    return f"{gain.restored:.0%} of the loss restored"


def _title(found: Regression) -> str:
    grown = f"{found.relative_delta:+.0%}" if found.before else "new"
    return f"{found.subject}: {found.metric} {grown}"
