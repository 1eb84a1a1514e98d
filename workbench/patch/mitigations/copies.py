"""Hand on the object itself where a copy of it is only looked at."""

from __future__ import annotations

import ast

from workbench.patch.editing.each import first_edit
from workbench.patch.editing.rewrite import Rewrite
from workbench.python.scope import Scope
from workbench.python.syntax import (
    FunctionNode,
    bound_names,
)

_DEEP = frozenset({"copy.deepcopy", "copy.copy"})
_SHALLOW = frozenset({"list", "tuple", "dict", "set"})
_LOOKS = frozenset(
    {"get", "items", "keys", "values", "index", "count", "startswith", "endswith", "isdisjoint"}
    | {"issubset", "issuperset", "union", "intersection", "difference", "join", "lower", "upper"}
    | {"split", "strip", "replace", "encode", "decode", "format", "isoformat"}
)
_LOOKING = frozenset(
    {"len", "sum", "min", "max", "any", "all", "sorted", "enumerate", "zip", "isinstance", "repr"}
    | {"str", "int", "float", "bool", "hash", "id", "abs", "round"}
)


def drop_copy(source: str, qualname: str) -> str | None:
    """Leave out copies that a function makes and only looks at.

    A copy may go where every use of it in the function only looks into it: it is not changed, not
    kept, not handed on, and neither is what lies in it.

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
    return first_edit(source, qualname, _Copies)


class _Copies:
    def __init__(self, source: str, tree: ast.Module, function: FunctionNode) -> None:
        self.scope, self.rewrite = Scope(source, tree, function), Rewrite(source)
        self.function = function

    def code(self) -> str | None:
        for node in ast.walk(self.function):
            copied = self._copied(node) if isinstance(node, ast.Call) else None
            if copied and isinstance(node, ast.Call) and self._is_only_looked_at(node):
                self.rewrite.replace(node, self.rewrite.text(copied))
        return self.rewrite.code()

    def _copied(self, call: ast.Call) -> ast.expr | None:
        """Return what a call makes a copy of."""
        called = self.scope.called(call.func, call)
        match call:
            case ast.Call(args=[ast.expr() as copied], keywords=[]) if called in _DEEP:
                return copied
            case ast.Call(args=[ast.Name() as copied], keywords=[]) if called in _SHALLOW:
                return copied if self.scope.infer(copied, call).name == called else None
            case ast.Call(args=[ast.Call(args=[copied]) as inner]) if called == "json.loads":
                return copied if self.scope.called(inner.func, call) == "json.dumps" else None
        return None

    def _is_only_looked_at(self, node: ast.expr) -> bool:
        """Whether a value, and what lies in it, is neither changed nor kept nor handed on."""
        parent = self.scope.parents[node]
        match parent:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                return self._name_is_only_looked_at(name)
            case ast.For(target=target, iter=looked) if looked is node:
                return all(map(self._name_is_only_looked_at, bound_names(target)))
            case ast.comprehension(target=target, iter=looked) if looked is node:
                return all(map(self._name_is_only_looked_at, bound_names(target)))
            case ast.Compare() | ast.FormattedValue() | ast.If() | ast.While():
                return True
            case ast.UnaryOp(op=ast.Not()):
                return True
            case ast.Subscript(value=looked, ctx=ast.Load()) if looked is node:
                return self._part_is_only_looked_at(parent)
            case ast.Attribute(value=looked, ctx=ast.Load()) if looked is node:
                return self._part_is_only_looked_at(parent)
            case ast.Call(func=ast.Name(id=name)) if name in _LOOKING:
                return self.scope.is_builtin(name)
        return False

    def _part_is_only_looked_at(self, part: ast.expr) -> bool:
        """Whether a part of it, taken here, is only looked at; a scalar may go anywhere."""
        parent = self.scope.parents[part]
        match part, parent:
            case ast.Attribute(attr=attr), ast.Call(func=func) if func is part:
                return attr in _LOOKS
            case _, ast.BinOp() | ast.BoolOp() | ast.Compare() | ast.FormattedValue():
                return True
        return self._is_only_looked_at(part)

    def _name_is_only_looked_at(self, name: str) -> bool:
        uses = [
            node for node in ast.walk(self.function)
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        ]  # fmt: skip
        return self.scope.bound(self.function)[name] == 1 and all(
            self._is_only_looked_at(use) for use in uses
        )
