from datetime import UTC, datetime

import pytest

from workbench.attribute import describe_changes, rank_changes
from workbench.history import weave_files
from workbench.signals import stack_costs
from workbench.types import Change, Function


def change(name: str, *functions: str) -> Change:
    touched = tuple(Function(function, "app.py") for function in functions)
    return Change(
        name,
        name,
        "Ada",
        "ada@example.invalid",
        datetime(2026, 1, 1, tzinfo=UTC),
        functions=touched,
    )


def ranked(recording, *changes):
    return rank_changes(changes, recording, stack_costs(recording), 20)


def test_growth_in_unchanged_code_blames_the_nearest_changed_caller(make_recording):
    recording = make_recording(
        {"main (app.py:1);near (app.py:1);copy (lib.py:1)": 0.1},
        {"main (app.py:1);near (app.py:1);copy (lib.py:1)": 0.5},
    )
    suspects = ranked(
        recording, change("far", "main"), change("guilty", "near"), change("other", "x")
    )
    assert [s.change.id for s in suspects] == ["guilty"]
    assert suspects[0].probability == pytest.approx(1.0)
    assert suspects[0].functions == ("app:near",)


def test_a_rename_under_one_caller_is_set_off(make_recording):
    recording = make_recording(
        {"main (app.py:1);old (app.py:1)": 0.5, "main (app.py:1);f (app.py:1)": 0.1},
        {"main (app.py:1);new (app.py:1)": 0.5, "main (app.py:1);f (app.py:1)": 0.3},
        noise=0.0,
    )
    suspects = ranked(
        recording, change("gone", "old"), change("came", "new"), change("guilty", "f")
    )
    assert suspects[0].change.id == "guilty"
    assert suspects[0].probability > 0.9


def test_growth_that_no_change_explains_is_left_over(make_recording):
    recording = make_recording({"x (lib.py:1)": 0.1}, {"x (lib.py:1)": 0.5})
    assert ranked(recording, change("innocent", "f")) == ()


def test_each_commit_is_mapped_to_the_functions_it_touched(make_repository):
    base = "def f():\n    return 1\n\ndef g():\n    return 2\n"
    repository = make_repository(
        {"a.py": base},
        {"a.py": base.replace("return 1", "return 10")},
        {"a.py": base.replace("return 1", "return 10").replace("def g", "# only a comment\ndef g")},
        {"a.py": "def f():\n    return 10\n"},
    )
    commits = repository.commits("main~3", "main")
    weaves = weave_files(commits, lambda path: repository.find(path, "main~3"))
    changes = describe_changes(commits, weaves, lambda path: repository.find(path, "main~3"))
    assert [{f.name for f in c.functions} for c in changes] == [{"f"}, set(), {"g"}]
