"""The code of a function as rules read it, walked once."""

from __future__ import annotations

import ast
import builtins
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from workbench.python.scope import Scope
from workbench.python.syntax import FunctionNode, LoopNode

if TYPE_CHECKING:
    from workbench.opportunity.codebase import ModuleCode


class Facts(NamedTuple):
    """What is known of running a function."""

    effect: str
    """What it may do besides giving an answer, or what is not known of it; empty for nothing."""
    state: str
    """What its answer depends on besides its arguments and constants; empty for nothing."""
    io: str
    """Call that reads from a disk or a network; empty for none."""


Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Loop = LoopNode | Comprehension | ast.Lambda
"""A lambda is one where it is called for each item, as the key of a sort is."""
_PER_ITEM = frozenset({"sorted", "min", "max", "map", "filter", "sort", "nsmallest", "nlargest"})
_LONGEST = 60


class FunctionCode:
    """One function: its nodes by type, and the loops that each stands in.

    Functions and classes that are defined in it are not looked into; lambdas are.
    """

    def __init__(
        self, module: ModuleCode, node: FunctionNode, qualname: str, owner: ast.ClassDef | None
    ) -> None:
        self.module, self.node, self.qualname, self.owner = module, node, qualname, owner
        self._called: dict[ast.Call, str] = {}
        self._callees: dict[ast.Call, FunctionCode | None] = {}
        self.changed: dict[Loop, set[str]] = {}
        """Loop -> what it changes, as far as that was asked (`loops.changed_in`)."""
        self.facts: Facts | None = None
        """What running it does, as far as that was asked (`purity.facts_of`)."""
        self._is_nested = "<locals>" in qualname

    @cached_property
    def _walked(self) -> tuple[dict[type[ast.AST], list[ast.AST]], dict[ast.AST, tuple[Loop, ...]]]:
        by_type: dict[type[ast.AST], list[ast.AST]] = defaultdict(list)
        around: dict[ast.AST, tuple[Loop, ...]] = {}
        pending: list[tuple[ast.AST, tuple[Loop, ...]]] = [(s, ()) for s in self.node.body[::-1]]
        while pending:
            node, loops = pending.pop()
            by_type[type(node)].append(node)
            around[node] = loops
            if isinstance(node, ast.Lambda) and self._is_per_item(node):
                loops = (*loops, node)
            if not isinstance(node, FunctionNode | ast.ClassDef):
                pending += list(_parts(node, loops))[::-1]
        return by_type, around

    def _is_per_item(self, node: ast.Lambda) -> bool:
        """Whether a lambda is handed to what calls it for each item."""
        parent = self.parents[node]
        call = self.parents[parent] if isinstance(parent, ast.keyword) else parent
        return isinstance(call, ast.Call) and last_name(call.func) in _PER_ITEM

    def of(self, *kinds: type[ast.AST]) -> list[ast.AST]:
        """Return the nodes of some types, in the order of the text."""
        return [node for kind in kinds for node in self._walked[0].get(kind, ())]

    @property
    def calls(self) -> list[ast.Call]:
        """Return the calls, in the order of the text."""
        return self._walked[0].get(ast.Call, [])  # type: ignore[return-value]

    @property
    def nodes(self) -> Iterator[ast.AST]:
        """Yield every node."""
        yield from self._walked[1]

    def loops(self, node: ast.AST) -> tuple[Loop, ...]:
        """Return the loops that a node stands in, the outermost first."""
        return self._walked[1].get(node, ())

    @cached_property
    def scope(self) -> Scope:
        """What its names are bound to."""
        module = self.module
        return Scope(module.source, module.tree, self.node, module.names)

    @property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """What each node of the file stands in."""
        return self.module.names.parents

    def text(self, node: ast.AST) -> str:
        """Return a node as it may be quoted."""
        told = " ".join(ast.unparse(node).split())
        return told if len(told) <= _LONGEST else f"{told[: _LONGEST - 1]}…"

    # Names

    @cached_property
    def parameters(self) -> list[str]:
        """Names of its parameters, `self` and `cls` left out."""
        arguments = self.node.args
        named = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        is_method = self.owner is not None and named[:1] in (["self"], ["cls"])
        return named[1:] if is_method else named

    @cached_property
    def bound(self) -> dict[str, list[ast.AST]]:
        """Name -> the nodes of the function, parameters included, that bind it."""
        found: dict[str, list[ast.AST]] = defaultdict(list)
        arguments = self.node.args
        starred = [a for a in (arguments.vararg, arguments.kwarg) if a]
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *starred):
            found[argument.arg].append(argument)
        for node in self.nodes:
            match node:
                case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                    found[name].append(node)
                case ast.alias(name=name, asname=asname):
                    found[asname or name.partition(".")[0]].append(node)
                case ast.ExceptHandler(name=str(name)):
                    found[name].append(node)
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    found[name].append(node)
                case ast.ClassDef(name=name) | ast.MatchAs(name=str(name)):
                    found[name].append(node)
                case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                    found[name].append(node)
                case ast.Global(names=names) | ast.Nonlocal(names=names):
                    for name in names:
                        found[name].append(node)
        return found

    @cached_property
    def loads(self) -> dict[str, list[ast.Name]]:
        """Name -> where the function, or one defined in it, reads it."""
        found: dict[str, list[ast.Name]] = defaultdict(list)
        for stmt in self.node.body:
            for node in ast.walk(stmt):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                    found[node.id].append(node)
        return found

    def called(self, call: ast.Call) -> str:
        """Name in full the builtin or imported function that is called; empty for others."""
        if call not in self._called:
            self._called[call] = self._name(call)
        return self._called[call]

    def _name(self, call: ast.Call) -> str:
        func: ast.expr = call.func
        attributes = ""
        while isinstance(func, ast.Attribute):
            attributes = f".{func.attr}{attributes}"
            func = func.value
        if not isinstance(func, ast.Name):
            return ""
        if func.id in self.bound:
            is_import = any(isinstance(node, ast.alias) for node in self.bound[func.id])
            return self.scope.called(call.func, call) if is_import else ""
        if self._is_nested and self.scope.enclosing[func.id]:
            return ""
        if func.id in self.module.names.globals:
            imported = self.module.imports.get(func.id)
            return f"{imported}{attributes}" if imported else ""
        return func.id if not attributes and hasattr(builtins, func.id) else ""

    def only_value(self, name: str) -> ast.expr | None:
        """Return what a name of the function is bound to, where that is one plain assignment."""
        if len(self.bound.get(name, ())) != 1:
            return None
        match self.parents.get(self.bound[name][0]):
            case ast.Assign(targets=[ast.Name()], value=value):
                return value
            case ast.AnnAssign(value=ast.expr() as value):
                return value
        return None

    def callee(self, call: ast.Call) -> FunctionCode | None:
        """Return the function of the repository that a call runs; None where that is not known.

        A method of a value whose class is not told is the only one of its name, if there is one.
        """
        if call not in self._callees:
            self._callees[call] = self._callee(call)
        return self._callees[call]

    def _callee(self, call: ast.Call) -> FunctionCode | None:
        match call.func:
            case ast.Name(id=name) if name not in self.bound:
                if found := self.module.functions.get(name):
                    return found
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=attr) if self.owner:
                prefix = self.qualname.rpartition(".")[0]
                return self.module.functions.get(f"{prefix}.{attr}")
        dotted = self.called(call)
        if "." in dotted:
            place = self.module.codebase.imported(dotted, self.module.path)
            return place[0].functions.get(place[1]) if place else None
        if isinstance(call.func, ast.Attribute) and not dotted:
            known = self.module.codebase.method_of(self, call.func)
            return known or self.module.codebase.index.methods.get(call.func.attr)
        return None

    def made_class(self, call: ast.Call) -> tuple[ModuleCode, str] | None:
        """Return the class of the repository of which a call makes an object, and its file."""
        match call.func:
            case ast.Name(id=name) if name not in self.bound and name in self.module.classes:
                return self.module, name
        dotted = self.called(call)
        found = self.module.codebase.imported(dotted, self.module.path) if "." in dotted else None
        return found if found and found[1] in found[0].classes else None

    # Where a node stands

    def statement(self, node: ast.AST) -> ast.stmt:
        """Return the statement that a node is part of."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield what a node stands in within the function, the nearest first."""
        while node is not self.node and node in self.parents:
            node = self.parents[node]
            if node is not self.node:
                yield node

    def is_rare(self, node: ast.AST) -> bool:
        """Whether a node runs only on the way to an error, or while types are checked."""
        child = node
        for parent in (*self.ancestors(node), self.node):
            match parent:
                case ast.ExceptHandler() | ast.Raise() | ast.Assert():
                    return True
                case ast.If(test=test, body=body) if child in body:
                    is_typing = "TYPE_CHECKING" in ast.dump(test)
                    if is_typing or isinstance(body[-1], ast.Raise):
                        return True
                case ast.If(orelse=orelse) if child in orelse and isinstance(orelse[-1], ast.Raise):
                    return True
            child = parent
        return False


