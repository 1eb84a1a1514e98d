from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.patch.revert.edits import EditMap
from workbench.patch.revert.search import ENOUGH, RevertSearch, Trial, ddmin
from workbench.types import Function


def running(edits: EditMap, good: float, bad: float) -> Callable[..., Trial]:
    """A workload: `work()` in a.py returns (output, what it cost); run in this process."""

    def run(files, target=ENOUGH):
        scope = {}
        try:
            exec(compile({**edits.head, **files}["a.py"], "a.py", "exec"), scope)
            output, cost = scope["work"]()
        except (NameError, AttributeError, TypeError) as error:
            return Trial(None, f"{type(error).__name__}: {error}")
        if output != "done":
            return Trial(None, "the output changed")
        return Trial((bad - cost) / (bad - good))

    return run


def search(edits, run=None, *, hot=(), budget=40, good=1, bad=10):
    hot = {Function(name, "a.py") for name in hot}
    return RevertSearch(edits, run or running(edits, good, bad), hot, budget)


def reverted(searched, found):
    """Text of a.py with what was found taken back."""
    assert found is not None
    return searched.edits.files(found)["a.py"]


MANY = "".join(f"def part{n}():\n    return 0\n\n\n" for n in range(12))
WORK = "def work():\n    return 'done', 1 + " + " + ".join(f"part{n}()" for n in range(12)) + "\n"


def test_the_one_guilty_edit_among_many_is_found(make_edits):
    texts = [MANY + WORK]
    for n in range(12):
        old = f"def part{n}():\n    return 0\n"
        texts.append(texts[-1].replace(old, old.replace("return 0", f"return {9 * (n == 7)} * 1")))
    edits = make_edits(*({"a.py": text} for text in texts))
    searched = search(edits, hot=[f"part{n}" for n in range(12)])
    found = searched.smallest([f"c{n}" for n in (3, 8, 1)])
    assert {edits.function(edit).name for edit in found} == {"part7"}
    assert {commit for edit in found for commit in edits.commits[edit]} == {"c8"}
    patch = searched.patch(found, "Revert it")
    assert (patch.strategy, patch.summary, patch.reverted) == ("revert", "Revert it", ("c8",))
    assert patch.files == {"a.py": texts[-1].replace("return 9 * 1", "return 0")}


def test_it_is_found_even_where_nobody_suspects_it(make_edits):
    edits = make_edits(
        {"a.py": MANY + WORK},
        {"a.py": (MANY + WORK).replace("part4():\n    return 0", "part4():\n    return 9")},
    )
    for hot in (["part4"], []):
        searched = search(edits, hot=hot)
        assert "part4():\n    return 0" in reverted(searched, searched.smallest([]))


def test_two_edits_that_cost_together_go_back_together(make_edits):
    head = MANY + WORK
    for n in (2, 9):
        head = head.replace(f"part{n}():\n    return 0", f"part{n}():\n    return 4.5")
    edits = make_edits({"a.py": MANY + WORK}, {"a.py": head})
    searched = search(edits)
    found = searched.smallest(["c1"])
    assert {edits.function(edit).name for edit in found} == {"part2", "part9"}


BASE = """\
def work():
    return fast()


def fast():
    return 'done', 1


def other():
    return 1
"""
HEAD = """\
def work():
    return crawl()


def crawl():
    return 'done', 10


def other():
    return 2
"""


def test_a_removed_function_comes_back_and_what_is_new_stays(make_edits):
    searched = search(make_edits({"a.py": BASE}, {"a.py": HEAD}), hot=["work", "crawl"])
    text = reverted(searched, searched.smallest(["c1"]))
    assert "return fast()" in text
    assert "def fast" in text
    assert "def crawl" in text
    assert "return 2" in text


def test_a_commit_that_only_adds_is_undone_where_it_is_called(make_edits):
    middle = BASE + "\n\ndef crawl():\n    return 'done', 10\n"
    head = middle.replace("return fast()", "return crawl()")
    edits = make_edits({"a.py": BASE}, {"a.py": middle}, {"a.py": head})
    searched = search(edits, hot=["work", "crawl"])
    text = reverted(searched, searched.smallest(["c1"]))
    assert text == middle


