from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.attribute import rank_changes
from workbench.types import Change, Function, Recording

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def change(name, *functions, file="app.py"):
    touched = tuple(Function(function, file) for function in functions)
    return Change(name, name, "Ada", "ada@example.invalid", NOON, functions=touched)


def ranked(before, after, *changes):
    """Cost of each stack before and after, three windows each -> suspects.

    Functions are of `app.py`, but for those of a name in capitals, which nobody could change.
    """
    stacks = sorted({*before, *after})
    frames = [
        [Function(name, "lib.py" if name.isupper() else "app.py") for name in stack.split(";")]
        for stack in stacks
    ]
    functions = sorted({function for stack in frames for function in stack})
    recording = Recording(
        service="svc", windows=pd.DataFrame(index=range(6)), functions=tuple(functions),
        stack_starts=np.cumsum([0, *map(len, frames)]),
        stack_functions=np.array([functions.index(f) for stack in frames for f in stack]),
        sample_windows=np.array([], int), sample_stacks=np.array([], int),
        sample_counts=np.array([], int),
    )  # fmt: skip
    values = np.array(
        [[side.get(s, 0.0) for side in (before, after) for _ in range(3)] for s in stacks]
    )
    levels = (values[:, :3].mean(axis=1), values[:, 3:].mean(axis=1))
    return rank_changes(changes, recording, *levels).suspects


def shares(suspects):
    return {suspect.change.id: round(suspect.probability, 6) for suspect in suspects}


def test_growth_in_unchanged_code_blames_the_nearest_changed_caller():
    suspects = ranked(
        {"main;near;helper;COPY": 1.0}, {"main;near;helper;COPY": 5.0},
        change("far", "main"), change("guilty", "near"), change("other", "elsewhere"),
    )  # fmt: skip
    assert shares(suspects) == {"guilty": 1.0}
    assert suspects[0].functions == ("app:near",)
    assert suspects[0].growth == pytest.approx(4.0)


def test_a_function_is_known_by_its_file():
    assert ranked({"main;f": 1}, {"main;f": 5}, change("other", "f", file="other.py")) == ()


@pytest.mark.parametrize(
    ("frame", "function"),
    [
        ("near.<locals>.<lambda>", "near"),
        ("near.<locals>.<genexpr>", "near"),
        ("<lambda>", "<module>"),
    ],
)
def test_a_lambda_is_changed_with_what_it_stands_in(frame, function):
    suspects = ranked({f"main;{frame}": 1}, {f"main;{frame}": 5}, change("guilty", function))
    assert shares(suspects) == {"guilty": 1.0}


def test_recursion_blames_the_function_once():
    suspects = ranked(
        {"main;f;f": 1}, {"main;f;f;f": 5}, change("guilty", "f"), change("far", "main")
    )
    assert shares(suspects) == {"guilty": 1.0}


def test_a_rename_under_one_caller_is_set_off():
    suspects = ranked(
        {"main;old;COPY": 5, "main;f": 1}, {"main;new;COPY": 5, "main;f": 3},
        change("renamed", "old", "new"), change("guilty", "f"),
    )  # fmt: skip
    assert shares(suspects) == {"guilty": 1.0}


def test_a_move_by_two_commits_is_set_off():
    suspects = ranked(
        {"main;old": 5, "main;f": 1}, {"main;new": 5, "main;f": 3},
        change("removed", "old"), change("added", "new"), change("guilty", "f"),
    )  # fmt: skip
    assert shares(suspects) == {"guilty": 1.0}


def test_a_rename_that_made_it_slower_is_blamed_for_the_difference():
    (suspect,) = ranked({"main;old": 5}, {"main;new": 8}, change("renamed", "old", "new"))
    assert suspect.growth == pytest.approx(3.0)
    assert suspect.functions == ("app:new",)


def test_what_vanished_under_another_caller_is_not_set_off():
    both = {"main;one;COPY": 1, "main;two;COPY": 1}
    suspects = ranked(
        both | {"main;one;old": 5}, both | {"main;two;new": 5},
        change("removed", "old"), change("added", "new"),
    )  # fmt: skip
    assert shares(suspects) == {"added": 1.0}


def test_a_move_through_callers_that_moved_too_is_set_off():
    suspects = ranked(
        {"main;one;old": 5, "main;f": 1}, {"main;two;new": 5, "main;f": 3},
        change("removed", "old"), change("added", "new"), change("guilty", "f"),
    )  # fmt: skip
    assert shares(suspects) == {"guilty": 1.0}


def test_code_taken_out_into_a_new_function_is_set_off():
    suspects = ranked(
        {"main;whole": 9, "main;f": 1}, {"main;whole": 4, "main;whole;part": 5, "main;f": 3},
        change("extracted", "whole", "part"), change("guilty", "f"),
    )  # fmt: skip
    assert shares(suspects) == {"guilty": 1.0}


def test_code_put_back_into_its_caller_is_set_off():
    suspects = ranked(
        {"main;whole": 4, "main;whole;part": 5, "main;f": 1}, {"main;whole": 9, "main;f": 3},
        change("inlined", "whole", "part"), change("guilty", "f"),
    )  # fmt: skip
    assert shares(suspects) == {"guilty": 1.0}


def test_growth_that_no_change_explains_is_left_over():
    assert ranked({"X": 1}, {"X": 5}, change("innocent", "f")) == ()
    suspects = ranked({"X": 1, "main;f": 1}, {"X": 4, "main;f": 2}, change("part", "f"))
    assert shares(suspects) == {"part": 0.25}


def test_changes_of_one_function_share_its_growth():
    suspects = ranked(
        {"main;f": 1, "main;g": 1}, {"main;f": 3, "main;g": 3},
        change("first", "f"), change("second", "f", "g"),
    )  # fmt: skip
    assert shares(suspects) == {"second": 0.75, "first": 0.25}
    assert suspects[0].functions == ("app:g", "app:f")


def test_what_one_change_saves_is_set_against_what_it_costs():
    suspects = ranked(
        {"main;f": 4, "main;g": 1, "main;h": 1}, {"main;f": 1, "main;g": 3, "main;h": 2},
        change("mixed", "f", "g"), change("guilty", "h"),
    )  # fmt: skip
    assert shares(suspects) == {"guilty": 1.0}


def test_nothing_grew_and_nobody_is_suspected():
    assert ranked({"main;f": 5}, {"main;f": 1}, change("good", "f")) == ()
    assert ranked({"main;f": 1}, {"main;f": 5}) == ()


NAMES = st.sampled_from(["main", "f", "g", "h", "k", "LIB"])
COSTS = st.dictionaries(
    st.lists(NAMES, min_size=1, max_size=4).map(";".join), st.floats(0, 10), min_size=1, max_size=6
)


@given(COSTS, COSTS, st.lists(st.sets(st.sampled_from("fghk"), max_size=3), max_size=4))
def test_probabilities_are_shares_of_one_whole(before, after, touched):
    changes = [change(f"c{n}", *sorted(functions)) for n, functions in enumerate(touched)]
    suspects = ranked(before, after, *changes)
    assert sum(suspect.probability for suspect in suspects) <= 1 + 1e-9
    assert all(suspect.growth > 0 for suspect in suspects)
    assert [s.growth for s in suspects] == sorted((s.growth for s in suspects), reverse=True)
    assert all(set(s.functions) <= {f.subject for f in s.change.functions} for s in suspects)
