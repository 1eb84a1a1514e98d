"""How long a code map takes: cold, kept, and to look things up in. No arguments are needed.

The repository is generated, in a temporary folder: functions of ten lines in nine languages.
"""

from __future__ import annotations

import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from workbench.attribute import CodeMap
from workbench.attribute.code.codemap import changed_functions, read_sources
from workbench.attribute.code.languages import find_spans
from workbench.history import Repository, run_git, weave_files
from workbench.types import Function

T = TypeVar("T")
BODY = """\
    total = total + start * 3;
    if (total > limit) {
        total = helper(total, "a string", 42);
    }
    // what comes next
    values[total] = total + other(limit);
    total = total - values[start];
"""
PYTHON_BODY = """\
        total = start * 3
        if total > self.limit:
            total = helper(total, "a string", key=42)
        # what comes next
        self.values[total] = [value + other(self.limit) for value in self.values]
        total -= self.values[start]
        for value in self.values:
            total += value
"""
SCRIPT_BODY = BODY + "    return total;\n  }\n"
FORMS: dict[str, tuple[str, str, str]] = {
    "py": ("class C@F:\n", f"    def f@N(self, start):\n{PYTHON_BODY}        return total\n", ""),
    "go": (
        "package p@F\n\ntype T struct{}\n\n",
        f"func (t *T) F@N(start, limit int) int {{\n{BODY}    return total\n}}\n\n",
        "",
    ),
    "java": (
        "package com.example.p@F;\n\nclass C@F {\n",
        f"  int f@N(int start, int limit) {{\n{SCRIPT_BODY}",
        "}\n",
    ),
    "c": ("#include <stdio.h>\n\n", f"int f@F_@N(int start, int limit)\n  {{\n{SCRIPT_BODY}", ""),
    "cpp": ("namespace n@F {\n", f"int C::f@N(int start, int limit) {{\n{SCRIPT_BODY}", "}\n"),
    "rs": (
        "impl T@F {\n",
        f"    fn f@N(&self, start: i32, limit: i32) -> i32 {{\n{BODY}    total\n    }}\n",
        "}\n",
    ),
    "js": ("class C@F {\n", f"  f@N(start, limit) {{\n{SCRIPT_BODY}", "}\n"),
    "ts": (
        "export class C@F {\n",
        f"  f@N(start: number, limit: number): number {{\n{SCRIPT_BODY}",
        "}\n",
    ),
    "php": (
        "<?php\nnamespace N@F;\nclass C {\n",
        f"  function f@N($start, $limit) {{\n{SCRIPT_BODY.replace('total', '$total')}",
        "}\n",
    ),
}
LANGUAGES = {"py": "python", "rs": "rust", "js": "javascript", "ts": "typescript"}
N_IN_FILE = 25
N_FUNCTIONS = 100_000
N_COMMITS = 1000


def main() -> None:
    n_functions = int(sys.argv[1]) if len(sys.argv) > 1 else N_FUNCTIONS
    with tempfile.TemporaryDirectory() as folder:
        repository = generate(Path(folder) / "repository", n_functions)
        cache = Path(folder) / "cache"
        size = sum(blob.n_bytes for blob in repository.blobs("HEAD"))
        print(f"{len(repository.blobs('HEAD'))} files, {size / 1e6:.0f} MB")
        code_map, cold_s = timed(lambda: CodeMap.build(repository, "HEAD", cache=cache))
        show("built, nothing kept", code_map.n_functions, cold_s)
        code_map, warm_s = timed(lambda: CodeMap.build(repository, "HEAD", cache=cache))
        show("built, all kept", code_map.n_functions, warm_s)
        asked = as_profiled(code_map)
        found, resolve_s = timed(lambda: code_map.resolve_all(asked))
        show(f"resolved, {len(found)} of them found", len(asked), resolve_s)
        _, again_s = timed(lambda: code_map.resolve_all(asked))
        show("resolved again", len(asked), again_s)
        measure_changes(repository)
    by_language()
    standard_library()


def generate(folder: Path, n_functions: int) -> Repository:
    """Write the files, and commits that each alter two."""
    folder.mkdir()
    run_git(folder, "init", "--quiet")
    n_files = n_functions // N_IN_FILE
    endings = list(FORMS)
    paths = []
    for number in range(n_files):
        ending = endings[number % len(endings)]
        path = folder / f"part{number % 50}" / f"file{number}.{ending}"
        path.parent.mkdir(exist_ok=True)
        path.write_text(source(ending, number))
        paths.append(path)
    author = ("-c", "user.name=a", "-c", "user.email=a@example.invalid")
    run_git(folder, "add", "--all")
    run_git(folder, *author, "commit", "--quiet", "-m", "all")
    stream = [_alteration(folder, paths, number) for number in range(N_COMMITS)]
    branch = run_git(folder, "symbolic-ref", "HEAD").strip()
    run_git(folder, "fast-import", "--quiet", "--force", stdin=_import(branch, stream))
    return Repository(folder)


