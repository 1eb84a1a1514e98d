"""Loops that measure one step beside others; numbers and arrays in, numbers into arrays out."""

import math

from workbench.compiled import Loops

loops = Loops(reorders=True)


@loops
def sweep(table, j):
    """Take a column into a fit (J. H. Goodnight, The American Statistician 33, 1979).

    Of products of columns with each other and, last, with what is fitted, those left beside the
    columns taken in; of these the inverse, and their weights.
    """
    n, pivot = len(table), table[j, j]
    for k in range(n):
        table[j, k] /= pivot
    for i in range(n):
        if i != j:
            factor = table[i, j]
            for k in range(n):
                table[i, k] -= factor * table[j, k]
            table[i, j] = -factor / pivot
    table[j, j] = 1 / pivot


@loops
def measure_steps(
    rows, columns, ramps, ramp_of, n_free, outstanding, seen, products, table, lengths, is_in,
    sizes, errors, dof,
):  # fmt: skip
    """Measure the last of some steps in every row, beside those others that the row needs.

    Rows, columns (one a row, too) and ramps are whitened and free of level and season. The steps
    and the ramp of a row (`ramp_of`, -1 for none) are taken in together, the clearest first, while
    part `seen` of one is left beside the others, up to a third of the freedom; then one after the
    other is left out whose square is not `outstanding` times that of the noise: what comes and goes
    is clear with its end alone. `products` and `table` are for sums of products.
    """
    n_columns, n_blocks = columns.shape
    last, ramp, of_row = n_columns - 1, n_columns, n_columns + 1
    for a in range(n_columns):
        for b in range(a + 1):
            total = 0.0
            for t in range(n_blocks):
                total += columns[a, t] * columns[b, t]
            products[a, b] = products[b, a] = total
    for i in range(len(rows)):
        for a in range(n_columns):
            for b in range(n_columns):
                table[a, b] = products[a, b]
            with_ramp, with_row = 0.0, 0.0
            for t in range(n_blocks):
                with_row += columns[a, t] * rows[i, t]
                if ramp_of[i] >= 0:
                    with_ramp += columns[a, t] * ramps[ramp_of[i], t]
            table[a, ramp] = table[ramp, a] = with_ramp
            table[a, of_row] = table[of_row, a] = with_row
        squares, ramp_squares, both = 0.0, 0.0, 0.0
        for t in range(n_blocks):
            squares += rows[i, t] * rows[i, t]
            if ramp_of[i] >= 0:
                ramp_squares += ramps[ramp_of[i], t] * ramps[ramp_of[i], t]
                both += ramps[ramp_of[i], t] * rows[i, t]
        table[ramp, ramp], table[of_row, of_row] = ramp_squares, squares
        table[ramp, of_row] = table[of_row, ramp] = both
        for a in range(n_columns + 1):
            lengths[a], is_in[a] = table[a, a], 0
        left = n_free
        while left > max(2, n_free - n_free // 3):
            best, gain = -1, 0.0
            for a in range(n_columns + 1):
                if is_in[a] == 0 and table[a, a] > seen * lengths[a]:
                    own = table[a, of_row] * table[a, of_row] / table[a, a]
                    if own > gain:
                        best, gain = a, own
            if best < 0:
                break
            sweep(table, best)
            is_in[best] = 1
            left -= 1
        while True:
            worst, gain = -1, math.inf
            for a in range(n_columns + 1):
                if is_in[a] == 1:
                    own = table[a, of_row] * table[a, of_row] / table[a, a]
                    if own < gain:
                        worst, gain = a, own
            if worst < 0 or gain > outstanding * max(table[of_row, of_row], 0.0) / left:
                break
            sweep(table, worst)
            is_in[worst] = 0
            left += 1
        if is_in[last] == 0 and table[last, last] > seen * lengths[last]:
            sweep(table, last)
            is_in[last] = 1
            left -= 1
        dof[i] = max(left, 1)
        sizes[i], errors[i] = 0.0, math.inf
        if is_in[last] == 1:
            sizes[i] = table[last, of_row]
            noise = max(table[of_row, of_row], 0.0) / dof[i]
            errors[i] = math.sqrt(max(table[last, last], 0.0) * noise)
