"""A function that raises what its caller catches is asked before, in the caller."""

import textwrap

import pytest

from workbench.patch.mitigations.catalogue import MITIGATIONS, Site
from workbench.patch.mitigations.inline_raise import inline_raise
from workbench.types import Function

HEAD = """\
class Missing(Exception):
    def __init__(self, what):
        super().__init__(what)


class Gone(Missing):
    pass


"""

FIND = """\
def find(table, key):
    \"\"\"Find.\"\"\"
    found = table.get(key)
    if found is None:
        raise Missing(f"no {key}")
    return found * 2


"""

LOOP = """\
def f(table, keys):
    out = []
    for key in keys:
        try:
            x = find(table, key)
        except Missing:
            continue
        out.append((key, x))
    return out
"""

CALL = "f({'a': 1, 'b': 2}, ['a', 'z', 'b'])"

EDITED = {
    "a loop goes on": (FIND + LOOP, CALL, """\
        found = table.get(key)
        if found is None:
            continue
        x = found * 2
        out.append((key, x))
"""),
    "a default is assigned": (FIND + """\
def f(table, keys):
    out = []
    for key in keys:
        try:
            x = find(table, key)
        except Missing:
            x = -1
        out.append(x)
    return out
""", CALL, """\
        if found is None:
            x = -1
        else:
            x = found * 2
"""),
    "an answer is returned, under other names": (FIND + """\
class Shop:
    found = {"a": 1}

def f(table, keys):
    return [ask(Shop(), keys[0]), ask(Shop(), keys[1])]

def ask(shop, found):
    # look
    try:
        return find(shop.found, key=found)
    except (KeyError, Missing) as error:
        return None
""".replace("def f(", "def g(").replace("def ask(shop, found)", "def f(shop, found)")
        .replace("ask(", "f("), "g({}, 'az')", """\
    # look
    found_2 = shop.found.get(found)
    if found_2 is None:
        return None
    return found_2 * 2
"""),
    "what is raised is of a kind of what is caught": (FIND.replace("raise Missing", "raise Gone")
        + LOOP, CALL, "            continue\n"),
    "several conditions, and an answer before the end": ("""\
def find(table, key, least=1):
    key = key.strip()
    if not key:
        raise Missing(key)
    if key in table and table[key] > least:
        return table[key]
    raise Gone(key)

""" + LOOP, "f({'a': 1, 'b': 2}, ['a', ' ', 'z', ' b '])", """\
        key_2 = key.strip()
        if not key_2:
            continue
        if key_2 in table and table[key_2] > 1:
            x = table[key_2]
        else:
            continue
"""),
    "an error of Python's own": ("""\
def find(table, key):
    if key not in table:
        raise ValueError("no " + key)
    return table[key]

""" + LOOP.replace("Missing", "ValueError"), CALL, """\
        if key not in table:
            continue
        x = table[key]
"""),
    "a handler that counts": (FIND + """\
def f(table, keys):
    n = x = 0
    for key in keys:
        try:
            x = find(table, key)
        except Missing:
            n += 1
    return n, x
""", CALL, """\
        if found is None:
            n += 1
        else:
            x = found * 2
"""),
}  # fmt: skip

