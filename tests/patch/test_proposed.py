import pytest

from workbench.errors import PatchError
from workbench.patch.proposed import join_edits, replace_once

FILES = {"a.py": "x = 1\ny = 1\n", "b.py": "z = 1\n"}


def edit(path, before, after, summary="Make it two"):
    return {"path": path, "before": before, "after": after, "summary": summary}


def test_a_passage_is_replaced_where_it_is_there_once():
    assert replace_once("x = 1\n", "1", "2", "a.py") == "x = 2\n"
    for text, told in (("x = 3\n", "0 times: it has to stand"), ("11", "2 times: add lines")):
        with pytest.raises(PatchError, match=rf"a\.py: expected the text .* found it {told}"):
            replace_once(text, "1", "2", "a.py")


def test_edits_of_one_title_are_one_patch():
    edits = [
        edit("a.py", "x = 1", "x = 2"), edit("b.py", "z = 1", "z = 3", "Another"),
        edit("a.py", "y = 1", "y = 2"), edit("b.py", "z = 1", "z = 2", "Make  it\ntwo"),
    ]  # fmt: skip
    patches, refused = join_edits(edits, FILES.get, "hoist")
    assert refused == []
    assert [(p.strategy, p.summary, p.files, p.reverted) for p in patches] == [
        ("hoist", "Make it two", {"a.py": "x = 2\ny = 2\n", "b.py": "z = 2\n"}, ()),
        ("hoist", "Another", {"b.py": "z = 3\n"}, ()),
    ]


def test_a_patch_of_which_one_edit_does_not_apply_is_told_and_no_patch():
    edits = [
        edit("a.py", "x = 1", "x = 2"), edit("a.py", "x = 1", "x = 3"),
        edit("c.py", "x", "y", "None"), edit("b.py", "z = 1", "z = 2", "Fine"),
    ]  # fmt: skip
    patches, refused = join_edits(edits, FILES.get, "hoist")
    assert [patch.summary for patch in patches] == ["Fine"]
    assert refused == [
        "Make it two: a.py: expected the text to replace once, found it 0 times: it has to stand "
        "as the file has it",
        "None: c.py: expected a file to edit, found none",
    ]
