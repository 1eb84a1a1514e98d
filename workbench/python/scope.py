"""What names are bound to and what they hold, as far as that is certain.

What a name holds is known from a literal, a builtin call, an annotation; anything else is unknown.
"""

from __future__ import annotations

import ast
import builtins
import functools
import itertools
import operator
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from workbench.python.syntax import (
    FunctionNode,
    LoopNode,
    blocks,
    bound_names,
    module_bindings,
    split_lines,
)

SCALARS = frozenset({"str", "int", "float", "bool", "bytes"})

IMMUTABLE = SCALARS | {"NoneType", "tuple", "frozenset", "range", "Pattern"}

HASHED = frozenset({"set", "frozenset", "dict", "str", "bytes", "range"})

SIZED = HASHED | {"list", "tuple", "collection"}

RESULTS = {
    **{name: name for name in ("list", "tuple", "set", "frozenset", "dict")},
    **{name: name for name in ("str", "int", "float", "bool")},
    **{"sorted": "list", "len": "int", "range": "range", "re.compile": "Pattern"},
}
"""What a call gives, by the name of what is called."""

STRING_RESULTS = {
    **dict.fromkeys(("lower", "upper", "casefold", "strip", "join", "replace"), "str"),
    "split": "list",
}

ANNOTATIONS = {
    **{name: name for name in SCALARS | {"list", "tuple", "set", "frozenset", "dict"}},
    **{"List": "list", "Tuple": "tuple", "Set": "set", "FrozenSet": "frozenset", "Dict": "dict"},
    **dict.fromkeys(("Sequence", "Collection", "Mapping", "AbstractSet"), "collection"),
}

READERS = frozenset(
    {"all", "any", "bool", "dict", "enumerate", "frozenset", "isinstance", "len", "list", "max"}
    | {"min", "print", "repr", "reversed", "set", "sorted", "str", "sum", "tuple", "zip"}
)
"""Builtins that neither change nor keep the container they are given."""

INTROSPECTION = frozenset({"locals", "vars", "eval", "exec", "globals", "dir"})
READ_METHODS = frozenset(
    {"copy", "count", "difference", "endswith", "get", "index", "intersection", "isdisjoint"}
    | {"issubset", "issuperset", "items", "keys", "startswith", "union", "values"}
)


class Kind(NamedTuple):
    """What is known of a value: its builtin type, that of its elements, itself if constant."""

    name: str = ""
    element: str = ""
    value: object = None


class ModuleNames:
    """What all functions of one parsed file share: who stands in what, and its globals."""

    def __init__(self, source: str, tree: ast.Module) -> None:
        self.lines, self.tree = split_lines(source), tree
        self.bound = functools.cache(bound_names)
        self.parents = _parents_in(tree)
        self.globals = module_bindings(tree)


