"""How a logger is asked whether it wants a line: those of the standard library, and one's own."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from workbench.python.scope import Scope
from workbench.python.syntax import FunctionNode, parse_all

FLAGS = ("is_debug", "is_debug_enabled", "debug_enabled", "isEnabledFor")
"""What loggers of one's own are asked by, the first that there is."""

_OF_PYTHON = "logging.Logger"
_MAKERS = frozenset({"logging.getLogger", _OF_PYTHON})


class Loggers:
    """Which logger an expression of a function is.

    Parameters
    ----------
    scope : Scope
        Of the function.
    others : callable
        Gives the texts of the other files, in which loggers are defined.
    """

    def __init__(self, scope: Scope, others: Callable[[], Iterable[str]]) -> None:
        self.scope, self._texts, self._others = scope, others, list[ast.Module]()

    def asked(self, logger: ast.expr, told: str, level: str, logging: str) -> str:
        """Return the question whether a logger wants lines of a level; empty where not known.

        Parameters
        ----------
        logger, told
            An expression, and its text.
        level, logging
            `DEBUG` or `INFO`, and what the module calls `logging`.
        """
        kind = self._kind(logger, self.scope)
        flag = "isEnabledFor()" if kind == _OF_PYTHON else self._flag(kind)
        if flag == "isEnabledFor()":
            return f"{told}.isEnabledFor({logging}.{level})"
        return f"{told}.{flag}" if flag and level == "DEBUG" else ""

    def _trees(self) -> list[ast.Module]:
        """Return the module, and those of the others that define something that logs."""
        if not self._others:
            words = ("def debug", "logging", "log")
            texts = [text for text in self._texts() if any(word in text for word in words)]
            self._others = [self.scope.tree, *parse_all(texts)]
        return self._others

    # Of which class it is

    def _kind(self, logger: ast.expr, scope: Scope) -> str:
        """Name the class of a logger; empty where that is not certain."""
        match logger:
            case ast.Name(id=name):
                origin = scope.binding(name, logger)
                match origin:
                    case ast.arg(annotation=annotation):
                        return self._annotated(annotation, scope)
                    case ast.ImportFrom(names=names):
                        real = next(a.name for a in names if (a.asname or a.name) == name)
                        return _only(
                            {self._global_kind(real, tree) for tree in self._binders(real)}
                        )
                    case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                        return self._made(value, scope)
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=attr):
                return self._attribute_kind(attr)
        return ""

    def _binders(self, name: str) -> list[ast.Module]:
        return [tree for tree in self._trees()[1:] if _bound_at_top(tree, name)]

    def _global_kind(self, name: str, tree: ast.Module) -> str:
        values = _bound_at_top(tree, name)
        return self._made(values[0], _scope_of(tree)) if len(values) == 1 else ""

    def _attribute_kind(self, attr: str) -> str:
        """Name the class of what every method puts into an attribute."""
        owner = self.scope.parents.get(self.scope.function)
        if not isinstance(owner, ast.ClassDef):
            return ""
        kinds: set[str] = set()
        for node in owner.body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if name == attr:
                    kinds.add(self._made(value, self.scope))
                case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation) if name == attr:
                    kinds.add(self._annotated(annotation, self.scope))
            if isinstance(node, FunctionNode):
                inside = Scope("", self.scope.tree, node)
                kinds |= {self._made(value, inside) for value in _put_into(node, attr)}
        return _only(kinds)

    def _made(self, value: ast.expr, scope: Scope) -> str:
        """Name the class of what an expression gives."""
        match value:
            case ast.Name():
                return self._kind(value, scope)
            case ast.Call(func=func):
                if scope.called(func, value) in _MAKERS:
                    return _OF_PYTHON
                name = func.attr if isinstance(func, ast.Attribute) else ast.unparse(func)
                if self._classes(name):
                    return name
                makers = [(tree, made) for tree in self._trees() for made in _functions(tree, name)]
                return _only({self._annotated(m.returns, _scope_of(t)) for t, m in makers})
        return ""

    def _annotated(self, annotation: ast.expr | None, scope: Scope) -> str:
        match annotation:
            case ast.Constant(value=str(text)) if text.isidentifier():
                return text if self._classes(text) else ""
            case ast.Name() | ast.Attribute():
                if scope.called(annotation, scope.function) == _OF_PYTHON:
                    return _OF_PYTHON
                name = annotation.id if isinstance(annotation, ast.Name) else annotation.attr
                return name if self._classes(name) else ""
        return ""

    # What the class has

    def _classes(self, name: str) -> list[ast.ClassDef]:
        return [
            node for tree in self._trees() for node in tree.body
            if isinstance(node, ast.ClassDef) and node.name == name
        ]  # fmt: skip

    def _flag(self, kind: str) -> str:
        """Return what asks a logger of one's own, with `()` where it is called; empty for none."""
        classes = self._classes(kind)
        if len(classes) != 1:
            return ""
        members = _Members({}, set())
        for made in self._bases(classes[0]):
            members.add(made)
        debug = members.methods.get("debug")
        if debug is None or any(map(_keeps_count, debug.body)):
            return ""
        return next((asked for flag in FLAGS if (asked := members.asked(flag))), "")

    def _bases(self, made: ast.ClassDef, depth: int = 4) -> Iterator[ast.ClassDef]:
        """Yield a class, and those that it inherits from."""
        yield made
        for base in made.bases:
            found = self._classes(base.id) if isinstance(base, ast.Name) and depth else []
            if len(found) == 1:
                yield from self._bases(found[0], depth - 1)