def test_a_missing_name_in_an_error_brings_back_what_defined_it(make_edits):
    base = "SETTINGS = {'step': 1}\nlookup = globals().get\n\n\ndef work():\n    return 'done', lookup('SETTINGS')['step']\n"
    head = "TABLE = {'step': 10}\nlookup = globals().get\n\n\ndef work():\n    return 'done', lookup('TABLE')['step']\n"
    edits = make_edits({"a.py": base}, {"a.py": head})

    def run(files, target):
        text = files["a.py"]
        if "lookup('SETTINGS')" in text and "SETTINGS = " not in text:
            return Trial(None, "NameError: name 'SETTINGS' is not defined")
        return running(edits, 1, 10)(files)

    searched = search(edits, run, hot=["work"])
    text = reverted(searched, searched.smallest(["c1"]))
    assert "SETTINGS = " in text
    assert "lookup('SETTINGS')" in text


def test_a_call_that_no_longer_fits_takes_back_its_callers(make_edits):
    base = "def work():\n    return step(1)\n\n\ndef step(cost):\n    return 'done', cost\n"
    head = "def work():\n    return step()\n\n\ndef step():\n    return 'done', 10\n"
    searched = search(make_edits({"a.py": base}, {"a.py": head}), hot=["work", "step"])
    assert reverted(searched, searched.smallest(["c1"])) == base


def test_an_edit_that_changes_the_output_is_no_fix(make_edits):
    base = "def work():\n    return 'old', 1\n"
    head = "def work():\n    return 'done', 10\n"
    searched = search(make_edits({"a.py": base}, {"a.py": head}), hot=["work"])
    assert searched.smallest(["c1"]) is None


def test_nothing_is_found_where_nothing_helps(make_edits):
    edits = make_edits({"a.py": BASE}, {"a.py": HEAD})
    searched = search(edits, lambda files, target: Trial(0.0))
    assert searched.smallest(["c1", "unknown"]) is None
    assert search(make_edits({"a.py": BASE}, {"a.py": BASE})).smallest(["c1"]) is None


@pytest.mark.parametrize(("restored", "is_told"), [(0.1, False), (0.4, True), (ENOUGH, True)])
def test_what_gives_back_only_part_is_told_where_it_is_worth_it(make_edits, restored, is_told):
    edits = make_edits({"a.py": BASE}, {"a.py": HEAD})
    searched = search(edits, lambda files, target: Trial(restored))
    assert (searched.smallest(["c1"]) is not None) == is_told


@pytest.mark.parametrize("budget", [0, 1, 2, 5])
def test_no_more_runs_are_made_than_there_is_budget_for(make_edits, budget):
    edits = make_edits(
        {"a.py": MANY + WORK}, {"a.py": (MANY + WORK).replace("return 0", "return 0.75")}
    )
    made = []

    def run(files, target):
        made.append(files)
        return running(edits, 1, 10)(files)

    searched = search(edits, run, budget=budget)
    found = searched.smallest(["c1"])
    assert searched.n_runs == len(made) <= budget
    assert (found is None) == (budget == 0)


def test_no_edit_is_run_twice(make_edits):
    edits = make_edits(
        {"a.py": MANY + WORK}, {"a.py": (MANY + WORK).replace("return 0", "return 0.75")}
    )
    made = []

    def run(files, target):
        made.append(tuple(files.items()))
        return running(edits, 1, 10)(files)

    search(edits, run).smallest(["c1", "c1"])
    assert len(made) == len(set(made))


# delta debugging


@given(st.integers(1, 31), st.sets(st.integers(0, 30), max_size=5))
def test_ddmin_keeps_just_what_is_needed(n_units, needed):
    needed = {unit for unit in needed if unit < n_units}
    kept = ddmin(range(n_units), lambda chosen: needed <= set(chosen))
    assert set(kept) == needed or (not needed and len(kept) == 1)
    assert kept == sorted(kept)


@given(st.integers(1, 12), st.sets(st.integers(0, 2**12)), st.data())
def test_ddmin_is_minimal_by_one_for_any_test(n_units, odd, data):
    whole = list(range(n_units))

    def works(chosen):  # has no order in it at all: working sets need not contain each other
        return chosen == whole or sum(1 << unit for unit in chosen) in odd

    kept = ddmin(whole, works)
    assert works(kept)
    if len(kept) > 1:
        assert not any(works([u for u in kept if u != unit]) for unit in kept)


