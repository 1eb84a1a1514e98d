"""Profiles on disk: a folder of Parquet that DuckDB reads in place."""

from workbench.store.store import Store, WindowProfile

__all__ = ["Store", "WindowProfile"]
