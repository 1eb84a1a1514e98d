import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.attribute.moves import Blame, Sources, set_off_moves
from workbench.types import Function

LOOP = "def {}(rows):\n    for row in rows:\n        check(row)\n        total += row.value\n"


def f(name):
    return Function(name, "app.py")


def blames(**rows):
    """Name -> (before, after, callers) -> what is blamed on whom."""
    return {
        f(name): Blame(before, after, {f(c) for c in callers})
        for name, (before, after, *callers) in rows.items()
    }


def test_code_is_known_by_its_text_wherever_it_went():
    rows = blames(old=(5, 0, "one"), new=(0, 5, "two"), other=(0, 5, "two"))
    sources = Sources({f("old"): LOOP.format("old")}, {f("new"): LOOP.format("new")})
    assert set_off_moves(rows, sources) == {f("old"): 0, f("new"): 0, f("other"): 5}
    assert set_off_moves(rows, Sources())[f("new")] == 5


def test_what_is_most_alike_is_set_off_first():
    rows = blames(old=(5, 0, "main"), small=(0, 5, "main"), large=(0, 9, "main"))
    sources = Sources({f("old"): LOOP.format("old")}, {f("small"): LOOP.format("small")})
    assert set_off_moves(rows, sources) == {f("old"): 0, f("small"): 0, f("large"): 9}
    assert set_off_moves(rows, Sources()) == {f("old"): 0, f("small"): 5, f("large"): 4}


@pytest.mark.parametrize(
    ("before", "after", "likeness"),
    [
        (LOOP.format("a"), LOOP.format("b"), 1.0),
        (LOOP.format("a"), LOOP.format("b") + "    return total\n", 1.0),
        (LOOP.format("a"), "def b(x):\n    return x\n", 0.0),
        ("def a():\n    pass\n", "", 0.0),
        ("", "", 0.0),
    ],
    ids=["renamed", "grown", "other", "gone", "neither known"],
)
def test_likeness_is_of_the_lines_below_the_first(before, after, likeness):
    sources = Sources({f("a"): before}, {f("b"): after})
    assert sources.likeness(f("a"), f("b")) == likeness


@given(
    st.dictionaries(
        st.sampled_from("abcdefgh"),
        st.tuples(st.floats(0, 100), st.floats(0, 100), st.sampled_from("abcm")),
    )
)
def test_setting_off_keeps_the_sum_and_turns_no_sign(rows):
    blamed = blames(**rows)
    net = set_off_moves(blamed, Sources())
    assert sum(net.values()) == pytest.approx(sum(b.growth for b in blamed.values()), abs=1e-9)
    for function, blame in blamed.items():
        assert 0 <= net[function] <= blame.growth or blame.growth <= net[function] <= 0
