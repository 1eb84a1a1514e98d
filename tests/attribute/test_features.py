"""Each piece of evidence, on cases in which it can be told by hand."""

from datetime import UTC, datetime

import numpy as np
import pytest

from workbench.attribute import Clues, Code, Sources
from workbench.attribute.features import FEATURES, measure
from workbench.history import Commit, Hunk

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def evidence(growth, change, *others, **clues):
    """Return the features of a change, by name."""
    measured = measure([change, *others], Clues(growth, clues.pop("windows", (3, 3, 3)), **clues))
    return dict(zip(FEATURES, measured.values[0].tolist(), strict=True))


def test_lift_is_growth_beyond_the_part_of_the_cost(make_growth, change):
    growth = make_growth({"main;f": 1, "main;g": 3}, {"main;f": 3, "main;g": 3})
    found = evidence(growth, change("c", "f"))
    assert (found["lift"], found["nearest"]) == (0.75, 1)
    assert evidence(growth, change("c", "main"))["lift"] == 0
    assert evidence(growth, change("c", "g"))["lift"] == -0.75


def test_new_calls_are_of_the_caller_or_of_the_new_function(make_growth, change):
    growth = make_growth({"main;f": 1, "main;g": 1}, {"main;f": 1, "main;g": 1, "main;g;X": 2})
    assert evidence(growth, change("c", "g"))["new_calls"] == 1
    assert evidence(growth, change("c", "f"))["new_calls"] == 0
    new = make_growth({"main;f": 1}, {"main;f": 1, "main;f;fresh": 2})
    assert evidence(new, change("c", "fresh"))["new_calls"] == 1


def test_calls_in_place_of_others_are_told_apart(make_growth, change):
    before = {"main;f": 1, "main;g;x": 4}
    growth = make_growth(before, {"main;f": 1, "main;g;h;x": 7})
    ours, beneath = evidence(growth, change("c", "g")), evidence(growth, change("c", "x"))
    assert (ours["new_calls"], ours["in_place"]) == pytest.approx((1, 1))
    assert (beneath["other_calls"], beneath["other_in_place"]) == pytest.approx((1, 1))
    began = evidence(make_growth(before, before | {"main;f;y": 3}), change("c", "f"))
    assert (began["new_calls"], began["in_place"]) == pytest.approx((1, 0))


@pytest.mark.parametrize(
    ("before", "removed", "had"),
    [
        ("def g(x):\n    return x", "", 0),
        ("def g(x):\n    # not yet: expand(x)\n    return x", "", 0),
        ("def g(x):\n    return x", "    expand(x)\n", 0),  # it was called elsewhere
        ("def g(x):\n    if on:\n        expand(x)", "", 1),
        (None, "    expand(x)\n", 1),  # its caller was taken out of another function
        (None, "    # expand(x)\n", 0),
        ("def g(x):\n    expand = 1", "", 0),
    ],
)
def test_a_call_that_the_code_had_before_was_not_written(make_growth, change, before, removed, had):
    growth = make_growth({"main;f": 1, "main;g": 1}, {"main;f": 1, "main;g": 1, "main;g;expand": 3})
    caller = next(f for f in growth.functions if f.name == "g")
    hunk = Hunk("app.py", 0, (removed,) if removed else (), ("    expand(x)\n",))
    code = Code(commits={"c": Commit("c", "Tidy", "Ada", "", NOON, (hunk,))})
    sources = Sources({} if before is None else {caller: before}, {})
    found = evidence(growth, change("c", "g"), code=code, sources=sources)
    assert found["new_calls"] == pytest.approx(1 - had)
    flag = change("F", "g", kind="flag")
    assert evidence(growth, flag, code=code, sources=sources)["new_calls"] == pytest.approx(1)


def test_a_name_that_several_functions_have_does_not_tell_what_was_called(make_growth, change):
    before = {"main;f": 1, "main;g": 1, "main;f;A.expand": 2}
    growth = make_growth(before, before | {"main;g;B.expand": 3})
    caller = next(f for f in growth.functions if f.name == "g")
    code = Code(commits={"c": Commit("c", "Tidy", "Ada", "", NOON, ())})
    sources = Sources({caller: "def g(a):\n    a.expand()"}, {})
    found = evidence(growth, change("c", "g"), code=code, sources=sources)
    assert found["new_calls"] == pytest.approx(1)


def test_what_grew_beside_what_was_touched_by_its_factor_is_called_more_often(make_growth, change):
    before = {"main;f": 10, "main;f;x": 20, "main;rest": 70}
    both = make_growth(before, {"main;f": 30, "main;f;x": 60, "main;rest": 70}, "app:f")
    alone = make_growth(before, {"main;f": 10, "main;f;x": 80, "main;rest": 70}, "app:f")
    assert evidence(both, change("c", "x"))["alike"] > 0.9
    assert evidence(alone, change("c", "x"))["alike"] == 0
    assert evidence(both, change("c", "f"))["alike"] == 0  # nothing is left beside it


