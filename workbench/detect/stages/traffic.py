"""Traffic: how much was asked of each entry point, as told by all that is reached from it.

Where an entry point is called more often, whatever it reaches costs more by the same factor; and
in shares, what grows makes all else a smaller part. Neither makes a function dearer.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from workbench.types import FloatArray, IntArray, Stacks

_TRUNK = 0.95
"""A function that holds this part of a service is on the way to all of it, and no entry point."""
_MOST = 0.34
"""Part of the word on traffic that one function may have: three have to tell of it at least."""
_EXACT = 1e-9
"""Noise of what has none."""
_QUIETEST = 0.25
"""Noise below which none has more to say, as part of the usual one."""


class Traffic:
    """What was asked of each entry point over time.

    An entry point is the outermost function of a stack that does not hold nearly all of the
    service. Its traffic is the median of what the functions reached from it cost, each as a
    multiple of what it usually costs, so that no single one can raise it. Where too few tell, the
    median of the whole service stands in.

    Parameters
    ----------
    stacks : Stacks
        Of one service.
    blocks : csr_array
        (n_stacks, n_blocks) what they cost.

    Attributes
    ----------
    ends : IntArray
        (n_stacks,) the function in which each stack ends, as a row.
    entries : IntArray
        (n_entries,) entry points, as rows; -1 for stacks that have none.
    entry_of : IntArray
        (n_stacks,) which of them each stack is reached from.
    curves : FloatArray
        (n_entries, n_blocks) traffic, as a multiple of what is usual.
    is_own : BoolArray
        (n_entries,) whether functions enough tell of it; else the whole service stands in.
    is_known : bool
        Whether there are functions enough to tell of traffic at all.
    """

    def __init__(self, stacks: Stacks, blocks: sparse.csr_array) -> None:
        first, self.ends = _ends(stacks)
        self.entries, self.entry_of = np.unique(first, return_inverse=True)
        costs, entry_of = self._relative_costs(blocks)
        whole = _middle(costs)
        flat = np.ones(blocks.shape[1])
        of_entry = [_middle(costs[entry_of == entry]) for entry in range(len(self.entries))]
        self.is_known = whole is not None
        self.is_own = np.array([curve is not None for curve in of_entry]) & self.is_known
        usual = flat if whole is None else whole
        curves = [usual if curve is None else curve for curve in of_entry]
        self.curves = np.array(curves if self.is_known else [flat] * len(curves))

    def taken_out(self, blocks: sparse.csr_array) -> sparse.csr_array:
        """Return costs, (n_stacks, n_blocks), per unit of the traffic of stacks' entry points."""
        told = blocks.tocoo()
        costs = told.data / self.curves[self.entry_of[told.row], told.col]
        return sparse.csr_array((costs, (told.row, told.col)), shape=blocks.shape)

    def _relative_costs(self, blocks: sparse.csr_array) -> tuple[FloatArray, IntArray]:
        """Return what each function costs itself by entry point, as multiples of what is usual.

        What is not there in some block can tell nothing of it, but where the service rested: that
        is told as usual.
        """
        places = np.stack([self.entry_of, self.ends])
        (entry_of, _), place = np.unique(places, axis=1, return_inverse=True)
        n_stacks = len(self.ends)
        sums = sparse.csr_array((np.ones(n_stacks), (place.ravel(), np.arange(n_stacks))))
        costs = np.asarray((sums @ blocks).toarray())
        rests = costs.sum(axis=0) == 0
        is_seen = (costs[:, ~rests] > 0).all(axis=1) & (not rests.all())
        costs, entry_of = costs[is_seen], entry_of[is_seen]
        costs /= costs[:, ~rests].mean(axis=1, keepdims=True)
        costs[:, rests] = 1
        return costs, entry_of


def _ends(stacks: Stacks) -> tuple[IntArray, IntArray]:
    """Return the entry point and the last function of each stack, as rows; -1 for none."""
    within = stacks.depths.tocoo()
    costs = np.asarray(stacks.values.sum(axis=1)).ravel()
    is_trunk = (stacks.depths > 0) @ costs >= _TRUNK * costs.sum()
    order = np.argsort(within.data, kind="stable")
    rows, columns = within.row[order], within.col[order]
    ends, entries = np.full((2, len(costs)), -1)
    ends[columns] = rows  # of several the last, and deepest, stays
    is_below = ~is_trunk[rows]
    entries[columns[is_below][::-1]] = rows[is_below][::-1]
    return entries, ends


def _middle(costs: FloatArray) -> FloatArray | None:
    """Return the weighted median of series at each place, the quieter ones counting more.

    None where they are too few, or one counts for too much.
    """
    if not len(costs):
        return None
    noise = np.median(np.abs(np.diff(costs, axis=1)), axis=1)
    weights = 1 / np.maximum(noise, max(_QUIETEST * float(np.median(noise)), _EXACT))
    if weights.max() > _MOST * weights.sum():
        return None
    order = np.argsort(costs, axis=0)
    heights = np.cumsum(weights[order], axis=0)
    middle = np.argmax(heights >= heights[-1] / 2, axis=0)
    places = np.arange(costs.shape[1])
    return np.asarray(costs[order[middle, places], places])
