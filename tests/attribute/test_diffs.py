"""What the lines of a change say."""

import pytest

from workbench.attribute.diffs import Wording, runs_in_production, wording
from workbench.history import Hunk


def hunk(removed, added, path="svc/rank.py"):
    lines = [tuple(f"{line}\n" for line in side.split("\n") if side) for side in (removed, added)]
    return Hunk(path, 0, *lines)


INNOCENT = {
    "a variable renamed": ("total = price * n\nreturn total", "amount = price * n\nreturn amount"),
    "a loop's variable renamed": ("for x in rows:\n    f(x)", "for row in rows:\n    f(row)"),
    "a parameter renamed": ("def f(items):\n    g(items)", "def f(rows):\n    g(rows)"),
    "a Go parameter renamed": ("func f(w io.Writer) {\n    w.Close()", "func f(out io.Writer) {\n    out.Close()"),
    "a Java variable renamed": ("int total = f(a);\nreturn total;", "int sum = f(a);\nreturn sum;"),
    "a function renamed": ("def rank(rows):\n    return rank(rows)", "def order(rows):\n    return order(rows)"),
    "a comment": ("", "# why this is so"),
    "spaces": ("x = f(a,b)", "x = f( a, b )"),
    "an import": ("import json", "import json\nfrom a import b"),
    "moved down": ("x = f(a)\ny = g(b)", "y = g(b)\nx = f(a)"),
}  # fmt: skip


@pytest.mark.parametrize(("removed", "added"), INNOCENT.values(), ids=INNOCENT)
def test_what_does_the_same_is_not_new(removed, added):
    assert wording([hunk(removed, added)]).n_new == 0


OTHER = {
    "another function called": ("x = fast(a)", "x = slow(a)"),
    "another list": ("for user in active_users:", "for user in all_users:"),
    "another level": ("log.level = INFO", "log.level = DEBUG"),
    "another container": ("cache[key] = value", "rows[key] = value"),
    "operands exchanged": ("if a < b:", "if b < a:"),
    "another argument": ("x = f(limit=3)", "x = f(count=3)"),
    "another default": ("def f(limit=FEW):", "def f(limit=MANY):"),
    "another number": ("limit = 10", "limit = 100"),
}


@pytest.mark.parametrize(("removed", "added"), OTHER.values(), ids=OTHER)
def test_what_does_something_else_is_new(removed, added):
    assert wording([hunk(removed, added)]).n_new == 2


COMMENTS = {
    "a.py": ("# so", "*a, b = f()"),
    "a.c": (" * so", "*out = f(x);"),
    "b.c": ("// so", "--i;"),
    "c.h": ("/* so */", "#define LIMIT 3"),
    "a.rs": ("// so", "#[inline]"),
    "a.sql": ("-- so", "select 1"),
    "a.php": ("# so", "#[Pure]"),
    "a.unheard": ("// so", "x"),
}


@pytest.mark.parametrize(("path", "lines"), COMMENTS.items(), ids=COMMENTS)
def test_comments_are_those_of_the_language(path, lines):
    assert [wording([hunk("", line, path)]).n_new for line in lines] == [0, 1]


def test_code_that_went_to_another_file_is_not_new():
    assert wording([hunk("x = f(a)", ""), hunk("", "x = f(a)", "svc/other.py")]).n_new == 0


def test_words_that_cost_and_removed_ones_that_save_are_counted():
    assert wording([hunk("", "for row in rows:\n    copy.deepcopy(row)")]) == Wording(2, 3)
    assert wording([hunk("@lru_cache(None)", "")]) == Wording(1, 2)
    assert wording([hunk("", "x = y")]) == Wording(1, 0)


def test_tests_and_documents_do_not_count():
    for path in ("tests/test_a.py", "docs/a.md", "README.md", "pkg/a_test.go", "CHANGELOG"):
        assert not runs_in_production(path)
        assert wording([hunk("", "for x in y: z(x)", path)]) == Wording(0, 0)
    for path in ("svc/testing/latest.py", "svc/docs/render.py", "app/examples/index.ts"):
        assert runs_in_production(path)
