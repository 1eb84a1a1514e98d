"""Find the first of what is sorted, or looked for, without making a list of all."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator

from workbench.patch.editing.each import first_edit
from workbench.patch.editing.rewrite import Rewrite
from workbench.python.callees import names_in
from workbench.python.emptiness import is_guarded
from workbench.python.scope import SIZED, Scope
from workbench.python.syntax import (
    FunctionNode,
    blocks,
    without_docstring,
)


def first_of_sorted(source: str, qualname: str) -> str | None:
    """Find the least, or the most, of what a function sorts only to take the first.

    `by = sorted(xs, key=k)` of which nothing but `by[0]` is looked at, where it is not empty,
    becomes `first = min(xs, key=k, default=None)`: both give the first of those that are equal.

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
    return first_edit(source, qualname, _Firsts)


class _Firsts:
    def __init__(self, source: str, tree: ast.Module, function: FunctionNode) -> None:
        self.scope, self.rewrite = Scope(source, tree, function), Rewrite(source)
        self.function, self.taken = function, names_in(function)

    def code(self) -> str | None:
        for node in ast.walk(self.function):
            match node:
                case (
                    ast.Assign(targets=[ast.Name() as target], value=ast.Call() as call)
                    | ast.AnnAssign(target=ast.Name() as target, value=ast.Call() as call)
                ) if self.scope.called(call.func, call) == "sorted":
                    if self.scope.bound(self.function)[target.id] == 1:
                        self._take_first(node, target, call)
        return self.rewrite.code()

    def _take_first(
        self, bound: ast.Assign | ast.AnnAssign, target: ast.Name, call: ast.Call
    ) -> None:
        selected, name = self._selected(call), target.id
        uses = [n for n in ast.walk(self.function) if isinstance(n, ast.Name) and n.id == name]
        uses = [use for use in uses if use is not target]
        firsts = [use for use in uses if self._is_first(use)]
        tests = [use for use in uses if use not in firsts]
        if not selected or not firsts or not all(map(self._is_test, tests)):
            return
        if any(self._is_hidden(use) for use in uses):
            return
        is_sure = all(is_guarded(use, name, self.scope) for use in firsts)
        if not is_sure and (tests or not self._is_next(bound, firsts)):
            return
        asked = self._emptiness(call)
        if tests and not asked:
            return
        first = next(n for n in _numbered("first") if n not in self.taken)
        self.taken.add(first)
        default = ", default=None" if is_sure else ""
        self.rewrite.replace_statement(bound, f"{first} = {selected}{default})\n")
        for use in firsts:
            self.rewrite.replace(self._parent(use), first)
        for use in tests:
            self._replace_test(use, asked.format(first))

    def _parent(self, use: ast.AST) -> ast.expr:
        parent = self.scope.parents[use]
        assert isinstance(parent, ast.expr)
        return parent

    def _selected(self, call: ast.Call) -> str:
        """Return the call that finds the first, still open; empty where none does."""
        named = {keyword.arg: keyword.value for keyword in call.keywords}
        reverse = named.get("reverse", ast.Constant(value=False))
        if len(call.args) != 1 or isinstance(call.args[0], ast.Starred):
            return ""
        if not set(named) <= {"key", "reverse"} or not isinstance(reverse, ast.Constant):
            return ""
        builtin = "max" if reverse.value else "min"
        key = f", key={self.rewrite.text(named['key'])}" if "key" in named else ""
        items = self.rewrite.text(call.args[0])
        if isinstance(call.args[0], ast.GeneratorExp) and not items.startswith("("):
            items = f"({items})"
        is_meant = self.scope.is_builtin(builtin)
        return f"{builtin}({items}{key}" if is_meant else ""

    def _is_first(self, use: ast.Name) -> bool:
        match self.scope.parents[use]:
            case ast.Subscript(value=looked, slice=ast.Constant(value=int(place)), ctx=ast.Load()):
                return looked is use and place == 0 and place is not False
        return False

    def _is_test(self, use: ast.expr) -> bool:
        """Whether only the truth of it matters."""
        parent = self.scope.parents[use]
        match parent:
            case ast.If(test=test) | ast.IfExp(test=test):
                return test is use
            case ast.UnaryOp(op=ast.Not()):
                return True
            case ast.BoolOp():
                return self._is_test(parent)
        return False

    def _is_hidden(self, use: ast.Name) -> bool:
        """Whether it stands where it cannot be edited, or may run at another time."""
        kinds = ast.JoinedStr | ast.Lambda | FunctionNode | ast.GeneratorExp
        above = itertools.takewhile(
            lambda part: part is not self.function, self.scope.ancestors(use)
        )
        return any(isinstance(parent, kinds) for parent in above)

    def _is_next(self, bound: ast.stmt, firsts: list[ast.Name]) -> bool:
        """Whether the next statement surely takes the first."""
        if any(isinstance(node, ast.Try) for node in ast.walk(self.function)):
            return False  # another error is raised where there is none
        block = next(b for b in blocks(self.scope.parents[bound]) if bound in b)
        below = block[block.index(bound) + 1 :][:1]
        may_skip = ast.IfExp | ast.BoolOp | ast.comprehension | ast.Compare
        for use in firsts:
            above = list(self.scope.ancestors(use))
            if (
                below
                and below[0] in above
                and isinstance(below[0], ast.Assign | ast.AnnAssign | ast.Return)
            ):
                inside = above[: above.index(below[0])]
                return not any(isinstance(part, may_skip) for part in inside)
        return False

    def _emptiness(self, call: ast.Call) -> str:
        """Tell how to ask whether there was anything: what is sorted, else that first is not None;
        empty where neither is certain.
        """
        items = call.args[0]
        if isinstance(items, ast.Name) and self.scope.infer(items, call).name in SIZED:
            is_same = isinstance(self.scope.binding(items.id, call), ast.arg)
            n_bound = self.scope.bound(self.function)[items.id]
            if is_same and n_bound == 1 and self.scope.is_only_read(items.id, self.function):
                return items.id
        key = next((k.value for k in call.keywords if k.arg == "key"), None)
        is_something = key is not None and self._refuses_none(key, call)
        kind = self.scope.infer(items, call).element
        return "{} is not None" if is_something or kind not in {"", "NoneType"} else ""

    def _refuses_none(self, key: ast.expr, at: ast.AST) -> bool:
        """Whether a key cannot be made of None: it takes an attribute, or an item, of it."""
        match key:
            case ast.Lambda(args=ast.arguments(args=[ast.arg(arg=name)]), body=body):
                return _looks_into(body, name)
            case ast.Name(id=name):
                match self.scope.binding(name, at):
                    case ast.FunctionDef(args=ast.arguments(args=[asked]), body=stmts):
                        match without_docstring(stmts):
                            case [ast.Return(value=ast.expr() as value)]:
                                return _looks_into(value, asked.arg)
            case ast.Call(func=func):
                getters = {"operator.attrgetter", "operator.itemgetter"}
                return self.scope.called(func, at) in getters
        return False

    def _replace_test(self, use: ast.expr, asked: str) -> None:
        parent = self.scope.parents[use]
        if asked.endswith(" is not None") and isinstance(parent, ast.UnaryOp):
            self.rewrite.replace(parent, asked.replace(" is not ", " is "))
        else:
            self.rewrite.replace(use, asked)


def _numbered(name: str) -> Iterator[str]:
    return itertools.chain([name], (f"{name}_{n}" for n in itertools.count(2)))


def _looks_into(value: ast.expr, name: str) -> bool:
    """Whether evaluating it surely takes an attribute, or an item, of what a name holds."""
    parts = [value]
    while parts:
        match parts.pop():
            case ast.Attribute(value=ast.Name(id=looked), attr=attr) if looked == name:
                if not attr.startswith("__"):
                    return True
            case ast.Subscript(value=ast.Name(id=looked)) if looked == name:
                return True
            case ast.UnaryOp(operand=part) | ast.Attribute(value=part) | ast.Subscript(value=part):
                parts.append(part)
            case ast.BinOp(left=left, right=right):
                parts += [left, right]
            case ast.Tuple(elts=elts):
                parts += elts
            case ast.Call(args=args, func=func):
                parts += [*args, func]
    return False
