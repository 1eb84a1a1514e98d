from datetime import datetime

import pytest

from workbench.patch.mitigations import propose
from workbench.patch.mitigations.restore_value import (
    changed_values,
    restore_values,
    strategy_of,
)
from workbench.types import Change, Diagnosis, Function, Suspect


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ("SAMPLE = 0.01\n", "SAMPLE = 1.0\n", "SAMPLE"),
        ("    rate: float = 1e-3  # of requests\n", "    rate: float = 1  # of requests\n", "rate"),
        ("    level=INFO,\n", "    level=DEBUG,\n", "level"),
        ('  "new_ranker": false,\n', '  "new_ranker": true,\n', "new_ranker"),
        ("new-ranker: off\n", "new-ranker: on\n", "new-ranker"),
        ("orjson==3.9.1\n", "orjson==3.10.0\n", "orjson"),
        ("orjson>=3.9.1 ; python_version > '3'\n", "orjson>=3.10.0 ; python_version > '3'\n",
         "orjson"),
        ('    "lodash": "^4.17.20",\n', '    "lodash": "^4.17.21",\n', "lodash"),
        ("\tgithub.com/x/y v1.2.3\n", "\tgithub.com/x/y v1.3.0\n", "github.com/x/y"),
    ],
)  # fmt: skip
def test_a_setting_is_set_back(before, after, key):
    (value,) = changed_values(f"a\n{before}b\n", f"c\n{after}b\n")
    assert value == (key, before, after)
    assert restore_values([value], f"d\n{after}e\n") == f"d\n{before}e\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("SAMPLE = 0.01\n", "RATE = 1.0\n"),  # another key
        ("SAMPLE = 0.01\n", "SAMPLE = compute()\n"),
        ("x = f(1)\n", "x = f(2)\n"),  # code, no setting
        ("SAMPLE = 0.01  # few\n", "SAMPLE = 1.0  # all\n"),  # the rest changed too
        ("return 1\n", "return 1, 2\n"),
        ("a = 1\n", "a = 1\nb = 2\n"),
        ("a = 1\n", "a = 1\n"),
    ],
)
def test_what_is_no_setting_is_let_be(before, after):
    assert changed_values(before, after) == []


def test_a_line_that_is_gone_or_there_twice_is_not_set_back():
    values = changed_values("a = 1\n", "a = 2\n")
    assert restore_values(values, "a = 3\n") is None
    assert restore_values(values, "a = 2\na = 2\n") is None
    assert restore_values([], "a = 2\n") is None


@pytest.mark.parametrize(
    ("path", "key", "strategy"),
    [
        ("deps/requirements.txt", "orjson", "pin_dependency"),
        ("web/package.json", "lodash", "pin_dependency"),
        ("go.mod", "x", "pin_dependency"),
        ("app/settings.py", "LOG_SAMPLE", "lower_log_volume"),
        ("app/settings.py", "new_ranker", "roll_back_flag"),
        ("catalog.json", "new_ranker", "roll_back_flag"),
    ],
)
def test_what_it_is_called_depends_on_what_is_set_back(path, key, strategy):
    assert strategy_of(path, changed_values(f"{key} = 1\n", f"{key} = 2\n")) == strategy


def test_settings_of_the_culprit_alone_are_proposed_the_named_kind_first(make_repository):
    repository = make_repository(
        {"s.py": "LOG_RATE = 1\nWIDE = 1\nOLD = 1\n", "requirements.txt": "x==1.0\n"},
        {"s.py": "LOG_RATE = 1\nWIDE = 1\nOLD = 2\n"},
        {"s.py": "LOG_RATE = 9\nWIDE = 1\nOLD = 2\n", "requirements.txt": "x==2.0\n"},
        {"s.py": "LOG_RATE = 9\nWIDE = 3\nOLD = 2\n"},
    )
    commit = repository.resolve("main~1")
    files = ("s.py", "requirements.txt")
    suspect = Suspect(Change(commit, "c", "", "", datetime(2026, 1, 1), files=files), 0.9, (), 1.0)
    for named in ("lower_log_volume", "pin_dependency"):
        diagnosis = Diagnosis("r", "", commit, mitigation=named)
        patches = [*propose(repository, "main~3", "main", diagnosis, [suspect])]
        assert patches[0].strategy == named
        by_strategy = {patch.strategy: patch for patch in patches}
        assert by_strategy["lower_log_volume"].files == {
            "s.py": "LOG_RATE = 1\nWIDE = 3\nOLD = 2\n"
        }
        assert by_strategy["lower_log_volume"].summary == "Set LOG_RATE back"
        assert by_strategy["pin_dependency"].files == {"requirements.txt": "x==1.0\n"}
        assert {patch.reverted for patch in patches} == {(commit,)}


def test_a_change_that_is_no_commit_has_no_settings_here(make_repository):
    repository = make_repository({"s.py": "A = 1\n"}, {"s.py": "A = 2\n"})
    change = Change("flag:a", "a", "", "", datetime(2026, 1, 1), "flag", files=("s.py",))
    diagnosis = Diagnosis("r", "", "flag:a", mitigation="roll_back_flag")
    assert [*propose(repository, "main~1", "main", diagnosis, [Suspect(change, 1, (), 1)])] == []


def test_what_the_culprit_imports_at_the_top_is_proposed_to_be_imported_later(make_repository):
    before = "import json\n\n\ndef f():\n    return json\n"
    after = "import heavy\nimport json\n\n\ndef f():\n    return json, heavy.x\n"
    repository = make_repository({"s.py": before}, {"s.py": after})
    commit = repository.resolve("main")
    suspect = Suspect(Change(commit, "", "", "", datetime(2026, 1, 1), files=("s.py",)), 1, (), 1)
    diagnosis = Diagnosis("r", "", commit)
    loads = Function("_find_and_load", "<frozen importlib._bootstrap>")
    (patch,) = propose(repository, "main~1", "main", diagnosis, [suspect], [loads])
    assert patch.strategy == "import_lazily"
    assert patch.files == {
        "s.py": "import json\n\n\ndef f():\n    import heavy\n    return json, heavy.x\n"
    }
    assert [*propose(repository, "main~1", "main", diagnosis, [suspect], [])] == []
