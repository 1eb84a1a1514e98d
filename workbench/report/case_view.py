"""What the page says of one case, as data: everything derived, nothing rendered but figures."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from workbench.report.diff import DiffLine, parse_diff
from workbench.report.figures import plot_series, plot_verification
from workbench.report.style import render_svg
from workbench.report.units import COST, SHARE, Unit, unit_of
from workbench.types import SERVICE, Change, Evidence, FloatArray, Outcome, Regression, Step
from workbench.views import Flame, recording_flame
from workbench.views.columns import flame_columns, in_text
from workbench.views.flame import SHARE_UNIT

_HASH = re.compile("[0-9a-f]{12,64}")


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure as SVG with the sentence that stands above it."""

    caption: str
    svg: str


@dataclass(frozen=True, slots=True)
class Proof:
    """An item of evidence with the step that it came from; no `anchor` where none is known."""

    evidence: Evidence
    anchor: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class FunnelStage:
    """One stage of the funnel; ratios are of the candidates that entered the first stage."""

    stage: str
    n_in: int
    n_out: int
    reasons: tuple[str, ...]
    out_ratio: float


@dataclass(frozen=True, eq=False)
class CaseView:
    """One outcome with what the page derives from it; made when first read."""

    outcome: Outcome
    anchor: str
    """Prefix of every id in the case's part of the page."""

    @property
    def is_abstention(self) -> bool:
        """Whether it was investigated and no cause was named."""
        return self.outcome.diagnosis is not None and self.outcome.cause is None

    @cached_property
    def regression(self) -> Regression | None:
        """The regression that was diagnosed, or else the largest one."""
        regressions = self.outcome.detection.found
        if self.outcome.diagnosis:
            for regression in regressions:
                if regression.id == self.outcome.diagnosis.regression_id:
                    return regression
        return regressions[0] if regressions else None

    @property
    def other_regressions(self) -> tuple[Regression, ...]:
        """The regressions that were found besides."""
        return tuple(r for r in self.outcome.detection.found if r is not self.regression)

    @property
    def unit(self) -> Unit:
        """Unit of the regression's metric."""
        return unit_of(self.regression.metric) if self.regression else COST

    @property
    def culprit(self) -> Change | None:
        """The change named as the cause, where it is among the suspects."""
        return next(
            (s.change for s in self.outcome.suspects if s.change.id == self.outcome.cause), None
        )

    @property
    def fix_status(self) -> str:
        """`verified`, `not verified` or `not attempted`."""
        fix = self.outcome.fix
        if fix is None:
            return "not attempted"
        return "verified" if fix.verification.verified else "not verified"

    @property
    def has_gain(self) -> bool:
        """Whether the gain of a fix was measured."""
        fix = self.outcome.fix
        return fix is not None and math.isfinite(fix.verification.gain_restored)

    @property
    def has_saving(self) -> bool:
        """Whether what a patch of an opportunity saves was measured."""
        fix = self.outcome.fix
        return fix is not None and math.isfinite(fix.verification.gain.saved)

    @property
    def total_seconds(self) -> float:
        """Seconds the whole solve took; NaN where not known."""
        return self.outcome.seconds.get("total", math.nan)

    @cached_property
    def pictures(self) -> list[Picture]:
        """The regression's series, then the service's total cost."""
        series = [self._regression_picture(), self._total_picture()]
        return [picture for picture in series if picture is not None]

    @cached_property
    def flame(self) -> Flame | None:
        """The flame graph over the regression's change point; None without windows on each side."""
        found, recording = self.regression, self.outcome.recording
        if found is None or not 1 <= found.change_index < recording.n_windows:
            return None
        flame = recording_flame(recording, found.change_index)
        return flame if flame.largest[0] > 0 else None

    @property
    def flame_columns(self) -> dict[str, Any]:
        """What the page's script draws of it."""
        return {} if self.flame is None else in_text(flame_columns(self.flame.pruned()))

    @property
    def flame_changes(self) -> list[dict[str, Any]]:
        """The functions whose own cost changed most."""
        changes = None if self.flame is None else self.flame.largest_changes(8)
        return [] if changes is None else [{**row} for _, row in changes.iterrows()]

    @property
    def flame_unit(self) -> Unit:
        """Unit of the flame graph's values."""
        if self.flame is None or self.flame.unit == SHARE_UNIT:
            return SHARE
        return Unit("cost", self.flame.unit)

    @cached_property
    def funnel(self) -> list[FunnelStage]:
        """The stages of the detection funnel, in order."""
        rows = self.outcome.detection.funnel.to_dict("records")
        n_first = max((int(row["n_in"]) for row in rows[:1]), default=0) or 1
        return [
            FunnelStage(
                str(row["stage"]),
                int(row["n_in"]),
                int(row["n_out"]),
                tuple(told_reasons(row.get("removed"))),
                min(int(row["n_out"]) / n_first, 1.0),
            )
            for row in rows
        ]

    @cached_property
    def proofs(self) -> list[Proof]:
        """The evidence, each item with the step whose call it cites."""
        diagnosis = self.outcome.diagnosis
        if diagnosis is None:
            return []
        cited = self._cited_steps()
        return [
            Proof(item, self.step_anchor(cited[item.call_id]), self._step(item.call_id).title)
            if item.call_id in cited
            else Proof(item)
            for item in diagnosis.evidence
        ]

    @cached_property
    def investigation_seconds(self) -> float:
        """Seconds from the first step's start to the last one's end; at least a nanosecond."""
        ends = [step.started_s + step.seconds for step in self.outcome.steps]
        return max([end for end in ends if math.isfinite(end)], default=0.0) or 1e-9

    @cached_property
    def diff_lines(self) -> list[DiffLine]:
        """The lines of the fix's patch."""
        return list(parse_diff(self.outcome.fix.diff)) if self.outcome.fix else []

    @cached_property
    def verification_svg(self) -> str:
        """The runs of the verification; empty where nothing ran."""
        fix = self.outcome.fix
        if fix is None or not (fix.verification.good or fix.verification.bad):
            return ""
        figure = plot_verification(fix.verification)
        sides = "before the regression, regressed and fixed"
        if self.outcome.opportunity:
            sides = "now and with the patch"
        label = f"CPU ms per round of each run, {sides}"
        return render_svg(figure, id_prefix=f"{self.anchor}-runs", label=label)

    def step_anchor(self, index: int) -> str:
        """Return the id of a step on the page."""
        return f"{self.anchor}-step-{index + 1}"

    def is_culprit(self, change: Change) -> bool:
        """Whether a change was named as the cause."""
        return change.id == self.outcome.cause

    def _cited_steps(self) -> dict[str, int]:
        """Return the step of each call: the one that ran it, or else the last that names it."""
        steps = [(i, step) for i, step in enumerate(self.outcome.steps) if step.call_id]
        steps.sort(key=lambda item: item[1].node == "tools")
        return {step.call_id: i for i, step in steps}

    def _step(self, call_id: str) -> Step:
        return self.outcome.steps[self._cited_steps()[call_id]]

    def _regression_picture(self) -> Picture | None:
        found = self.regression
        if found is None or (found.subject, found.metric) == (SERVICE, "cost"):
            return None
        try:
            values = self.outcome.series.row(found.subject, found.metric)
        except KeyError:
            return None
        unit = unit_of(found.metric)
        figure = plot_series(
            values * unit.scale,
            change_index=found.change_index,
            before=found.before * unit.scale,
            after=found.after * unit.scale,
            unit=unit.label or found.metric,
            title="",
        )
        caption = f"{unit.metric} of {found.subject}, by window"
        return Picture(
            caption, render_svg(figure, id_prefix=f"{self.anchor}-series", label=caption)
        )

    def _total_picture(self) -> Picture | None:
        values = self._total_cost()
        if values is None:
            return None
        index = self.regression.change_index if self.regression else None
        figure = plot_series(
            values * COST.scale,
            change_index=index,
            before=None if index is None else _mean(values[:index]) * COST.scale,
            after=None if index is None else _mean(values[index:]) * COST.scale,
            unit=COST.label,
            title="",
        )
        caption = f"Total CPU cost of {self.outcome.recording.service}, by window"
        return Picture(caption, render_svg(figure, id_prefix=f"{self.anchor}-total", label=caption))

    def _total_cost(self) -> FloatArray | None:
        """Return the service's CPU seconds per round of each window; None where not measured."""
        try:
            return self.outcome.series.row(SERVICE, "cost")
        except KeyError:
            windows = self.outcome.recording.windows
        if not {"cpu_seconds", "work"} <= set(windows.columns):
            return None
        cpu_seconds = windows["cpu_seconds"].to_numpy(dtype=np.float64, na_value=np.nan)
        work = windows["work"].to_numpy(dtype=np.float64, na_value=np.nan)
        costs = np.full(len(windows), np.nan)
        np.divide(cpu_seconds, work, out=costs, where=work > 0)
        return costs if np.isfinite(costs).any() else None


def told_reasons(removed: Any) -> list[str]:
    """Return the reasons of one stage of the funnel as lines of text."""
    if isinstance(removed, Mapping):
        return [f"{n} {reason}" for reason, n in removed.items()]
    return [part for part in removed.split("; ") if part] if isinstance(removed, str) else []


def short_id(change_id: str) -> str:
    """Return the first ten digits of a hash; any other id whole."""
    return change_id[:10] if _HASH.fullmatch(change_id) else change_id


def _mean(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else math.nan