def _parts(node: ast.AST, loops: tuple[Loop, ...]) -> Iterator[tuple[ast.AST, tuple[Loop, ...]]]:
    """Yield what a node is made of, each with the loops around it."""
    match node:
        case ast.For() | ast.AsyncFor():
            yield node.target, (*loops, node)
            yield node.iter, loops
            yield from ((stmt, (*loops, node)) for stmt in node.body)
            yield from ((stmt, loops) for stmt in node.orelse)
        case ast.While():
            yield node.test, (*loops, node)
            yield from ((stmt, (*loops, node)) for stmt in node.body)
            yield from ((stmt, loops) for stmt in node.orelse)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            inside = (*loops, node)
            for number, generator in enumerate(node.generators):
                yield generator.iter, inside if number else loops
                yield generator.target, inside
                yield from ((test, inside) for test in generator.ifs)
            elements = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
            yield from ((element, inside) for element in elements)
        case _:
            yield from ((child, loops) for child in ast.iter_child_nodes(node))


def names_in(node: ast.AST) -> set[str]:
    """Return the names that are read under a node."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def targets_of(loop: Loop) -> set[str]:
    """Return the names that a loop's head binds."""
    heads: list[ast.AST] = []
    match loop:
        case ast.While():
            pass
        case ast.For() | ast.AsyncFor():
            heads = [loop.target]
        case ast.Lambda():
            return {node.arg for node in ast.walk(loop.args) if isinstance(node, ast.arg)}
        case _:
            heads = [generator.target for generator in loop.generators]
    return {n.id for head in heads for n in ast.walk(head) if isinstance(n, ast.Name)}


def last_name(expr: ast.expr) -> str:
    """Return the name that is called last: `c` of `a.b.c`."""
    match expr:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""
