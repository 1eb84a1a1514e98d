"""One function in one version of its file."""

from __future__ import annotations

import ast
from typing import NamedTuple

from workbench.python.syntax import FunctionNode


class Side(NamedTuple):
    """One function in one version of its file."""

    source: str
    tree: ast.Module
    function: FunctionNode
    qualname: str

    @property
    def owner(self) -> ast.ClassDef | None:
        """The class it is a method of."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ClassDef) and self.function in node.body:
                return node
        return None
