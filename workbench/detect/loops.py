"""Loops over all series at once; numbers and arrays in, numbers into arrays out.

The scans are those of `design.Scan`: a series is whitened, freed of level and season, and then
the step at every place is one sum from the end.
"""

import math

from workbench.compiled import Loops

loops = Loops(reorders=True)


@loops
def median_of_five(a, b, c, d, e):
    """Return the middle one of five numbers."""
    low = max(min(a, b), min(c, d))
    high = min(max(a, b), max(c, d))
    return max(min(e, low), min(max(e, low), high))


@loops
def window_noise(row, chunk, scratch):
    """Estimate the noise of one window from its differences to the next, whatever the level."""
    n_chunks = (len(row) - 1) // chunk
    for c in range(n_chunks):
        total = 0.0
        for t in range(c * chunk, (c + 1) * chunk):
            total += abs(row[t + 1] - row[t])
        scratch[c] = total
    sizes = scratch[:n_chunks]
    sizes.sort()  # the upper quartile: part of a series may have hardly any noise
    return sizes[3 * n_chunks // 4] / chunk / (1.33 if chunk > 1 else 1.63)


@loops
def steady_means(values, start, size, far, scratch, out):
    """Average blocks of windows; a window far from its four neighbours' middle counts as that."""
    n_rows, n = values.shape
    chunk = 8 if n > 64 else 1
    for i in range(n_rows):
        row = values[i]
        limit = far * window_noise(row, chunk, scratch)
        for b in range(out.shape[1]):
            total = 0.0
            for t in range(start + b * size, start + (b + 1) * size):
                at = min(max(t, 2), n - 3)
                middle = median_of_five(row[at - 2], row[at - 1], row[at], row[at + 1], row[at + 2])
                total += row[t] if abs(row[t] - middle) <= limit or limit == 0 else middle
            out[i, b] = total / size


@loops
def whiten(values, phi, out):
    """Take out autocorrelation `phi`: what is left is as large, and white."""
    out[0] = values[0] * math.sqrt(1 - phi * phi)
    for t in range(1, len(values)):
        out[t] = values[t] - phi * values[t - 1]


@loops
def project_out(values, basis):
    """Take orthonormal rows of `basis` out of values, in place."""
    for j in range(basis.shape[0]):
        part = 0.0
        for t in range(len(values)):
            part += basis[j, t] * values[t]
        for t in range(len(values)):
            values[t] -= part * basis[j, t]


@loops
def likeliest_step(left, phi, inverse_lengths):
    """Return place and height (in noise) of the step that explains most of what is left."""
    place, height, tail = 0, 0.0, 0.0
    for k in range(len(left) - 1, 0, -1):
        at = (left[k] + (1 - phi) * tail) * inverse_lengths[k]
        tail += left[k]
        if abs(at) > abs(height):
            place, height = k, at
    return place, height


@loops
def take_out_step(left, place, height, basis, inverse_lengths, scratch):
    """Take a step of white noise out, beside the basis, in place."""
    scratch[:place] = 0.0
    scratch[place:] = 1.0
    project_out(scratch, basis)
    rise = height * inverse_lengths[place]
    for t in range(len(left)):
        left[t] -= rise * scratch[t]


@loops
def median_size(left, scratch):
    """Return the median of absolute values."""
    for t in range(len(left)):
        scratch[t] = abs(left[t])
    scratch.sort()
    middle = len(left) // 2
    if len(left) % 2:
        return scratch[middle]
    return 0.5 * (scratch[middle - 1] + scratch[middle])


@loops
def lag_one(left):
    """Return the autocorrelation of neighbours."""
    lagged, squares = 0.0, left[0] * left[0]
    for t in range(1, len(left)):
        lagged += left[t] * left[t - 1]
        squares += left[t] * left[t]
    return lagged / squares if squares > 0 else 0.0


@loops
def root_mean_square(left):
    """Return the size of what is left."""
    squares = 0.0
    for t in range(len(left)):
        squares += left[t] * left[t]
    return max(math.sqrt(squares / len(left)), 1e-300)


@loops
def error_of_step(left, i, places, n):
    """Return the standard error of step `i` of `n`, by the noise up to the next on either side."""
    first, last = 0, len(left)
    for j in range(n):
        if j != i and places[j] <= places[i]:
            first = max(first, places[j])
        elif places[j] > places[i]:
            last = min(last, places[j])
    below, above = 0.0, 0.0
    for t in range(first, places[i]):
        below += left[t] * left[t]
    for t in range(places[i], last):
        above += left[t] * left[t]
    n_below, n_above = places[i] - first, last - places[i]
    if n_below < 2:
        return math.inf
    variance = below / (n_below * (n_below - 1)) + above / (n_above * max(n_above - 1, 1))
    return max(math.sqrt(variance), 1e-300)


@loops
def find_steps(left, basis, inverse_lengths, outstanding, places, heights, scratch, saved):
    """Take the likeliest step out, and others beside it that stand out; return how many.

    Steps stand out by what they leave all together: noise of a long memory has large steps too, and
    keeps its memory when some of them are taken out. With each step those before are fitted anew.
    The first half of `places` and `heights` is for the steps, and the second to work with.
    """
    n, n_kept, most = 0, 0, len(places) // 2
    while n < most:
        place, height = likeliest_step(left, 0.0, inverse_lengths)
        if height == 0:
            break
        if n > 0 and abs(height) < min(3.5, 0.55 * math.sqrt(len(left))) * root_mean_square(left):
            break  # what noise has; structure that is left would show more, unfitted as it is
        take_out_step(left, place, height, basis, inverse_lengths, scratch)
        places[n], heights[n] = place, height
        n += 1
        for _ in range(4 if n > 1 else 0):
            for i in range(n):
                take_out_step(left, places[i], -heights[i], basis, inverse_lengths, scratch)
                places[i], heights[i] = likeliest_step(left, 0.0, inverse_lengths)
                take_out_step(left, places[i], heights[i], basis, inverse_lengths, scratch)
        if n == 1 or stand_out(left, places, heights, n, inverse_lengths, outstanding):
            saved[:] = left
            n_kept = n
            for i in range(n):
                places[most + i], heights[most + i] = places[i], heights[i]
    if n > n_kept:
        left[:] = saved
        for i in range(n_kept):
            places[i], heights[i] = places[most + i], heights[most + i]
    return n_kept


@loops
def stand_out(left, places, heights, n, inverse_lengths, outstanding):
    """Tell whether each of `n` steps is so many of its errors high, by the noise they leave."""
    phi = min(max(lag_one(left), 0.0), 0.99)
    sigma = root_mean_square(left)
    least = math.inf
    for i in range(n):
        rise = heights[i] * inverse_lengths[places[i]]
        local = error_of_step(left, i, places, n)
        least = min(least, abs(rise) / max(local, sigma * inverse_lengths[places[i]]))
    return least >= outstanding * math.sqrt((1 + phi) / (1 - phi))


@loops
def drawn_in(off, mild, far):
    """Return an error made smaller where it is large, and nothing where it is far off."""
    size = abs(off)
    if size <= mild:
        return off
    if size >= far:
        return 0.0
    kept = mild * (far - size) / (far - mild)
    return kept if off > 0 else -kept


@loops
def fit_row(row, basis, inverse_lengths, dof, mild, far, outstanding, values, alone, left,
            places, heights, scratch, saved):  # fmt: skip
    """Fit level, season and steps three times, outliers drawn in; return autocorrelation.

    Leaves the row without outliers in `values`, without all steps but the highest in `alone`, and
    what the fit leaves in `left`.
    """
    n, n_steps = len(row), 0
    values[:] = row
    for turn in range(3):
        left[:] = values
        project_out(left, basis)
        n_steps = find_steps(
            left, basis, inverse_lengths, outstanding, places, heights, scratch, saved
        )
        if turn < 2:
            whole = median_size(left, scratch)
            first = 0
            while first < n:
                last = n
                for i in range(n_steps):
                    if first < places[i] < last:
                        last = places[i]
                own = median_size(left[first:last], scratch[first:last])
                sigma = 1.4826 * max(whole, own) * math.sqrt(n / dof)
                for t in range(first, last):
                    fitted = values[t] - left[t]
                    values[t] = fitted + drawn_in(row[t] - fitted, mild * sigma, far * sigma)
                first = last
    alone[:] = values
    highest = 0
    for i in range(1, n_steps):
        if abs(heights[i]) > abs(heights[highest]):
            highest = i
    for i in range(n_steps):
        if i != highest:
            rise = heights[i] * inverse_lengths[places[i]]
            for t in range(places[i], n):
                alone[t] -= rise
    return lag_one(left)


@loops
def fit_rows(rows, basis, inverse_lengths, dof, mild, far, outstanding, values, alone, left, phi,
             places, heights, scratch, saved):  # fmt: skip
    """Fit every row; see `fit_row`."""
    for i in range(rows.shape[0]):
        phi[i] = fit_row(
            rows[i], basis, inverse_lengths, dof, mild, far, outstanding, values[i], alone[i],
            left[i], places, heights, scratch, saved,
        )  # fmt: skip


@loops
def scan_row(values, phi, basis, inverse_lengths, dof, left):
    """Return the t statistic of the likeliest step, its place, and the noise of white blocks."""
    whiten(values, phi, left)
    project_out(left, basis)
    place, height = likeliest_step(left, phi, inverse_lengths)
    squares = 0.0
    for t in range(len(left)):
        squares += left[t] * left[t]
    sigma = math.sqrt(max(squares - height * height, 0.0) / dof)
    if height == 0:
        return 0.0, place, sigma
    return (height / sigma if sigma > 0 else math.copysign(math.inf, height)), place, sigma


@loops
def scan_rows(values, level, phis, bases, inverse_lengths, dof, statistic, place, sigma, left):
    """Scan every row for a step, at its own level of autocorrelation."""
    for i in range(values.shape[0]):
        at = level[i]
        statistic[i], place[i], sigma[i] = scan_row(
            values[i], phis[at], bases[at], inverse_lengths[at], dof, left
        )


@loops
def sum_blocks(row, start, size, out):
    """Add blocks of values up, four sums at a time: a processor adds them side by side."""
    by_four = size - size % 4
    for b in range(len(out)):
        first = start + b * size
        one, two, three, four = 0.0, 0.0, 0.0, 0.0
        for t in range(first, first + by_four, 4):
            one += row[t]
            two += row[t + 1]
            three += row[t + 2]
            four += row[t + 3]
        for t in range(first + by_four, first + size):
            one += row[t]
        out[b] = one + two + (three + four)


@loops
def screen_rows(values, start, size, basis, inverse_lengths, shapes, per_change, blocks, heights):
    """Scan every row for a step in white noise; its height over the sum of what it leaves.

    Other steps beside it would pass for noise: where differences of neighbours, times `per_change`,
    add up to less, they are the measure.
    """
    n_rows, n_blocks = values.shape[0], len(blocks)
    for i in range(n_rows):
        sum_blocks(values[i], start, size, blocks)
        project_out(blocks, basis)
        place, height = likeliest_step(blocks, 0.0, inverse_lengths)
        size_sum, change_sum = abs(blocks[0] - height * shapes[place, 0]), 0.0
        for b in range(1, n_blocks):
            size_sum += abs(blocks[b] - height * shapes[place, b])
            change_sum += abs(blocks[b] - blocks[b - 1])
        noise = min(size_sum, change_sum * per_change) if size_sum == size_sum else size_sum
        heights[i] = height / noise if noise != 0 else (math.inf if height != 0 else 0.0)


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
