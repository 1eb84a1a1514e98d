"""Processes and threads that py-spy puts at the root of stacks.

They are no functions, and other ones each run, so they become labels (`pid`, `tid`, `thread`):
`thread (4390): MainThread`, `thread (0x7f0c): pool-1`, `process 12:"python app.py"`.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from workbench.profile.build import distinct_stacks
from workbench.profile.tables import LABELS, column, make_table, with_column
from workbench.types import Profile

_ROOT = re.compile(
    r"process (?P<pid>\d{1,9}):.*|"
    r"thread \((?P<tid>\d{1,18}|0x[0-9A-Fa-f]{1,15})\)(?:: ?(?P<thread>.*))?",
    re.DOTALL,
)


def label_threads(profile: Profile) -> Profile:
    """Return a profile whose stacks begin with functions; labels that are there stay."""
    names = profile.functions["name"].to_pylist()
    told = {row: match for row, name in enumerate(names) if (match := _ROOT.fullmatch(name))}
    if not told:
        return profile
    functions, starts = profile.stack_functions, profile.stack_starts
    begins, ends = starts[:-1].copy(), starts[1:]
    values: dict[str, dict[int, int | str]] = {"pid": {}, "tid": {}, "thread": {}}
    stacks: list[int] = list(range(profile.n_stacks))
    while stacks := [s for s in stacks if begins[s] < ends[s] and functions[begins[s]] in told]:
        for stack in stacks:
            match = told[functions[begins[stack]]]
            for key in ("pid", "tid"):
                if match[key]:
                    values[key][stack] = int(match[key], 0)
            if match["thread"]:
                values["thread"][stack] = match["thread"]
        begins[stacks] += 1
    lengths = ends - begins
    cut = np.concatenate(([0], np.cumsum(lengths)))
    inside = np.repeat(begins - cut[:-1], lengths) + np.arange(cut[-1])
    starts, frames, kept = distinct_stacks(cut, profile.stack_locations[inside])
    labels = [profile.labels, *(_labels(profile, key, of) for key, of in values.items())]
    ordered = pa.concat_tables(labels).combine_chunks().sort_by("sample")
    return _without(
        replace(
            profile,
            stack_starts=starts,
            stack_locations=frames,
            sample_stacks=kept[profile.sample_stacks],
            labels=ordered,
        ),
        np.array([*told]),
    )


def _labels(profile: Profile, key: str, values: dict[int, int | str]) -> pa.Table:
    """Return the label of each sample that has a value by its stack, and none of that key yet."""
    is_told = np.zeros(profile.n_stacks, np.bool_)
    is_told[[*values]] = True
    is_told = is_told[profile.sample_stacks]
    is_told[column(profile.labels.filter(pc.equal(profile.labels["key"], key)), "sample")] = False
    samples = np.flatnonzero(is_told)
    cells = [values[stack] for stack in profile.sample_stacks[samples].tolist()]
    nothing, n = [None] * len(cells), len(cells)
    is_text = key == "thread"
    return make_table(
        LABELS,
        {
            "sample": samples,
            "key": [key] * n,
            "text": cells if is_text else nothing,
            "number": nothing if is_text else cells,
            "unit": [""] * n,
        },
    )


def _without(profile: Profile, functions: npt.NDArray[np.int64]) -> Profile:
    """Return a profile without some functions, but for those that stacks still hold."""
    unused = np.ones(profile.functions.num_rows, np.bool_)
    unused[profile.stack_functions] = False
    is_kept = np.ones(len(unused), np.bool_)
    is_kept[functions[unused[functions]]] = False
    of = column(profile.locations, "function")
    rows, places = np.cumsum(is_kept) - 1, np.cumsum(is_kept[of]) - 1
    locations = profile.locations.filter(pa.array(is_kept[of]))
    return replace(
        profile,
        functions=profile.functions.filter(pa.array(is_kept)),
        locations=with_column(locations, "function", rows[of[is_kept[of]]]),
        stack_locations=places[profile.stack_locations].astype(np.int32),
    )
