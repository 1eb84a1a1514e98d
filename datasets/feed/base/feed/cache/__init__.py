"""Bounded in-process caches."""
