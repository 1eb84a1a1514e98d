"""Stop looking at the first that is found, where no other is looked at."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import NamedTuple

from workbench.patch.editing.each import first_edit
from workbench.patch.editing.rewrite import Rewrite
from workbench.python.callees import find_callee, is_plain, means_the_same, reword
from workbench.python.scope import SIZED, Scope
from workbench.python.silent import is_silent
from workbench.python.syntax import (
    FunctionNode,
    blocks,
    without_docstring,
)

_VIEWS = frozenset({"items", "keys", "values", "split", "splitlines", "copy"})


def first_match(source: str, qualname: str) -> str | None:
    """Look no further than the first, where a list is made of which only that is taken.

    `found = [x for x in xs if ok(x)]` and `return found[0] if found else None` become
    `return next((x for x in xs if ok(x)), None)`. The list may come from a function of the same
    file that does nothing but return it. What is asked of each must have no effects, as far as
    names tell, and what is gone through must be no iterator that goes on elsewhere.

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
    return first_edit(source, qualname, _Matches)


class _Matches:
    def __init__(self, source: str, tree: ast.Module, function: FunctionNode) -> None:
        self.scope, self.rewrite = Scope(source, tree, function), Rewrite(source)
        self.function = function

    def code(self) -> str | None:
        for node in ast.walk(self.function):
            for block in blocks(node):
                for i, stmt in enumerate(block):
                    if target := _bound(stmt):
                        self._stop_early(stmt, target, block[i + 1 :])
        return self.rewrite.code()

    def _stop_early(self, stmt: ast.stmt, target: ast.Name, below: list[ast.stmt]) -> None:
        name, value = target.id, stmt.value  # type: ignore[attr-defined]
        uses = [
            node for node in ast.walk(self.function)
            if isinstance(node, ast.Name) and node.id == name and node is not target
        ]  # fmt: skip
        is_own = self.scope.bound(self.function)[name] == 1 and self.scope.is_builtin("next")
        taken = _taken(below, name) if is_own and len(uses) == 2 else None
        items = self._items(value) if taken else ""
        if taken is None or not items:
            return
        default = self.rewrite.text(taken.default) if taken.default else "None"
        self.rewrite.replace_statement(stmt, f"{taken.how}next(({items}), {default})\n")
        for gone in taken.stmts:
            self.rewrite.replace_statement(gone)

    def _items(self, value: ast.expr) -> str:
        """Return what goes through the items, in the names of this function; empty where it may
        not stop early.
        """
        if isinstance(value, ast.ListComp):
            may_stop = _may_stop(value, self.scope) and _is_kept(value, self.scope)
            return self.rewrite.text(value)[1:-1].strip() if may_stop else ""
        callee = find_callee(self.scope, value)
        if callee is None or not means_the_same(callee, self.scope):
            return ""
        made, inside = _made(callee.function), Scope("", self.scope.tree, callee.function)
        if made is None or not _may_stop(made, inside):
            return ""
        handed = made.generators[0].iter
        if isinstance(handed, ast.Name) and handed.id in callee.arguments:
            is_kept = _is_container(callee.arguments[handed.id], self.scope)
        else:
            is_kept = False
        if not is_kept and not _is_kept(made, inside):
            return ""
        return reword(self.rewrite.source, made, callee.arguments)[1:-1].strip()


def _bound(stmt: ast.stmt) -> ast.Name | None:
    """Return the one name that a statement binds to a list, or to what a call gives."""
    match stmt:
        case (
            ast.Assign(targets=[ast.Name() as target], value=ast.ListComp() | ast.Call())
            | ast.AnnAssign(target=ast.Name() as target, value=ast.ListComp() | ast.Call())
        ):
            return target
    return None


class _Taken(NamedTuple):
    """How the first of a list is taken."""

    how: str
    """What stands before the answer."""
    default: ast.expr | None
    """The answer where there is none."""
    stmts: Sequence[ast.stmt]


def _taken(below: list[ast.stmt], name: str) -> _Taken | None:
    """Read the statements below a list of which the first is taken; None for any others."""
    stmts: Sequence[ast.stmt]
    choices: tuple[ast.expr, ast.expr | None, ast.expr | None]
    match below:
        case [ast.Return(value=ast.IfExp() as choice) as stmt, *_]:
            how, stmts, choices = "return ", [stmt], (choice.test, choice.body, choice.orelse)
        case [ast.Assign(targets=[ast.Name(id=target)], value=ast.IfExp() as choice) as stmt, *_]:
            how, stmts = f"{target} = ", [stmt]
            choices = (choice.test, choice.body, choice.orelse)
        case [
            ast.If(test=test, body=[ast.Return(value=body)], orelse=[]) as stmt,
            ast.Return(value=default) as last,
            *_,
        ]:
            how, stmts, choices = "return ", [stmt, last], (test, body, default)
        case _:
            return None
    test, body, default = choices
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            test, body, default = operand, default, body
    match test, body:
        case (
            ast.Name(id=asked),
            ast.Subscript(value=ast.Name(id=looked), slice=ast.Constant(value=0)),
        ) if asked == looked == name and (default is None or is_plain(default)):
            return _Taken(how, default, stmts)
    return None


def _made(function: ast.FunctionDef) -> ast.ListComp | None:
    """Return the list that is all that a function makes."""
    match without_docstring(function.body):
        case [ast.Return(value=ast.ListComp() as made)]:
            return made
    return None


def _may_stop(made: ast.ListComp, scope: Scope) -> bool:
    """Whether nobody misses what is asked of the rest, and no inner iterator is left half read."""
    first, *inner = made.generators
    elements = {}
    if isinstance(first.target, ast.Name):
        elements[first.target.id] = scope.infer(first.iter, made).element
    is_kept = all(
        _is_container(part.iter, scope)
        or (isinstance(part.iter, ast.Name) and elements.get(part.iter.id) in SIZED)
        for part in inner
    )
    is_plain_loop = not any(part.is_async for part in made.generators)
    return is_plain_loop and is_kept and is_silent(made, scope, made)


def _is_kept(made: ast.ListComp, scope: Scope) -> bool:
    return _is_container(made.generators[0].iter, scope)


def _is_container(node: ast.expr, scope: Scope) -> bool:
    """Whether going through part of it leaves it as it was."""
    match node:
        case ast.Attribute():
            return is_plain(node)
        case ast.Call(func=ast.Attribute(attr=attr)) if attr in _VIEWS:
            return True
    return not isinstance(node, ast.Constant) and scope.infer(node, node).name in SIZED
