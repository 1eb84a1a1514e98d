"""Keep a running total, where a loop sums all up to its place again and again."""

from __future__ import annotations

import ast
import itertools
from typing import NamedTuple

from workbench.patch.editing.rewrite import Rewrite
from workbench.python.callees import names_in
from workbench.python.scope import Scope
from workbench.python.syntax import FunctionNode, find_functions, parse_source

_LISTS = frozenset({"list", "tuple", "collection"})


def keep_total(source: str, qualname: str) -> str | None:
    """Add to a total in each round of a loop, in place of `sum(xs[: i + 1])` of a growing part.

    Only where `i` goes through the places of `xs`, nothing changes it, and its elements are whole
    numbers by annotation: of others the sum would depend on the order.

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
    tree = parse_source(source)
    for function in find_functions(tree, qualname):
        edit = _Totals(source, tree, function)
        for node in ast.walk(function):
            if isinstance(node, ast.For) and (walk := edit.walk(node)):
                edit.keep(node, walk)
        if edited := edit.rewrite.code():
            return edited
    return None


class _Walk(NamedTuple):
    """A loop over the places of a list."""

    place: str
    items: str


class _Totals:
    def __init__(self, source: str, tree: ast.Module, function: FunctionNode) -> None:
        self.scope, self.rewrite = Scope(source, tree, function), Rewrite(source)
        self.taken = names_in(function)

    def walk(self, loop: ast.For) -> _Walk | None:
        """Return what a loop goes through; None where that is not each place of a list, once."""
        match loop.target, loop.iter:
            case (
                ast.Tuple(elts=[ast.Name(id=place), _]),
                ast.Call(func=func, args=[ast.Name(id=items)], keywords=[]),
            ) if self.scope.called(func, loop) == "enumerate":
                walk = _Walk(place, items)
            case (
                ast.Name(id=place),
                ast.Call(
                    func=func,
                    args=[ast.Call(func=measure, args=[ast.Name(id=items)], keywords=[])],
                    keywords=[],
                ),
            ) if [self.scope.called(part, loop) for part in (func, measure)] == ["range", "len"]:
                walk = _Walk(place, items)
            case _:
                return None
        kind = self.scope.infer(ast.Name(walk.items), loop)
        is_own = self.scope.bound(loop)[walk.place] == 1 and not self.scope.bound(loop)[walk.items]
        is_whole = kind.name in _LISTS and kind.element == "int"
        is_same = self.scope.is_only_read(walk.items, self.scope.function)
        return walk if is_own and is_whole and is_same else None

    def keep(self, loop: ast.For, walk: _Walk) -> None:
        """Replace the sums of one loop."""
        found: dict[ast.Call, bool] = {}
        for node in (part for stmt in loop.body for part in ast.walk(stmt)):
            is_with_last = self._sums(node, walk)
            if is_with_last is not None and isinstance(node, ast.Call):
                found[node] = is_with_last
        if not found or any(map(self._is_elsewhere, found)):
            return
        numbered = (f"{walk.items}_total_{n}" for n in itertools.count(2))
        wanted = itertools.chain([f"{walk.items}_total"], numbered)
        total = next(name for name in wanted if name not in self.taken)
        self.taken.add(total)
        last = f"{walk.items}[{walk.place}]"
        self.rewrite.insert_before(loop, f"{total} = 0\n")
        self.rewrite.insert_before(loop.body[0], f"{total} += {last}\n")
        for node, is_with_last in found.items():
            self.rewrite.replace(node, total if is_with_last else f"({total} - {last})")

    def _sums(self, node: ast.AST, walk: _Walk) -> bool | None:
        """Whether a sum of all before a place has the one at it too; None for what is no such."""
        match node:
            case ast.Call(
                func=func,
                args=[
                    ast.Subscript(
                        value=ast.Name(id=items),
                        slice=ast.Slice(lower=None, upper=ast.expr() as upper, step=None),
                    )
                ],
                keywords=[],
            ) if items == walk.items and self.scope.called(func, node) == "sum":
                match upper:
                    case ast.Name(id=name) if name == walk.place:
                        return False
                    case ast.BinOp(
                        left=ast.Name(id=name), op=ast.Add(), right=ast.Constant(value=1)
                    ) if name == walk.place:
                        return True
        return None

    def _is_elsewhere(self, node: ast.Call) -> bool:
        """Whether it runs at another time, or cannot be edited."""
        kinds = ast.JoinedStr | ast.Lambda | ast.GeneratorExp | FunctionNode | ast.ClassDef
        above = itertools.takewhile(
            lambda part: part is not self.scope.function, self.scope.ancestors(node)
        )
        return any(isinstance(part, kinds) for part in above)
