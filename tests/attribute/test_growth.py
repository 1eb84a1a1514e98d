"""What grew, what is new, and who calls it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from workbench.attribute import find_renames, measure_growth
from workbench.attribute.moves import Sources
from workbench.types import Function

OLD, NEW = Function("old", "app.py"), Function("new", "app.py")


def named(growth, numbers):
    return {growth.functions[int(n)].name if n >= 0 else None for n in numbers}


def test_what_regressed_are_the_stacks_that_hold_it(make_growth):
    growth = make_growth({"main;f": 1, "main;g": 1}, {"main;f": 3, "main;g": 9}, "app:f")
    assert growth.total == 2
    assert make_growth({"main;f": 1, "main;g": 1}, {"main;f": 3, "main;g": 9}).total == 10


def test_a_renamed_function_is_one(make_growth):
    growth = make_growth({"main;old": 5}, {"main;new": 8}, "app:new", renamed={OLD: NEW})
    assert growth.total == 3
    assert OLD not in growth.functions
    assert not growth.is_new.any()


def test_new_and_gone_want_samples_enough(make_growth):
    growth = make_growth({"main;old": 1, "main": 9}, {"main;new": 1, "main": 9})
    assert named(growth, np.flatnonzero(growth.is_new)) == {"new"}
    assert named(growth, np.flatnonzero(growth.is_gone)) == {"old"}
    rare = make_growth({"main": 9}, {"main;new": 0.004, "main": 9})  # four samples
    assert not rare.is_new.any()


def test_the_error_is_that_of_counts(make_growth):
    growth = make_growth({"main": 4.0}, {"main": 9.0})  # 4000 and 9000 samples
    assert growth.error[0] == pytest.approx(np.hypot(4 / 4000**0.5, 9 / 9000**0.5))


def test_levels_are_means_over_windows(make_growth):
    recording = make_growth({"main;f": 1}, {"main;f": 2}).recording
    object.__setattr__(recording, "sample_windows", np.arange(4))
    object.__setattr__(recording, "sample_stacks", np.zeros(4, int))
    object.__setattr__(recording, "sample_counts", np.array([10, 30, 50, 70]))
    values = sparse.csr_array(np.array([[1.0, 3.0, 5.0, 7.0]]))
    growth = measure_growth(recording, values, "app:f", [0, 1], [2, 3])
    assert (growth.before[0], growth.after[0]) == (2, 6)
    assert (growth.n_before[0], growth.n_after[0]) == (40, 120)


TEXT = "def {}(rows):\n    for row in rows:\n        check(row)\n"


def test_renames_are_known_by_text_or_name(make_growth):
    growth = make_growth({"main;old": 5}, {"main;new": 8})
    assert find_renames(growth, Sources()) == {}
    texts = Sources({OLD: TEXT.format("old")}, {NEW: TEXT.format("new")})
    assert find_renames(growth, texts) == {OLD: NEW}


def test_an_unlike_function_of_the_same_name_elsewhere_is_another(make_growth):
    growth = make_growth({"main;old": 5}, {"main;new": 8})
    moved = (
        {Function("run", "a.py"): TEXT.format("run")},
        {Function("run", "b.py"): "def run(): y()"},
    )
    growth = replace(growth, renamed={OLD: Function("run", "a.py"), NEW: Function("run", "b.py")})
    assert find_renames(growth, Sources(*moved)) == {}
    assert find_renames(growth, Sources()) == {Function("run", "a.py"): Function("run", "b.py")}
