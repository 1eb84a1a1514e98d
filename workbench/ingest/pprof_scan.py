"""Loops over protobuf bytes, as far as pprof needs them.

A message is read by its wire format alone (developers.google.com/protocol-buffers/docs/encoding):
fields are a key (number << 3 | wire type) and a varint, 8 bytes, a length with bytes, or 4 bytes.
A loop that meets a fault returns where; it never reads beyond the end it is given. `+ 0` makes a
byte of an array an integer of 64 bits.
"""

import numpy as np

from workbench.compiled import Loops

loops = Loops()

NO_FAULT = -1
"""What a loop returns as the place of a fault where there is none."""


@loops
def read_varint(data, at, end):
    """Read an integer of 64 bits, two's complement; return it and where it ends, -1 for a fault."""
    value, shift = 0, 0
    while at < end and shift < 63:
        byte = data[at] + 0
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    if at >= end or data[at] > 1:
        return 0, -1
    if data[at] == 1:  # bit 63 is the sign; in two steps, each within 64 bits
        value = value - 0x4000000000000000 - 0x4000000000000000
    return value, at + 1


@loops
def read_field(data, at, end):
    """Read one field; return number, wire type, where its content begins and where it ends.

    Of a varint the content is the integer itself, in place of where it begins. The number is 0
    for a fault.
    """
    key = data[at] + 0
    at += 1
    if key > 0x7F:
        key, at = read_varint(data, at - 1, end)
        if at < 0 or key > 0xFFFFFFFF:
            return 0, 0, 0, 0
    number, wire = key >> 3, key & 7
    if number < 1:
        return 0, 0, 0, 0
    if wire == 2:
        length = (data[at] + 0) if at < end else -1
        at += 1
        if length > 0x7F:
            length, at = read_varint(data, at - 1, end)
        if not 0 <= length <= end - at or at < 0:
            return 0, 0, 0, 0
        return number, 2, at, at + length
    if wire == 0:
        if at < end and data[at] < 0x80:
            return number, 0, (data[at] + 0), at + 1
        value, at = read_varint(data, at, end)
        return (number, 0, value, at) if at >= 0 else (0, 0, 0, 0)
    size = 8 if wire == 1 else 4
    if wire not in (1, 5) or size > end - at:
        return 0, 0, 0, 0
    return number, wire, at, at + size


