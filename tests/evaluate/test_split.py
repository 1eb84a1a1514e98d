import random
import re
from itertools import pairwise

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from workbench.evaluate.cases.split import ChangeKey, change_order, split_file

BEFORE = '''"""Doc."""
import os

SAME = 1

LIMIT = 3


def first():
    return 1


class Both:
    size = 1

    def kept(self):
        return 2

    def gone(self):
        return 3
'''
AFTER = '''"""Doc."""
import re

SAME = 1

LIMIT = 4


def first():
    # a comment
    return 1


class Both:
    size = 2

    def kept(self):
        return 2

    def came(self):
        return 4


def last():
    return 5
'''

LINES = st.sampled_from(
    ["def f():\n", "def g(x):\n", "class A:\n", "    def m(self):\n", "    return 1\n", "x = 1\n",
     "        return 2\n", "    pass\n", "\n", "@deco\n", "# note\n", "y = [\n", "]\n", '"""\n',
     "z = 2\r\n", "w = '\x0c'\n", "v = 'a\\\n", "    a = '\udcff'\n"]
)  # fmt: skip
SOURCES = st.builds(
    lambda lines, tail: "".join(lines) + tail,
    st.lists(LINES, max_size=14),
    st.sampled_from(["", "x", "def"]),
)
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=60)


@settings(max_examples=150)
@given(
    before=SOURCES | ANYTHING | st.none(),
    after=SOURCES | ANYTHING | st.none(),
    seed=st.integers(0, 9),
)
@example(before=BEFORE, after=AFTER, seed=0)
@example(before=AFTER, after=BEFORE, seed=1)
@example(before="", after=None, seed=0)
@example(before=None, after="", seed=0)
def test_all_changes_in_any_order_lead_from_one_version_to_the_other(before, after, seed):
    assume(before != after)
    for path in ("a.py", "a.txt"):
        file = split_file(path, before, after)
        keys = change_order({path: file})
        assert len(set(keys)) == len(keys)
        assert keys
        random.Random(seed).shuffle(keys)
        states = [file.text(keys[:n]) for n in range(len(keys) + 1)]
        assert states[0] == before
        assert states[-1] == after
        assert all(one != two for one, two in pairwise(states))


def test_a_change_is_one_function_or_one_statement():
    file = split_file("a.py", BEFORE, AFTER)
    parts = [key.part for key in change_order({"a.py": file})]
    named = [part for part in parts if not part.startswith("<module>")]
    assert {"first", "Both", "Both.gone", "Both.came", "last"} == set(named)
    assert len(parts) - len(named) == 2  # the import and the limit


def test_one_change_leaves_the_others_alone():
    file = split_file("a.py", BEFORE, AFTER)
    text = file.text({ChangeKey("a.py", "first")})
    assert "# a comment" in text
    assert "import re" not in text
    assert "LIMIT = 3" in text
    assert "def gone" in text


def test_what_is_no_python_is_one_change():
    for path in ("notes.md", "data.PY", "py"):
        assert change_order({path: split_file(path, "a\nb\n", "b\nc\n")}) == [ChangeKey(path, "")]


def test_changes_come_by_path_and_place():
    files = {path: split_file(path, BEFORE, AFTER) for path in ("b.py", "a.py")}
    keys = change_order(files)
    assert [key.path for key in keys] == sorted(key.path for key in keys)
    assert re.match("<module> ", keys[0].part)
