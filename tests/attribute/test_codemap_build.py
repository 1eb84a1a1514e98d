"""Building a code map: from git, from what is kept, with a second process, and asking it."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from workbench.attribute import CodeMap
from workbench.attribute.code.codemap import changed_functions, read_sources
from workbench.attribute.code.parsing import parse_blobs
from workbench.attribute.code.span_cache import SpanCache, cache_folder
from workbench.errors import HistoryError
from workbench.history import MODULE, Repository, Span, run_git, weave_files
from workbench.types import Function

FILES = {
    "pkg/a.py": "class C:\n    def f(self):\n        pass\n\n\ndef g():\n    pass\n",
    "cmd/main.go": "package main\n\nfunc main() {\n}\n",
    "src/Bar.java": "package p;\nclass Bar {\n  void run() {}\n}\n",
    "notes.txt": "def f(): pass\n",
    "copy.py": "class C:\n    def f(self):\n        pass\n\n\ndef g():\n    pass\n",
    "broken.py": "def f(:\n",  # read as far as it goes
    "bytes.c": "int f() { }\0",
}
NAMES = {
    ("broken.py", "f"),
    ("pkg/a.py", "C.f"), ("pkg/a.py", "g"), ("copy.py", "C.f"), ("copy.py", "g"),
    ("cmd/main.go", "main.main"), ("src/Bar.java", "p.Bar.run"),
}  # fmt: skip


class ReadOnce(Repository):
    """A repository that says which contents were read."""

    def read_blobs(self, ids):
        asked = list(ids)
        self.asked = getattr(self, "asked", 0) + len(asked)
        yield from super().read_blobs(asked)


def named(code_map):
    return {(d.path, d.name) for d in code_map.definitions}


def build(repository, tmp_path, revision="main"):
    """Build a map; also how many contents were read for it."""
    counting = ReadOnce(repository.folder)
    code_map = CodeMap.build(counting, revision, cache=tmp_path / "cache")
    return code_map, getattr(counting, "asked", 0)


def cache_file(tmp_path):
    return tmp_path / "cache" / "codemap.sqlite"


def test_a_map_has_the_functions_of_every_language(make_repository, tmp_path):
    code_map, _ = build(make_repository(FILES), tmp_path)
    assert named(code_map) == NAMES
    assert code_map.n_functions == len(NAMES)


def test_a_map_is_of_its_revision(make_repository, tmp_path):
    repository = make_repository(FILES, {"pkg/a.py": "def h(): pass\n", "copy.py": None})
    assert named(build(repository, tmp_path, "main~1")[0]) == NAMES
    after = {(p, n) for p, n in NAMES if p not in {"pkg/a.py", "copy.py"}} | {("pkg/a.py", "h")}
    assert named(build(repository, tmp_path)[0]) == after


@pytest.mark.parametrize("revision", ["-x", "a..b", "", "main\0", "none"])
def test_a_bad_revision_is_one_error(make_repository, tmp_path, revision):
    with pytest.raises(HistoryError, match="no revision"):
        build(make_repository(FILES), tmp_path, revision)


def test_links_are_no_files(make_repository, tmp_path):
    repository = make_repository({"a.py": "def f(): pass\n"})
    (repository.folder / "link.py").symlink_to("a.py")
    run_git(repository.folder, "add", "--all")
    run_git(repository.folder, "commit", "--quiet", "-m", "link")
    assert named(build(repository, tmp_path)[0]) == {("a.py", "f")}


def test_progress_is_told_to_the_end(make_repository, tmp_path):
    told = []
    CodeMap.build(
        make_repository(FILES), "main", cache=tmp_path, progress=lambda *n: told.append(n)
    )
    assert told == [(n, 5) for n in range(1, 6)]  # two files have one content


# what is kept


def test_a_second_build_reads_no_content(make_repository, tmp_path):
    repository = make_repository(FILES)
    first, n_first = build(repository, tmp_path)
    second, n_second = build(repository, tmp_path)
    assert (n_first, n_second) == (5, 0)
    assert second.definitions == first.definitions


def test_only_content_that_changed_is_read_again(make_repository, tmp_path):
    repository = make_repository(FILES, {"cmd/main.go": "package main\nfunc other() {}\n"})
    build(repository, tmp_path, "main~1")
    code_map, n_read = build(repository, tmp_path)
    assert n_read == 1
    assert ("cmd/main.go", "main.other") in named(code_map)


def test_content_that_moved_is_not_read_again_but_named_by_its_place(make_repository, tmp_path):
    repository = make_repository(
        {"src/a.rs": "fn f() {}\n"}, {"src/a.rs": None, "src/b/c.rs": "fn f() {}\n"}
    )
    assert named(build(repository, tmp_path, "main~1")[0]) == {("src/a.rs", "a::f")}
    code_map, n_read = build(repository, tmp_path)
    assert (named(code_map), n_read) == ({("src/b/c.rs", "b::c::f")}, 0)


@pytest.mark.parametrize("damage", ["text", "cut", "middle", "folder", "table", "row"])
def test_a_damaged_cache_is_made_again_or_passed_by(make_repository, tmp_path, damage):
    repository = make_repository(FILES)
    build(repository, tmp_path)
    path = cache_file(tmp_path)
    content = path.read_bytes()
    path.unlink()
    match damage:
        case "text":
            path.write_bytes(b"no database at all" * 1000)
        case "cut":
            path.write_bytes(content[: len(content) // 2])
        case "middle":
            path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
        case "folder":
            path.mkdir()
        case "table":
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("CREATE TABLE spans (x)")
        case "row":
            path.write_bytes(content)
            with closing(sqlite3.connect(path)) as connection, connection:
                connection.execute("UPDATE spans SET spans = '[[1, \"x\"'")
    for _ in range(3):
        code_map, n_read = build(repository, tmp_path)
        assert named(code_map) == NAMES
    assert n_read == (5 if damage in {"folder", "table"} else 0)


def test_a_locked_cache_is_passed_by(make_repository, tmp_path):
    repository = make_repository(FILES)
    build(repository, tmp_path)
    with closing(sqlite3.connect(cache_file(tmp_path), isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        assert named(build(repository, tmp_path)[0]) == NAMES


def test_a_cache_that_cannot_be_placed_is_passed_by(make_repository, tmp_path):
    (tmp_path / "cache").write_text("a file")
    assert named(build(make_repository(FILES), tmp_path)[0]) == NAMES


def test_two_processes_may_build_at_once(make_repository, tmp_path):
    repository = make_repository({f"a{n}.py": f"def f{n}(): pass\n" for n in range(300)})
    code = (
        "import sys\nfrom workbench.attribute import CodeMap\nfrom workbench.history import Repository\n"
        "print(CodeMap.build(Repository(sys.argv[1]), 'main', cache=sys.argv[2]).n_functions)"
    )
    command = [sys.executable, "-c", code, str(repository.folder), str(tmp_path / "cache")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate()[0].strip() for process in both] == ["300", "300"]
    assert build(repository, tmp_path)[1] == 0


def test_the_cache_is_in_the_users_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert SpanCache().path.parent == cache_folder()
    if sys.platform == "linux":
        assert cache_folder() == tmp_path / "efficiency-workbench"


def test_a_format_of_its_own_is_all_that_is_read(monkeypatch, tmp_path):
    cache, key = SpanCache(tmp_path), ("0" * 40, "go")
    cache.put({key: [Span("f", 0, 1)]})
    assert cache.get([key]) == {key: [Span("f", 0, 1)]}
    monkeypatch.setattr("workbench.attribute.code.span_cache.FORMAT", "another")
    assert cache.get([key]) == {}


# two processes


def large(make_repository):
    body = "".join(f"def f{n}(x):\n    return [x, '{'y' * 400}']\n" for n in range(40))
    return make_repository({f"a{n}.py": f"A = {n}\n{body}" for n in range(400)})


def test_much_is_parsed_in_two_processes(make_repository):
    repository = ReadOnce(large(make_repository).folder)
    sizes = {(blob.id, "python"): blob.n_bytes for blob in repository.blobs("main")}
    assert sum(sizes.values()) > 6_000_000
    told = []
    found = parse_blobs(repository, sizes, lambda *n: told.append(n))
    assert set(found) == set(sizes)
    assert {len(spans) for spans in found.values()} == {40}
    assert repository.asked < len(sizes)  # by this process
    assert sorted(told) == [(n, 400) for n in range(1, 401)]


def test_what_the_second_process_does_not_do_is_done_here(make_repository, monkeypatch):
    repository = ReadOnce(large(make_repository).folder)
    sizes = {(blob.id, "python"): blob.n_bytes for blob in repository.blobs("main")}
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert set(parse_blobs(repository, sizes)) == set(sizes)
    assert repository.asked == len(sizes)


# asking


@pytest.fixture
def code_map(make_repository, tmp_path):
    return build(
        make_repository(FILES | {"z.js": "class Foo { get() {} }\nfunction getFoo() {}\n"}),
        tmp_path,
    )[0]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("p.Bar.run", ["p.Bar.run"]), ("run", ["p.Bar.run"]), ("Bar.run", ["p.Bar.run"]),
        ("g", ["g", "g"]), ("getfoo", ["getFoo"]), ("foo", ["getFoo", "Foo.get"]),
        ("pkg.a:g", ["g", "g"]), ("nothing", []), ("", []), ("::", []), ("<", []),
    ],
)  # fmt: skip
def test_find_gives_the_best_names_first(code_map, name, found):
    assert sorted(d.name for d in code_map.find(name)) == sorted(found)


def test_find_is_limited_and_in_a_fixed_order(code_map):
    assert [d.path for d in code_map.find("g")] == ["copy.py", "pkg/a.py"]
    assert len(code_map.find("g", limit=1)) == 1


def test_a_file_and_its_lines_have_their_functions(code_map):
    assert [d.name for d in code_map.in_file("pkg/a.py")] == ["C.f", "g"]
    assert code_map.in_file("pkg") == code_map.in_file("notes.txt") == []
    lines = [code_map.at("pkg/a.py", line) for line in range(8)]
    assert [d and d.name for d in lines] == [None, "C.f", "C.f", None, None, "g", "g", None]


# changes, in any language

GO = "package p\n\nvar limit = 1\n\nfunc A() {\n\ta()\n}\n\n// note\nfunc B() {\n\tb()\n}\n"


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        ("a()", "aa()", {"p.A"}), ("limit = 1", "limit = 2", {MODULE}), ("// note", "// other", set()),
        ("func B() {\n\tb()\n}\n", "", {"p.B"}), ("func A() {\n\ta()\n}\n\n", "", {"p.A"}),
        ("\ta()\n", "\tfunc() {\n\t\ta()\n\t}()\n", {"p.A"}), ("func B", "func New() {\n}\n\nfunc B", {"p.New"}),
        ("\n\n", "\n\n\n", set()),
    ],
)  # fmt: skip
def test_a_commit_is_mapped_to_functions_of_any_language(make_repository, before, after, names):
    changed, path = changed_by(make_repository, GO, GO.replace(before, after), "pkg/a.go")
    assert changed == {Function(name, path) for name in names}


@pytest.mark.parametrize("path", ["a.yaml", "README.md", "Makefile"])
def test_what_is_no_source_has_no_functions(make_repository, path):
    assert changed_by(make_repository, "a: 1\n", "a: 2\n", path)[0] == set()


def changed_by(make_repository, before, after, path):
    repository = make_repository({path: before}, {path: after})

    def read_base(path):
        return repository.find(path, "main~1")

    weaves = weave_files(repository.commits("main~1", "main"), read_base)
    (changed,) = changed_functions(weaves, read_base).values() or [set()]
    return changed, path


def test_sources_have_the_texts_before_and_after(make_repository):
    repository = make_repository({"a.go": GO}, {"a.go": GO.replace("a()", "aa()")})

    def read_base(path):
        return repository.find(path, "main~1")

    sources = read_sources(weave_files(repository.commits("main~1", "main"), read_base), read_base)
    assert sources.before[Function("p.A", "a.go")] == "func A() {\n\ta()\n}\n"
    assert sources.after[Function("p.A", "a.go")] == "func A() {\n\taa()\n}\n"
    assert set(sources.after) == {Function("p.A", "a.go"), Function("p.B", "a.go")}


def test_names_of_changes_are_those_of_the_map(make_repository, tmp_path):
    repository = make_repository(
        {"src/a.rs": "fn f() {\n}\n"}, {"src/a.rs": "fn f() {\n    g();\n}\n"}
    )
    weaves = weave_files(
        repository.commits("main~1", "main"), lambda p: repository.find(p, "main~1")
    )
    (changed,) = changed_functions(weaves, lambda _: None).values()
    code_map, _ = build(repository, tmp_path)
    assert changed == {Function(d.name, d.path) for d in code_map.definitions}
