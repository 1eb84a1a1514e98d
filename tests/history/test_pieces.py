from hypothesis import given
from hypothesis import strategies as st

from workbench.history import cut, function_spans, split_lines

LINES = st.lists(
    st.sampled_from(["def f():\n", "    a = 1\n", "    return a\n", "class C:\n", "    def g(self):\n",
                     "        pass\n", "import os\n", "X = 1\n", "\n", "# note\n", "@wrap\n", "X = (\n",
                     ")\n", "\r\n", "a\rb\n"]),
    max_size=14,
)  # fmt: skip
FUNCTIONS = st.lists(
    st.tuples(
        st.sampled_from("fghk"), st.sampled_from(["pass", "return 1", "return 2\n    # tail"])
    ),
    max_size=6,
    unique_by=lambda pair: pair[0],
).map(lambda pairs: "".join(f"def {name}():\n    {body}\n\n\n" for name, body in pairs))


def changed(before, after, **options):
    return [(p.part, p.before, p.after) for p in cut(before, after, **options) if not p.same]


@given(LINES, LINES, st.sampled_from(["", "end"]), st.booleans())
def test_pieces_join_to_both_versions(before, after, end, python):
    old, new = "".join(before) + end, "".join(after)
    pieces = cut(old, new, python=python)
    assert "".join(piece.before for piece in pieces) == old
    assert "".join(piece.after for piece in pieces) == new
    for side, text in (("before", old), ("after", new)):
        lines = split_lines(text)
        for piece in pieces:
            own, start = getattr(piece, side), getattr(piece, f"{side}_line")
            assert "".join(lines[start : start + len(split_lines(own))]) == own


@given(FUNCTIONS, FUNCTIONS)
def test_no_piece_straddles_two_functions(before, after):
    for side, text in (("before", before), ("after", after)):
        spans = function_spans(text)
        for piece in cut(before, after):
            first = getattr(piece, f"{side}_line")
            lines = range(first, first + len(split_lines(getattr(piece, side))))
            inside = {span.name for span in spans if set(lines) & set(range(span.start, span.end))}
            assert inside <= {piece.part}


@given(FUNCTIONS, FUNCTIONS, st.data())
def test_each_piece_can_be_had_in_either_version(before, after, data):
    pieces = cut(before, after)
    mixed = "".join(data.draw(st.sampled_from([p.before, p.after])) for p in pieces)
    assert {s.name for s in function_spans(mixed)} <= {
        s.name for text in (before, after) for s in function_spans(text)
    }


def test_equal_texts_have_no_change():
    source = "def f():\n    return 1\n"
    assert all(piece.same for piece in cut(source, source))
    assert cut("", "") == ()


def test_a_function_that_went_and_one_that_came_share_no_piece():
    old = "def gone():\n    value = 1\n    return value\n"
    new = "def came():\n    value = 2\n    return value\n"
    assert sorted(changed(old, new)) == [("came", "", new), ("gone", old, "")]


def test_a_changed_line_is_its_own_piece():
    old = "def f():\n    a = 1\n    return a\n"
    assert changed(old, old.replace("1", "2")) == [("f", "    a = 1\n", "    a = 2\n")]


def test_outside_of_functions_whole_statements_are_compared():
    old = "X = (\n    1,\n)\n\ndef f(): pass\n"
    assert changed(old, old.replace("1", "2")) == [("", "X = (\n    1,\n)\n", "X = (\n    2,\n)\n")]


def test_a_decorator_and_the_comment_above_belong_to_the_function():
    old = "# one\n@wrap\ndef f():\n    pass\n"
    new = "# two\ndef f():\n    pass\n"
    assert changed(old, new) == [("f", "# one\n@wrap\n", "# two\n")]


def test_what_is_not_python_is_compared_by_lines():
    assert changed("def f():\n a\n", "def f():\n b\n", python=False) == [("", " a\n", " b\n")]
