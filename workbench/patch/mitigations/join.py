"""Join the parts of a text once, in place of adding to it again and again."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator

from workbench.patch.editing.each import first_edit
from workbench.patch.editing.rewrite import Rewrite
from workbench.python.callees import names_in
from workbench.python.keeping import above
from workbench.python.scope import Scope
from workbench.python.syntax import (
    FunctionNode,
    LoopNode,
    bound_names,
)

_LOOPS = (*LoopNode.__args__, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def join_texts(source: str, qualname: str) -> str | None:
    """Collect the parts of a text that grows in a loop, and join them behind it.

    Parameters
    ----------
    source : str
        Text of one file.
    qualname : str
        `name`, `Cls.method` or `outer.<locals>.inner`.

    Returns
    -------
    str or None
        The text with nothing else altered; None when nothing qualifies.
    """
    return first_edit(source, qualname, _Texts)


class _Texts:
    def __init__(self, source: str, tree: ast.Module, function: FunctionNode) -> None:
        self.scope, self.rewrite = Scope(source, tree, function), Rewrite(source)
        self.function, self.names = function, names_in(tree)

    def code(self) -> str | None:
        for loop in self._own_loops():
            grown = [
                node for node in ast.walk(loop)
                if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add)
                and isinstance(node.target, ast.Name)
            ]  # fmt: skip
            for name in sorted({node.target.id for node in grown}):  # type: ignore[union-attr]
                self._join(loop, name, [n for n in grown if n.target.id == name])  # type: ignore[union-attr]
        return self.rewrite.code()

    def _join(self, loop: ast.stmt, name: str, grown: list[ast.AugAssign]) -> None:
        block = self._block_of(loop)
        start = next(
            (s for s in block[: block.index(loop)] if _assigns_text(s, name)), None
        )  # fmt: skip
        is_bound_else = bound_names(self.function)[name] != len(grown) + 1
        uses = [use for use in ast.walk(loop) if _is_load(use, name)]
        if start is None or is_bound_else or uses or any(map(self._is_nested, grown)):
            return
        if any(isinstance(n, ast.Return | ast.Yield | ast.YieldFrom) for n in ast.walk(loop)):
            return
        between = block[block.index(start) + 1 : block.index(loop)]
        if any(_is_load(n, name) for stmt in between for n in ast.walk(stmt)):
            return
        after = block[block.index(loop) + 1 :]
        if not after:
            return
        parts = self._free(f"{name}_parts")
        first = start.value.value  # type: ignore[attr-defined]
        begun = f"[{self.rewrite.text(start.value)}]" if first else "[]"  # type: ignore[attr-defined]
        self.rewrite.replace_statement(start, f"{parts} = {begun}\n")
        for node in grown:
            value = self.rewrite.text(node.value)
            self.rewrite.replace_statement(node, f"{parts}.append({value})\n")
        self.rewrite.insert_before(after[0], f'{name} = "".join({parts})\n')

    def _is_nested(self, node: ast.AST) -> bool:
        kinds = FunctionNode | ast.Lambda
        return any(isinstance(parent, kinds) for parent in above(node, self.scope))

    def _own_loops(self) -> Iterator[ast.stmt]:
        """Yield the outermost loops of the function."""
        for node in ast.walk(self.function):
            is_inner = any(isinstance(parent, _LOOPS) for parent in above(node, self.scope))
            if isinstance(node, LoopNode) and not is_inner:
                yield node

    def _block_of(self, stmt: ast.stmt) -> list[ast.stmt]:
        parent = self.scope.parents[stmt]
        for _, value in ast.iter_fields(parent):
            if isinstance(value, list) and stmt in value:
                return value
        return [stmt]

    def _free(self, wanted: str) -> str:
        numbered = (f"{wanted}_{n}" for n in itertools.count(2))
        name = next(n for n in itertools.chain([wanted], numbered) if n not in self.names)
        self.names.add(name)
        return name


def _is_load(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)


def _assigns_text(stmt: ast.stmt, name: str) -> bool:
    match stmt:
        case ast.Assign(targets=[ast.Name(id=bound)], value=ast.Constant(value=str())):
            return bound == name
    return False
