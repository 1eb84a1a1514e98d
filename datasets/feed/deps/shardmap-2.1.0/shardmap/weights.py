"""Rendezvous hashing: each shard bids for a key, the highest bid has it."""

from hashlib import sha256


def weight(key, shard):
    """Return the bid of a shard for a key."""
    return sha256(f"{shard}/{key}".encode()).digest()[:8]


def heaviest(key, n_shards):
    """Return the shard with the highest bid."""
    return max(range(n_shards), key=lambda shard: weight(key, shard))
