"""One text of a Python file, as those who look for hollow fixes read it."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from workbench.errors import PatchError
from workbench.python.syntax import FunctionNode, parse_source

Texts = Mapping[str, str | None]
"""Path -> text of a file; None for one that is not there."""

TESTS = re.compile(r"(^|/)(tests?/.*|test_[^/]*|[^/]*_test)\.py$")
MEASURED = re.compile(r"WL cpu=|WL slices=|WL_[A-Z]+|PYTEST_CURRENT_TEST|PYTEST_VERSION")


class Fault(NamedTuple):
    """Why an edit is hollow."""

    name: str
    """Key of `HOLLOW`."""
    detail: str

    def __str__(self) -> str:
        return f"{self.name}: {self.detail}"


class Side:
    """What one text of a file says."""

    def __init__(self, text: str) -> None:
        try:
            self.tree = parse_source(text)
        except PatchError:
            self.tree = ast.Module(body=[], type_ignores=[])
        self.imports = _imports(self.tree)
        self.called = Counter(filter(None, map(self.origin, ast.walk(self.tree))))
        self.words = Counter(
            mark for node in ast.walk(self.tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
            for mark in MEASURED.findall(str(node.value))
        )  # fmt: skip

    def origin(self, node: ast.AST) -> str:
        """Name what an expression refers to, by the imports of the file: `gc.disable`."""
        if not isinstance(node, ast.Name | ast.Attribute):
            return ""
        root, *rest = ast.unparse(node).split(".")
        return ".".join([self.imports[root], *rest]) if root in self.imports else ""

    def functions(self) -> dict[str, FunctionNode]:
        """Return the functions by qualified name."""
        return dict(_functions(self.tree, ""))


def _imports(tree: ast.Module) -> dict[str, str]:
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.name if alias.asname else alias.name.split(".")[0]
                names[alias.asname or name] = name
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, FunctionNode]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, FunctionNode):
            yield prefix + child.name, child
            yield from _functions(child, f"{prefix}{child.name}.<locals>.")
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{prefix}{child.name}.")
        else:
            yield from _functions(child, prefix)
