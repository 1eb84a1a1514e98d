"""How a playbook reads a diff, follows growth to a change, and weighs suspects."""

import pytest

from workbench.agent.budget import Budget, add
from workbench.agent.playbook import bare, quote, read_diff
from workbench.agent.playbook.diff import Diff, is_prose
from workbench.agent.playbook.paths import explain, is_about
from workbench.errors import ModelError


def diff(*hunks, path="pkg/m.py"):
    """(scope, lines) of each place -> a diff as git prints it."""
    text = f"commit 1\n\n    Say so\n\ndiff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n"
    return text + "".join(f"@@ -1,3 +1,3 @@ {scope}\n{lines}\n" for scope, lines in hunks)


def told(text):
    found = read_diff(text)
    return [(e.function, e.text) for e in found.new], [(e.function, e.text) for e in found.gone]


def test_lines_are_told_with_their_function():
    new, gone = told(diff(
        ("def f():", "     x\n-    old(y)\n+    walk(y)"),
        ("class A:", "     def g(self):\n+        run(1)\n \n+def h():\n+    go(2)"),
    ))  # fmt: skip
    assert new == [("f", "walk(y)"), ("g", "run(1)"), ("h", "def h():"), ("h", "go(2)")]
    assert gone == [("f", "old(y)")]


MOVED = {
    "as it is": ("-    walk(y, 3)\n+    walk(y, 3)\n", []),
    "to another function": ("-    walk(y)\n+def g():\n+    return walk(y)", ["def g():"]),
    "with another name": ("-    walk(y)\n+    walk(items)", []),
    "in other words": ("-    if a(x) and b(x): c(x)\n+    both = b(x) and a(x)\n+    c(both)", []),
    "into a loop": ("-    walk(y)\n+    for y in ys:\n+        walk(y)", ["for y in ys:"]),
    "twice": ("-    walk(y)\n+    walk(y)\n+    walk(z)", ["walk(z)"]),
    "with another number": ("-    walk(y, 3)\n+    walk(y, 30)", ["walk(y, 30)"]),
    "with another pattern": (
        '-    find(r"a+$")\n+    find(r"(a+)+$")',
        ['find(r"(a+)+$")'],
    ),
}


@pytest.mark.parametrize(("lines", "new"), MOVED.values(), ids=MOVED)
def test_what_was_moved_or_reworded_is_not_new(lines, new):
    assert [text for _, text in told(diff(("def f():", lines)))[0]] == new


def test_a_function_by_another_name_is_no_new_one():
    renamed = read_diff(
        diff(("", "-def old(a):\n+def young(a):\n-    x = old(1)\n+    x = young(1)"))
    )
    assert renamed.new == ()
    assert renamed.made == frozenset()
    made = read_diff(diff(("", "+def young(a):\n+    return walk(a)\n+class Box:\n+    pass")))
    assert made.made == {"young", "Box"}


def test_tests_texts_and_comments_say_nothing():
    for path in ("tests/test_m.py", "docs/guide.py", "README.md", "pkg/m_test.go"):
        assert told(diff(("def f():", "+    walk(y)"), path=path)) == ([], [])
    prose = '+    # walk(y)\n+    """Walk (y).\n+\n+    walk(all) of it\n+    """\n+    go(1)'
    assert told(diff(("def f():", prose)))[0] == [("f", "go(1)")]
    within = '     of it.\n+    Parameters\n     """\n+    go(2)'
    assert ("f", "go(2)") in told(diff(("def f():", within)))[0]


@pytest.mark.parametrize(
    "line", ["", "# x", "// x", "* x", "The rest of a sentence, as it is.", '"""']
)
def test_prose(line):
    assert is_prose(line)


@pytest.mark.parametrize(
    "line", ["x = 1", "return the(x)", "for a in b:", "del the, two, names", "#include <x>"]
)
def test_code(line):
    assert not is_prose(line)


@pytest.mark.parametrize(
    "text", ["", "no diff at all", "diff --git a/x b/x\n@@ broken", "\x00\n@@ -1 +1 @@\n+"]
)
def test_what_is_no_diff_says_nothing(text):
    assert told(text) == ([], [])


def test_facts_tell_a_diff_in_full():
    found = read_diff(
        diff(("def f():", "-    old(y)\n+    walk(y)\n+    import json"), ("", "+LIMIT = 3"))
    )
    again = Diff.from_facts(found.to_facts(["f"]))
    assert again.made == found.made
    assert {(e.function, e.text, e.is_indented) for e in again.new} == {
        (e.function, e.text, e.is_indented) for e in found.new
    }


