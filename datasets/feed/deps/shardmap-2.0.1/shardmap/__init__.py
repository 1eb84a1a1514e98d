"""Which shard a key lives on; every service that asks gets the same answer."""

from zlib import crc32

__version__ = "2.0.1"
__all__ = ["place", "spread"]


def place(key, n_shards):
    """Return the shard of a key, from 0 up to, not including, `n_shards`."""
    return crc32(str(key).encode("utf-8")) % n_shards


def spread(keys, n_shards):
    """Return how many of the keys each shard holds."""
    counts = [0] * n_shards
    for key in keys:
        counts[place(key, n_shards)] += 1
    return counts
