import pytest

from workbench.attribute.code.codemap import changed_functions, describe_changes
from workbench.history import weave_files
from workbench.types import Function

BASE = '''\
import os

LIMIT = 1


def f():
    """Doc."""
    # note
    return 1


class C:
    def g(self):
        return [x for x in range(2)]


def h():
    return 3
'''


def mapped(make_repository, *texts, path="pkg/a.py"):
    """Functions of each commit after the first."""
    repository = make_repository(*({path: text} for text in texts))
    base = f"main~{len(texts) - 1}"

    def read_base(path):
        return repository.find(path, base)

    commits = repository.commits(base, "main")
    weaves = weave_files(commits, read_base)
    assert changed_functions(weaves, read_base).keys() <= {commit.id for commit in commits}
    return describe_changes(commits, weaves, read_base)


def names(change):
    return {function.name for function in change.functions}


@pytest.mark.parametrize(
    ("before", "after", "functions"),
    [
        ("return 1", "return 10", {"f"}), ("range(2)", "range(3)", {"C.g"}),
        ("LIMIT = 1", "LIMIT = 2", {"<module>"}), ("# note", "# other", set()),
        ("Doc.", "Other.", set()), ("\n\n\nclass", "\n\n\n\n# new\nclass", set()),
        ("def h", "@cache\ndef h", {"h"}), ("    return 3\n", "    return 3\n\n\nX = 1\n", {"<module>"}),
        ("def h():\n    return 3\n", "", {"h"}), ("class C:", "class D:", {"<module>"}),
    ],
)  # fmt: skip
def test_a_commit_is_mapped_to_the_functions_whose_lines_it_touched(
    make_repository, before, after, functions
):
    assert before in BASE
    (change,) = mapped(make_repository, BASE, BASE.replace(before, after))
    assert names(change) == functions
    assert all(function.file == "pkg/a.py" for function in change.functions)


def test_both_sides_of_a_rename_are_touched(make_repository):
    (change,) = mapped(make_repository, BASE, BASE.replace("def h", "def renamed"))
    assert names(change) == {"h", "renamed"}


def test_each_commit_has_its_own_functions_in_the_order_of_history(make_repository):
    texts = [BASE]
    for before, after in (
        ("return 1", "return 10"),
        ("    # note\n", ""),
        ("return 3", "return 4"),
    ):
        texts.append(texts[-1].replace(before, after))
    changes = mapped(make_repository, *texts)
    assert [change.title for change in changes] == ["c1", "c2", "c3"]
    assert [names(change) for change in changes] == [{"f"}, set(), {"h"}]


def test_what_came_and_went_again_touched_nothing(make_repository):
    changes = mapped(make_repository, BASE, BASE + "def brief(): pass\n", BASE)
    assert [change.functions for change in changes] == [(), ()]


def test_a_new_file_has_the_functions_it_brought(make_repository):
    (change,) = mapped(make_repository, "", "def f(): pass\n")
    assert names(change) == {"f"}


def test_a_file_removed_has_the_functions_it_had(make_repository):
    repository = make_repository({"a.py": "def f(): pass\n", "b.py": ""}, {"a.py": None})
    (commit,) = repository.commits("main~1", "main")
    weaves = weave_files([commit], lambda path: repository.find(path, "main~1"))
    found = changed_functions(weaves, lambda path: repository.find(path, "main~1"))
    assert found == {commit.id: {Function("f", "a.py")}}


def test_a_file_that_does_not_parse_is_read_as_far_as_it_goes(make_repository):
    (change,) = mapped(make_repository, "def f(:\n    1\n", "def f(:\n    2\n")
    assert names(change) == {"f"}


def test_a_file_without_any_sense_is_one_module(make_repository):
    (change,) = mapped(make_repository, "f g h (:\n", "f g h (::\n")
    assert names(change) == {"<module>"}


def test_what_is_not_python_has_files_but_no_functions(make_repository):
    (change,) = mapped(make_repository, "a\n", "a\nb\nc\n", path="notes.txt")
    assert change.functions == ()
    assert change.files == ("notes.txt",)
    assert (change.n_added, change.n_removed) == (2, 0)


def test_a_change_is_described_as_its_commit_is(make_repository):
    (change,) = mapped(make_repository, BASE, BASE.replace("return 1", "x = 1\n    return x"))
    assert (change.author, change.email) == ("Ada Keller", "ada@example.invalid")
    assert (change.kind, change.n_added, change.n_removed) == ("commit", 2, 1)
    assert len(change.id) == 40
    assert change.at.tzinfo is not None