def test_ddmin_needs_few_tests_for_one_of_many():
    asked = []
    assert ddmin(range(1024), lambda chosen: asked.append(chosen) or 700 in chosen) == [700]
    assert len(asked) <= 2 * 10 + 1


# what nobody calls by name, what a person would review, and time

IMPLICIT = "class Item:\n    cost = 0\n\n\ndef work():\n    return 'done', 1 + int(Item() == 1)\n"


def test_a_new_method_that_runs_without_being_called_by_name_is_taken_away(make_edits):
    method = "    def __eq__(self, other):\n        return 9\n"
    edits = make_edits(
        {"a.py": IMPLICIT},
        {"a.py": IMPLICIT.replace("    cost = 0\n", f"    cost = 0\n\n{method}")},
    )
    searched = search(edits, hot=["Item.__eq__", "work"])
    found = searched.smallest(["c1"])
    assert {edits.function(edit).name for edit in found} == {"Item.__eq__"}
    assert "__eq__" not in reverted(searched, found)


def test_a_new_function_that_is_called_stays_and_its_call_goes(make_edits):
    base = "def work():\n    return 'done', 1\n"
    head = "def slow():\n    return 9\n\n\ndef work():\n    return 'done', 1 + slow()\n"
    searched = search(make_edits({"a.py": base}, {"a.py": head}), hot=["slow", "work"])
    text = reverted(searched, searched.smallest(["c1"]))
    assert "def slow" in text
    assert "slow()\n" not in text.replace("def slow()", "")


WIDE = "".join(f"def part{n}():\n    return 0\n\n\n" for n in range(120))
WIDE += "def work():\n    return 'done', 1 + sum(globals()[f'part{n}']() for n in range(120))\n"


def wide(make_edits, cost_of):
    """Many functions that each cost something now; one commit each."""
    texts = [WIDE]
    for n in range(120):
        old = f"def part{n}():\n    return 0\n"
        texts.append(texts[-1].replace(old, old.replace("return 0", f"return {cost_of(n)}")))
    return make_edits(*({"a.py": text} for text in texts))


RANKED = [f"c{n}" for n in range(1, 121)]


def test_what_a_person_would_review_goes_before_a_roll_back(make_edits):
    edits = wide(make_edits, lambda n: 2.16 if n < 3 else 2.52 / 117)
    searched = search(edits)
    found = searched.smallest(RANKED)
    assert {edits.function(edit).name for edit in found} == {"part0", "part1", "part2"}
    assert searched.patch(found, "Three").strategy == "revert"


@pytest.mark.slow
def test_where_the_loss_is_all_over_the_deploy_is_rolled_back(make_edits):
    searched = search(wide(make_edits, lambda n: 0.075), budget=60)
    found = searched.smallest(RANKED)
    assert not searched.is_reviewable(found)
    assert searched.patch(found, "All").strategy == "roll_back"


def test_the_search_ends_when_its_time_is_over(make_edits):
    now = iter(range(0, 10_000, 10))
    edits = wide(make_edits, lambda n: 0.075)
    searched = RevertSearch(edits, running(edits, 1, 10), set(), 1000, 60.0, lambda: next(now))
    searched.smallest(RANKED)
    assert searched.n_runs < 10


def test_a_set_that_gives_back_more_is_told_where_the_smallest_is_not_enough(make_edits):
    texts = [MANY + WORK]
    for n, cost in ((7, 8), (2, 1)):
        old = f"def part{n}():\n    return 0\n"
        texts.append(texts[-1].replace(old, old.replace("return 0", f"return {cost} * 1")))
    edits = make_edits(*({"a.py": text} for text in texts))
    searched = search(edits, hot=["part7", "part2"])
    found = searched.smallest([])
    assert {edits.function(edit).name for edit in found} == {"part7"}
    wider = searched.wider(found)
    assert {edits.function(edit).name for edit in wider} == {"part7", "part2"}
    assert searched.wider(wider) is None
