"""What the lines of a change say."""

import pytest

from workbench.attribute.diffs import Wording, bumped, runs_in_production, wording
from workbench.history import Hunk


def hunk(removed, added, path="svc/rank.py"):
    lines = [tuple(f"{line}\n" for line in side.split("\n") if side) for side in (removed, added)]
    return Hunk(path, 0, *lines)


INNOCENT = {
    "a variable renamed": ("total = price * n", "amount = price * count"),
    "a function renamed": ("def rank(rows):\n    return rank(rows)", "def order(rows):\n    return order(rows)"),
    "a comment": ("", "# why this is so"),
    "spaces": ("x = f(a,b)", "x = f( a, b )"),
    "an import": ("import json", "import json\nfrom a import b"),
    "moved down": ("x = f(a)\ny = g(b)", "y = g(b)\nx = f(a)"),
}  # fmt: skip


@pytest.mark.parametrize(("removed", "added"), INNOCENT.values(), ids=INNOCENT)
def test_what_does_the_same_is_not_new(removed, added):
    assert wording([hunk(removed, added)]).n_new == 0


def test_to_call_something_else_is_new():
    assert wording([hunk("x = fast(a)", "x = slow(a)")]).n_new == 2


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
    assert runs_in_production("svc/testing/latest.py")


PINS = {
    "requirements.txt": ("codec==1.2", "codec==1.3.0", {"codec": ("1.2", "1.3.0")}),
    "go.mod": ("\tgithub.com/a/b v1.2.3", "\tgithub.com/a/b v1.2.4", {"github.com/a/b": ("1.2.3", "1.2.4")}),
    "package.json": ('    "left": "^17.0.1",', '    "left": "^17.0.2",', {"left": ("17.0.1", "17.0.2")}),
    "Cargo.toml": ('serde = "1.0"', 'serde = "1.1"', {"serde": ("1.0", "1.1")}),
    "pyproject.toml": ('    "codec>=1.2,<2",', '    "codec>=1.3,<2",', {"codec": ("1.2", "1.3")}),
}  # fmt: skip


@pytest.mark.parametrize(("path", "pins"), PINS.items(), ids=PINS)
def test_versions_that_moved_are_told(path, pins):
    before, after, expected = pins
    assert bumped([hunk(before, after, path)]) == expected
    assert bumped([hunk(before, before, path)]) == {}


def test_a_version_in_code_is_no_dependency():
    assert bumped([hunk("codec==1", "codec==2", "svc/a.py")]) == {}
