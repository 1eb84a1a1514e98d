"""The structural rules of `workbench/`, kept by a table rather than by memory.

1. Sub-packages import only from those listed before them (one way, no cycles); leaves see only
   errors, types and history.
2. Each heavy library has exactly one home, and so has running git.

Reads source with `ast`, imports nothing. A lazy import inside a function counts too: hiding an
upward edge in a function body does not make it a downward one.
"""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "workbench"

ORDER = [
    *("errors", "compiled", "profile", "types", "measures", "history", "python", "views"),
    *("ingest", "store"),
    "intake",
    *("signals", "detect", "attribute", "capacity", "opportunity", "patch", "simulate"),
    *(
        "agent",
        "solver",
        "engine",
        "evaluate",
        "report",
        "widgets",
        "board",
        "studio",
        "magics",
        "cli",
    ),
]

SHARED = {"errors", "compiled", "profile", "types", "measures", "history", "python", "views"}
"""All that a leaf sees: a profile, what answers are measured by, history that runs git and follows
lines, what Python source says, views of plain data."""

LEAVES = {
    *("ingest", "store", "signals", "detect", "attribute", "capacity", "opportunity", "patch"),
    *("simulate", "report", "widgets"),
}

HOMES = {
    "anywidget": {"widgets"},
    "ast_grep_py": {"patch"},
    "click": {"cli"},
    "codeowners": {"patch"},
    "duckdb": {"store"},
    "fsspec": {"store"},
    "github": {"patch"},
    "gitlab": {"patch"},
    "ipympl": {"report"},
    "ipywidgets": {"board", "widgets"},
    "jinja2": {"report"},
    "langchain": {"agent"},
    "langchain_core": {"agent"},
    "langgraph": {"agent"},
    "libcst": {"patch"},
    "matplotlib": {"report"},
    "mcp": {"agent"},
    "mlflow": {"evaluate"},
    "numba": {"compiled"},
    "pyarrow": {"ingest", "profile", "store"},  # a profile is Arrow tables
    "requests": {"patch"},
    "rich": {"cli"},
    "ruptures": {"detect"},
    "sqlalchemy": {"evaluate"},
    "traitlets": {"board", "widgets"},
    **{
        f"tree_sitter{language}": {"attribute"}
        for language in (
            "",
            "_c",
            "_cpp",
            "_go",
            "_java",
            "_javascript",
            "_php",
            "_rust",
            "_typescript",
        )
    },
}


def imports(path):
    """Yield (line, dotted module name) for every import statement in a file."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: use absolute imports"
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def git_calls(path):
    """Yield the line of every list or tuple that starts with the literal "git"."""
    for node in ast.walk(parse(path)):
        match node:
            case (
                ast.List(elts=[ast.Constant(value="git"), _, *_])
                | ast.Tuple(elts=[ast.Constant(value="git"), _, *_])
            ):
                yield node.lineno


def parse(path):
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def home(path):
    """Name the sub-package (or top-level module) a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


SOURCES = [p for p in sorted(PACKAGE.rglob("*.py")) if p.parent != PACKAGE or p.stem[:2] != "__"]

each_source = pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))


@each_source
def test_imports_point_one_way(path):
    here = home(path)
    for line, name in imports(path):
        root, *rest = name.split(".")
        where = f"{path}:{line}"
        if root == "workbench" and rest and rest[0] in ORDER:
            there = rest[0]
            is_allowed = there == here or here not in LEAVES or there in SHARED
            assert ORDER.index(there) <= ORDER.index(here), f"{where}: {here} precedes {there}"
            assert is_allowed, f"{where}: {here} is a leaf and may not import {there}"
        homes = HOMES.get(root, {here})
        assert here in homes, f"{where}: {root} belongs in {sorted(homes)}, not {here}"


@each_source
def test_only_history_runs_git(path):
    lines = list(git_calls(path))
    assert not lines or home(path) == "history", f"{path}:{lines}: git is run by history alone"


def test_every_subpackage_is_in_the_order():
    found = {
        p.name.removesuffix(".py")
        for p in PACKAGE.iterdir()
        if p.suffix in {"", ".py"} and not p.name.startswith("_")
    }
    assert found <= set(ORDER), f"add to ORDER: {sorted(found - set(ORDER))}"
