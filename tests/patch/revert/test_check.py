import pytest

from workbench.patch.revert.check import Missing, SyntaxFault, missing_names, syntax_fault

PATHS = {
    "pkg": "pkg/__init__.py",
    "pkg.a": "pkg/a.py",
    "pkg.b": "pkg/b.py",
    "pkg.sub.c": "pkg/sub/c.py",
}


def missing(files, others=None):
    return {tuple(pair) for pair in missing_names(files, others or {}, PATHS)}


# syntax


@pytest.mark.parametrize(
    ("text", "line"), [("def f(:\n", 1), ("x = 1\n  y = 2\n", 2), ("x = (\n", 1), ("\0", 1)]
)
def test_the_first_file_that_does_not_compile_is_named(text, line):
    fault = syntax_fault({"ok.py": "x = 1\n", "gone.py": None, "bad.py": text, "also.py": "("})
    assert fault is not None
    assert (fault.path, fault.line) == ("bad.py", line)
    assert fault.reason
    assert str(fault).startswith(f"bad.py:{line}: ")


def test_what_is_not_python_and_what_is_gone_compile():
    assert syntax_fault({"notes.txt": "def f(:", "gone.py": None, "ok.py": ""}) is None
    assert isinstance(syntax_fault({"x.py": "("}), SyntaxFault)


# names within a file


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("def f():\n    return gone()\n", {"gone"}),
        ("import os\ndef f(x):\n    return os, x, len\n", set()),
        ("class C:\n    def f(self):\n        return self.gone\n", {"gone"}),
        ("class C:\n    def f(self):\n        self.here = 1\n        return self.here\n", set()),
        (
            "class C:\n    here: int = 1\n    def f(self):\n        return self.here, self.f\n",
            set(),
        ),
        ("class C:\n    def f(self):\n        return other.gone\nother = 1\n", set()),
        ("def f(:", set()),
    ],
)
def test_names_that_a_file_uses_and_does_not_define_are_missing(text, names):
    assert missing({"pkg/a.py": text}) == {("pkg/a.py", name) for name in names}


# names between files


def test_names_that_others_import_are_asked_for():
    files = {"pkg/a.py": "def here(): pass\nHERE = 1\nif HERE:\n    from os import sep as also\n"}
    others = {
        "pkg/b.py": "from pkg.a import here, HERE, also, gone\nfrom os import path\n",
        "pkg/sub/c.py": "def f():\n    from ..a import lost\n    from .. import a, b, nothing\n",
    }
    assert missing(files, others) == {("pkg/a.py", "gone"), ("pkg/a.py", "lost")}


def test_names_that_an_edited_file_imports_are_asked_for():
    assert missing({"pkg/b.py": "from .a import gone\n"}, {"pkg/a.py": "x = 1\n"}) == {
        ("pkg/a.py", "gone")
    }


def test_files_that_an_edit_does_not_concern_are_left_alone():
    others = {"pkg/a.py": "", "pkg/b.py": "from .a import gone\n"}
    assert missing({"pkg/__init__.py": "\n"}, others) == set()


def test_a_file_that_is_gone_defines_nothing():
    assert missing({"pkg/a.py": None}, {"pkg/b.py": "from pkg.a import x\n"}) == {("pkg/a.py", "x")}


def test_a_missing_name_says_where_it_should_be():
    assert missing_names({"x.py": "y"}, {}, {}) == {Missing("x.py", "y")}
