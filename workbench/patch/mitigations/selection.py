"""Do no more than what is asked: the least without sorting, one without a list of all."""

from __future__ import annotations

import ast

from workbench.patch.editing.each import first_edit
from workbench.patch.editing.rewrite import Rewrite
from workbench.python.scope import Scope
from workbench.python.syntax import FunctionNode

_ORDER_IS_LOST = frozenset({"set", "frozenset", "len", "any", "all", "min", "max", "sorted"})
_ONE_AT_A_TIME = frozenset({"any", "all"})


def do_less(source: str, qualname: str) -> str | None:
    """Leave out sorting and lists whose order, or rest, nobody looks at.

    `sorted(xs)[0]` is `min(xs)`, the first few of `sorted(xs)` are `heapq.nsmallest`, `any([…])`
    needs no list, and what goes into a set needs no order.

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
    return first_edit(source, qualname, _Selection)


class _Selection:
    def __init__(self, source: str, tree: ast.Module, function: FunctionNode) -> None:
        self.scope, self.rewrite = Scope(source, tree, function), Rewrite(source)
        self.function = function

    def code(self) -> str | None:
        for node in ast.walk(self.function):
            match node:
                case ast.Subscript(value=ast.Call() as call, slice=place) if self._sorts(call):
                    self._select(node, call, place)
                case ast.Call(args=[ast.expr() as inner], keywords=[]):
                    self._lose(node, inner)
        return self.rewrite.code()

    def _sorts(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Call) and self.scope.called(node.func, node) == "sorted"

    def _select(self, node: ast.Subscript, call: ast.Call, place: ast.expr) -> None:
        """Select the first, or the first few, of what is sorted."""
        text = self.rewrite.text
        reverse = next((k.value for k in call.keywords if k.arg == "reverse"), None)
        is_last = isinstance(reverse, ast.Constant) and bool(reverse.value)
        if len(call.args) != 1 or (reverse is not None and not isinstance(reverse, ast.Constant)):
            return
        keys = [f", key={text(k.value)}" for k in call.keywords if k.arg == "key"]
        items, key = text(call.args[0]), "".join(keys)
        match place:
            case ast.Constant(value=0):
                self.rewrite.replace(node, f"{'max' if is_last else 'min'}({items}{key})")
            case ast.Slice(lower=None, upper=ast.expr() as n, step=None) if _is_no_negative(n):
                name = "nlargest" if is_last else "nsmallest"
                self.rewrite.add_import("import heapq")
                self.rewrite.replace(node, f"heapq.{name}({text(n)}, {items}{key})")

    def _lose(self, node: ast.Call, inner: ast.expr) -> None:
        """Leave out the order, or the list, that the function called here does not look at."""
        called = self.scope.called(node.func, node)
        if called in _ORDER_IS_LOST and self._sorts(inner):
            assert isinstance(inner, ast.Call)
            if len(inner.args) == 1:
                self.rewrite.replace(inner, self.rewrite.text(inner.args[0]))
        elif called in _ONE_AT_A_TIME and isinstance(inner, ast.ListComp):
            items = self.rewrite.text(inner)[1:-1].strip()
            self.rewrite.replace(node, f"{self.rewrite.text(node.func)}({items})")


def _is_no_negative(node: ast.expr) -> bool:
    return not (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub))
