"""Loops over stacks and trees; see `workbench.compiled` for what they may use.

But for `hash_rows`, hashes stay below 2**31 so that no product leaves 64 bits.
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
def path_frames(parent, function, nodes, starts, frames):
    """Write the functions from the root to each of some nodes, root first."""
    for number in range(len(nodes)):
        node, at = nodes[number], starts[number + 1]
        while at > starts[number]:
            at -= 1
            frames[at] = function[node]
            node = parent[node]


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
def spread_graph(
    own, did, cycle, firsts, callees, values, inner_firsts, inner_callees, floor, most
):
    """Unfold a graph from its last function: what comes in goes on in the ratio of the edges.

    Edges between cycles have values; of those within one only the ways count. What is not above
    the floor, and all once there are `most` nodes, is put together in a child of the last function.
    Returns parent, function and own value of each node.
    """
    n_functions = len(own)
    parent, function = np.full(1024, -1, np.int32), np.full(1024, -1, np.int32)
    kind = np.full(1024, -1, np.int32)  # 0 a member of a cycle, 1 an entry or no member, 2 others
    kept, ratio = np.zeros(1024), np.zeros(1024)  # ratio: of all that the cycle did
    others = np.zeros(1024)
    seen, members = np.full(n_functions, -1, np.int32), np.full(n_functions, -1, np.int32)
    above, places = np.full(n_functions, -1, np.int32), np.full(n_functions, -1, np.int32)
    beyond = np.zeros(n_functions)
    function[0], ratio[0], kind[0], kept[0] = n_functions - 1, 1.0, 1, own[n_functions - 1]
    node, n = 0, 1
    while node < n:
        here, part = function[node], ratio[node]
        if kind[node] == 2:
            node += 1
            continue
        length, begin, end = 1, firsts[here], firsts[here + 1]
        if kind[node] == 1 and n >= most:
            others[node], end = part * (did[cycle[here]] - own[here]), begin
        elif kind[node] == 1:
            members[0], seen[here] = here, node
            length = walk_cycle(inner_firsts, inner_callees, members, above, seen)
        while n + length + end - begin + 1 > len(parent):
            parent, function, kind = doubled(parent), doubled(function), doubled(kind)
            kept, ratio, others = doubled(kept), doubled(ratio), doubled(others)
        if length > 1:
            add_beyond(own, firsts, values, members, above, length, beyond)
        places[0] = node
        for at in range(1, length):
            over, worth = places[above[at]], part * beyond[at]
            places[at] = -1
            if over >= 0 and (worth <= floor or n >= most):
                others[over] += worth
            elif over >= 0:
                parent[n], function[n], kind[n] = over, members[at], 0
                ratio[n], kept[n], others[n] = part, part * own[members[at]], 0.0
                places[at] = n
                n += 1
        for edge in range(begin, end):
            callee, given = callees[edge], part * values[edge]
            if given <= floor or n >= most:
                others[node] += given
                continue
            parent[n], function[n], kind[n] = node, callee, 1
            ratio[n] = given / did[cycle[callee]]
            kept[n], others[n] = ratio[n] * own[callee], 0.0
            n += 1
        if others[node] > 0:
            parent[n], function[n], kind[n] = node, n_functions - 1, 2
            kept[n], others[n] = others[node], 0.0
            n += 1
        node += 1
    return parent[:n].copy(), function[:n].copy(), kept[:n].copy()


@loops
def walk_cycle(firsts, callees, members, above, seen):
    """List the cycle of the first of `members`, nearest first; return how many it has.

    `above` gets the place in the list from which each was reached.
    """
    length, at, mark = 1, 0, seen[members[0]]
    while at < length:
        for edge in range(firsts[members[at]], firsts[members[at] + 1]):
            other = callees[edge]
            if seen[other] != mark:
                seen[other], members[length], above[length] = mark, other, at
                length += 1
        at += 1
    return length


@loops
def add_beyond(own, firsts, values, members, above, length, beyond):
    """Add up what listed members of a cycle did, and those that were reached by way of them."""
    for at in range(length):
        beyond[at] = own[members[at]]
        for edge in range(firsts[members[at]], firsts[members[at] + 1]):
            beyond[at] += values[edge]
    for at in range(length - 1, 0, -1):
        beyond[above[at]] += beyond[at]
