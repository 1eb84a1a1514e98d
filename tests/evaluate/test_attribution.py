"""How rankings are scored."""

from datetime import UTC, datetime

import pytest

from workbench.evaluate.attribution import (
    RankedCase,
    RecordedTimeline,
    brier,
    brier_of_all,
    regression_at,
    trivially,
)
from workbench.types import Change, Function, Ranking, Regression, Suspect

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def change(name, window=5, functions=(), n_added=0):
    touched = tuple(Function(function, "app.py") for function in functions)
    return Change(name, name, "Ada", "", NOON, functions=touched, window=window, n_added=n_added)


def regression(index=5, after=2.0):
    return Regression(f"R-{index}", "app:f", "cost", index, index, index, 1.0, after, 0.001)


def ranking(none, **chances):
    ordered = sorted(chances.items(), key=lambda row: -row[1])
    return Ranking(tuple(Suspect(change(name), p, (), 0.0) for name, p in ordered), none)


def case(ranked, *culprits, without=None, trivial=()):
    return RankedCase(
        "A", "", "commit", frozenset(culprits), regression(), ranked, without, trivial
    )


@pytest.mark.parametrize(
    ("ranked", "culprits", "place"),
    [
        (ranking(0.1, a=0.6, b=0.3), ["a"], 1),
        (ranking(0.1, a=0.6, b=0.3), ["b"], 2),
        (ranking(0.5, a=0.4, b=0.1), ["a"], 2),  # none of these stands before it
        (ranking(0.1, a=0.6, b=0.3), ["z"], 0),
        (ranking(0.5, a=0.4), [], 1),
        (ranking(0.1, a=0.6, b=0.3), [], 3),
        (ranking(0.1, a=0.6, b=0.3), ["b", "a"], 1),
    ],
)
def test_the_place_of_the_truth_counts_none_of_them(ranked, culprits, place):
    assert case(ranked, *culprits).place == place


def test_what_was_not_detected_has_no_place():
    assert RankedCase("A", "", "flag", frozenset({"a"}), None, None, None, ()).place == 0


def test_the_trivial_rule_takes_what_touches_then_the_nearest_then_the_largest():
    changes = [
        change("far", 9, ["f"]), change("near", 5, ["f"], 1), change("large", 5, ["f"], 50),
        change("elsewhere", 5, ["g"], 99),
    ]  # fmt: skip
    order = [c.id for c in trivially(changes, regression(), {"app:f", "f"})]
    assert order == ["large", "near", "far", "elsewhere"]


def test_a_case_is_easy_where_the_trivial_rule_finds_it():
    ranked = ranking(0.1, a=0.9)
    assert case(ranked, "a", trivial=("a", "b")).is_easy
    assert not case(ranked, "a", trivial=("b", "a")).is_easy
    assert not case(ranked, "a", trivial=()).is_easy


def test_the_largest_regression_near_a_window_is_that_of_its_cause():
    found = [regression(5, 2.0), regression(7, 3.0), regression(20, 9.0)]
    assert regression_at(found, 6) is found[1]
    assert regression_at(found, 18) is found[2]
    assert regression_at(found, 12) is None


def test_brier_is_of_the_first_answer_with_and_without_the_culprit():
    right = case(ranking(0.0, a=0.8, b=0.2), "a", without=ranking(0.6, b=0.4))
    assert brier([right]) == pytest.approx((0.2**2 + 0.4**2) / 2)
    wrong = case(ranking(0.0, a=0.2, b=0.8), "a")
    assert brier([wrong]) == pytest.approx(0.8**2)
    assert brier_of_all([right]) == pytest.approx((2 * 0.2**2 + 2 * 0.4**2) / 2)
    assert brier_of_all([wrong]) == pytest.approx(2 * 0.8**2)


def test_what_somebody_looks_into_ends_before_the_change_is_undone(make_store):
    store = make_store({"main;f": 1.0}, {"main;f": 1.0})
    flags = [
        {"id": f"FLG-{hour}", "kind": "flag", "at": f"2026-01-01T{hour}:00Z"} for hour in (10, 20)
    ]
    store.put("changes", flags)
    recording = store.recording()
    timeline = RecordedTimeline(recording, recording, store.records(), None, {}, None)
    seen = timeline.investigation(12, end=16)
    assert seen.recording.n_windows == 16
    assert list(seen.records.changes["id"]) == ["FLG-10"]  # of what came later nobody knew
    assert timeline.investigation(12).recording.n_windows == 22
    assert timeline.investigation(39).recording.n_windows == 37
