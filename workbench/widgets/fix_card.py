"""A fix in a notebook: its diff, and what running it showed."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets

from workbench.types import CHECKS, Fix, Gain, PullRequest, quiet_cost
from workbench.views.columns import number_or_none
from workbench.widgets.view import View


class FixCard(View):
    """What a fix edits, what it gives back, and where it waits for review.

    Parameters
    ----------
    fix : Fix, optional
        None: there is none.
    note : str
        Where there is none, why.
    titles : mapping of str to str
        Titles of commits by id, for those that it takes back.
    opened : PullRequest, optional
        The one that was opened for it. None: there is none.
    """

    module = "fix_card.js"
    styles = ("table.css", "diff/view.css", "fix/view.css")

    _told = traitlets.Dict().tag(sync=True)
    fix = traitlets.Instance(Fix, allow_none=True, help="What is shown; assign another.")
    note = traitlets.Unicode(help="Where there is no fix, why.")
    titles = traitlets.Dict(help="Titles of commits, by id.")
    opened = traitlets.Instance(
        PullRequest, allow_none=True, help="Where it was opened for review."
    )

    def __init__(
        self,
        fix: Fix | None = None,
        *,
        note: str = "",
        titles: Mapping[str, str] | None = None,
        opened: PullRequest | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(fix=fix, note=note, titles=dict(titles or {}), opened=opened, **kwargs)
        self._show()

    @traitlets.observe("fix", "note", "titles", "opened")
    def _show(self, change: Any = None) -> None:
        self._told = told_fix(self.fix, self.note, self.titles, self.opened)

    def still(self) -> dict[str, str]:
        """Return the verdict and the diff."""
        if self.fix is None:
            text = self.note or "no fix was made"
            return {"text/plain": text, "text/html": f"<p>{html.escape(text)}</p>"}
        seen = self.fix.verification
        verdict = "verified" if seen.verified else f"not verified: {seen.reason}"
        text = f"{self.fix.patch.summary}: {verdict}"
        if np.isfinite(seen.gain_restored):
            text += f", {seen.gain_restored:.0%} of the loss restored"
        elif np.isfinite(seen.gain.saved):
            text += f", {seen.gain.saved:.1%} of what the workload costs saved"
        if self.opened is not None:
            text += f", opened at {self.opened.url}"
        diff = f"<pre>{html.escape(self.fix.diff)}</pre>"
        return {"text/plain": text, "text/html": f"<p>{html.escape(text)}</p>{diff}"}


def told_fix(
    fix: Fix | None, note: str, titles: Mapping[str, str], opened: PullRequest | None = None
) -> dict[str, Any]:
    """Return what `views/js/fix/view.js` takes."""
    if fix is None:
        return {"note": note}
    seen = fix.verification
    of = "saved" if part_of(seen.gain, "restored")[0] is None else "restored"
    gain, low, high = part_of(seen.gain, of)
    now = "regressed" if seen.good else "now"
    groups = (("before", seen.good), (now, seen.bad), ("fixed", seen.fixed))
    return {
        "note": note,
        "verified": seen.verified,
        "reason": seen.reason,
        "summary": fix.patch.summary,
        "strategy": fix.patch.strategy,
        "reverted": [
            f"{commit[:10]} {titles.get(commit, '')}".strip() for commit in fix.patch.reverted
        ],
        "diff": fix.diff,
        "branch": fix.branch,
        "opened": None if opened is None else _told_opened(opened),
        "n_trials": fix.n_trials,
        "of": of,
        "gain": gain,
        "low": low,
        "high": high,
        "checks": [
            {"name": CHECKS[check.name], "passed": check.passed, "detail": check.detail}
            for check in seen.checks
        ],
        "held_out": [part_of(gain, of)[0] for gain in seen.gains[1:]],
        "ratio_before": number_or_none(seen.ratio_before),
        "ratio_after": number_or_none(seen.ratio_after),
        "runs": [
            {"name": name, "seconds": [*runs], "quiet": float(quiet_cost(runs)) if runs else None}
            for name, runs in groups
        ],
    }


def part_of(gain: Gain, name: str) -> list[float | None]:
    """Return what of the loss was `restored`, or of all the cost `saved`: value, low and high."""
    value, (low, high) = getattr(gain, name), getattr(gain, f"{name}_interval")
    return [number_or_none(value), number_or_none(low), number_or_none(high)]


def _told_opened(opened: PullRequest) -> dict[str, Any]:
    asked = f", asked for a review: {', '.join(opened.asked)}" if opened.asked else ""
    when = f"{'since' if opened.is_new else 'already since'} {opened.at:%Y-%m-%d %H:%M}"
    return {"url": opened.url, "text": f"{when}{asked}.", "not_asked": [*opened.not_asked]}
