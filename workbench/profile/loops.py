"""Loops over stacks and trees; see `workbench.compiled` for what they may use.

Hashes stay below 2**31 so that no product leaves 64 bits.
"""

import numpy as np

from workbench.compiled import Loops

loops = Loops()


@loops
def hash_rows(starts, items, hashes):
    """Hash each row of a CSR table; for machine code alone, as the hash wraps around."""
    for row in range(len(starts) - 1):
        begin, end = starts[row], starts[row + 1]
        mixed, factor = end - begin, 0x9E3779B97F4A7C1
        for at in range(begin, end):  # a sum, whose terms do not wait for each other
            mixed += (items[at] + 1) * factor
            factor += 0x165667B19E3779F2
        mixed = (mixed ^ (mixed >> 31)) * 0xC2B2AE3D27D4EB5
        hashes[row] = mixed ^ (mixed >> 29)


@loops
def number_distinct(starts, items, hashes, table, numbers, firsts):
    """Number equal rows alike, in order of appearance; return how many there are.

    `table` is an empty hash table, a power of two long; `hashes` is used up. `firsts` gets the
    first row of each number.
    """
    mask = len(table) - 1
    n = 0
    for row in range(len(starts) - 1):
        mixed = hashes[row]
        slot = mixed & mask
        while table[slot] >= 0:
            number = table[slot]
            if hashes[number] == mixed:
                begin, size = starts[row], starts[row + 1] - starts[row]
                first = starts[firsts[number]]
                is_equal = starts[firsts[number] + 1] - first == size
                at = 0
                while is_equal and at < size:
                    is_equal = items[first + at] == items[begin + at]
                    at += 1
                if is_equal:
                    break
            slot = (slot + 1) & mask
        if table[slot] < 0:
            table[slot], hashes[n], firsts[n] = n, mixed, row
            n += 1
        numbers[row] = table[slot]
    return n


@loops
def copy_rows(starts, items, rows, taken, out):
    """Copy some rows of a CSR table; `taken` says where each begins in `out`."""
    for number in range(len(rows)):
        begin, to = starts[rows[number]], taken[number]
        for k in range(taken[number + 1] - to):
            out[to + k] = items[begin + k]


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

    What a stack shares with the one before it needs no look-up. Nodes that a stack adds are
    numbered in a row, so that the first child of a node is the next number; only other children
    stand in a hash table.
    """
    n_stacks = len(starts) - 1
    parent, function = np.full(1024, -1, np.int32), np.full(1024, -1, np.int32)
    keys, nodes = np.zeros(4096, np.int64), np.zeros(4096, np.int32)
    leaves = np.zeros(n_stacks, np.int32)
    longest = 1
    for stack in range(n_stacks):
        longest = max(longest, starts[stack + 1] - starts[stack])
    path = np.zeros(longest + 1, np.int32)  # nodes of the stack before, root first
    n, n_keys, path_start, path_length = 1, 0, 0, 0
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
            above, wanted = int(path[depth]), int(functions[begin + depth])
            node = above + 1
            is_known = node < n and parent[node] == above and function[node] == wanted
            if not is_known and node < n:
                key = above << 32 | wanted + 1
                slot = slot_of(keys, key)
                is_known = keys[slot] != 0
                if not is_known:
                    keys[slot], nodes[slot] = key, n
                    n_keys += 1
                node = nodes[slot]
            if not is_known:
                if n == len(parent):
                    parent, function = doubled(parent), doubled(function)
                parent[n], function[n] = above, wanted
                n += 1
                if n_keys * 2 > len(keys):
                    keys, nodes = wider(keys, nodes)
            path[depth + 1] = node
        path_start, path_length = begin, length
        leaves[stack] = path[length]
    return parent[:n].copy(), function[:n].copy(), leaves


@loops
def slot_of(keys, key):
    """Find where a key is, or would be, in a hash table; 0 is no key."""
    mask = len(keys) - 1
    mixed = ((key >> 32) * 0x5BD1E995 ^ key) & 0x7FFFFFFF
    mixed = (mixed ^ (mixed >> 15)) * 0x45D9F3B
    slot = (mixed ^ (mixed >> 16)) & mask
    while keys[slot] != 0 and keys[slot] != key:
        slot = (slot + 1) & mask
    return slot


@loops
def wider(keys, nodes):
    """Return a hash table of twice the room."""
    more_keys, more_nodes = np.zeros(2 * len(keys), np.int64), np.zeros(2 * len(keys), np.int32)
    for at in range(len(keys)):
        if keys[at] != 0:
            slot = slot_of(more_keys, int(keys[at]))
            more_keys[slot], more_nodes[slot] = keys[at], nodes[at]
    return more_keys, more_nodes


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