class Scope:
    """What the names of one function are bound to, and hold."""

    def __init__(
        self, source: str, tree: ast.Module, function: FunctionNode,
        module: ModuleNames | None = None,
    ) -> None:  # fmt: skip
        module = module or ModuleNames(source, tree)
        self.lines, self.tree, self.function = module.lines, tree, function
        self.bound, self.parents, self.globals = module.bound, module.parents, module.globals
        self.enclosing = Counter[str]()
        for ancestor in self.ancestors(function):
            if isinstance(ancestor, FunctionNode):
                self.enclosing += self.bound(ancestor)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield what a node stands in, the nearest first."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def is_within(self, node: ast.AST, ancestor: ast.AST) -> bool:
        """Whether a node stands somewhere in another."""
        return any(parent is ancestor for parent in self.ancestors(node))

    # What a name is bound to

    def binding(self, name: str, at: ast.AST) -> ast.AST | None:
        """Find what bound a name last before `at` runs; None where that is not certain."""
        if self.bound(self.function)[name]:
            return self._local_binding(name, at)
        if self.enclosing[name]:
            return None
        bound = self.globals.get(name, [])
        return bound[0] if len(bound) == 1 and bound[0] in self.tree.body else None

    def _local_binding(self, name: str, at: ast.AST) -> ast.AST | None:
        child = at
        while child is not self.function:
            parent = self.parents[child]
            block = next((block for block in blocks(parent) if child in block), [])
            earlier = itertools.takewhile(functools.partial(operator.is_not, child), block)
            for stmt in reversed(list(earlier)):
                if self.bound(stmt)[name]:
                    return stmt if _surely_binds(stmt, name) else None
            if parent is not self.function and self.bound(parent)[name]:
                return None  # on another branch, or on another round of an outer loop
            child = parent
        arguments = self.function.args
        plain = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        starred = [a for a in (arguments.vararg, arguments.kwarg) if a]
        return next((a for a in plain + starred if a.arg == name), None)

    def is_builtin(self, name: str) -> bool:
        """Whether a name means the builtin, here and in the module."""
        is_bound = self.bound(self.function)[name] or self.enclosing[name] or name in self.globals
        return not is_bound and hasattr(builtins, name)

    def called(self, func: ast.expr, at: ast.AST) -> str:
        """Name a builtin (`len`) or what is imported (`re.compile`, `datetime.datetime.now`).

        Empty for others.
        """
        match func:
            case ast.Name(id=name) if self.is_builtin(name):
                return name
            case ast.Name(id=name):
                return imported_as(self.binding(name, at), name)
            case ast.Attribute(value=ast.Name() | ast.Attribute() as value, attr=attr):
                root = isinstance(value, ast.Name) and self.is_builtin(value.id)
                real = "" if root else self.called(value, at)
                return f"{real}.{attr}" if real else ""
        return ""

    # What kind of value an expression gives

    def infer(self, expr: ast.expr, at: ast.AST) -> Kind:
        """Tell what kind of value an expression gives where `at` runs; empty where not certain."""
        match expr:
            case ast.Constant(value=value):
                return Kind(type(value).__name__, value=value)
            case ast.JoinedStr():
                return Kind("str")
            case ast.List(elts=elts) | ast.Set(elts=elts) | ast.Tuple(elts=elts):
                return Kind(type(expr).__name__.lower(), self._common_kind(elts, at))
            case ast.Dict(keys=keys):
                known = [key for key in keys if key]
                return Kind("dict", self._common_kind(known, at) if len(known) == len(keys) else "")
            case ast.ListComp() | ast.SetComp() | ast.DictComp():
                return Kind(type(expr).__name__.removesuffix("Comp").lower())
            case ast.BinOp(left=left, op=ast.Add() | ast.BitOr() as op, right=right):
                return _fold(self.infer(left, at).value, op, self.infer(right, at).value)
            case ast.Name(id=name):
                return self._infer_name(name, at)
            case ast.Attribute(attr=flag) if self.called(expr, at) == f"re.{flag}":
                value = getattr(re, flag, None)
                return Kind("int", value=value) if isinstance(value, re.RegexFlag) else Kind()
            case ast.Call():
                return self._infer_call(expr, at)
        return Kind()

    def _common_kind(self, elements: list[ast.expr], at: ast.AST) -> str:
        names = {self.infer(element, at).name for element in elements}
        return names.pop() if len(names) == 1 else ""

    def _infer_call(self, call: ast.Call, at: ast.AST) -> Kind:
        name = self.called(call.func, at)
        if name in RESULTS:
            has_one = len(call.args) == 1 and RESULTS[name] in SIZED - SCALARS - {"dict"}
            element = element_kind(self.infer(call.args[0], at)) if has_one else ""
            return Kind(RESULTS[name], element)
        match call.func:
            case ast.Attribute(value=receiver, attr=attr) if attr in STRING_RESULTS:
                if self.infer(receiver, at).name == "str":
                    return Kind(STRING_RESULTS[attr], "str")
        return Kind()

    def _infer_name(self, name: str, at: ast.AST) -> Kind:
        origin = self.binding(name, at)
        match origin:
            case ast.arg():
                return self._infer_argument(origin)
            case (
                ast.Assign(targets=[ast.Name()], value=value)
                | ast.AnnAssign(value=ast.expr() as value)
            ):
                in_module = self.parents[origin] is self.tree
                if in_module and at in self.tree.body[: self.tree.body.index(origin) + 1]:
                    return Kind()  # a module's statement sees only those above it
                kind = self.infer(value, origin)
                root = self.tree if in_module else self.function
                if kind.name in IMMUTABLE or self.is_only_read(name, root):
                    return kind
                return Kind(kind.name)  # it may have gained elements of other types
        return Kind()

    def _infer_argument(self, argument: ast.arg) -> Kind:
        arguments = self.function.args
        annotated = _from_annotation(argument.annotation)
        if argument is arguments.vararg:
            return Kind("tuple", annotated.name)
        if argument is arguments.kwarg:
            return Kind("dict", "str")
        plain = [*arguments.posonlyargs, *arguments.args]
        defaults = [*zip(reversed(plain), reversed(arguments.defaults), strict=False)]
        defaults += [
            (a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d
        ]
        default = next((d for a, d in defaults if a is argument), None)
        is_none = isinstance(default, ast.Constant) and default.value is None
        return Kind() if is_none else annotated

    # Who else can reach it

    def is_read(self, node: ast.expr) -> bool:
        """Whether this place only looks into a container: no change, no new name for it."""
        parent = self.parents[node]
        match parent:
            case ast.Compare() | ast.FormattedValue() | ast.Expr():
                return True
            case ast.For(iter=looked) | ast.comprehension(iter=looked, is_async=0):
                return looked is node
            case ast.Subscript(value=looked, ctx=ast.Load()):
                return looked is node
            case ast.If(test=looked) | ast.While(test=looked) | ast.IfExp(test=looked):
                return looked is node
            case ast.UnaryOp(op=ast.Not()) | ast.Starred(ctx=ast.Load()):
                return True
            case ast.Attribute(attr=attr) if attr in READ_METHODS:
                call = self.parents[parent]
                return isinstance(call, ast.Call) and call.func is parent
            case ast.Call(func=ast.Name(id=name), args=args) if node is not parent.func:
                may_return_it = name in {"max", "min", "sum"} and len(args) > 1
                return name in READERS and self.is_builtin(name) and not may_return_it
            case ast.Call(func=ast.Attribute(value=ast.Constant(), attr="join")):
                return True
        return False

    def _uses(self, name: str, root: ast.AST) -> Iterator[ast.Name]:
        for node in ast.walk(root):
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                yield node

    def is_only_read(self, name: str, root: ast.AST) -> bool:
        """Whether every use of a name under a node only looks into what it holds."""
        return all(self.is_read(use) for use in self._uses(name, root))

    def is_steady(self, name: str, loop: LoopNode) -> bool:
        """Whether a container that a name holds is the same, inside, on every round of a loop."""
        kind, origin = self._infer_name(name, loop), self.binding(name, loop)
        if kind.name in IMMUTABLE:
            return True
        if not kind.name or _suspends(loop):
            return False
        match origin:
            case ast.Assign(value=ast.Name()) | ast.AnnAssign(value=ast.Name()):
                return False  # a second name for what another holds
        if origin in self.tree.body:
            return self.is_only_read(name, self.tree)
        uses = list(self._uses(name, self.function))
        if not all(self._leaves_alone(use, loop, kind) for use in uses):
            return False
        is_shared = isinstance(origin, ast.arg) or not all(map(self._keeps_to_itself, uses))
        return not is_shared or not any(self._may_change_others(node) for node in ast.walk(loop))

    def _keeps_to_itself(self, use: ast.Name) -> bool:
        """Whether a place gives nobody else a hold of the container that a name holds."""
        parent = self.parents[use]
        call = self.parents.get(parent)
        is_method = isinstance(parent, ast.Attribute) and isinstance(call, ast.Call)
        is_called = is_method and isinstance(call, ast.Call) and call.func is parent
        return is_called or isinstance(parent, ast.Subscript) or self.is_read(use)

    def _may_change_others(self, node: ast.AST) -> bool:
        """Whether running a node may change a container that others hold too."""
        match node:
            case ast.Subscript(value=target, ctx=ast.Store() | ast.Del()):
                return not self._is_fresh(target)
            case ast.AugAssign(target=ast.Attribute()):
                return True
            case ast.AugAssign(target=ast.Name() as target):
                return not (self._is_fresh(target) or self._is_scalar(target.id))
            case ast.Call(func=ast.Name(id=name)):
                return not self.is_builtin(name) or name in INTROSPECTION
            case ast.Call(func=ast.Attribute(value=receiver, attr=attr)):
                is_harmless = attr in READ_METHODS | set(STRING_RESULTS)
                is_known = self.called(node.func, node) in RESULTS
                return not (is_harmless or is_known or self._is_fresh(receiver))
            case ast.Call() | ast.Await():
                return True
        return False

    def _is_scalar(self, name: str) -> bool:
        """Whether a name begins as a constant and is only added to: no container is changed."""
        n_bound = 0
        for node in ast.walk(self.function):
            match node:
                case ast.Assign(targets=[ast.Name(id=bound)], value=ast.Constant()):
                    n_bound += bound == name
                case ast.AugAssign(target=ast.Name(id=bound)):
                    n_bound += bound == name
        return n_bound == self.bound(self.function)[name]

    def _is_fresh(self, expr: ast.expr) -> bool:
        """Whether it is a name for a container that this function made."""
        if not isinstance(expr, ast.Name):
            return isinstance(expr, ast.Constant)
        match self.binding(expr.id, expr):
            case ast.Assign(targets=[ast.Name()], value=value) | ast.AnnAssign(value=value):
                displays = ast.List | ast.Set | ast.Dict | ast.ListComp | ast.SetComp | ast.DictComp
                return isinstance(value, displays)
        return False

    def _leaves_alone(self, use: ast.Name, loop: LoopNode, kind: Kind) -> bool:
        parent = self.parents[use]
        runs_in_loop = self.is_within(use, loop) or any(
            isinstance(parent, FunctionNode | ast.Lambda)
            for parent in itertools.takewhile(lambda p: p is not self.function, self.ancestors(use))
        )
        if runs_in_loop:
            may_insert = isinstance(parent, ast.Subscript) and kind.name in {"dict", "collection"}
            return self.is_read(use) and not may_insert  # a defaultdict grows when it is read
        is_receiver = isinstance(parent, ast.Attribute | ast.Subscript | ast.Call | ast.Return)
        return is_receiver or self.is_read(use)


def _parents_in(tree: ast.Module) -> dict[ast.AST, ast.AST]:
    """Return what each node stands in."""
    parents: dict[ast.AST, ast.AST] = {}
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        for child in ast.iter_child_nodes(node):
            parents[child] = node
            pending.append(child)
    return parents


def imported_as(origin: ast.AST | None, name: str) -> str:
    """Name in full what an import binds a name to; empty for what is no import of a module's."""
    match origin:
        case ast.ImportFrom(module=str(module), level=0, names=aliases):
            return next((f"{module}.{a.name}" for a in aliases if (a.asname or a.name) == name), "")
        case ast.Import(names=aliases):
            for alias in aliases:
                if alias.asname == name or (not alias.asname and alias.name == name):
                    return alias.name
                if not alias.asname and alias.name.partition(".")[0] == name:
                    return name
    return ""


def _surely_binds(stmt: ast.stmt, name: str) -> bool:
    match stmt:
        case ast.Assign(targets=targets):
            return any(name in bound_names(target) for target in targets)
        case ast.AnnAssign(target=target, value=ast.expr()):
            return name in bound_names(target)
    return isinstance(stmt, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef)


def _suspends(loop: LoopNode) -> bool:
    """Whether other code runs in the middle of it."""
    kinds = ast.Yield | ast.YieldFrom | ast.Await | ast.AsyncFor | ast.AsyncWith
    return any(isinstance(node, kinds) for node in ast.walk(loop))


def element_kind(kind: Kind) -> str:
    """Name the type of what iterating over a value gives; empty where not known."""
    return {"str": "str", "bytes": "int", "range": "int"}.get(kind.name, kind.element)


def _fold(left: object, op: ast.operator, right: object) -> Kind:
    match left, op, right:
        case str(), ast.Add(), str():
            return Kind("str", value=left + right)
        case int(), ast.BitOr(), int():
            return Kind("int", value=left | right)
    return Kind()


def _from_annotation(annotation: ast.expr | None) -> Kind:
    match annotation:
        case ast.Constant(value=str(text)):
            try:
                return _from_annotation(ast.parse(text, mode="eval").body)
            except SyntaxError:
                return Kind()
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return Kind(ANNOTATIONS.get(name, ""))
        case ast.Subscript(value=value, slice=inner):
            name = _from_annotation(value).name
            if isinstance(inner, ast.Tuple) and inner.elts:
                is_uniform = name != "tuple" or isinstance(inner.elts[-1], ast.Constant)
                inner = inner.elts[0] if is_uniform else inner
            return Kind(name, _from_annotation(inner).name)
    return Kind()