def test_a_function_that_grew_under_one_caller_alone_is_not_what_changed(make_growth, change):
    before = {"main;a;x": 2, "main;b;x": 2}
    only_a = make_growth(before, {"main;a;x": 6, "main;b;x": 2})
    both = make_growth(before, {"main;a;x": 4, "main;b;x": 4})
    assert evidence(only_a, change("c", "x"))["uneven"] > 0.4
    assert evidence(both, change("c", "x"))["uneven"] == 0


def test_distance_is_counted_in_calls_from_what_grew(make_growth, change):
    before = {"main;f": 1, "main;g": 1, "main;g;h": 1}
    growth = make_growth(before, before | {"main;f": 4}, "app:f")
    far = [evidence(growth, change("c", name))["distance"] for name in ("f", "main", "g", "h")]
    assert far == [0, 0, 1, 2]
    assert evidence(growth, change("c", "unseen"))["distance"] == 6


def test_timing_is_a_log_likelihood(make_growth, change):
    growth = make_growth({"main": 1}, {"main": 2})
    found = [
        evidence(growth, change("c", window=w), windows=(8, 10, 12))["timing"] for w in (10, 11, 99)
    ]
    assert found == [0, -0.5, -8]


def test_the_series_follows_the_rollout(make_growth, change):
    growth = make_growth({"main": 1}, {"main": 2})
    flag = change("F", kind="flag", rollout=((0, 0.0), (4, 0.5), (8, 1.0)))
    in_steps, at_once = np.repeat([1.0, 1.5, 2.0], 4), np.repeat([1.0, 2.0, 2.0], 4)
    told = {
        name: evidence(growth, flag, values=values, windows=(4, 4, 4))["rollout"]
        for name, values in {
            "steps": in_steps,
            "once": at_once,
            "flat": np.ones(12),
            "fall": in_steps[::-1],
        }.items()
    }
    assert told["steps"] == pytest.approx(1)
    assert told["once"] == pytest.approx(-1)
    assert told["flat"] == told["fall"] == 0


def test_a_flag_turned_down_in_steps_takes_away_what_it_saved(make_growth, change):
    growth = make_growth({"main": 1}, {"main": 2})
    flag = change("F", kind="flag", rollout=((0, 1.0), (4, 0.5), (8, 0.0)))
    rise, fall = np.repeat([1.0, 1.5, 2.0], 4), np.repeat([2.0, 1.5, 1.0], 4)
    told = [evidence(growth, flag, values=v, windows=(4, 4, 4))["rollout"] for v in (rise, fall)]
    assert told == [pytest.approx(1), 0]


def test_arms_that_differ_speak_for_the_experiment(make_growth, change):
    growth = make_growth({"main": 1}, {"main": 2})
    experiment = change("E", kind="experiment", key="E")
    assert evidence(growth, experiment, arms={"E": 0.5})["arms"] == 0.5
    assert evidence(growth, experiment)["arms"] == 0


def test_words_like_the_names_of_what_grew(make_growth, change):
    growth = make_growth({"main;rank_posts": 1, "main;g": 1}, {"main;rank_posts": 5, "main;g": 1})
    alike, other = (
        evidence(growth, change("c", title=t))["words"] for t in ("Ranking of posts", "Send mail")
    )
    assert alike > 0.5 > other == 0


def test_what_is_no_code_in_production(make_growth, change):
    growth = make_growth({"main;f": 1}, {"main;f": 2})

    def of(*hunks, **fields):
        commits = {"c": Commit("c", "", "", "", NOON, hunks)}
        return evidence(growth, change("c", "f", **fields), code=Code(commits=commits))

    assert of(Hunk("docs/a.md", 0, (), ("for\n",)))["no_code"] == 1
    assert of(Hunk("app.py", 0, (), ("x = f(y)\n",)))["no_code"] == 0
    assert of(Hunk("Cargo.lock", 0, (), ('version = "1.2"\n',)))["no_code"] == 0
    assert of(Hunk("go.mod", 0, (), ("x v1.2\n",)), kind="dependency")["no_code"] == 0
    assert of(kind="flag")["flag"] == 1


def test_the_area_of_an_author(make_growth, change):
    growth = make_growth({"main;f": 1}, {"main;f": 2})
    authors = {"Ada": {"app.py": 3, "other.py": 1}}
    files = ("app.py", "new.py")
    assert evidence(growth, change("c", "f", files=files), authors=authors)["area"] == 0.5
    assert evidence(growth, change("c", "f", files=files))["area"] == 0
