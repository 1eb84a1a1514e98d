import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import HistoryError
from workbench.history import FileWeave, Hunk, Repository, run_git, split_lines, weave_files

LINES = st.sampled_from(
    ["a\n", "b\n", "\n", "--- a\n", "@@ -1 +1 @@\n", "\r\n", "\x0c\n", "\udcff\n"]
)
TEXTS = st.builds(
    lambda lines, end: "".join(lines) + end,
    st.lists(LINES, max_size=9),
    st.sampled_from(["", "end"]),
)


def import_versions(folder, versions):
    """Make a repository with one commit for each version of `file.py`, in one process."""
    run_git(folder, "init", "--quiet", "--initial-branch=main")
    stream = []
    for text in versions:
        n_bytes = len(text.encode("utf-8", "surrogateescape"))
        stream.append(
            f"commit refs/heads/main\ncommitter A <a@b> 1 +0000\ndata 1\nx\n"
            f"M 644 inline file.py\ndata {n_bytes}\n{text}\n"
        )
    run_git(folder, "fast-import", "--quiet", stdin="".join(stream))
    return Repository(folder)


@settings(max_examples=12)
@given(st.lists(TEXTS, min_size=2, max_size=6))
def test_any_history_weaves_to_what_git_has(versions):
    with tempfile.TemporaryDirectory() as folder:
        repository = import_versions(folder, versions)
        base = f"main~{len(versions) - 1}"
        commits = repository.commits(base, "main")
        weaves = weave_files(commits, lambda path: repository.find(path, base))
    if not weaves:
        assert len(set(versions)) == 1
        return
    weave = weaves["file.py"]
    assert weave.text() == versions[-1]
    touched = list(weave.touched())
    assert {commit for commit, _, _ in touched} <= {commit.id for commit in commits}
    lasting = [place for place in touched if place[1] != "between"]
    assert len({place[1:] for place in lasting}) == len(lasting)  # each line once
    kept = [
        [
            line
            for n, line in enumerate(split_lines(text))
            if (side, n) not in {t[1:] for t in touched}
        ]
        for side, text in (("base", versions[0]), ("head", versions[-1]))
    ]
    assert kept[0] == kept[1]


def test_touched_tells_who_added_and_removed_each_line():
    weave = FileWeave("a", "1\n2\n3\n")
    weave.weave("first", Hunk("a", 1, ("2\n",), ("two\n",)), shift=0)
    weave.weave("second", Hunk("a", 2, ("3\n",), ()), shift=0)
    weave.weave("second", Hunk("a", 0, (), ("0\n",)), shift=0)
    assert weave.text() == "0\n1\ntwo\n"
    assert set(weave.touched()) == {
        ("first", "base", 1), ("first", "head", 2), ("second", "base", 2), ("second", "head", 0),
    }  # fmt: skip


def test_a_line_that_came_and_went_stands_between_those_that_stayed():
    weave = FileWeave("a", "1\n")
    weave.weave("first", Hunk("a", 1, (), ("2\n",)), shift=0)
    weave.weave("second", Hunk("a", 1, ("2\n",), ()), shift=0)
    assert weave.text() == "1\n"
    assert list(weave.touched()) == [("first", "between", 1), ("second", "between", 1)]


@pytest.mark.parametrize(
    "hunk", [Hunk("a", 0, ("2\n",), ()), Hunk("a", 5, ("1\n",), ()), Hunk("a", 1, ("x",), ())]
)
def test_a_line_that_was_never_there_cannot_be_removed(hunk):
    with pytest.raises(HistoryError, match="a: commit c0ffee removes an unseen line"):
        FileWeave("a", "1\n").weave("c0ffee", hunk, shift=0)


@given(st.text(alphabet="a\n\r\x0b\x0c\x1c\x85\u2028"))
def test_lines_are_split_at_newlines_alone(text):
    lines = split_lines(text)
    assert "".join(lines) == text
    assert all(line.endswith("\n") for line in lines[:-1])
    assert not any("\n" in line[:-1] for line in lines)
