"""Why a series was reported, or was not."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from workbench.detect.config import DetectConfig
from workbench.detect.noise.background import Background, blocks_of, find_background
from workbench.detect.noise.calibrate import judge
from workbench.detect.noise.screen import filled
from workbench.detect.stages.changes import costs_among, is_share_of
from workbench.detect.stages.localise import fit_jointly
from workbench.detect.views import View, split_views
from workbench.errors import SignalError
from workbench.types import Detection, Explanation, FloatArray, Regression, SeriesParts
from workbench.types.signals import Signals, read_signals

_MOST_NAMES = 20_000
"""That are looked at for one like what was asked for."""
_ENDS = 40
"""Places at which a drift may have come to its end."""


@dataclass(frozen=True, slots=True)
class Explainer:
    """Knows the series that a detection was made of."""

    signals: Signals
    background: Background
    config: DetectConfig
    parts: SeriesParts | None = None
    """Where the other series are, if not all are in `signals`."""

    def __call__(self, detection: Detection, series: Hashable) -> Explanation:
        """Explain one series."""
        alone = self._alone(series)
        series = alone.ids[0]
        views = split_views(alone)
        whole = alone.values[0].astype(np.float64)
        if not views:
            few = f"Not reported: it has {int(np.isfinite(whole).sum())} values, too few to tell."
            return Explanation(few, whole, np.full(len(whole), np.nan), (), title=str(series))
        view = views[0]
        if not view.is_whole:
            own = Explainer(alone, find_background(view.signals), self.config)
            return own._in(view, detection, series, whole)
        return self._in(view, detection, series, whole)

    def _alone(self, series: Hashable) -> Signals:
        """Return one series, by its id or else by its subject."""
        of_subject: list[Signals] = []
        for signals in self._where():
            for row, name in enumerate(signals.ids):
                if name == series:
                    return signals.take(np.array([row]))
                if signals.key(row, "subject") == series:
                    of_subject.append(signals.take(np.array([row])))
        ids = {one.ids[0] for one in of_subject}
        if len(ids) == 1:
            return of_subject[0]
        names = {str(name): name for name in self.signals.ids[:_MOST_NAMES]}
        near = get_close_matches(str(series), names, 1) or [*names][:1]
        like = f"such as {names[near[0]]!r}" if near else "which has none"
        told = f"one of {sorted(map(repr, ids))}" if ids else f"a series of this detection, {like}"
        raise SignalError(f"expected {told}, got {series!r}")

    def _where(self) -> Iterator[Signals]:
        """Return the series at hand, and then those that were read in parts."""
        yield self.signals
        if self.parts is not None:
            yield from map(read_signals, self.parts.read())

    def _in(
        self, view: View, detection: Detection, series: Hashable, whole: FloatArray
    ) -> Explanation:
        """Explain a series in the windows in which it has values."""
        values = filled(view.signals.values)[0].astype(np.float64)
        found = tuple(r for r in (*detection.found, *detection.gains) if r.series == series)
        removed = detection.removed[detection.removed["series"] == series]
        words = [self._reported(r, r in detection.found) for r in found]
        words += [
            f"A change at {self._when(int(index))} was removed by the stage “{stage}”: {reason}."
            for index, stage, reason in zip(
                removed["change_index"], removed["stage"], removed["reason"], strict=True
            )
        ]
        others = tuple(sorted(int(i) for i in removed["change_index"]))
        places = [*(r.change_index for r in found if r.kind != "drift"), *others]
        drifts = [r.change_index for r in found if r.kind == "drift"]
        if not words:
            sentence, place = self._unseen(values, view)
            words, places = [sentence], [int(view.windows[place])]
        return Explanation(
            text=" ".join([*words, self._context()]),
            values=whole,
            expected=self._expected(values, places, drifts, view, len(whole)),
            found=found,
            removed=others,
            title=str(series),
            times=self.signals.times,
        )

    def _when(self, window: int) -> str:
        if self.signals.times is None:
            return f"window {window}"
        return f"window {window} ({self.signals.times[window]:%Y-%m-%d %H:%M})"

    def _reported(self, r: Regression, is_worse: bool) -> str:
        what = "Reported as a regression" if is_worse else "Reported as an improvement"
        begins = "a drift that begins at" if r.kind == "drift" else "a step at"
        size = f"{r.before:.4g} to {r.after:.4g}"
        if r.before:
            least, most = r.relative(r.delta_low), r.relative(r.delta_high)
            size += f" ({r.relative_delta:+.1%}, 95 % interval {least:+.1%} to {most:+.1%})"
        low, high = r.change_index_low, r.change_index_high
        about = f", between windows {low} and {high}" if low < high else ""
        with_it = f" {len(r.merged)} other subjects moved with it." if r.merged else ""
        return (
            f"{what}: {begins} {self._when(r.change_index)}{about}, from {size}; corrected p-value "
            f"{r.p_value:.2g}.{with_it}"
        )

    def _unseen(self, values: FloatArray, view: View) -> tuple[str, int]:
        """Return what stood out most in a series of which nothing was a candidate."""
        background, layout = self.background, self.background.design.layout
        blocks = blocks_of(values[np.newaxis], layout)
        seen = judge(background.design, blocks, background.prior, background.null)
        place = layout.start + int(seen.steps.place[0]) * layout.block
        if np.ptp(values) == 0:
            return "Not reported: it never changes.", place
        costs = costs_among(self.signals.keys)
        if view.signals.keys is not None and is_share_of(view.signals.keys, costs)[0]:
            return "Not reported: it is a share of what is judged by its cost instead.", place
        return (
            f"Not reported: its likeliest step is at {self._when(int(view.windows[place]))}, "
            f"{seen.steps.statistic[0]:+.1f} times its error. Noise alone does as much in "
            f"{seen.p_value[0]:.2g} of series like it; the budget is "
            f"{self.config.alerts_per_1000_series / 1000:g}."
        ), place

    def _context(self) -> str:
        design, layout = self.background.design, self.background.design.layout
        seasons = ", ".join(f"{period:g}" for period in sorted(design.periods))
        told = f"seasons of {seasons} windows" if seasons else "no season"
        how = "window by window" if layout.block == 1 else f"by means of {layout.block} windows"
        return (
            f"Judged {how}, beside {told}, in noise whose "
            f"neighbouring means correlate by about {np.tanh(self.background.prior.mean):.2f}."
        )

    def _expected(
        self, values: FloatArray, places: list[int], drifts: list[int], view: View, n_windows: int
    ) -> FloatArray:
        """Return level and season as they are fitted with steps, and drifts, at some windows."""
        design = self.background.design
        layout, windows = design.layout, view.windows
        blocks = blocks_of(values[np.newaxis], layout)[0]
        steps = (windows[:, np.newaxis] >= np.array(places)).astype(np.float64)
        best, least = np.zeros(len(windows)), np.inf
        ends = windows[layout.block :: max(1, len(windows) // _ENDS)] if drifts else windows[-1:]
        for end in ends:  # a drift may have come to its end
            starts = np.array([start for start in drifts if start < end])
            rises = (windows[:, np.newaxis] - starts) / (end - starts)
            courses = np.hstack([steps, np.clip(rises, 0, 1)])
            parts = courses[layout.start :].reshape(layout.n_blocks, layout.block, -1).mean(axis=1)
            joint = fit_jointly(design.basis, blocks, self.background.level, parts)
            if joint.misfit < least:
                best = joint.level + design.season @ joint.season + courses @ joint.rises
                least = joint.misfit
        expected = np.full(n_windows, np.nan)
        expected[windows] = best
        return expected
