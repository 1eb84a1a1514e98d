from hypothesis import given
from hypothesis import strategies as st

from workbench.patch.revert.edits import Edit, EditMap
from workbench.types import Function


def texts(edits, chosen):
    return "".join(text or "" for text in edits.files(chosen).values())


PARTS = ["import os\n", "X = 1\n", "X = 2\n", "\n", "def f():\n    return 1\n", "def f():\n    return X\n",
         "# note\n", "class C:\n    a = 1\n    def g(self):\n        return 1\n",
         "class C:\n    a = 2\n    def g(self):\n        return 2\n", "if X:\n    Y = 1\n"]  # fmt: skip


@given(*[st.lists(st.sampled_from(PARTS), max_size=6).map("".join)] * 2)
def test_all_edits_back_is_the_base_and_none_is_the_head(base, head):
    edits = EditMap({"a.py": base}, {"a.py": head}, {})
    every = set(edits.commits)
    assert edits.files([]) == {}
    if every:
        assert edits.files(every) == {"a.py": base}
        assert edits.of_file("a.py") == every
    assert bool(every) == (base != head)


def test_files_that_came_and_went_are_one_edit_each():
    edits = EditMap({"old.py": "x = 1\n"}, {"new.py": "y = 1\n"}, {})
    assert set(edits.commits) == {Edit("old.py", 0), Edit("new.py", 0)}
    assert edits.files(edits.commits) == {"new.py": None, "old.py": "x = 1\n"}
    assert edits.additions == {Edit("new.py", 0)}


def test_each_edit_knows_its_commits_and_its_function(make_edits):
    base = "def f():\n    return 1\n\n\ndef g():\n    return 1\n"
    first = base.replace("f():\n    return 1", "f():\n    return 2")
    second = first.replace("g():\n    return 1", "g():\n    return 3")
    edits = make_edits({"a.py": base}, {"a.py": first}, {"a.py": second})
    (f,), (g,) = edits.of_commit["c1"], edits.of_commit["c2"]
    assert edits.function(f) == Function("f", "a.py")
    assert edits.function(g) == Function("g", "a.py")
    assert edits.commits == {f: {"c1"}, g: {"c2"}}
    assert edits.files([f]) == {"a.py": second.replace("return 2", "return 1")}
    assert edits.files([g]) == {"a.py": first}


def test_new_definitions_are_additions_and_changed_ones_are_not():
    edits = EditMap(
        {"a.py": "def f():\n    return 1\n"},
        {"a.py": "import os\n\nLIMIT = 1\n\n\ndef new():\n    pass\n\n\ndef f():\n    return 2\n"},
        {},
    )
    added = texts(edits, edits.additions)
    assert "return 2" in added
    assert "def new" not in added
    assert "LIMIT" not in added
    assert {edits.function(edit).name for edit in set(edits.commits) - edits.additions} == {"f"}


def test_who_uses_and_who_removes_a_name_is_known():
    edits = EditMap(
        {"a.py": "def gone():\n    pass\n\n\ndef f():\n    return gone()\n"},
        {"a.py": "def came():\n    pass\n\n\ndef f():\n    return came()\n"},
        {},
    )
    assert {edits.function(edit).name for edit in edits.removers["gone"]} == {"gone"}
    assert "f" in {edits.function(edit).name for edit in edits.users["came"]}
    assert [names for names in edits.new.values() if "came" in names] != []


def test_what_came_outside_of_functions_can_stay_while_what_went_returns():
    edits = EditMap({"a.py": "import old\nX = 1\n"}, {"a.py": "import new\nX = 2\n"}, {})
    kept = texts(edits, set(edits.commits) - edits.additions)
    assert "import old" in kept
    assert "import new" in kept
    assert "X = 1" in kept
    assert "X = 2" not in kept


def test_a_function_goes_back_whole():
    base = "def f():\n    a = 1\n    b = 2\n    return a + b\n"
    edits = EditMap(
        {"a.py": base}, {"a.py": base.replace("= 1", "= 10").replace("a + b", "a - b")}, {}
    )
    one, other = sorted(edits.commits)
    assert edits.whole([one]) == {one, other}


def test_a_file_that_is_not_python_is_edited_by_lines():
    edits = EditMap({"a.txt": "1.\n2.\nno code\n"}, {"a.txt": "1.\n2.\nstill none\n3.\n"}, {})
    (edit,) = edits.commits
    assert edits.files([edit]) == {"a.txt": "1.\n2.\nno code\n"}
    assert edits.function(edit) == Function("", "a.txt")


def test_a_slot_is_a_definition():
    base = "class C:\n    __slots__ = ['a', 'b']\n"
    edits = EditMap({"a.py": base}, {"a.py": "class C:\n    __slots__ = ['a']\n"}, {})
    assert set(edits.removers) == {"b"}


def test_an_import_that_moved_is_there_once(make_edits):
    before = "import re\nimport sys\n\nX = 1\n\n\ndef f():\n    return 1\n"
    after = "X = 2\n\n\ndef f():\n    return 1\n\n\nimport re\nimport os\n"
    edits = make_edits({"m.py": before}, {"m.py": after})
    for edit in edits.commits:
        text = edits.files([edit])["m.py"]
        assert text.count("import re\n") <= 1
    assert edits.files(edits.commits)["m.py"] == before
