import pytest

from workbench.patch.revert.shadowed import drop_shadowed_imports

AGAIN = "from b import Length\n\nprint(Length)\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from a import Length\n" + AGAIN, AGAIN),
        ("from a import Length, Range\n" + AGAIN + "Range\n",
         "from a import Range\n" + AGAIN + "Range\n"),
        ("from a import (\n    Length,\n    Range,\n)\n" + AGAIN + "Range\n",
         "from a import (\n    Range,\n)\n" + AGAIN + "Range\n"),
        ("from a import (\n    Range,\n    Length\n)\n" + AGAIN + "Range\n",
         "from a import (\n    Range\n)\n" + AGAIN + "Range\n"),
        ("from a import Size as Length\n" + AGAIN, AGAIN),
    ],
    ids=["alone", "one of two", "of several lines", "the last", "by another name"],
)  # fmt: skip
def test_a_name_that_is_imported_again_is_left_out_where_it_was_not_used(before, after):
    assert drop_shadowed_imports({"m.py": before}) == {"m.py": after}


@pytest.mark.parametrize(
    "text",
    [
        "from a import Length\nprint(Length)\n" + AGAIN,
        "from a import Length\n\nprint(Length)\n",
        "try:\n    from a import Length\nexcept ImportError:\n    from b import Length\nLength\n",
        "from a import Length\nfrom b import (\n",
    ],
    ids=["used between", "imported once", "either of two", "no Python"],
)
def test_what_is_used_or_no_python_is_left_as_it_is(text):
    files = {"m.py": text, "gone.py": None, "m.txt": text}
    assert drop_shadowed_imports(files) == files
