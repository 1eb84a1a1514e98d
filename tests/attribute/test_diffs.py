"""What the lines of a change say."""

import pytest

from workbench.attribute.diffs import Wording, runs_in_production, settings_changed, wording
from workbench.history import Hunk


def hunk(removed, added, path="svc/rank.py"):
    lines = [tuple(f"{line}\n" for line in side.split("\n") if side) for side in (removed, added)]
    return Hunk(path, 0, *lines)


INNOCENT = {
    "a variable renamed": ("a.py", "total = price * n\nreturn total", "amount = price * n\nreturn amount"),
    "a loop's variable renamed": ("a.py", "for x in rows:\n    f(x)", "for row in rows:\n    f(row)"),
    "a parameter renamed": ("a.py", "def f(items):\n    g(items)", "def f(rows):\n    g(rows)"),
    "an attribute renamed": ("a.py", "self.n = 1\nreturn self.n", "self.count = 1\nreturn self.count"),
    "a function renamed": ("a.py", "def rank(rows):\n    return rank(rows)", "def order(rows):\n    return order(rows)"),
    "a walrus renamed": ("a.py", "if x := f():\n    g(x)", "if y := f():\n    g(y)"),
    "a Go parameter renamed": ("a.go", "func f(w io.Writer) {\n    w.Close()", "func f(out io.Writer) {\n    out.Close()"),
    "a Go variable renamed": ("a.go", "n, err := f()\nreturn n", "m, err := f()\nreturn m"),
    "a Java variable renamed": ("a.java", "int total = f(a);\nreturn total;", "int sum = f(a);\nreturn sum;"),
    "a Java loop renamed": ("a.java", "for (User u : users) {\n    f(u);", "for (User user : users) {\n    f(user);"),
    "a C parameter renamed": ("a.c", "int f(int a) {\n    return a;", "int f(int b) {\n    return b;"),
    "a C counter renamed": ("a.c", "for (int i = 0; i < n; i++)", "for (int j = 0; j < n; j++)"),
    "a Rust variable renamed": ("a.rs", "let mut x = f();\ng(x)", "let mut y = f();\ng(y)"),
    "an arrow's parameter renamed": ("a.ts", "rows.map(r => r.id)", "rows.map(row => row.id)"),
    "a comment": ("a.py", "", "# why this is so"),
    "a comment behind code": ("a.py", "x = f(a)  # old", "x = f(a)  # new"),
    "a comment behind Go": ("a.go", "x = f(a) // old", "x = f(a) // new"),
    "a comment behind Java": ("a.java", "x = f(a); /* old */", "x = f(a); /* new */"),
    "a string that looks like one": ("a.py", "x = f('#1')  # old", "x = f('#1')"),
    "lines of a docstring": ("a.py", "    Returns the rows, one each.\n    ----------", "    Gives back all rows."),
    "spaces": ("a.py", "x = f(a,b)", "x = f( a, b )"),
    "an import": ("a.py", "import json", "import json\nfrom a import b"),
    "moved down": ("a.py", "x = f(a)\ny = g(b)", "y = g(b)\nx = f(a)"),
}  # fmt: skip


@pytest.mark.parametrize(("path", "removed", "added"), INNOCENT.values(), ids=INNOCENT)
def test_what_does_the_same_is_not_new(path, removed, added):
    assert wording([hunk(removed, added, path)]).n_new == 0


OTHER = {
    "another function called": ("a.py", "x = fast(a)", "x = slow(a)"),
    "another function returned": ("a.java", "return compute(rows) {", "return computeAll(rows) {"),
    "another class made": ("a.java", "x = new Fast(a) {", "x = new Slow(a) {"),
    "another list": ("a.py", "for user in active_users:", "for user in all_users:"),
    "another level": ("a.py", "log.level = INFO", "log.level = DEBUG"),
    "another attribute of something": ("a.py", "obj.fast = True", "obj.slow = True"),
    "another container": ("a.py", "cache[key] = value", "rows[key] = value"),
    "operands exchanged": ("a.py", "if a < b:", "if b < a:"),
    "another argument": ("a.py", "x = f(limit=3)", "x = f(count=3)"),
    "another argument on a line of its own": ("a.py", "    chunk=FEW,", "    group=FEW,"),
    "the last argument on a line of its own": ("a.py", "    chunk=FEW", "    group=FEW"),
    "another default": ("a.py", "def f(limit=FEW):", "def f(limit=MANY):"),
    "another number": ("a.py", "limit = 10", "limit = 100"),
    "another type cast to": ("a.rs", "x as u32", "x as u64"),
    "another setting": ("a.toml", "use_cache = true", "use_pool = true"),
    "another source of an import": ("a.py", "from fast import parse", "from slow import parse"),
    "another source in JavaScript": ("a.js", "import { parse } from 'fast'", "import { parse } from 'slow'"),
    "another source in Java": ("a.java", "import fast.Parser;", "import slow.Parser;"),
    "another alias": ("a.py", "import json as codec", "import slowjson as codec"),
}  # fmt: skip


@pytest.mark.parametrize(("path", "removed", "added"), OTHER.values(), ids=OTHER)
def test_what_does_something_else_is_new(path, removed, added):
    assert wording([hunk(removed, added, path)]).n_new == 2


def test_names_that_change_places_are_not_renamed():
    changed = wording([hunk("def f(x, y):\n    return x - y", "def f(p, q):\n    return q - p")])
    assert changed.n_new == 4


def test_what_is_imported_from_where_it_went_is_not_new():
    moved = [
        hunk("def parse(text):\n    return text", "", "svc/a.py"),
        hunk("", "def parse(text):\n    return text", "svc/b.py"),
        hunk("from svc.a import parse", "from svc.b import parse", "svc/c.py"),
    ]
    assert wording(moved).n_new == 0


def test_settings_that_changed_are_named():
    both = [hunk('"a": 1,', '"a": 2,', "x.json"), hunk("", "b = 3", "y.toml")]
    assert settings_changed(both) == {"a", "b"}
    assert settings_changed([hunk('"a": 1,', '"a": 1', "x.json")]) == set()
    assert settings_changed([hunk("a = 1", "a = 2", "x.py")]) == set()


def test_a_file_of_data_sets_nothing():
    twice = hunk('"type": "a",\n"type": "b",', '"type": "c",', "schema.json")
    assert settings_changed([twice]) == set()
    apart = [hunk('"type": "a",', '"type": "b",', "schema.json")] * 2
    assert settings_changed(apart) == set()
    many = "\n".join(f'"key{n}": 1,' for n in range(20))
    assert settings_changed([hunk("", many, "schema.json")]) == set()


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
    again = hunk("for row in rows:\n    copy(row)", "for row in wide(rows):\n    copy(row.copy())")
    assert wording([again]).n_cues == 1


def test_tests_and_documents_do_not_count():
    for path in ("tests/test_a.py", "docs/a.md", "README.md", "pkg/a_test.go", "CHANGELOG"):
        assert not runs_in_production(path)
        assert wording([hunk("", "for x in y: z(x)", path)]) == Wording(0, 0)
    for path in ("svc/testing/latest.py", "svc/docs/render.py", "app/examples/index.ts"):
        assert runs_in_production(path)
