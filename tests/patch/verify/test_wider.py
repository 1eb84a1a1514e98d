"""Tests with other inputs: what is changed, what is noted, and who answers otherwise."""

import ast

import pytest

from workbench.patch.verify.wider import change_inputs, compare_wider
from workbench.types import Workload

TESTS = '''\
import pytest
from mod import clip, words

TEXT = "one two three"


@pytest.fixture
def text():
    return TEXT


@pytest.mark.parametrize("given, n", [("a b", 2), ("", 0)])
def test_words(given, n):
    """Words."""
    assert len(words(given)) == n


class TestClip:
    def test_clip(self, text):
        assert clip(text, 3) == "one", "no"
        with pytest.raises(ValueError, match="n"):
            clip("x", -1)
'''
TABLE = """import pytest


@pytest.mark.parametrize("words", [["a", "b"], ["c"]])
def test_words(words):
    assert words
"""
MOD = """\
def words(text):
    return text.split()


def clip(text, n):
    if n < 0:
        raise ValueError("n")
    return text[:n]
"""


def test_each_test_has_variants_and_no_assertion():
    changed = change_inputs(TESTS, "seed", 5)
    tree = ast.parse(changed)
    names = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert {name for name in names if name.startswith("test_words")} == {
        f"test_words__{n}" for n in range(5)
    }
    assert not any(isinstance(node, ast.Assert) for node in ast.walk(tree))
    assert "TEXT = 'one two three'" in changed
    assert changed.count("match='n'") == 5
    assert changed == change_inputs(TESTS, "seed", 5)
    assert changed != change_inputs(TESTS, "other", 5)


def test_what_tests_are_made_of_is_changed_where_that_is_asked_for():
    several = {change_inputs(TESTS, str(seed), 1, with_made=True) for seed in range(20)}
    assert any("TEXT = 'one two three'" not in changed for changed in several)


def test_a_table_of_tests_is_left_as_long_as_it_is():
    text = change_inputs(TABLE, "seed", 20)
    tables = [
        node for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("parametrize")
    ]  # fmt: skip
    assert {len(table.args[1].elts) for table in tables} == {2}
    assert "* 40" in text  # lists within it are made longer


def test_what_is_no_python_is_left():
    assert change_inputs("def (", "seed") == "def ("


@pytest.fixture
def trees(tmp_path):
    """Name -> a folder with the module and its tests."""

    def make(name, source):
        folder = tmp_path / name
        (folder / "tests").mkdir(parents=True)
        (folder / "mod.py").write_text(source)
        (folder / "tests" / "test_mod.py").write_text(TESTS)
        return folder

    return make


WORKLOAD = Workload(("wl.py",), (), tests=("-m", "pytest", "-q", "tests"))


@pytest.mark.slow
def test_an_edit_that_answers_alike_is_let_pass(trees, tmp_path):
    now = trees("now", MOD)
    edited = trees("edited", MOD.replace("text[:n]", "text[0:n]"))
    assert compare_wider(WORKLOAD, tmp_path, (now, now), edited) == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return text.split()", 'return text.split(" ") if text else []'),  # tabs, and two blanks
        ("return text.split()", "return text.split()[:1000]"),
        ('    if n < 0:\n        raise ValueError("n")\n', ""),
    ],
    ids=["other words", "a limit", "no check"],
)
def test_an_edit_that_passes_the_tests_and_answers_otherwise_is_told(trees, tmp_path, old, new):
    now, edited = trees("now", MOD), trees("edited", MOD.replace(old, new))
    assert "tests/test_" in compare_wider(WORKLOAD, tmp_path, (now, now), edited)


@pytest.mark.slow
def test_to_fail_in_another_way_is_no_other_answer_and_not_to_fail_is(trees, tmp_path):
    first = MOD.replace("return text.split()", "return [*text.split(), sorted(text.split())[0]]")
    now = trees("now", first)
    least = trees("least", first.replace("sorted(text.split())[0]", "min(text.split())"))
    assert compare_wider(WORKLOAD, tmp_path, (now, now), least) == ""
    never = trees(
        "never", first.replace("sorted(text.split())[0]", "min(text.split(), default='')")
    )
    assert "IndexError" in compare_wider(WORKLOAD, tmp_path, (now, now), never)


@pytest.mark.slow
def test_a_file_that_other_inputs_break_keeps_nobody_from_the_rest(trees, tmp_path):
    now = trees("now", MOD)
    edited = trees("edited", MOD.replace("return text.split()", "return text.split()[:1000]"))
    broken = "import math\n\nNUMBERS = [math.factorial(n) for n in (" + "3, " * 30 + ")]\n"
    broken += "\n\ndef test_numbers():\n    assert NUMBERS\n"
    for tree in (now, edited):
        (tree / "tests" / "test_a.py").write_text(broken)
    told = change_inputs(broken, "tests/test_a.py made", with_made=True)
    with pytest.raises(ValueError, match="negative"):
        exec(told, {})
    assert "tests/test_" in compare_wider(WORKLOAD, tmp_path, (now, now), edited)


@pytest.mark.slow
def test_what_versions_differ_in_is_not_held_against_an_edit(trees, tmp_path):
    before = trees("before", MOD)
    now = trees("now", MOD.replace("text.split()", "text.lower().split()"))
    assert compare_wider(WORKLOAD, tmp_path, (before, now), before) == ""


COUNT = "    while n != 0:\n        n -= 1\n"
"""Of a number that a variant of the tests makes negative, this never ends."""


@pytest.mark.slow
def test_inputs_that_never_end_are_left_out_and_the_rest_is_compared(trees, tmp_path, monkeypatch):
    monkeypatch.setattr("workbench.patch.verify.wider.EACH_SECONDS", 0.4)
    guard = '    if n < 0:\n        raise ValueError("n")\n'
    source = MOD.replace(guard, "    limit = n\n" + COUNT).replace("text[:n]", "text[:limit]")
    now = trees("now", source)
    alike = trees("alike", source.replace("text[:limit]", "text[0:limit]"))
    assert compare_wider(WORKLOAD, tmp_path, (now, now), alike) == ""
    other = trees("other", source.replace("return text.split()", "return text.split()[:1000]"))
    assert "tests/test_" in compare_wider(WORKLOAD, tmp_path, (now, now), other)
