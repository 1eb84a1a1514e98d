"""Profiles on disk: a folder of Parquet that DuckDB reads in place."""

from workbench.store.encode import WindowProfile
from workbench.store.records import find_table
from workbench.store.store import Store

__all__ = ["Store", "WindowProfile", "find_table"]