LEFT_ALONE = {
    "the error is looked at": FIND + LOOP.replace(
        "except Missing:\n            continue",
        "except Missing as e:\n            out = [*out, e]\n            continue"),
    "the handler raises": FIND + LOOP.replace("            continue", "            raise"),
    "the handler calls": FIND + LOOP.replace("            continue", "            print(key)"),
    "there is an else": FIND + LOOP.replace(
        "            continue\n", "            continue\n        else:\n            key += key\n"),
    "there is a finally": FIND + LOOP.replace(
        "            continue\n", "            continue\n        finally:\n            key += key\n"),
    "more is tried": FIND + LOOP.replace(
        "x = find(table, key)\n", "x = find(table, key)\n            x = 2 // x\n"),
    "an argument is computed": FIND + LOOP.replace("find(table, key)", "find(table, key.lower())"),
    "another error is caught": FIND + LOOP.replace("except Missing", "except OSError"),
    "a kind of the error is caught": FIND + LOOP.replace("except Missing", "except Gone"),
    "all errors are caught": FIND + LOOP.replace("except Missing", "except Exception"),
    "the function has effects": FIND.replace(
        "    if found", "    table.clear()\n    if found") + LOOP,
    "the function calls what may raise the same": FIND.replace(
        "table.get(key)", "look(table, key)") + LOOP
        + "\ndef look(table, key):\n    if not key:\n        raise Missing(key)\n"
        "    return table.get(key)\n",
    "the function calls what nobody knows": FIND.replace("table.get(key)", "table.look(key)") + LOOP,
    "the function looks up, and that may raise the same": """\
def find(table, key):
    if not key:
        raise KeyError(key)
    return table[key]

""" + LOOP.replace("Missing", "KeyError"),
    "an attribute may raise the same": FIND.replace("table.get(key)", "table.get(key).price") + LOOP
        + "\nclass Item:\n    @property\n    def price(self):\n        raise Missing(self)\n",
    "an item may raise the same": FIND.replace("table.get(key)", "table[key]") + LOOP
        + "\nclass Table:\n    def __getitem__(self, key):\n        raise Missing(key)\n",
    "an argument may raise the same": FIND + LOOP.replace("find(table, key)", "find(table.all, key)")
        + "\nclass Table:\n    @property\n    def all(self):\n        raise Missing(self)\n",
    "a name of a class is private": FIND.replace("found * 2", "found.__price") + LOOP,
    "making the error has an effect": FIND.replace('f"no {key}"', "note(key)") + LOOP
        + "\ndef note(key):\n    print(key)\n    return key\n",
    "the error counts itself": FIND.replace("Missing(", "Counted(")
        + LOOP.replace("Missing", "Counted")
        + "\nclass Counted(Exception):\n    def __init__(self, x):\n        COUNTS.append(x)\n",
    "the function is decorated": "def same(f):\n    return f\n\n@same\n" + FIND + LOOP,
    "the function is a generator": FIND.replace("return found * 2", "yield found") + LOOP,
    "the function loops": FIND.replace(
        "    if found", "    for found in [found]:\n        pass\n    if found") + LOOP,
    "a name means something else in the caller": FIND.replace("found * 2", "found * FACTOR")
        + LOOP.replace("    out = []\n", "    out = []\n    FACTOR = 1\n") + "\nFACTOR = 2\n",
    "a name of a comprehension is an argument's": FIND.replace(
        "found * 2", "[found for k in [1] if key]") + LOOP.replace("key", "k"),
    "the function is bound twice": FIND + FIND + LOOP,
    "an argument is starred": FIND + LOOP.replace("find(table, key)", "find(table, *key)"),
    "the function is one of another file": "from other import find\n" + LOOP,
}  # fmt: skip


def run(source, call):
    names = {"__name__": "mod"}
    exec(compile(source, "mod.py", "exec"), names)
    return repr(eval(call, names))


@pytest.mark.parametrize("name", EDITED)
def test_what_is_raised_and_caught_is_asked_before(name):
    source, call, wanted = EDITED[name]
    edited = inline_raise(HEAD + source, "f")
    assert wanted in edited
    assert "try:" not in edited
    assert run(edited, call) == run(HEAD + source, call)
    assert inline_raise(edited, "f") is None


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_what_does_not_qualify_is_left_alone(name):
    assert inline_raise(HEAD + LEFT_ALONE[name], "f") is None


def test_names_of_two_calls_do_not_meet():
    source = (
        HEAD
        + FIND
        + textwrap.dedent("""\
        def f(table, keys):
            try:
                x = find(table, "a")
            except Missing:
                x = 0
            try:
                y = find(table, "z")
            except Missing:
                y = 5
            return x, y
        """)
    )
    edited = inline_raise(source, "f")
    assert "found_2 = table.get('z')" in edited
    assert run(edited, CALL) == run(source, CALL) == "(2, 5)"


def test_a_new_name_is_none_that_the_function_takes_from_the_module():
    source = HEAD + "found_2 = 7\n\n" + FIND.replace("* 2", "* found_2") + LOOP.replace(
        "    out = []\n", "    out, found = [], 1\n"
    )  # fmt: skip
    edited = inline_raise(source, "f")
    assert "found_3 = table.get(key)" in edited
    assert run(edited, CALL) == run(source, CALL)


def test_it_is_part_of_asking_before_raising():
    site = Site(Function("f", "mod.py"), None, HEAD + FIND + LOOP)
    assert MITIGATIONS["check_first"].edit(site) == inline_raise(site.after, "f")
