"""Share one frozen object, in place of one made at each call that is always alike."""

from __future__ import annotations

import ast

from workbench.patch.editing.rewrite import Rewrite
from workbench.patch.mitigations.constants import (
    constant_name,
    free_name,
    may_be_caught,
    taken_names,
)
from workbench.python.constants import Texts
from workbench.python.fixed import Fixed
from workbench.python.frozen import is_frozen
from workbench.python.scope import Scope
from workbench.python.syntax import FunctionNode, find_functions, parse_source


def share_objects(source: str, qualname: str, others: Texts = tuple) -> str | None:
    """Make frozen objects of constants once, where a function makes them at each call.

    Their class is a frozen dataclass of the same module, of fields that nobody can change; the
    function tells no objects apart by `is`.

    Parameters
    ----------
    source : str
        Text of one file.
    qualname : str
        `name`, `Cls.method` or `outer.<locals>.inner`.
    others : callable
        Gives the texts of the other files.

    Returns
    -------
    str or None
        The text with nothing else altered; None when nothing qualifies.
    """
    tree = parse_source(source)
    found = find_functions(tree, qualname)
    if len(found) != 1 or any(map(_tells_apart, ast.walk(tree))):
        return None
    return _Sharing(source, tree, found[0], others).code()


class _Sharing:
    def __init__(
        self, source: str, tree: ast.Module, function: FunctionNode, others: Texts
    ) -> None:
        self.others = others
        self.scope, self.rewrite = Scope(source, tree, function), Rewrite(source)
        self.tree, self.function = tree, function
        self.top = next(stmt for stmt in tree.body if function in ast.walk(stmt))
        self.taken = taken_names(tree)
        self.names: dict[str, str] = {}

    def code(self) -> str | None:
        for call in [node for stmt in self.function.body for node in ast.walk(stmt)]:
            if isinstance(call, ast.Call) and (made := self._class_of(call)):
                self._share(call, made)
        return self.rewrite.code()

    def _class_of(self, call: ast.Call) -> ast.ClassDef | None:
        """Return the frozen class of the module that is called here."""
        match call.func:
            case ast.Name(id=name):
                made = self.scope.binding(name, call)
                is_ours = isinstance(made, ast.ClassDef) and made in self.tree.body
                if is_ours and isinstance(made, ast.ClassDef) and is_frozen(self.scope, made):
                    return made
        return None

    def _share(self, call: ast.Call, made: ast.ClassDef) -> None:
        place = self._place(made)
        if place is None or may_be_caught(self.scope, call):
            return
        fixed = Fixed(self.scope, place, self.others)
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        is_named = all(keyword.arg for keyword in call.keywords)
        if is_named and all(fixed.gives_immutable(part, {}) for part in given):
            self.rewrite.replace(call, self._name(self.rewrite.text(call), made.name, place))

    def _place(self, made: ast.ClassDef) -> int | None:
        """Return before which statement one is made: the function, or what follows the class."""
        body = self.tree.body
        after = body.index(made) + 1
        place = max(after, body.index(self.top))
        return place if place < len(body) else None

    def _name(self, text: str, kind: str, place: int) -> str:
        if text not in self.names:
            self.names[text] = free_name(constant_name(self.function.name, kind), self.taken)
            self.rewrite.insert_before(self.tree.body[place], f"{self.names[text]} = {text}\n")
        return self.names[text]


def _tells_apart(node: ast.AST) -> bool:
    """Whether a place asks whether two values, neither of them None, are the same object."""
    match node:
        case ast.Compare(left=left, ops=ops, comparators=others):
            asks = any(isinstance(op, ast.Is | ast.IsNot) for op in ops)
            return asks and not any(map(_is_singleton, [left, *others]))
        case ast.Call(func=ast.Name(id="id")):
            return True
    return False


def _is_singleton(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool))
