import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import HistoryError
from workbench.history import Repository, cut, function_spans, line_functions, weave_files

NASTY = "--- a/x\n+++ b/x\n@@ -1 +1 @@\ndiff --git\n\x0cform feed\r\nlast without newline"
LINES = st.lists(
    st.sampled_from(["def f():\n", "    a = 1\n", "    return a\n", "class C:\n", "    def g(self):\n",
                     "        pass\n", "import os\n", "X = 1\n", "\n", "# note\n"]),
    max_size=14,
)  # fmt: skip


def woven(repository: Repository):
    base = repository.resolve("main~2")
    commits = repository.commits(base, "main")
    return base, commits, weave_files(commits, lambda path: repository.find(path, base))


def test_weave_ends_at_what_git_has_on_nasty_content(make_repository):
    repository = make_repository(
        {"a.py": NASTY, "b.py": "x = 1\ny = 2\n", "ü b.txt": "one\n"},
        {"a.py": "first\n" + NASTY + "\nmore\n", "b.py": None},
        {"a.py": NASTY.replace("@@", "##"), "c.py": "\udcff\n", "ü b.txt": "two"},
    )
    base, commits, weaves = woven(repository)
    assert [commit.title for commit in commits] == ["c1", "c2"]
    for path, weave in weaves.items():
        assert weave.text() == (repository.find(path, "main") or ""), path


def test_touched_tells_who_added_and_removed_each_line(make_repository):
    repository = make_repository(
        {"a.py": "1\n2\n3\n"}, {"a.py": "1\ntwo\n3\n"}, {"a.py": "0\n1\ntwo\n"}
    )
    _, commits, weaves = woven(repository)
    first, second = (commit.id for commit in commits)
    assert set(weaves["a.py"].touched()) == {
        (first, "base", 1), (first, "head", 2), (second, "base", 2), (second, "head", 0),
    }  # fmt: skip


@given(LINES, LINES)
def test_pieces_join_to_both_versions(before, after):
    old, new = "".join(before), "".join(after)
    pieces = cut(old, new)
    assert "".join(piece.before for piece in pieces) == old
    assert "".join(piece.after for piece in pieces) == new


def test_a_function_that_went_and_one_that_came_share_no_piece():
    old = "def gone():\n    value = 1\n    return value\n"
    new = "def came():\n    value = 2\n    return value\n"
    parts = [(p.part, bool(p.before), bool(p.after)) for p in cut(old, new)]
    assert sorted(parts) == [("came", False, True), ("gone", True, False)]


def test_functions_are_named_as_python_names_them():
    source = "class A:\n    @staticmethod\n    def f():\n        def g(): pass\n        class B:\n            async def h(self): pass\n"
    names = [span.name for span in function_spans(source)]
    assert names == ["A.f", "A.f.<locals>.g", "A.f.<locals>.B.h"]
    assert function_spans("def broken(:\n") == []


def test_comments_and_docstrings_belong_to_no_function():
    assert line_functions('def f():\n    """Doc."""\n    # note\n    return 1\n')[:4] == [
        "f", "", "", "f",
    ]  # fmt: skip


def test_repository_errors_say_what_was_expected(make_repository, tmp_path):
    repository = make_repository({"d/a.py": "x\n"})
    for wrong in (tmp_path / "none", tmp_path / "repo" / "d"):
        with pytest.raises(HistoryError, match="expected"):
            Repository(wrong)
    with pytest.raises(HistoryError, match="no revision 'nope'"):
        repository.resolve("nope")
    with pytest.raises(HistoryError, match="no file 'b.py'"):
        repository.read("b.py", "main")
    with pytest.raises(HistoryError):
        repository.search("(", "main")
    assert repository.search("nothing like this", "main") == []
    assert repository.search("^x", "main") == [("d/a.py", 1, "x")]


def test_a_hostile_repository_runs_nothing(make_repository, tmp_path):
    repository = make_repository({"a.py": "x\n"}, {"a.py": "y\n"})
    witness = tmp_path / "ran"
    for key in ("diff.external", "core.fsmonitor", "core.pager"):
        with (repository.folder / ".git" / "config").open("a") as config:
            section, name = key.split(".")
            config.write(f'[{section}]\n\t{name} = "touch {witness}"\n')
    repository.commits("main~1", "main")
    repository.show("main")
    repository.uncommitted()
    assert not witness.exists()
