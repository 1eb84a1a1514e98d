import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.history import (
    MODULE,
    enclosing_function,
    function_spans,
    line_functions,
    statement_starts,
)

SOURCE = '''\
import os


@cache
@wraps(
    os,
)
def decorated(x):
    """Doc.

    More.
    """
    # comment

    return [lambda: x for x in y]


class Outer:
    field = 1

    @property
    def method(self):
        def inner():
            pass

        class Local:
            async def coroutine(self):
                await x

        return inner


if os:
    def conditional(): return 1
'''


def test_functions_are_named_as_python_names_them():
    assert [tuple(span) for span in function_spans(SOURCE)] == [
        ("decorated", 3, 15),
        ("Outer.method", 20, 30),
        ("Outer.method.<locals>.inner", 22, 24),
        ("Outer.method.<locals>.Local.coroutine", 26, 28),
        ("conditional", 33, 34),
    ]


def test_names_agree_with_those_of_running_code():
    source = "def f():\n    class C:\n        def g(self):\n            return lambda: sys._getframe().f_code.co_qualname\n    return C().g()()\n"
    scope = {"sys": sys}
    exec(source, scope)
    assert enclosing_function(scope["f"]()) == function_spans(source)[1].name


def test_classes_are_spans_where_asked_for():
    names = [span.name for span in function_spans(SOURCE, with_classes=True)]
    assert names[1:3] == ["Outer", "Outer.method"]
    assert "Outer.method.<locals>.Local" in names


def test_each_line_has_its_innermost_function():
    names = dict(zip(SOURCE.split("\n"), line_functions(SOURCE), strict=True))
    assert names["import os"] == MODULE
    assert names["@wraps("] == names["    return [lambda: x for x in y]"] == "decorated"
    assert names["    field = 1"] == MODULE
    assert names["            pass"] == "Outer.method.<locals>.inner"
    assert names["        return inner"] == "Outer.method"


def test_comments_blank_lines_and_docstrings_are_in_no_function():
    names = dict(zip(SOURCE.split("\n"), line_functions(SOURCE), strict=True))
    assert {
        names[line] for line in ("", '    """Doc.', "    More.", '    """', "    # comment")
    } == {""}


@pytest.mark.parametrize(
    "source",
    ["def f(:\n", "\0", "\udcff", "(" * 500, "-" * 100_000 + "1", "def f():\n" + " x\n  y\n"],
    ids=["syntax", "null", "surrogate", "nesting", "depth", "indent"],
)
def test_a_source_that_does_not_parse_has_no_functions(source):
    assert function_spans(source) == []
    assert statement_starts(source) == set()
    assert set(line_functions(source)) <= {MODULE, ""}


def test_warnings_about_foreign_code_are_not_ours():
    assert function_spans('def f():\n    return "\\d" is 1\n')[0].name == "f"


FRAGMENTS = st.lists(
    st.sampled_from(["def f():", "    return 1", "class C:", "    def g(self): pass", "x = '''", "'''",
                     "# note", '"""doc"""', "\n", "\r\n", "\r", "\x0c", "\x0b", "\u2028", "\x1c", "\\"]),
    max_size=12,
)  # fmt: skip


@given(FRAGMENTS)
def test_any_text_has_one_name_a_line(fragments):
    source = "".join(fragments)
    names = line_functions(source)
    n_lines = source.count("\n") + 1
    assert len(names) == n_lines
    assert all(0 <= span.start < span.end <= n_lines for span in function_spans(source))
    assert all(0 <= start < n_lines for start in statement_starts(source))


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("f", "f"), ("C.f", "C.f"), (MODULE, MODULE), ("f.<locals>.<lambda>", "f"),
        ("f.<locals>.<genexpr>.<locals>.<lambda>", "f"), ("f.<locals>.g", "f.<locals>.g"),
        ("<lambda>", MODULE), ("C.<lambda>", MODULE), ("f.<locals>.C.<lambda>", "f"),
    ],
)  # fmt: skip
def test_a_lambda_belongs_to_what_it_stands_in(name, function):
    assert enclosing_function(name) == function


def test_statements_start_with_the_comments_above_them():
    source = "x = 1\n\n# about y\ny = (\n    2\n)\nclass C:\n    a = 1\n    @p\n    def f(self):\n        z = 1\n"
    assert statement_starts(source) == {0, 1, 6, 7, 8}
