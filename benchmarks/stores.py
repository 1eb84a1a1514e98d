"""Series from ten million sample rows on disk, beside joining functions first in DuckDB."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
from measure import Row, cpu_seconds
from profiles import made

from workbench.store import Store, WindowProfile

N_FUNCTIONS, N_STACKS, N_WINDOWS, N_ROWS = 20_000, 60_000, 288, 10_000_000


def windows() -> Iterator[WindowProfile]:
    """Give a day of windows of five minutes, each with its share of the rows."""
    rng = np.random.default_rng(1)
    profile = made(N_FUNCTIONS, N_STACKS)
    shares = rng.dirichlet(np.full(profile.n_stacks, 0.2))
    n = N_ROWS // N_WINDOWS
    for number in range(N_WINDOWS):
        drawn = replace(
            profile,
            sample_stacks=rng.choice(profile.n_stacks, n, p=shares).astype(np.int32),
            sample_values=(np.ones(n, np.int64),),
            value_types=profile.value_types[:1],
            default_value=0,
        )
        at = datetime(2026, 1, 1, tzinfo=UTC) + number * timedelta(minutes=5)
        yield WindowProfile(drawn, "svc", "v1", at)


def store_rows() -> list[Row]:
    """Compute gCPU of all functions, and of one."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store.create(Path(folder) / "store")
        store.add_all(windows())
        store.matrix()  # compiles
        every = cpu_seconds(lambda: store.matrix())
        one = cpu_seconds(lambda: store.matrix(subject="function_7"))
        (segment,) = (path for path in store.folder.glob("segments/*") if path.is_dir())

        def join_first() -> object:
            return duckdb.sql(
                f"""SELECT profile, function, sum(integers[1]) AS n FROM "{segment}/samples.parquet"
                JOIN "{segment}/incidence.parquet" USING (stack) GROUP BY ALL"""
            ).to_arrow_table()

        what = f"{N_FUNCTIONS:,} functions x {N_WINDOWS} windows, {N_ROWS:,} rows on disk"
        return [
            Row(
                f"gCPU of {what}",
                every,
                "DuckDB, functions joined first",
                cpu_seconds(join_first, 1),
            ),
            Row("gCPU of one of them", one),
        ]
