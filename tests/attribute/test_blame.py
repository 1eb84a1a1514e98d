"""Growth blamed on the nearest changed ancestor, what moved set off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.attribute import Sources
from workbench.attribute.moves import blame_nearest
from workbench.types import Function


@pytest.fixture(scope="module")
def blamed(make_growth):
    """Cost of each stack before and after, functions that each change touched -> net growth.

    Of the changes that have any.
    """

    def blame(before, after, **touched):
        growth = make_growth(before, after)
        numbers = {f.name: i for i, f in enumerate(growth.functions)}
        sets = [
            frozenset(numbers[name] for name in names.split() if name in numbers)
            for names in touched.values()
        ]
        carried = blame_nearest(growth, sets, Sources())
        return {
            name: x for name, x in zip(touched, carried.round(9).tolist(), strict=True) if x > 0
        }

    return blame


def test_growth_in_unchanged_code_blames_the_nearest_changed_caller(blamed):
    found = blamed(
        {"main;near;helper;COPY": 1.0}, {"main;near;helper;COPY": 5.0},
        far="main", guilty="near", other="elsewhere",
    )  # fmt: skip
    assert found == {"guilty": 4.0}


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        ("near.<locals>.<lambda>", "near"),
        ("near.<locals>.<genexpr>", "near"),
        ("<lambda>", "<module>"),
    ],
)
def test_a_lambda_is_changed_with_what_it_stands_in(blamed, frame, name):
    assert blamed({f"main;{frame}": 1}, {f"main;{frame}": 5}, guilty=name) == {"guilty": 4.0}


def test_recursion_blames_the_function_once(blamed):
    assert blamed({"main;f;f": 1}, {"main;f;f;f": 5}, guilty="f", far="main") == {"guilty": 4.0}


def test_a_rename_under_one_caller_is_set_off(blamed):
    found = blamed(
        {"main;old;COPY": 5, "main;f": 1}, {"main;new;COPY": 5, "main;f": 3},
        renamed="old new", guilty="f",
    )  # fmt: skip
    assert found == {"guilty": 2.0}


def test_a_move_by_two_commits_is_set_off(blamed):
    found = blamed(
        {"main;old": 5, "main;f": 1}, {"main;new": 5, "main;f": 3},
        removed="old", added="new", guilty="f",
    )  # fmt: skip
    assert found == {"guilty": 2.0}


def test_a_rename_that_made_it_slower_is_blamed_for_the_difference(blamed):
    assert blamed({"main;old": 5}, {"main;new": 8}, renamed="old new") == {"renamed": 3.0}


def test_what_vanished_under_another_caller_is_not_set_off(blamed):
    both = {"main;one;COPY": 1, "main;two;COPY": 1}
    found = blamed(
        both | {"main;one;old": 5}, both | {"main;two;new": 5}, removed="old", added="new"
    )
    assert found == {"added": 5.0}


def test_a_move_through_callers_that_moved_too_is_set_off(blamed):
    found = blamed(
        {"main;one;old": 5, "main;f": 1}, {"main;two;new": 5, "main;f": 3},
        moved="one two old new", guilty="f",
    )  # fmt: skip
    assert found == {"guilty": 2.0}


def test_code_taken_out_into_a_new_function_is_set_off(blamed):
    found = blamed(
        {"main;whole": 9, "main;f": 1}, {"main;whole": 4, "main;whole;part": 5, "main;f": 3},
        split="whole part", guilty="f",
    )  # fmt: skip
    assert found == {"guilty": 2.0}


def test_code_put_back_into_its_caller_is_set_off(blamed):
    found = blamed(
        {"main;whole": 4, "main;whole;part": 5, "main;f": 1}, {"main;whole": 9, "main;f": 3},
        inlined="whole part", guilty="f",
    )  # fmt: skip
    assert found == {"guilty": 2.0}


def test_growth_through_nothing_that_changed_is_nobodys(blamed):
    assert blamed({"X": 1}, {"X": 5}, innocent="f") == {}
    assert blamed({"X": 1, "main;f": 1}, {"X": 4, "main;f": 2}, part="f") == {"part": 1.0}


def test_changes_of_one_function_share_its_growth(blamed):
    found = blamed({"main;f": 1, "main;g": 1}, {"main;f": 3, "main;g": 3}, first="f", second="f g")
    assert found == {"first": 1.0, "second": 3.0}


def test_what_one_change_saves_is_set_against_what_it_costs(blamed):
    found = blamed(
        {"main;f": 4, "main;g": 1, "main;h": 1}, {"main;f": 1, "main;g": 3, "main;h": 2},
        mixed="f g", guilty="h",
    )  # fmt: skip
    assert found == {"guilty": 1.0}


def test_only_stacks_of_what_regressed_count(make_growth):
    growth = make_growth({"main;f": 1, "main;g": 1}, {"main;f": 3, "main;g": 9}, "app:f")
    sets = [frozenset({i}) for i, f in enumerate(growth.functions) if f.name in "fg"]
    assert blame_nearest(growth, sets, Sources()).tolist() == [2.0, 0.0]


NAMES = st.sampled_from(["main", "f", "g", "h", "k", "LIB"])
COSTS = st.dictionaries(
    st.lists(NAMES, min_size=1, max_size=4).map(";".join), st.floats(0, 10), min_size=1, max_size=6
)


@given(COSTS, COSTS, st.lists(st.sets(st.sampled_from("fghk"), max_size=3), max_size=4))
def test_blame_never_exceeds_the_growth_of_what_was_touched(make_growth, before, after, touched):
    growth = make_growth(before, after)
    numbers = {f: i for i, f in enumerate(growth.functions)}
    sets = [
        frozenset(
            numbers[Function(name, "app.py")]
            for name in names
            if Function(name, "app.py") in numbers
        )
        for names in touched
    ]
    carried = blame_nearest(growth, sets, Sources())
    reached = growth.through(frozenset().union(*sets))
    assert carried.sum() == pytest.approx(growth.delta[reached].sum(), abs=1e-6)
