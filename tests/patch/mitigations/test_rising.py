"""Imports of functions move to the top, in a form in which circles of modules can be loaded."""

import itertools
import subprocess
import sys

import pytest

from workbench.patch.mitigations.catalogue import MITIGATIONS, Site
from workbench.patch.mitigations.propose import propose_at
from workbench.patch.mitigations.rising import import_at_top
from workbench.types import Function, Opportunity

A = """\
ONE = 1


def f(x):
    from pkg.b import g
    return g(x)
"""

B = """\
from pkg import a


def g(x):
    return x + a.ONE
"""

PACKAGE = {"pkg/__init__.py": "", "pkg/a.py": A, "pkg/b.py": B}


def lift(files, home="pkg/a.py", name="f"):
    return import_at_top(files[home], name, home, files.get)


def runs(files, folder, first, call):
    """Run a call after a module is imported first; return what it prints."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); import {first}; {call}"
    told = subprocess.run([sys.executable, "-Bc", code], capture_output=True, text=True)
    return told.stdout or told.stderr.splitlines()[-1]


CIRCLES = {
    "a module of the package": (PACKAGE, "from pkg import b\n", "b.g(x)"),
    "relative, under another name": (
        {**PACKAGE, "pkg/a.py": A.replace("pkg.b import g", ".b import g as h")
            .replace("g(x)", "h(x) + len([h])"),
         "pkg/b.py": B.replace("from pkg import", "from . import")},
        "from . import b\n", "b.g(x) + len([b.g])",
    ),
    "a name that is taken": (
        {**PACKAGE, "pkg/a.py": A.replace("ONE = 1", "ONE = b = 1")},
        "from pkg import b as b_module\n", "b_module.g(x)",
    ),
    "a name that is imported, and means something else here": (
        {**PACKAGE, "pkg/a.py": "from pkg import b\n\n"
         + A.replace("    return", "    b = 1\n    return") + "\n\ndef k():\n    return b.g(0)\n"},
        "from pkg import b as b_module\n", "b_module.g(x)",
    ),
    "by way of a third": (
        {**PACKAGE, "pkg/b.py": "import pkg.c\n\n\ndef g(x):\n    return pkg.c.h(x)\n",
         "pkg/c.py": B.replace("g(x)", "h(x)")},
        "from pkg import b\n", "b.g(x)",
    ),
    "what is imported is imported elsewhere too": (
        {**PACKAGE, "pkg/a.py": "from pkg import b\n\n" + A + "\n\ndef k():\n    return b.g(0)\n"},
        "from pkg import b\n", "b.g(x)",
    ),
    "the package itself loads both": (
        {**PACKAGE, "pkg/__init__.py": "from pkg.a import f\nfrom .b import g\n"},
        "from pkg import b\n", "b.g(x)",
    ),
    "a package under a folder": (
        {f"src/{path}": text for path, text in PACKAGE.items()}, "from pkg import b\n", "b.g(x)",
    ),
    "scripts side by side": (
        {"a.py": A.replace("pkg.b", "b"), "b.py": B.replace("from pkg import a", "import a")},
        "import b\n", "b.g(x)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CIRCLES)
def test_a_circle_is_loaded_whoever_is_first(name, tmp_path):
    files, line, use = CIRCLES[name]
    home = next(path for path in files if path.endswith("a.py"))
    edited = lift(files, home)
    assert edited.count(line) == 1
    assert f"    return {use}\n" in edited
    after = {**files, home: edited}
    prefix = "pkg." if "pkg" in home else ""
    root = "src" if home.startswith("src") else "."
    call = f"import {prefix}a; print({prefix}a.f(2))"
    for folder, first in itertools.product(["before", "after"], ["a", "b"]):
        texts = {f"{path}".removeprefix("src/"): text
                 for path, text in (files if folder == "before" else after).items()}  # fmt: skip
        told = runs(texts, tmp_path / folder / root, prefix + first, call)
        assert told in ("3\n", "4\n")
        assert told == ("4\n" if "len" in use else "3\n")
    assert lift(after, home) is None


def test_a_plain_move_would_not_load(tmp_path):
    moved = A.replace("    from pkg.b import g\n", "")
    files = {**PACKAGE, "pkg/a.py": f"from pkg.b import g\n{moved}"}
    assert "ImportError" in runs(files, tmp_path, "pkg.b", "print(1)")


NOT_LOADED = {
    "the other needs a name at once": B.replace("from pkg import a", "from pkg.a import ONE"),
    "the other looks at it at once": B + "\n\nTWO = a.ONE * 2\n",
    "a decorator of the other looks at it": B + "\n\n@a.it\ndef h():\n    pass\n",
    "all of it is taken at once": B.replace("from pkg import a", "from pkg.a import *"),
}


@pytest.mark.parametrize("name", NOT_LOADED)
def test_a_circle_that_could_not_be_loaded_stays(name):
    assert lift({**PACKAGE, "pkg/b.py": NOT_LOADED[name]}) is None


STAY = {
    "a text uses the name": A.replace("g(x)", "f'{g(x)}'"),
    "the name is bound twice": A.replace("return g(x)", "g = g(x)\n    return g"),
    "all names": A.replace("import g", "import *"),
    "an error is caught": A.replace(
        "    from pkg.b import g\n",
        "    try:\n        from pkg.b import g\n    except ImportError:\n        return 1\n"),
    "a platform": A.replace("    from", "    if sys.platform == 'x':\n        from"),
}  # fmt: skip


@pytest.mark.parametrize("name", STAY)
def test_an_import_that_may_not_be_edited_stays(name):
    assert STAY[name] != A
    assert lift({**PACKAGE, "pkg/a.py": STAY[name]}) is None


@pytest.mark.parametrize("text", ["from .b import b\n", "def b():\n    pass\n", "b = 1\n"])
def test_a_package_that_means_something_else_by_the_name_keeps_it(text):
    assert lift({**PACKAGE, "pkg/__init__.py": text}) is None
    assert lift({**PACKAGE, "pkg/__init__.py": "from . import b\n"})


@pytest.mark.parametrize(
    "other",
    [
        "def g(x):\n    return x\n",
        "def g(x):\n    from pkg import a\n    return x + a.ONE\n",
        "if TYPE_CHECKING:\n    from pkg.a import ONE\n\n\ndef g(x):\n    return x\n",
    ],
)
def test_where_there_is_no_circle_names_are_imported(other):
    edited = lift({**PACKAGE, "pkg/b.py": other})
    assert edited.startswith("from pkg.b import g\n")
    assert "    return g(x)\n" in edited


def test_a_module_rises_as_it_is():
    edited = lift({**PACKAGE, "pkg/a.py": A.replace("pkg.b import g", "pkg import b")
        .replace("g(x)", "b.g(x)")})  # fmt: skip
    assert edited.startswith("from pkg import b\n")


def test_what_cannot_be_looked_up_is_taken_for_a_circle_in_the_package_alone():
    assert import_at_top(A, "f", "src/pkg/a.py").startswith("from pkg import b\n")
    assert import_at_top(A, "f", "src/other/a.py").startswith("from pkg.b import g\n")
    relative = A.replace("pkg.b", ".b")
    assert import_at_top(relative, "f").startswith("from . import b\n")


def test_an_import_that_may_fail_stays_wherever_it_is_from():
    source = "def f():\n    try:\n        from json import loads\n    except ImportError:\n" \
        "        return None\n    return loads\n"  # fmt: skip
    assert import_at_top(source, "f") is None


def test_the_files_of_the_repository_are_looked_up():
    edit = MITIGATIONS["import_at_top"].edit
    site = Site(Function("f", "pkg/a.py"), None, A, find=PACKAGE.get)
    assert edit(site) == lift(PACKAGE)
    broken = {**PACKAGE, "pkg/b.py": NOT_LOADED["the other needs a name at once"]}
    assert edit(site._replace(find=broken.get)) is None


@pytest.mark.parametrize("broken", [False, True])
def test_an_opportunity_is_mended_by_what_the_repository_holds(broken, make_repository):
    other = NOT_LOADED["the other needs a name at once"] if broken else B
    repository = make_repository({**PACKAGE, "pkg/b.py": other})
    place = Opportunity("1", "shop", "pkg.a:f", "pkg/a.py", 5, 6, "import_in_function", "", 0.1,
                        mitigation="import_at_top")  # fmt: skip
    patches = [patch for patch in propose_at(repository, "main", place)
               if patch.strategy == "import_at_top"]  # fmt: skip
    assert [patch.files["pkg/a.py"] for patch in patches] == ([] if broken else [lift(PACKAGE)])