class _Members(NamedTuple):
    """What a class defines, and what it inherits."""

    methods: dict[str, FunctionNode]
    attributes: set[str]

    def add(self, made: ast.ClassDef) -> None:
        for node in made.body:
            if isinstance(node, FunctionNode):
                self.methods.setdefault(node.name, node)
                if node.name == "__init__":
                    self.attributes.update(flag for flag in FLAGS if _put_into(node, flag))

    def asked(self, flag: str) -> str:
        method = self.methods.get(flag)
        if method is None:
            return flag if flag in self.attributes else ""
        n_asked = len(method.args.args) - 1
        match method.decorator_list:
            case [ast.Name(id="property")]:
                return flag
            case [] if isinstance(method, ast.FunctionDef) and n_asked == (flag == "isEnabledFor"):
                return f"{flag}()"
        return ""


def _only(kinds: set[str]) -> str:
    return kinds.pop() if len(kinds) == 1 else ""


def _keeps_count(stmt: ast.stmt) -> bool:
    """Whether a statement remembers something, whether the line is wanted or not."""
    match stmt:
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            return True
        case ast.AugAssign(target=ast.Attribute() | ast.Subscript()):
            return True
    return False


def _put_into(method: FunctionNode, attr: str) -> list[ast.expr]:
    """Return what a method assigns to an attribute of its object."""
    found = []
    for node in ast.walk(method):
        match node:
            case (
                ast.Assign(
                    targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)], value=value
                )
                | ast.AnnAssign(
                    target=ast.Attribute(value=ast.Name(id="self"), attr=name),
                    value=ast.expr() as value,
                )
            ) if name == attr:
                found.append(value)
    return found


def _functions(tree: ast.Module, name: str) -> list[FunctionNode]:
    return [node for node in tree.body if isinstance(node, FunctionNode) and node.name == name]


def _bound_at_top(tree: ast.Module, name: str) -> list[ast.expr]:
    """Return what a module assigns to a name."""
    found = []
    for node in tree.body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=bound)], value=value)
                | ast.AnnAssign(target=ast.Name(id=bound), value=ast.expr() as value)
            ) if bound == name:
                found.append(value)
    return found


def _scope_of(tree: ast.Module) -> Scope:
    """Return what names mean at the end of a module."""
    nothing = ast.parse("def _(): pass").body[0]
    assert isinstance(nothing, ast.FunctionDef)
    return Scope("", tree, nothing)
