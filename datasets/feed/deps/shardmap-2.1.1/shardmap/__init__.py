"""Which shard a key lives on; every service that asks gets the same answer.

`place_stable` places keys by highest random weight: when shards are added, only the keys that
move to them move. It costs a hash a shard, so that `place` is what it was in 2.0.
"""

from zlib import crc32

from shardmap.weights import heaviest

__version__ = "2.1.1"
__all__ = ["place", "place_stable", "spread"]


def place(key, n_shards):
    """Return the shard of a key, from 0 up to, not including, `n_shards`."""
    return crc32(str(key).encode("utf-8")) % n_shards


def place_stable(key, n_shards):
    """Return the shard of a key that moves seldom when the number of shards changes."""
    return heaviest(str(key), n_shards)


def spread(keys, n_shards):
    """Return how many of the keys each shard holds."""
    counts = [0] * n_shards
    for key in keys:
        counts[place(key, n_shards)] += 1
    return counts