@loops
def index_fields(data, begin, end, most):
    """List the fields of a message; return them and where a fault is.

    The four rows of the list are number, wire type, content and end, as `read_field` tells them.
    """
    fields = np.zeros((4, 64 + min(most, (end - begin) // 16)), np.int64)
    n, at = 0, begin
    while at < end and n < most:
        number, wire, content, after = read_field(data, at, end)
        if number == 0:
            return fields[:, :n].copy(), at
        if n == fields.shape[1]:
            longer = np.zeros((4, 2 * n), np.int64)
            longer[:, :n] = fields
            fields = longer
        fields[0, n], fields[1, n], fields[2, n], fields[3, n] = number, wire, content, after
        n += 1
        at = after
    return fields[:, :n].copy(), NO_FAULT


@loops
def index_profile(data, wanted):
    """List the fields of a profile, those of number `wanted` apart; return where a fault is too.

    The two rows of the first list are content and end of messages, those of the second list are
    as `index_fields` has them.
    """
    spans = np.zeros((2, 64 + len(data) // 24), np.int64)
    fields = np.zeros((4, 1024), np.int64)
    n, m, at = 0, 0, 0
    while at < len(data):
        number, wire, content, after = read_field(data, at, len(data))
        if number == 0:
            return spans[:, :n], fields[:, :m], at
        if number == wanted and wire == 2:
            if n == spans.shape[1]:
                more = np.zeros((2, 2 * n), np.int64)
                more[:, :n] = spans
                spans = more
            spans[0, n], spans[1, n] = content, after
            n += 1
        else:
            if m == fields.shape[1]:
                longer = np.zeros((4, 2 * m), np.int64)
                longer[:, :m] = fields
                fields = longer
            fields[0, m], fields[1, m], fields[2, m], fields[3, m] = number, wire, content, after
            m += 1
        at = after
    return spans[:, :n], fields[:, :m], NO_FAULT


@loops
def read_numbers(data, spans, numbers):
    """Read the varint fields of messages: `numbers[i, k]` gets field `k` of message `i`."""
    for row in range(spans.shape[1]):
        at, end = int(spans[0, row]), int(spans[1, row])
        while at < end:
            number, wire, content, after = read_field(data, at, end)
            if number == 0:
                return at
            if wire == 0 and number < numbers.shape[1]:
                numbers[row, number] = content
            at = after
    return NO_FAULT


@loops
def index_nested(data, spans, wanted):
    """List the messages in field `wanted` of messages, and where a fault is.

    The three rows of the list are which outer message, begin and end.
    """
    nested = np.zeros((3, 256), np.int64)
    n = 0
    for row in range(spans.shape[1]):
        at, end = int(spans[0, row]), int(spans[1, row])
        while at < end:
            number, wire, content, after = read_field(data, at, end)
            if number == 0:
                return nested[:, :n].copy(), at
            if number == wanted and wire == 2:
                if n == nested.shape[1]:
                    longer = np.zeros((3, 2 * n), np.int64)
                    longer[:, :n] = nested
                    nested = longer
                nested[0, n], nested[1, n], nested[2, n] = row, content, after
                n += 1
            at = after
    return nested[:, :n].copy(), NO_FAULT


@loops
def read_samples(data, spans, most_id, starts, frames, values, n_values):
    """Read samples: locations, root first, and values; count their labels.

    Samples tell locations leaf first, so the last sample is read first, and `frames` filled from
    its end, with ids as `read_ids` has them. `starts` gets where each row begins in it, `values`
    (n_samples, n_value_types) what the samples have, `n_values` how many each had. Returns how
    many labels there are, and where a fault is.
    """
    n, n_labels, width = len(frames), 0, values.shape[1]
    starts[spans.shape[1]] = n
    for row in range(spans.shape[1] - 1, -1, -1):
        at, end = int(spans[0, row]), int(spans[1, row])
        k = 0
        while at < end:
            number, wire, content, after = read_field(data, at, end)
            if number == 0:
                return n_labels, at
            if number < 3 and wire == 0:  # the packed field of one
                content, wire = after - 1, 2
                while content > at + 1 and data[content - 1] > 0x7F:
                    content -= 1
            if number == 1 and wire == 2:
                n = read_ids(data, content, after, most_id, frames, n)
            elif number == 2 and wire == 2:
                while 0 <= content < after and k < width:
                    value = data[content] + 0
                    content += 1
                    if value > 0x7F:
                        value, content = read_varint(data, content - 1, after)
                    values[row, k] = value
                    k += 1
                k += int(content < after)
                n = -1 if content < 0 else n
            n_labels += number == 3 and wire == 2
            if n < 0:
                return n_labels, at
            at = after
        starts[row], n_values[row] = n, k
    return n_labels, NO_FAULT


@loops
def read_labels(data, spans, labels):
    """Read labels as rows of sample, key, text, number, unit; return where a fault is."""
    n = 0
    for row in range(spans.shape[1]):
        at, end = int(spans[0, row]), int(spans[1, row])
        while at < end:
            number, wire, content, after = read_field(data, at, end)
            if number == 3 and wire == 2:
                labels[n, 0] = row
                while content < after:
                    number, wire, value, content = read_field(data, content, after)
                    if number == 0:
                        return at
                    if wire == 0 and number < 5:
                        labels[n, number] = value
                n += 1
            at = after
    return NO_FAULT


@loops
def read_ids(data, at, end, most, out, n):
    """Read packed ids into `out` before `n`; return where they begin, or -1.

    Ids are 1 to `most`, kept less 1, or any but 0 where `most` is 0. Most take a byte or two:
    these are read on the spot.
    """
    less = int(most > 0)
    limit = most if most > 0 else 0x7FFFFFFFFFFFFFFF
    while at < end:
        value = data[at] + 0
        at += 1
        if value > 0x7F:
            if at < end and data[at] < 0x80:
                value = (value & 0x7F) | (data[at] + 0) << 7
                at += 1
            else:
                value, at = read_varint(data, at - 1, end)
                if at < 0:
                    return -1
        if not 0 < value <= limit and (value == 0 or most > 0):
            return -1
        n -= 1
        out[n] = value - less
    return n


@loops
def expand_stacks(starts, frames, line_starts, out_starts, out):
    """Put for each location of a stack its lines, the outermost first."""
    n = 0
    for row in range(len(starts) - 1):
        for at in range(starts[row], starts[row + 1]):
            for line in range(line_starts[frames[at] + 1] - 1, line_starts[frames[at]] - 1, -1):
                out[n] = line
                n += 1
        out_starts[row + 1] = n
