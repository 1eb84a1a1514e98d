"""Look up in a set in place of a list."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterable, Iterator

from workbench.patch.editing.each import first_edit
from workbench.patch.editing.rewrite import Rewrite
from workbench.python.scope import Scope
from workbench.python.syntax import (
    FunctionNode,
    LoopNode,
    bound_names,
)

_FEW = 3
"""A list of so many is asked as quickly as a set."""
_HASHABLE = frozenset({"str", "int", "bytes", "bool", "float"})
_LOOPS = (*LoopNode.__args__, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def replace_structure(
    source: str, qualname: str, others: Callable[[], Iterable[str]] = tuple
) -> str | None:
    """Replace quadratic membership tests of a function.

    Parameters
    ----------
    source : str
        Text of one file.
    qualname : str
        `name`, `Cls.method` or `outer.<locals>.inner`.
    others : callable
        Gives the texts of the other files: a constant that one of them names stays as it is.

    Returns
    -------
    str or None
        The text with nothing else altered; None when nothing qualifies.
    """
    return first_edit(source, qualname, _Structure, others)


class _Structure:
    def __init__(
        self, source: str, tree: ast.Module, function: FunctionNode,
        others: Callable[[], Iterable[str]],
    ) -> None:  # fmt: skip
        self.others = others
        self.scope = Scope(source, tree, function)
        self.rewrite = Rewrite(source)
        self.function, self.tree = function, tree
        self.names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}

    def code(self) -> str | None:
        self._constants()
        self._seen_lists()
        self._local_lists()
        return self.rewrite.code()

    def _tests(self) -> Iterator[tuple[ast.Compare, ast.Name]]:
        """Yield membership tests of a name."""
        for node in ast.walk(self.function):
            match node:
                case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[ast.Name() as name]):
                    yield node, name

    def _constants(self) -> None:
        """Make a constant of the module that is only asked for members a frozenset."""
        for name in sorted({name.id for _, name in self._tests()}):
            bound = self.scope.binding(name, self.function.body[0])
            if not isinstance(bound, ast.Assign) or bound not in self.tree.body:
                continue
            uses = [
                node for node in ast.walk(self.tree)
                if isinstance(node, ast.Name) and node.id == name and node is not bound.targets[0]
            ]  # fmt: skip
            is_asked = self._has_members(bound) and all(map(self._is_member_test, uses))
            if is_asked and not self._is_named_elsewhere(name):
                self.rewrite.replace(bound.value, f"frozenset({self.rewrite.text(bound.value)})")

    def _is_named_elsewhere(self, name: str) -> bool:
        texts = (text for text in self.others() if text != self.rewrite.source)
        return any(name in text for text in texts)

    def _has_members(self, bound: ast.Assign) -> bool:
        """Whether a constant is a list of more than a few members that can be hashed, or is made of
        the words of texts.
        """
        match bound.value:
            case ast.List(elts=elts) | ast.Tuple(elts=elts):
                kinds = {self.scope.infer(element, bound).name for element in elts}
                return len(elts) > _FEW and kinds <= _HASHABLE
            case ast.ListComp(elt=ast.Name(id=item), generators=[*_, last]):
                is_item = isinstance(last.target, ast.Name) and last.target.id == item
                return is_item and self._is_split(last.iter)
            case value:
                return self._is_split(value)

    def _is_split(self, value: ast.expr) -> bool:
        match value:
            case ast.Call(func=ast.Attribute(attr="split" | "splitlines")):
                return True
        return False

    def _is_member_test(self, use: ast.Name) -> bool:
        match self.scope.parents[use]:
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[asked]):
                return asked is use
        return False

    def _seen_lists(self) -> None:
        """Make a list that is only added to and asked for members a set."""
        for name in sorted({name.id for _, name in self._tests()}):
            bound = self._only_assignment(name)
            if bound is None or not isinstance(bound.value, ast.List) or bound.value.elts:
                continue
            uses = [use for use in ast.walk(self.function) if _is_load(use, name)]
            adds = [call for use in uses if (call := self._append(use))]
            others = [use for use in uses if isinstance(use, ast.Name) and not self._append(use)]
            if adds and all(map(self._is_member_test, others)):
                self.rewrite.replace(bound.value, "set()")
                for call in adds:
                    receiver = self.rewrite.text(call.func.value)  # type: ignore[attr-defined]
                    self.rewrite.replace(call.func, f"{receiver}.add")

    def _append(self, use: ast.AST) -> ast.Call | None:
        """Return the call that appends to a list at this place, made for its effect alone."""
        attribute = self.scope.parents[use]
        call = self.scope.parents.get(attribute)
        if not isinstance(attribute, ast.Attribute) or attribute.attr != "append":
            return None
        is_call = isinstance(call, ast.Call) and call.func is attribute
        if is_call and isinstance(self.scope.parents[call], ast.Expr):  # type: ignore[index]
            return call  # type: ignore[return-value]
        return None

    def _only_assignment(self, name: str) -> ast.Assign | ast.AnnAssign | None:
        """Return what binds a name of the function, where it is one plain assignment."""
        if bound_names(self.function)[name] != 1:
            return None
        for node in ast.walk(self.function):
            match node:
                case ast.Assign(targets=[ast.Name(id=bound)]) if bound == name:
                    return node
                case ast.AnnAssign(target=ast.Name(id=bound), value=ast.expr()) if bound == name:
                    return node
        return None

    def _local_lists(self) -> None:
        """Ask a set beside a list that no loop changes."""
        done: set[str] = set()
        for test, name in self._tests():
            loop = self._outermost_loop(test)
            bound = self._only_assignment(name.id)
            if loop is None or bound is None or name.id in done or self._has_edit(bound):
                continue
            if self._outermost_loop(bound) is not None or not self._is_list(bound.value):
                continue
            uses = [use for use in ast.walk(self.function) if _is_load(use, name.id)]
            if not all(self.scope.is_read(use) for use in uses if isinstance(use, ast.Name)):
                continue
            done.add(name.id)
            fresh = self._free(f"{name.id}_set")
            self.rewrite.insert_before(loop, f"{fresh} = set({name.id})\n")
            for other, asked in self._tests():
                if asked.id == name.id and self._outermost_loop(other) is loop:
                    self.rewrite.replace(asked, fresh)

    def _has_edit(self, bound: ast.Assign | ast.AnnAssign) -> bool:
        return bound.value is not None and self.rewrite.has(bound.value)

    def _is_list(self, value: ast.expr | None) -> bool:
        if value is None:
            return False
        if isinstance(value, ast.ListComp):
            return True
        return self.scope.infer(value, self.function.body[0]).name in {"list", "tuple"}

    def _outermost_loop(self, node: ast.AST) -> ast.stmt | None:
        """Return the statement before which something is done once; None outside of loops."""
        found: ast.AST | None = None
        for parent in itertools.takewhile(
            lambda p: p is not self.function, self.scope.ancestors(node)
        ):
            if isinstance(parent, _LOOPS):
                found = parent
        while found is not None and not isinstance(found, ast.stmt):
            found = self.scope.parents[found]
        return found

    def _free(self, wanted: str) -> str:
        numbered = (f"{wanted}_{n}" for n in itertools.count(2))
        name = next(n for n in itertools.chain([wanted], numbered) if n not in self.names)
        self.names.add(name)
        return name


def _is_load(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
