"""Loops over one series as its points come in; numbers and arrays in, numbers into arrays out."""

import math

from workbench.compiled import Loops

loops = Loops(reorders=True)


@loops
def left_by_step(sums, first, place, last):
    """Return the squares that two levels leave of the points from `first` to `last`."""
    below, above = sums[0, place] - sums[0, first], sums[0, last] - sums[0, place]
    squares = sums[1, last] - sums[1, first]
    return squares - below * below / (place - first) - above * above / (last - place)


@loops
def best_step(sums, first, low, high, last, stride):
    """Return where a step from `low` to `high` leaves least, and the squares it leaves.

    Away from the end places are tried 1 / `stride` of the way to it apart.
    """
    place, least, at = low, math.inf, high
    while at >= low:
        left = left_by_step(sums, first, at, last)
        if left < least:
            place, least = at, left
        at -= max(1, (last - at) // stride)
    return place, least


@loops
def lag_one_beside_step(values, first, place, last, below, above):
    """Return the autocorrelation of what two levels leave."""
    before = values[first] - below
    lagged, squares = 0.0, before * before
    for t in range(first + 1, last):
        now = values[t] - (below if t < place else above)
        lagged += now * before
        squares += now * now
        before = now
    return lagged / squares if squares > 0 else 0.0


@loops
def step_variance(sums, first, place, last):
    """Return the variance of a step as either side's own noise has it (Welch), over what that of
    both together would be for noise of variance 1.
    """
    n_below, n_above = place - first, last - place
    below, above = sums[0, place] - sums[0, first], sums[0, last] - sums[0, place]
    left_below = max(sums[1, place] - sums[1, first] - below * below / n_below, 0.0)
    left_above = max(sums[1, last] - sums[1, place] - above * above / n_above, 0.0)
    own = left_below / (n_below * max(n_below - 1, 1)) + left_above / (
        n_above * max(n_above - 1, 1)
    )
    return own / (1 / n_below + 1 / n_above)


@loops
def place_again(sums, min_size, reach, end, firsts, starts, n_steps):
    """Place the last of the steps by the points up to `end`; return it, 0 where there is none."""
    if n_steps == 0:
        return 0
    before = starts[n_steps - 2] if n_steps > 1 else 0
    low = max(firsts[n_steps - 1] - reach, before + min_size)
    high = min(firsts[n_steps - 1] + reach, end - min_size)
    starts[n_steps - 1] = best_step(sums, before, low, high, end, end)[0]
    return starts[n_steps - 1]


@loops
def watch_for_steps(values, min_size, reach, base, per_log, beside, least, sums, firsts, starts):
    """Find steps as points come in; what was found at one point stays found. Return how many.

    At each point two levels are compared with one, for the points since the last step: by the
    ratio of likelihoods, with Student's tail, of as many points as their autocorrelation leaves
    independent. It has to exceed `base` and `per_log` times the logarithm of all points, and that
    over a straight line `beside`. No noise has a variance below `least`. `firsts` are the places as
    they were found, and `starts` what later points, no further than `reach`, make of them; `sums`
    is for the sums of values, their squares, and their products with time.
    """
    n, n_steps = len(values), 0
    for t in range(n):
        sums[0, t + 1] = sums[0, t] + values[t]
        sums[1, t + 1] = sums[1, t] + values[t] * values[t]
        sums[2, t + 1] = sums[2, t] + values[t] * t
    for end in range(2 * min_size, n + 1):
        start = place_again(sums, min_size, reach, end, firsts, starts, n_steps)
        size = end - start
        if size < 2 * min_size:
            continue
        total = sums[0, end] - sums[0, start]
        one = sums[1, end] - sums[1, start] - total * total / size
        place, two = best_step(sums, start, start + min_size, end - min_size, end, 32)
        wanted = base + per_log * math.log(end)
        rounding = 1e-12 * one + size * max(least, 1e-18)
        if (size - 2) * math.log((one + rounding) / (max(two, 0.0) + rounding)) < 0.9 * wanted:
            continue
        near = (end - place) // 32 + 1
        low, high = max(start + min_size, place - near), min(end - min_size, place + near)
        place, two = best_step(sums, start, low, high, end, end)
        below = (sums[0, place] - sums[0, start]) / (place - start)
        above = (sums[0, end] - sums[0, place]) / (end - place)
        phi = lag_one_beside_step(values, start, place, end, below, above) + 2 / size
        phi = min(max(phi * size / (size + 10), 0.0), 0.97)
        slope = sums[2, end] - sums[2, start] - 0.5 * (start + end - 1) * total
        line = one - slope * slope * 12 / (size * (size * size - 1.0))
        n_free = (size - 2) * (1 - phi) / (1 + phi)
        two = max(two, 0.0) + rounding
        excess = (one + rounding) / two - 1
        noisier = step_variance(sums, start, place, end) / max(two / max(size - 2, 1), 1e-300)
        beside_level = n_free * math.log(1 + excess / max(noisier, 1.0))
        beside_line = n_free * math.log((max(line, 0.0) + rounding) / two)
        if beside_level >= wanted and beside_line >= beside:
            place_again(sums, min_size, reach, place, firsts, starts, n_steps)
            firsts[n_steps] = starts[n_steps] = place
            n_steps += 1
    return n_steps


@loops
def best_lines(values, penalty, min_size, cost, previous):
    """Describe values by straight lines; `penalty` is the cost of each, and sums of squares.

    Leaves in `previous[b]` where the last line before b begins (optimal partitioning, B. Jackson
    et al., IEEE Signal Processing Letters 12, 2005).
    """
    n = len(values)
    cost[0] = 0.0
    for b in range(1, n + 1):
        cost[b] = math.inf
        count, sum_t, sum_tt, sum_y, sum_ty, sum_yy = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for a in range(b - 1, -1, -1):
            t, y = float(b - a), values[a]
            count += 1.0
            sum_t += t
            sum_tt += t * t
            sum_y += y
            sum_ty += t * y
            sum_yy += y * y
            if b - a < min_size or not cost[a] < cost[b]:
                continue
            spread = sum_tt - sum_t * sum_t / count
            slope = sum_ty - sum_t * sum_y / count
            error = sum_yy - sum_y * sum_y / count
            if spread > 0:
                error -= slope * slope / spread
            total = cost[a] + max(error, 0.0) + penalty
            if total < cost[b]:
                cost[b] = total
                previous[b] = a
