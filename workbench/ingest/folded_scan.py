"""Loops over folded text, for the plain lines that most files have and no others."""

import numpy as np

from workbench.compiled import Loops

loops = Loops()

PLAIN, ODD = 0, 1

_ENDS = np.zeros(256, np.bool_)
_ENDS[[10, 59]] = True  # a line break, a semicolon
_FACTORS = np.random.default_rng(0).integers(-(2**62), 2**62, 256) * 2 + 1
"""Of the bytes of a piece in its hash: a sum, whose terms do not wait for each other."""


@loops
def count_parts(data):
    """Count lines, and frames at most."""
    n_lines, n_frames = 1, 1
    for at in range(len(data)):
        n_lines += data[at] == 10
        n_frames += (data[at] == 59) | (data[at] == 10)
    return n_lines, n_frames


@loops
def scan_lines(data, starts, frames, counts):
    """Read `frame;frame count` lines; return rows, pieces, and whether all lines were plain.

    Fills CSR rows `starts` and `frames` with the numbers of pieces, and `counts`. The two rows of
    pieces are where each begins and ends. Not plain is a line with anything but one space and
    digits at its end, or a piece that leaves a parenthesis open. For machine code alone: the hash
    wraps around.
    """
    pieces, hashes = np.zeros((2, 1 << 12), np.int64), np.zeros(1 << 12, np.int64)
    table = np.full(1 << 13, -1, np.int32)
    n_rows, n_frames, n_pieces, at, size = 0, 0, 0, 0, len(data)
    while at < size:
        if data[at] == 35 or data[at] == 10:  # a comment, or nothing
            while at < size and data[at] != 10:
                at += 1
            at += 1
            continue
        first_of_line = at
        is_last = False
        while not is_last:
            begin = at
            while at < size and not _ENDS[data[np.uint64(at)]]:  # unsigned: does not wrap around
                at += 1
            end = at
            is_last = at == size or data[at] == 10
            if is_last:
                end -= int(end > begin and data[end - 1] == 13)
                stop, count, unit = end, 0, 1
                while end > begin and stop - end < 19 and 48 <= data[end - 1] <= 57:
                    end -= 1
                    count += unit * (data[end] - 48)
                    unit *= 10
                end -= 1
                if end < first_of_line or data[end] != 32 or not 0 < stop - end - 1 < 19:
                    return n_rows, pieces[:, :n_pieces], ODD
                if end > begin and (data[end - 1] == 32 or data[end - 1] == 9):
                    return n_rows, pieces[:, :n_pieces], ODD
                counts[n_rows] = count
            if end > begin:
                mixed = hash_piece(data, begin, end)
                slot = mixed & (len(table) - 1)
                while table[slot] >= 0:
                    number = table[slot]
                    known = pieces[0, number], pieces[1, number]
                    if hashes[number] == mixed and is_same(data, known, (begin, end)):
                        break
                    slot = (slot + 1) & (len(table) - 1)
                if table[slot] < 0:
                    if leaves_open(data, begin, end):
                        return n_rows, pieces[:, :n_pieces], ODD
                    table[slot], hashes[n_pieces] = n_pieces, mixed
                    pieces[0, n_pieces], pieces[1, n_pieces] = begin, end
                    n_pieces += 1
                frames[n_frames] = table[slot]
                n_frames += 1
                if 2 * n_pieces == len(table):
                    table, pieces, hashes = doubled(table, pieces, hashes)
            at += 1
        n_rows += 1
        starts[n_rows] = n_frames
    return n_rows, pieces[:, :n_pieces], PLAIN


@loops
def hash_piece(data, begin, end):
    """Return a hash of bytes."""
    mixed = 0
    for k in range(end - begin):
        mixed += data[np.uint64(begin + k)] * _FACTORS[np.uint64(k & 255)]
    return mixed ^ (mixed >> 29)


@loops
def is_same(data, one, other):
    """Tell whether the bytes of two spans are equal."""
    differs = (one[1] - one[0]) ^ (other[1] - other[0])
    for k in range(0 if differs else one[1] - one[0]):  # to the end: that needs no branches
        differs |= data[np.uint64(one[0] + k)] ^ data[np.uint64(other[0] + k)]
    return differs == 0


@loops
def leaves_open(data, begin, end):
    """Tell whether more parentheses open than close."""
    n_open = 0
    for at in range(begin, end):
        n_open += int(data[at] == 40) - int(data[at] == 41)
    return n_open > 0


@loops
def doubled(table, pieces, hashes):
    """Return a hash table of twice the size, and room for as many pieces as half of it."""
    more = np.zeros((2, len(table)), np.int64)
    more[:, : pieces.shape[1]] = pieces
    longer = np.zeros(len(table), np.int64)
    longer[: len(hashes)] = hashes
    wide = np.full(2 * len(table), -1, np.int32)
    for number in range(len(hashes)):
        slot = hashes[number] & (len(wide) - 1)
        while wide[slot] >= 0:
            slot = (slot + 1) & (len(wide) - 1)
        wide[slot] = number
    return wide, more, longer
