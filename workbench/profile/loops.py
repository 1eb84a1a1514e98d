"""Loops over stacks and trees; see `workbench.compiled` for what they may use.

Hashes stay below 2**31 so that no product leaves 64 bits.
"""

import numpy as np

from workbench.compiled import Loops

loops = Loops()


@loops
def number_rows(starts, items, table, firsts, numbers):
    """Number equal rows alike, in order of appearance; return how many there are.

    `table` is an empty hash table, a power of two long, of numbers; `firsts` gets the first row
    of each number.
    """
    mask = len(table) - 1
    n = 0
    for row in range(len(starts) - 1):
        begin, end = starts[row], starts[row + 1]
        mixed, other = end - begin, 0  # two at a time, which do not wait for each other
        for at in range(begin, end - 1, 2):
            mixed = (mixed ^ items[at]) * 0x5BD1E995
            mixed = (mixed ^ (mixed >> 29)) & 0x7FFFFFFF
            other = (other ^ items[at + 1]) * 0x5BD1E995
            other = (other ^ (other >> 29)) & 0x7FFFFFFF
        if (end - begin) & 1:
            other ^= items[end - 1]
        mixed = ((mixed ^ (other >> 7)) * 0x5BD1E995 + other) & 0x7FFFFFFF
        slot = (mixed ^ (mixed >> 15)) & mask
        while True:
            number = table[slot]
            if number < 0:
                table[slot] = n
                firsts[n] = row
                numbers[row] = n
                n += 1
                break
            first = starts[firsts[number]]
            is_equal = starts[firsts[number] + 1] - first == end - begin
            at = begin
            while is_equal and at < end:
                is_equal = items[first + at - begin] == items[at]
                at += 1
            if is_equal:
                numbers[row] = number
                break
            slot = (slot + 1) & mask
    return n


@loops
def add_inclusive(starts, functions, weights, seen, total):
    """Add each stack's weight to every function in it, once."""
    for stack in range(len(starts) - 1):
        weight = weights[stack]
        for at in range(starts[stack], starts[stack + 1]):
            function = functions[at]
            if seen[function] != stack:
                seen[function] = stack
                total[function] += weight


@loops
def add_neighbours(starts, functions, weights, wanted, seen, values, step):
    """Add each stack's weight to every function one step from a wanted one, once.

    The last of `values` stands for the end of the stack. Returns the weight of all stacks with a
    wanted function.
    """
    whole = 0.0
    for stack in range(len(starts) - 1):
        begin, end = starts[stack], starts[stack + 1]
        is_met = False
        for at in range(begin, end):
            if not wanted[functions[at]]:
                continue
            is_met = True
            beside = at + step
            other = functions[beside] if begin <= beside < end else len(values) - 1
            if seen[other] != stack:
                seen[other] = stack
                values[other] += weights[stack]
        if is_met:
            whole += weights[stack]
    return whole


@loops
def grow_tree(starts, functions):
    """Number the distinct prefixes of stacks; return parent, function of each, each stack's last.

    What a stack shares with the one before it needs no look-up.
    """
    n_stacks = len(starts) - 1
    parent, function = np.full(1024, -1, np.int32), np.full(1024, -1, np.int32)
    table = np.full(4096, -1, np.int32)
    leaves = np.zeros(n_stacks, np.int32)
    longest = 1
    for stack in range(n_stacks):
        longest = max(longest, starts[stack + 1] - starts[stack])
    path = np.zeros(longest + 1, np.int32)  # nodes of the stack before, root first
    n, path_start, path_length = 1, 0, 0
    for stack in range(n_stacks):
        begin, length = starts[stack], starts[stack + 1] - starts[stack]
        shared = 0
        while (
            shared < length
            and shared < path_length
            and functions[begin + shared] == functions[path_start + shared]
        ):
            shared += 1
        for depth in range(shared, length):
            above, wanted = path[depth], functions[begin + depth]
            if n * 2 > len(table):
                table = np.full(len(table) * 2, -1, np.int32)
                for node in range(1, n):
                    table[free_slot(table, parent, function, parent[node], function[node])] = node
            slot = free_slot(table, parent, function, above, wanted)
            if table[slot] < 0:
                if n == len(parent):
                    parent, function = doubled(parent), doubled(function)
                parent[n], function[n], table[slot] = above, wanted, n
                n += 1
            path[depth + 1] = table[slot]
        path_start, path_length = begin, length
        leaves[stack] = path[length]
    return parent[:n].copy(), function[:n].copy(), leaves


@loops
def free_slot(table, parent, function, above, wanted):
    """Find where a child of a node is, or would be, in the hash table."""
    mask = len(table) - 1
    mixed = ((int(above) * 0x5BD1E995) ^ int(wanted)) & 0x7FFFFFFF
    mixed = (mixed ^ (mixed >> 15)) * 0x45D9F3B
    slot = (mixed ^ (mixed >> 16)) & mask
    while table[slot] >= 0 and not (
        parent[table[slot]] == above and function[table[slot]] == wanted
    ):
        slot = (slot + 1) & mask
    return slot


@loops
def doubled(array):
    """Return an array twice as long, filled up with -1."""
    longer = np.full(2 * len(array), -1, array.dtype)
    longer[: len(array)] = array
    return longer


@loops
def add_up(parent, depth, total):
    """Count depths from the root, and add what is below to what is above."""
    for node in range(1, len(parent)):
        depth[node] = depth[parent[node]] + 1
    for node in range(len(parent) - 1, 0, -1):
        total[parent[node]] += total[node]


@loops
def lay_out(order, parent, total, offsets):
    """Give every node its offset within the whole: children side by side from their parent's."""
    above, at = -1, 0.0
    for node in order:
        if parent[node] < 0:
            continue
        if parent[node] != above:
            above = parent[node]
            at = offsets[above]
        offsets[node] = at
        at += total[node]


@loops
def spread_graph(inclusive, firsts, callees, values, floor):
    """Unfold a graph from its last function: what comes in goes on in the ratio of the edges.

    A function on its own path (recursion) is not entered again, nor is what is below the floor;
    that part stays with the caller.
    """
    parent, function = np.full(1024, -1, np.int32), np.full(1024, -1, np.int32)
    amount = np.full(1024, -1.0)
    function[0], amount[0] = len(inclusive) - 1, inclusive[-1]
    node, n = 0, 1
    while node < n:
        here, left = function[node], amount[node]
        part = left / inclusive[here] if inclusive[here] > 0 else 0.0
        for edge in range(firsts[here], firsts[here + 1]):
            given = min(values[edge] * part, left)
            if given <= floor or is_on_path(parent, function, node, callees[edge]):
                continue
            if n == len(parent):
                parent, function, amount = doubled(parent), doubled(function), doubled(amount)
            parent[n], function[n], amount[n] = node, callees[edge], given
            left -= given
            n += 1
        amount[node] = left
        node += 1
    return parent[:n].copy(), function[:n].copy(), amount[:n].copy()


@loops
def is_on_path(parent, function, node, wanted):
    """Tell whether a function is called on the way from the root to a node."""
    while node >= 0 and function[node] != wanted:
        node = parent[node]
    return node >= 0