def source(ending: str, number: int) -> str:
    """Return one file."""
    before, function, after = FORMS[ending]
    functions = "".join(function.replace("@N", str(n)) for n in range(N_IN_FILE))
    return f"{before}{functions}{after}".replace("@F", str(number))


def _alteration(folder: Path, paths: list[Path], number: int) -> list[tuple[str, str]]:
    """Return two files with one line altered each."""
    altered = []
    for path in (paths[(2 * number) % len(paths)], paths[(2 * number + 1) % len(paths)]):
        text = path.read_text().replace("a string", f"the string {number}", 1 + number % 5)
        altered.append((path.relative_to(folder).as_posix(), text))
    return altered


def _import(branch: str, commits: list[list[tuple[str, str]]]) -> str:
    """Write commits for `git fast-import`."""
    out = []
    for number, files in enumerate(commits):
        out.append(f"commit {branch}\ncommitter a <a@example.invalid> {number + 1} +0000\n")
        out.append("data 1\nx\n")
        if not number:
            out.append(f"from {branch}^0\n")
        for path, text in files:
            out.append(f"M 100644 inline {path}\ndata {len(text.encode())}\n{text}\n")
    return "".join(out)


def as_profiled(code_map: CodeMap, n: int = 20_000) -> list[Function]:
    """Name definitions as profiles do: with absolute files, relative ones, and none."""
    step = max(1, code_map.n_functions // n)
    asked = []
    for number, one in enumerate(code_map.definitions[::step][:n]):
        file = ("", one.path, f"/build/somewhere/{one.path}")[number % 3]
        asked.append(Function(f"{one.name}(int)" if one.language == "cpp" else one.name, file))
    return asked


def measure_changes(repository: Repository) -> None:
    """Map all commits to the functions that they touched."""
    base, head = f"HEAD~{N_COMMITS}", "HEAD"
    commits, log_s = timed(lambda: repository.commits(base, head))
    show("commits read", len(commits), log_s)
    touched = {hunk.path for commit in commits for hunk in commit.hunks}
    texts = {b.path: b.id for b in repository.blobs(base) if b.path in touched}
    contents = repository.read_blobs(texts.values())
    before = {path: content.decode() for path, content in zip(texts, contents, strict=True)}
    weaves, weave_s = timed(lambda: weave_files(commits, before.get))
    show("files woven", len(weaves), weave_s)
    changed, changed_s = timed(lambda: changed_functions(weaves, before.get))
    show("commits mapped to functions", len(changed), changed_s)
    _, sources_s = timed(lambda: read_sources(weaves, before.get))
    show("sources of changed files read", len(weaves), sources_s)


def by_language() -> None:
    """Parse generated source in this process alone."""
    for ending in FORMS:
        language = LANGUAGES.get(ending, ending)
        texts = [source(ending, number) for number in range(100)]
        spans, parse_s = timed(lambda t=texts, name=language: [find_spans(one, name) for one in t])
        show(f"{language}, one process", sum(map(len, spans)), parse_s)


def standard_library() -> None:
    """Parse Python's own library, tests included."""
    root = Path(sysconfig.get_path("stdlib"))
    paths = [p for p in root.rglob("*.py") if "site-packages" not in p.parts]
    contents = [path.read_bytes() for path in paths]
    spans, parse_s = timed(lambda: [find_spans(content, "python") for content in contents])
    show(f"standard library ({sum(map(len, contents)) / 1e6:.0f} MB), one process",
         sum(map(len, spans)), parse_s)  # fmt: skip


def timed(work: Callable[[], T]) -> tuple[T, tuple[float, float]]:
    """Return what came of a piece of work, and the seconds it took: passed, and of this CPU."""
    begun, begun_cpu = time.perf_counter(), time.process_time()
    done = work()
    return done, (time.perf_counter() - begun, time.process_time() - begun_cpu)


def show(what: str, n: int, seconds: tuple[float, float]) -> None:
    passed_s, cpu_s = seconds
    print(f"{what:48} {n:8} in {passed_s:6.2f} s (CPU {cpu_s:5.2f})   {n / passed_s:10.0f}/s")


if __name__ == "__main__":
    main()