def test_names_are_told_bare():
    assert bare("pkg.mod:Store.fetch") == "fetch"
    assert bare("pkg:f.<locals>.<genexpr>") == "f"
    assert bare("pkg:f.<locals>.inner") == "inner"
    assert bare("pkg:f.<locals>.<lambda>.<locals>.<listcomp>") == "f"
    assert bare("main") == "main"


def test_a_quotation_is_found_where_it_is_from():
    assert quote("  a = `b` + c") == "`a =`"
    assert len(quote("x" * 500)) == 122


def path(leaf, *callers, before=1.0, after=9.0):
    return {"function": leaf, "before": before, "after": after, "callers": list(callers)}


PATHS = [path("pkg.m:leaf", "pkg.m:middle", "pkg.m:top")]


EXPLAINED = {
    "new work in what grew": ("def leaf():", "+    walk(y)", 1.0),
    "a new call on the way": ("def top():", "+    middle(y)", 1.0),
    "a call in another way": ("def top():", "-    middle(y)\n+    middle(y, 3)", 0.3),
    "a call that was there": ("def top():", "-    middle(y)\n+    z = middle(y)", 0.0),
    "a call that was cut out": (
        "def top():", "-    middle(y)\n+    part(y)\n+def part(y):\n+    middle(y)", 0.0),
    "a constant beside it": ("", "-LIMIT = 3\n+LIMIT = 30", 0.3),
    "a decorator on the way": ("def other():", "+@middle.register\n def g():", 1.0),
    "work elsewhere": ("def other():", "+    walk(y)", 0.0),
    "a name in a text": ("def other():", '+    say("middle leaf")', 0.0),
}  # fmt: skip


@pytest.mark.parametrize(("scope", "lines", "fraction"), EXPLAINED.values(), ids=EXPLAINED)
def test_a_change_explains_what_it_leads_to(scope, lines, fraction):
    found = explain(PATHS, read_diff(diff((scope, lines))), "", [])
    assert found.fraction == pytest.approx(fraction)
    assert bool(found.claim) == (fraction > 0)


def test_what_is_called_more_often_is_not_explained_by_work_below():
    """The caller costs a multiple too, by itself, and the change is not in it."""
    both = [*PATHS, path("pkg.m:middle", "pkg.m:top", before=2.0, after=6.0)]
    work = read_diff(diff(("def leaf():", "+    walk(y)")))
    assert explain(both, work, "", []).fraction == 0
    steady = [*PATHS, path("pkg.m:middle", "pkg.m:top", before=20.0, after=24.0)]
    assert explain(steady, work, "", []).fraction == pytest.approx(8 / 12)


def test_a_setting_explains_what_its_readers_call_and_a_package_what_is_its_own():
    assert explain(PATHS, Diff(), "cache_size", ["pkg.m:top"]).fraction == 1
    assert explain(PATHS, Diff(), "cache_size", ["pkg.m:other"]).fraction == 0
    inside = [path("fast_json.core:dump", "pkg.m:top")]
    assert explain(inside, Diff(), "fast-json", []).fraction == 1
    assert explain([], Diff(), "cache_size", ["pkg.m:top"]).fraction == 0


def test_a_setting_is_about_what_shares_a_word_with_it():
    rows = [path("pkg.telemetry:RequestLogger._write", "pkg.app:App.handle")]
    assert is_about("log_sample_rate", rows)
    assert is_about("request_size", rows)
    assert not is_about("cache_size", rows)
    assert not is_about("size_limit", rows)


def test_a_budget_is_met_by_whatever_comes_first():
    budget = Budget(model_calls=3, seconds=9, tokens=1000, dollars=1, price=(2.0, 10.0))
    spent = add(
        {"model_calls": 2, "seconds": 4}, {"seconds": 4.5, "tokens_in": 500, "tokens_out": 499}
    )
    assert budget.exhausted(spent) == ""
    assert budget.exhausted(add(spent, {"model_calls": 1})) == "3 model calls"
    assert budget.exhausted(add(spent, {"seconds": 0.5})) == "9 seconds"
    assert budget.exhausted(add(spent, {"tokens_out": 1})) == "1,000 tokens"
    dear = Budget(dollars=0.005, price=(2.0, 10.0))
    assert dear.cost(spent) == pytest.approx(0.00599)
    assert dear.exhausted(spent) == "0.005 dollars"
    with pytest.raises(ModelError, match="needs the price"):
        Budget(dollars=1.0)
