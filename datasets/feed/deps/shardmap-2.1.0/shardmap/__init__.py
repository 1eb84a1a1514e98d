"""Which shard a key lives on; every service that asks gets the same answer.

Since 2.1 keys are placed by highest random weight: when shards are added, only the keys that
move to them move.
"""

from shardmap.weights import heaviest

__version__ = "2.1.0"
__all__ = ["place", "spread"]


def place(key, n_shards):
    """Return the shard of a key, from 0 up to, not including, `n_shards`."""
    return heaviest(str(key), n_shards)


def spread(keys, n_shards):
    """Return how many of the keys each shard holds."""
    counts = [0] * n_shards
    for key in keys:
        counts[place(key, n_shards)] += 1
    return counts
