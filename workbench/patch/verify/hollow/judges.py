"""Whether an edit changes who judges it: workload, tests, what they are run with."""

from __future__ import annotations

import ast
import re
from collections import Counter

from workbench.errors import PatchError
from workbench.patch.verify.hollow.side import TESTS, Fault
from workbench.python.syntax import FunctionNode, parse_source

_JUDGES = re.compile(
    r"(^|/)(tests?|testing|spec|specs|benchmarks?|asv_bench|\.github|\.gitlab|\.circleci)/"
    r"|(^|/)(test_[^/]*|[^/]*_test|conftest|sitecustomize|usercustomize|noxfile)\.py$"
    r"|(^|/)(pytest\.ini|\.pytest\.ini|tox\.ini|\.coveragerc|asv\.conf\.json|\.gitlab-ci\.yml)$"
    r"|\.pth$"
)
_CONFIGURED = re.compile(r"^\s*\[?(tool[.:])?(pytest|coverage|tox|nox|isolated)", re.MULTILINE)


def edits_judge(path: str, now: str | None, after: str | None) -> Fault | None:
    """Find what changes who judges: tests may gain, and lose nothing."""
    if TESTS.search(path) and not path.endswith("conftest.py"):
        return None if _only_gains(now, after) else Fault("judges edited", path)
    if _JUDGES.search(path):
        return Fault("judges edited", path)
    if path.endswith((".toml", ".cfg", ".ini")):
        sides = [_CONFIGURED.findall(text or "") for text in (now, after)]
        tables = [_tables(text or "") for text in (now, after)]
        if sides[0] != sides[1] or tables[0] != tables[1]:
            return Fault("judges edited", f"{path}: what tests are run with")
    return None


def _tables(text: str) -> list[str]:
    """Return the parts of a file of settings that are about tests."""
    parts = re.split(r"^(?=\s*\[)", text, flags=re.MULTILINE)
    return [part for part in parts if _CONFIGURED.match(part)]


def _only_gains(now: str | None, after: str | None) -> bool:
    """Whether a file of tests still has all it had, and nothing that leaves tests out."""
    if after is None:
        return now is None
    try:
        had, has = (parse_source(text or "") for text in (now, after))
    except PatchError:
        return False
    kept = Counter(ast.dump(node) for node in had.body if not _is_import(node))
    there = Counter(ast.dump(node) for node in has.body)
    words = {n.attr for n in ast.walk(has) if isinstance(n, ast.Attribute)} | {
        n.id for n in ast.walk(has) if isinstance(n, ast.Name)
    }
    had_words = {n.attr for n in ast.walk(had) if isinstance(n, ast.Attribute)} | {
        n.id for n in ast.walk(had) if isinstance(n, ast.Name)
    }
    skips = {"skip", "skipif", "xfail", "pytestmark", "collect_ignore", "monkeypatch", "exit"}
    defines = [n.name for n in has.body if isinstance(n, FunctionNode | ast.ClassDef)]
    return (
        not kept - there and not (words - had_words) & skips and len(defines) == len(set(defines))
    )


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)
