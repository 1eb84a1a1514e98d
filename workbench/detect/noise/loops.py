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
def likeliest_stretch(left, basis, inverse_lengths, sums):
    """Return first block, end, height (in noise) and rise of the stretch that explains most.

    A level that comes and goes has no step that tells it from noise (circular binary segmentation:
    A. B. Olshen et al., Biostatistics 5, 2004). No stretch is shorter than the edge of a series;
    of a long one not every place is tried, since steps are placed anew beside each other.
    """
    n, fewest = len(left), 1
    stride = max(1, n // 84)
    while fewest < n and inverse_lengths[fewest] == 0:
        fewest += 1
    first, end, height, rise = 0, 0, 0.0, 0.0
    for a in range(fewest, n - 2 * fewest + 1, stride):
        total = 0.0
        sums[: len(basis)] = 0.0
        for b in range(a + 1, n - fewest + 1):
            total += left[b - 1]
            length = float(b - a)
            for j in range(len(basis)):
                sums[j] += basis[j, b - 1]
                length -= sums[j] * sums[j]
            if b - a < fewest or inverse_lengths[a] == 0 or inverse_lengths[b] == 0:
                continue
            if length > 0.0025 * (b - a) and total * total > height * height * length:
                first, end, height, rise = a, b, total / math.sqrt(length), total / length
    return first, end, height, rise


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
def find_steps(
    left, basis, inverse_lengths, outstanding, with_stretches, places, heights, scratch, saved
):  # fmt: skip
    """Take the likeliest step out, and others beside it that stand out; return how many.

    Where no single step does, the ends of a stretch may together, if they are looked for.

    Steps stand out by what they leave all together: noise of a long memory has large steps too, and
    keeps its memory when some of them are taken out. With each step those before are fitted anew.
    The first half of `places` and `heights` is for the steps, and the second to work with.
    """
    n, n_kept, most = 0, 0, len(places) // 2
    while n < most:
        place, height = likeliest_step(left, 0.0, inverse_lengths)
        if height == 0:
            break
        # what noise has; structure that is left would show more, unfitted as it is
        least = min(3.5, 0.55 * math.sqrt(len(left))) * root_mean_square(left)
        if n > 0 and abs(height) < least:
            if not with_stretches or n + 2 > most or lag_one(left) < 0.15:
                break  # long stretches make neighbours alike
            place, end, height, rise = likeliest_stretch(left, basis, inverse_lengths, scratch)
            if abs(height) < least:
                break
            places[n], heights[n] = end, -rise / inverse_lengths[end]
            take_out_step(left, end, heights[n], basis, inverse_lengths, scratch)
            n, height = n + 1, rise / inverse_lengths[place]
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
            left, basis, inverse_lengths, outstanding, turn == 2, places, heights, scratch, saved
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
