"""What interleaved runs tell of a loss and of a gain."""

from __future__ import annotations

import numpy as np

from workbench.types import FloatArray, Gain, Reproduction

MIN_RESTORED = 0.8
"""A fix gives back at least this part of the loss."""
MIN_RESTORED_LOW = 0.5
"""And the lower end of its 95 % interval is above this."""
MIN_SAVED = 0.005
"""Where there is nothing to go back to, an edit saves at least this part of the cost, and the lower
end of its interval is above nothing."""
MIN_LOSS = 0.01
"""A loss below this part of the cost before is none."""
_SURE = 0.975
_RESAMPLES = 2000


def quiet_total(costs: FloatArray) -> FloatArray:
    """Return what runs of the same work cost on a quiet machine.

    Parameters
    ----------
    costs : ndarray
        (…, n_runs, n_slices) what each slice of each run cost.

    Returns
    -------
    ndarray
        (…) the lower quartile over runs of each slice, summed: whatever else a machine does only
        ever adds time, to few slices at a time.
    """
    n_runs = costs.shape[-2]
    ordered = np.sort(costs, axis=-2)
    place = 0.25 * (n_runs - 1)
    low, part = int(place), place - int(place)
    high = min(low + 1, n_runs - 1)
    quartile = (1 - part) * ordered[..., low, :] + part * ordered[..., high, :]
    return np.asarray(quartile.sum(axis=-1), dtype=np.float64)


def compare(good: FloatArray, bad: FloatArray) -> Reproduction:
    """Compare interleaved runs of two versions.

    Parameters
    ----------
    good, bad : ndarray
        (n_runs, n_slices) CPU seconds per round of work; run `i` of each was made in the same turn.

    Returns
    -------
    Reproduction
        Ratio of what each costs on a quiet machine, with a 95 % bootstrap interval over turns.
    """
    at_good, at_bad = _resample(good, bad)
    low, high = (float(q) for q in np.percentile(at_bad / at_good, (2.5, 97.5)))
    ratio = float(quiet_total(bad) / quiet_total(good))
    is_real = low > 1 and ratio >= 1 + MIN_LOSS
    return Reproduction(_runs(good), _runs(bad), ratio, (low, high), is_real)


def judge_restored(inputs: str, good: FloatArray, bad: FloatArray, fixed: FloatArray) -> Gain:
    """Judge how much of a loss an edit gives back.

    Parameters
    ----------
    inputs : str
        What the runs were made with.
    good, bad, fixed : ndarray
        (n_runs, n_slices) CPU seconds per round of work; run `i` of each was made in the same turn.

    Returns
    -------
    Gain
        Each version as on a quiet machine; intervals are the 2.5 and 97.5 percentile of a
        bootstrap over turns (B. Efron, 1979), so that drift of the machine stays paired.
    """
    resampled = _resample(good, bad, fixed)
    loss = resampled[1] - resampled[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        restored = np.where(loss > 0, (resampled[1] - resampled[2]) / loss, -np.inf)
    low, high = _interval(restored)
    at_good, at_bad, at_fixed = (float(quiet_total(costs)) for costs in (good, bad, fixed))
    gain = (at_bad - at_fixed) / (at_bad - at_good) if at_bad > at_good else float("nan")
    if float(np.mean(loss > 0)) < _SURE:
        reason = f"the loss is not sure: {at_bad / at_good:.2f} x the time before"
    elif not gain >= MIN_RESTORED:
        reason = f"gives back {gain:.0%} of the loss; {MIN_RESTORED:.0%} is asked for"
    elif not low > MIN_RESTORED_LOW:
        reason = f"the gain is not sure: 95 % interval starts at {low:.0%}"
    else:
        reason = ""
    saved = 1 - at_fixed / at_bad
    return Gain(
        inputs, _runs(good), _runs(bad), _runs(fixed), at_good, at_bad, at_fixed, gain, (low, high),
        saved, _interval(1 - resampled[2] / resampled[1]), reason,
    )  # fmt: skip


def judge_saved(inputs: str, bad: FloatArray, fixed: FloatArray) -> Gain:
    """Judge how much an edit saves, where there is no better version to go back to.

    Takes and gives what `judge_restored` does, without what is told of a loss.
    """
    at_bad, at_fixed = float(quiet_total(bad)), float(quiet_total(fixed))
    resampled = _resample(bad, fixed)
    low, high = _interval(1 - resampled[1] / resampled[0])
    saved = 1 - at_fixed / at_bad
    if not saved >= MIN_SAVED:
        reason = f"saves {saved:.1%}; {MIN_SAVED:.1%} is asked for"
    elif not low > 0:
        reason = f"the saving is not sure: 95 % interval starts at {low:.1%}"
    else:
        reason = ""
    return Gain(
        inputs, (), _runs(bad), _runs(fixed), at_bad=at_bad, at_fixed=at_fixed, saved=saved,
        saved_interval=(low, high), reason=reason,
    )  # fmt: skip


def _runs(costs: FloatArray) -> tuple[float, ...]:
    return tuple(map(float, costs.sum(axis=-1)))


def _interval(values: FloatArray) -> tuple[float, float]:
    low, high = np.percentile(values, (2.5, 97.5), method="nearest")
    return float(low), float(high)


def _resample(*versions: FloatArray) -> list[FloatArray]:
    """Return what each version costs in bootstrap samples of the same turns."""
    n_turns = len(versions[0])
    turns = np.random.default_rng(0).integers(0, n_turns, (_RESAMPLES, n_turns))
    return [quiet_total(costs[turns]) for costs in versions]
