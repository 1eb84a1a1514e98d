"""Change a list in place, where a function makes a longer, or a shorter, one each time."""

from __future__ import annotations

import ast
from typing import NamedTuple

from workbench.patch.editing.each import first_edit
from workbench.patch.editing.rewrite import Rewrite
from workbench.python.counts import is_count
from workbench.python.keeping import above, keeps_none
from workbench.python.scope import Scope
from workbench.python.syntax import FunctionNode, LoopNode, blocks


def grow_in_place(source: str, qualname: str) -> str | None:
    """Append to a list of the function's own in a loop, in place of making a longer one.

    `xs = xs + [x]` and `xs = [*xs, x]` become `xs.append(x)`, and `xs = xs[:i] + xs[i + 1:]`
    becomes `del xs[i : i + 1]`, where nobody else has a hold of the list while the loop runs.

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
    return first_edit(source, qualname, _Growth)


class _Change(NamedTuple):
    """A statement that makes a new list of one, and what changes that one in place."""

    stmt: ast.Assign
    name: str
    code: str
    reads: frozenset[ast.AST]
    """Where it reads the list to make the new one."""


class _Growth:
    def __init__(self, source: str, tree: ast.Module, function: FunctionNode) -> None:
        self.scope, self.rewrite = Scope(source, tree, function), Rewrite(source)
        self.function = function

    def code(self) -> str | None:
        changes: dict[str, list[_Change]] = {}
        for node in ast.walk(self.function):
            if isinstance(node, ast.Assign) and (change := self._change(node)):
                changes.setdefault(change.name, []).append(change)
        for name, of_name in changes.items():
            if self._may_change(name, of_name):
                for change in of_name:
                    self.rewrite.replace_statement(change.stmt, f"{change.code}\n")
        return self.rewrite.code()

    def _change(self, node: ast.Assign) -> _Change | None:
        match node.targets:
            case [ast.Name(id=name)]:
                code, reads = self._code(node, name)
                return _Change(node, name, code, frozenset(reads)) if code else None
        return None

    def _code(self, node: ast.Assign, name: str) -> tuple[str, list[ast.expr]]:
        """Return what changes the list in place, and where the statement reads it."""
        text = self.rewrite.text
        match node.value:
            case ast.BinOp(
                left=ast.Name(id=left) as read, op=ast.Add(), right=ast.List(elts=items)
            ) if left == name and not any(isinstance(item, ast.Starred) for item in items):
                return _added(name, [text(item) for item in items]), [read]
            case ast.List(elts=[ast.Starred(value=ast.Name(id=left) as read), *items]) if (
                left == name and items
            ):
                if not any(isinstance(item, ast.Starred) for item in items):
                    return _added(name, [text(item) for item in items]), [read]
            case ast.BinOp(
                left=ast.Subscript(
                    value=ast.Name(id=left) as read,
                    slice=ast.Slice(lower=None, upper=ast.expr() as place, step=None),
                ),
                op=ast.Add(),
                right=ast.Subscript(
                    value=ast.Name(id=right) as other,
                    slice=ast.Slice(lower=ast.expr() as after, upper=None, step=None),
                ),
            ) if left == right == name and _is_next(place, after):
                if is_count(place, node, self.scope, name):
                    return f"del {name}[{text(place)} : {text(after)}]", [read, other]
        return "", []

    def _may_change(self, name: str, changes: list[_Change]) -> bool:
        """Whether the list is the function's own, made before a loop that changes it, and nobody
        else has a hold of it until the loop ends.
        """
        stmts = [change.stmt for change in changes]
        start = self._start(name, stmts)
        if start is None or self._is_hidden(name):
            return False
        block = next((b for b in blocks(self.scope.parents[start]) if start in b), [])
        loops = [self._loop(stmt, start) for stmt in stmts]
        places = [block.index(loop) if loop in block else -1 for loop in loops]
        first = block.index(start)
        if min(places) < first:
            return False
        reads = frozenset().union(*(change.reads for change in changes))
        watched = block[first + 1 : max(places) + 1]
        return all(
            use in reads or keeps_none(use, stmts, self.scope)
            for stmt in watched
            for use in ast.walk(stmt)
            if isinstance(use, ast.Name) and use.id == name and isinstance(use.ctx, ast.Load)
        )

    def _start(self, name: str, stmts: list[ast.Assign]) -> ast.stmt | None:
        """Return the one other statement that binds the name, to a list that it makes."""
        added = [
            node for node in ast.walk(self.function)
            if isinstance(node, ast.AugAssign)
            and isinstance(node.target, ast.Name) and node.target.id == name
        ]  # fmt: skip
        if self.scope.bound(self.function)[name] != len(stmts) + len(added) + 1:
            return None
        for node in ast.walk(self.function):
            match node:
                case (
                    ast.Assign(targets=[ast.Name(id=bound)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=bound), value=ast.expr() as value)
                ) if bound == name and node not in stmts:
                    return node if self._is_fresh(value) else None
        return None

    def _is_fresh(self, value: ast.expr) -> bool:
        if isinstance(value, ast.Call):
            return self.scope.called(value.func, value) in {"list", "sorted"}
        return isinstance(value, ast.List | ast.ListComp)

    def _loop(self, stmt: ast.stmt, start: ast.stmt) -> ast.stmt | None:
        """Return the outermost loop around a statement that the list is made before."""
        found = None
        for parent in above(stmt, self.scope):
            if isinstance(parent, LoopNode) and not self.scope.is_within(start, parent):
                found = parent
        return found

    def _is_hidden(self, name: str) -> bool:
        """Whether a function, or a class, inside of this one may use it at another time."""
        kinds = FunctionNode | ast.Lambda | ast.ClassDef
        return any(
            isinstance(node, ast.Name)
            and node.id == name
            and any(isinstance(parent, kinds) for parent in above(node, self.scope))
            for node in ast.walk(self.function)
        )


def _added(name: str, items: list[str]) -> str:
    if len(items) == 1:
        return f"{name}.append({items[0]})"
    return f"{name}.extend([{', '.join(items)}])" if items else ""


def _is_next(place: ast.expr, after: ast.expr) -> bool:
    """Whether the second is one more than the first."""
    match place, after:
        case ast.Constant(value=int(first)), ast.Constant(value=int(second)):
            return second == first + 1
        case ast.Name(id=first), ast.BinOp(
            left=ast.Name(id=second), op=ast.Add(), right=ast.Constant(value=1)
        ):
            return first == second
    return False
