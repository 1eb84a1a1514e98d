"""Move loop-invariant work before its loop: a fix forward that needs no model.

Judged on `ast`, edited with libcst. Only *total* expressions move: they cannot raise, so neither
a loop without iterations nor a branch never taken can tell the difference. What a name holds is
known from a literal, a builtin call, an annotation; anything else is unknown and stays.
"""

from __future__ import annotations

import ast
import builtins
import functools
import itertools
import keyword
import operator
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from workbench.errors import PatchError

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
LoopNode = ast.For | ast.AsyncFor | ast.While
Span = tuple[int, int, int, int]
"""First line and column, last line and column (exclusive), in characters."""

SCALARS = frozenset({"str", "int", "float", "bool", "bytes"})
ORDERED = frozenset({"str", "int", "float", "bytes"})
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
READ_METHODS = frozenset(
    {"copy", "count", "difference", "endswith", "get", "index", "intersection", "isdisjoint"}
    | {"issubset", "issuperset", "items", "keys", "startswith", "union", "values"}
)
INTROSPECTION = frozenset({"locals", "vars", "eval", "exec", "globals", "dir"})
SET_ASIDE = (
    *(ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
    *(ast.Return, ast.Raise, ast.Assert, ast.ExceptHandler),
    *(ast.JoinedStr, ast.pattern),
)
"""What runs elsewhere, runs once, or hides its positions (f-strings)."""


class Kind(NamedTuple):
    """What is known of a value: its builtin type, that of its elements, itself if constant."""

    name: str = ""
    element: str = ""
    value: object = None


class Move(NamedTuple):
    """What to evaluate before a loop: equal expressions under one new name, or an assignment."""

    loop: LoopNode
    parts: tuple[ast.expr, ...] | tuple[ast.Assign]
    name: str = ""
    """Empty for an assignment, which keeps its own."""


def hoist_invariant(source: str, qualname: str) -> str | None:
    """Move what each iteration of the function's loops computes anew, and alike, before the loop.

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
    edited = _hoist_once(source, qualname)
    result = None
    while edited is not None:  # one move can make another possible; each leaves fewer in loops
        result, edited = edited, _hoist_once(edited, qualname)
    return result


def parse_source(source: str, what: str = "source") -> ast.Module:
    """Parse one file, or say on which line it stops being Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of someone else's code
            return ast.parse(source)
    except SyntaxError as error:
        raise PatchError(f"{what}, line {error.lineno}: {error.msg}, expected Python") from error
    except (ValueError, RecursionError) as error:  # null bytes; expressions nested too deeply
        raise PatchError(f"{what}, line unknown: {error}, expected Python") from error


def parse_concrete(source: str, what: str = "source") -> cst.Module:
    """Parse one file keeping every blank and comment."""
    try:
        return cst.parse_module(source)
    except cst.ParserSyntaxError as error:
        text = f"{what}, line {error.raw_line}: {error.message}, expected Python"
        raise PatchError(text) from error


def split_lines(source: str) -> list[str]:
    """Split where Python ends a line; `str.splitlines` splits in more places."""
    return re.split(r"\r\n|\r|\n", source)


def find_functions(tree: ast.Module, qualname: str) -> list[FunctionNode]:
    """Find the definitions of one qualified name, in order; several when it is redefined."""

    def search(body: list[ast.stmt], prefix: str) -> Iterator[FunctionNode]:
        for node in body:
            match node:
                case ast.ClassDef():
                    yield from search(node.body, f"{prefix}{node.name}.")
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    if prefix + node.name == qualname:
                        yield node
                    yield from search(node.body, f"{prefix}{node.name}.<locals>.")
                case _:
                    for block in blocks(node):
                        yield from search(block, prefix)

    return list(search(tree.body, ""))


def blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yield the statement lists directly under a compound statement, handlers' and cases' too."""
    for _, value in ast.iter_fields(node):
        match value:
            case [ast.stmt(), *_]:
                yield value
            case [ast.ExceptHandler() | ast.match_case(), *_]:
                yield from (part.body for part in value)


def bound_names(node: ast.AST) -> Counter[str]:
    """Count every binding under a node, of nested scopes too; `global` and `nonlocal` count."""
    return Counter(name for child in ast.walk(node) for name in _bindings(child))


def _bindings(node: ast.AST) -> list[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
            return [name]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.alias(name=name, asname=asname):
            return [asname or name.split(".")[0]]
        case ast.ExceptHandler(name=str(name)) | ast.MatchMapping(rest=str(name)):
            return [name]
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return [name]
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            return names
    return []


def module_bindings(tree: ast.Module) -> dict[str, list[ast.stmt]]:
    """Map each global to the statements that bind it, `global` declarations among them."""
    found: dict[str, list[ast.stmt]] = {}
    for stmt in tree.body:
        is_scope = isinstance(stmt, FunctionNode | ast.ClassDef)
        names = [stmt.name] if isinstance(stmt, FunctionNode | ast.ClassDef) else bound_names(stmt)
        for name in names:
            repeats = 1 if is_scope else bound_names(stmt)[name]
            found.setdefault(name, []).extend([stmt] * repeats)
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            for name in node.names:
                found.setdefault(name, []).append(node)
    return found


class _Scope:
    """What one function's names are, and what of it may be moved."""

    def __init__(self, source: str, tree: ast.Module, function: FunctionNode) -> None:
        self.lines, self.tree, self.function = split_lines(source), tree, function
        self.bound = functools.cache(bound_names)
        self.parents = {c: node for node in ast.walk(tree) for c in ast.iter_child_nodes(node)}
        self.globals = module_bindings(tree)
        self.enclosing = Counter[str]()
        for ancestor in self.ancestors(function):
            if isinstance(ancestor, FunctionNode):
                self.enclosing += self.bound(ancestor)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        while node in self.parents:
            node = self.parents[node]
            yield node

    def is_within(self, node: ast.AST, ancestor: ast.AST) -> bool:
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
        is_bound = self.bound(self.function)[name] or self.enclosing[name] or name in self.globals
        return not is_bound and hasattr(builtins, name)

    def called(self, func: ast.expr, at: ast.AST) -> str:
        """Name a builtin (`len`) or an imported function (`re.compile`); empty for others."""
        match func:
            case ast.Name(id=name) if self.is_builtin(name):
                return name
            case ast.Name(id=name):
                origin = self.binding(name, at)
                if isinstance(origin, ast.ImportFrom) and not origin.level:
                    real = next(a.name for a in origin.names if (a.asname or a.name) == name)
                    return f"{origin.module}.{real}"
            case ast.Attribute(value=ast.Name(id=name), attr=attr):
                origin = self.binding(name, at)
                if isinstance(origin, ast.Import):
                    real = next((a.name for a in origin.names if (a.asname or a.name) == name), "")
                    return f"{real}.{attr}" if real else ""
        return ""

    # What kind of value an expression gives

    def infer(self, expr: ast.expr, at: ast.AST) -> Kind:
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
            element = _element(self.infer(call.args[0], at)) if has_one else ""
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
                if kind.name in IMMUTABLE or self._is_only_read(name, root):
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

    def _is_only_read(self, name: str, root: ast.AST) -> bool:
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
            return self._is_only_read(name, self.tree)
        return all(self._leaves_alone(use, loop, kind) for use in self._uses(name, self.function))

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

    # What may move

    def is_total(self, expr: ast.expr, loop: LoopNode) -> bool:
        """Whether it can be evaluated before the loop: always alike, never raising, no effect."""
        match expr:
            case ast.Constant():
                return True
            case ast.Name(id=name):
                is_set = self.is_builtin(name) or self.binding(name, loop) is not None
                return is_set and not self.bound(loop)[name]
            case ast.List(elts=elts) | ast.Tuple(elts=elts):
                return all(self._is_part(e, loop) for e in elts)
            case ast.Set(elts=elts):
                return all(self._is_part(e, loop) and self._is_hashable(e, loop) for e in elts)
            case ast.Dict(keys=keys, values=values):
                return all(
                    key and self._is_hashable(key, loop) and self._is_part(key, loop)
                    for key in keys
                ) and all(self._is_part(value, loop) for value in values)
            case ast.Call():
                return self._is_total_call(expr, loop)
        return self.infer(expr, loop).value is not None and all(
            not self.bound(loop)[name.id] for name in ast.walk(expr) if isinstance(name, ast.Name)
        )

    def _is_part(self, expr: ast.expr, loop: LoopNode) -> bool:
        """Whether it may stand in a container: a new list in one would be shared by all rounds."""
        is_new = not isinstance(expr, ast.Name) and self.infer(expr, loop).name not in IMMUTABLE
        return not is_new and self.is_total(expr, loop)

    def _is_hashable(self, expr: ast.expr, loop: LoopNode) -> bool:
        kind = self.infer(expr, loop)
        return kind.name in SCALARS | {"NoneType", "frozenset", "range", "Pattern"}

    def _is_total_call(self, call: ast.Call, loop: LoopNode) -> bool:
        name = self.called(call.func, loop)
        parts = [*call.args, *(k.value for k in call.keywords)]
        if not all(self.is_total(part, loop) for part in parts):
            return False
        if any(self.bound(loop)[n.id] for n in ast.walk(call.func) if isinstance(n, ast.Name)):
            return False
        kinds = [self.infer(part, loop) for part in parts]
        if name == "re.compile":
            return _compiles(call, kinds)
        contents = [part.id for part in parts if isinstance(part, ast.Name)]
        if call.keywords or not all(self.is_steady(content, loop) for content in contents):
            return False
        if name:
            return len(kinds) == 1 and _is_total_builtin(name, kinds[0])
        return self._is_total_method(call, kinds, loop)

    def _is_total_method(self, call: ast.Call, kinds: list[Kind], loop: LoopNode) -> bool:
        match call.func:
            case ast.Attribute(value=ast.Name() | ast.Constant() as receiver, attr=attr):
                if self.infer(receiver, loop).name == "str" and self.is_total(receiver, loop):
                    if attr == "join":
                        return len(kinds) == 1 and _element(kinds[0]) == "str"
                    return attr in STRING_RESULTS and not kinds
        return False

    def _is_immutable(self, expr: ast.expr, at: ast.AST) -> bool:
        return self.infer(expr, at).name in IMMUTABLE

    def may_move(self, node: ast.expr | ast.Assign, loop: LoopNode) -> bool:
        """Whether moving it is worth while, and safe in its place."""
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as value):
                is_bound_once = self.bound(self.function)[name] == 1 and self._is_alone(node)
                is_shareable = self._is_immutable(value, loop) or self._is_only_read(
                    name, self.function
                )
                return is_bound_once and is_shareable and self.is_total(value, loop)
            case ast.List(elts=elts) | ast.Set(elts=elts):
                is_folded = all(isinstance(e, ast.Constant) for e in elts)  # by the compiler
                return not is_folded and self._is_member_test(node) and self.is_total(node, loop)
            case ast.Dict():
                is_looked_up = self.is_read(node) and bool(node.keys)
                return is_looked_up and self.is_total(node, loop)
            case ast.Call():
                is_shareable = self._is_immutable(node, loop) or self.is_read(node)
                return is_shareable and self.is_total(node, loop)
        return False

    def _is_member_test(self, node: ast.expr) -> bool:
        match self.parents[node]:
            case ast.Compare(ops=ops, comparators=comparators):
                tests = zip(ops, comparators, strict=True)
                return any(c is node and isinstance(op, ast.In | ast.NotIn) for op, c in tests)
        return False

    def _is_alone(self, stmt: ast.stmt) -> bool:
        """Whether its lines hold nothing else."""
        line, end = self.lines[stmt.lineno - 1], self.lines[(stmt.end_lineno or 0) - 1]
        rest = end.encode()[stmt.end_col_offset or 0 :].decode().strip()
        return not line[: stmt.col_offset].strip() and (not rest or rest.startswith("#"))

    def repeated(self, loop: LoopNode) -> Iterator[ast.expr | ast.Assign]:
        """Yield the largest parts that may run again in each iteration and that may move."""
        pending: list[ast.AST] = [*reversed(loop.body)]
        if isinstance(loop, ast.While):
            pending.append(loop.test)
        while pending:
            node = pending.pop()
            if isinstance(node, ast.expr | ast.Assign) and self.may_move(node, loop):
                yield node
            elif self._is_evaluated_here(node):
                pending.extend(reversed(list(_repeating_children(node))))

    def _is_evaluated_here(self, node: ast.AST) -> bool:
        """Whether it runs when it is reached, and more than once; f-strings hide positions."""
        if isinstance(node, ast.GeneratorExp):
            return self.is_read(node)
        return not isinstance(node, SET_ASIDE)

    def moves(self) -> list[Move]:
        """List what to move, each before the outermost loop that does not change it."""
        names = {node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name)}
        taken = names | set(self.bound(self.tree)) | set(keyword.kwlist) | set(dir(builtins))
        done: set[ast.AST] = set()
        found: list[Move] = []
        for loop in _loops(self.function):
            groups: dict[str, list[ast.expr]] = {}
            for part in self.repeated(loop):
                if part in done:
                    continue
                done.update(ast.walk(part))
                if isinstance(part, ast.Assign):
                    found.append(Move(loop, (part,)))
                else:
                    groups.setdefault(ast.dump(part), []).append(part)
            for group in groups.values():
                name = _free_name(_describe(group[0], self.called_name(group[0], loop)), taken)
                taken.add(name)
                found.append(Move(loop, tuple(group), name))
        return found

    def called_name(self, expr: ast.expr, at: ast.AST) -> str:
        """Name what a call calls; empty for other expressions."""
        return self.called(expr.func, at) if isinstance(expr, ast.Call) else ""


def _surely_binds(stmt: ast.stmt, name: str) -> bool:
    match stmt:
        case ast.Assign(targets=targets):
            return any(name in bound_names(target) for target in targets)
        case ast.AnnAssign(target=target, value=ast.expr()):
            return name in bound_names(target)
    return isinstance(stmt, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef)


def _repeating_children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield children, save for a branch that ends the function: it runs once at most."""
    for field, value in ast.iter_fields(node):
        match value:
            case [*_, ast.Return() | ast.Raise()]:
                continue
            case list():
                yield from (part for part in value if isinstance(part, ast.AST))
            case ast.AST() if field not in {"annotation", "returns"}:
                yield value


def _loops(function: FunctionNode) -> Iterator[LoopNode]:
    """Yield the function's own loops, outer before inner."""
    pending: list[ast.stmt] = [*reversed(function.body)]
    while pending:
        node = pending.pop()
        if isinstance(node, LoopNode):
            yield node
        if not isinstance(node, FunctionNode | ast.ClassDef):
            inner = [stmt for block in blocks(node) for stmt in block]
            pending.extend(reversed(inner))


def _suspends(loop: LoopNode) -> bool:
    """Whether other code runs in the middle of it."""
    kinds = ast.Yield | ast.YieldFrom | ast.Await | ast.AsyncFor | ast.AsyncWith
    return any(isinstance(node, kinds) for node in ast.walk(loop))


def _element(kind: Kind) -> str:
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


def _compiles(call: ast.Call, kinds: list[Kind]) -> bool:
    """Whether the arguments are constants of which `re.compile` makes a pattern, silently."""
    values = [kind.value for kind in kinds]
    if not values or None in values:
        return False
    positional = values[: len(call.args)]
    named = {k.arg or "": v for k, v in zip(call.keywords, values[len(call.args) :], strict=True)}
    compile_any: Any = re.compile
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compile_any(*positional, **named)
    except (re.error, TypeError, ValueError, OverflowError, RecursionError, Warning):
        return False
    return True


def _is_total_builtin(name: str, kind: Kind) -> bool:
    match name:
        case "len" | "list" | "tuple":
            return kind.name in SIZED
        case "set" | "frozenset":
            return kind.name in HASHED or (kind.name in SIZED and kind.element in SCALARS)
        case "sorted":
            return kind.name in SIZED and _element(kind) in ORDERED
        case "dict":
            return kind.name == "dict"
        case "str" | "bool":
            return kind.name in SCALARS
    return False


def _describe(expr: ast.expr, called: str) -> str:
    """Say in a name what an expression gives."""
    match expr:
        case ast.Call(args=[ast.Name(id=name)]):
            stem = name.strip("_").lower()
            named = {"len": f"n_{stem}", "sorted": f"sorted_{stem}", "re.compile": "pattern"}
            return named.get(called, f"{stem}_{called or 'text'}")
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if not called:
            return f"{name.strip('_').lower()}_{attr}"
    plain = {"len": "length", "re.compile": "pattern", "": "joined", "sorted": "in_order"}
    displays = {"Dict": "table", "List": "choices", "Set": "choices"}
    return displays.get(type(expr).__name__) or plain.get(called, f"as_{called}")


def _free_name(wanted: str, taken: set[str]) -> str:
    numbered = (f"{wanted}_{n}" for n in itertools.count(2))
    return next(name for name in itertools.chain([wanted], numbered) if name not in taken)


def _hoist_once(source: str, qualname: str) -> str | None:
    tree = parse_source(source)
    functions = find_functions(tree, qualname)
    if not functions:
        raise PatchError(f"no function {qualname!r} in the source; expected its qualified name")
    if any(isinstance(node, ast.alias) and node.name == "*" for node in ast.walk(tree)):
        return None  # it may replace any builtin
    for function in functions:
        moves = _Scope(source, tree, function).moves() if _is_open(function) else []
        if moves:
            return _apply(source, moves)
    return None


def _is_open(function: FunctionNode) -> bool:
    """Whether it has a loop and does not look at its own variables."""
    names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    return next(_loops(function), None) is not None and not names & INTROSPECTION


def _apply(source: str, moves: list[Move]) -> str | None:
    editor = _Mover(source, moves)
    edited = MetadataWrapper(parse_concrete(source), unsafe_skip_copy=True).visit(editor)
    return edited.code if editor.is_complete else None


class _Mover(cst.CSTTransformer):
    """Carries out moves, found again by their positions."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, source: str, moves: list[Move]) -> None:
        super().__init__()
        self.moves = moves
        self.lines = split_lines(source)
        self.names = {self.span(p): move.name for move in moves for p in move.parts if move.name}
        self.statements = {self.span(p): p for m in moves if not m.name for p in m.parts}
        self.values: dict[Span, cst.BaseExpression] = {}
        self.lifted: dict[Span, cst.SimpleStatementLine] = {}
        self.n_inserted = 0

    @property
    def is_complete(self) -> bool:
        """Whether every part was found, once, and taken before its loop."""
        n_found = len(self.values) + len(self.lifted)
        return n_found == len(self.names) + len(self.statements) and self.n_inserted == len(
            self.moves
        )

    def span(self, node: ast.stmt | ast.expr) -> Span:
        """Convert positions: `ast` counts bytes, libcst characters."""
        last_line, last_byte = node.end_lineno or 0, node.end_col_offset or 0
        first = self.column(node.lineno, node.col_offset)
        return node.lineno, first, last_line, self.column(last_line, last_byte)

    def column(self, line: int, n_bytes: int) -> int:
        return len(self.lines[line - 1].encode()[:n_bytes].decode())

    def found_span(self, node: cst.CSTNode) -> Span:
        place: CodeRange = self.get_metadata(PositionProvider, node)
        return place.start.line, place.start.column, place.end.line, place.end.column

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Put the new name in place of the call."""
        return self.replaced(original_node, updated_node)

    def leave_List(self, original_node: cst.List, updated_node: cst.List) -> cst.BaseExpression:
        """Put the new name in place of the list."""
        return self.replaced(original_node, updated_node)

    def leave_Set(self, original_node: cst.Set, updated_node: cst.Set) -> cst.BaseExpression:
        """Put the new name in place of the set."""
        return self.replaced(original_node, updated_node)

    def leave_Dict(self, original_node: cst.Dict, updated_node: cst.Dict) -> cst.BaseExpression:
        """Put the new name in place of the dictionary."""
        return self.replaced(original_node, updated_node)

    def replaced(
        self, original: cst.BaseExpression, node: cst.BaseExpression
    ) -> cst.BaseExpression:
        span = self.found_span(original)
        if span not in self.names:
            return node
        self.values[span] = node
        if node.lpar or not self.touches_word(span):
            return cst.Name(self.names[span], lpar=node.lpar, rpar=node.rpar)
        return cst.Name(self.names[span], lpar=[cst.LeftParen()], rpar=[cst.RightParen()])

    def touches_word(self, span: Span) -> bool:
        """Whether a name put here would run into its neighbour (`in[a, b]`)."""
        before = self.lines[span[0] - 1][: span[1]][-1:]
        after = self.lines[span[2] - 1][span[3] :][:1]
        return any(char.isalnum() or char == "_" for char in before + after)

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        """Take assignments out, and put what belongs before a loop there."""
        body: list[cst.BaseStatement] = []
        for original, stmt in zip(original_node.body, updated_node.body, strict=True):
            span = self.found_span(original)
            if isinstance(original, cst.For | cst.While):
                body += self.statements_before(span)
            if isinstance(stmt, cst.SimpleStatementLine) and span in self.statements:
                comments = [line for line in stmt.leading_lines if line.comment]
                self.lifted[span] = stmt.with_changes(leading_lines=comments)
            else:
                body.append(stmt)
        if len(body) == len(original_node.body) and not self.n_inserted:
            return updated_node
        return updated_node.with_changes(body=body or [cst.parse_statement("pass\n")])

    def statements_before(self, loop: Span) -> Iterator[cst.SimpleStatementLine]:
        for move in self.moves:
            if self.span(move.loop) == loop:
                self.n_inserted += 1
                first = self.span(move.parts[0])
                yield self.assignment(move.name, first) if move.name else self.lifted[first]

    def assignment(self, name: str, value: Span) -> cst.SimpleStatementLine:
        target = cst.AssignTarget(cst.Name(name))
        assign = cst.Assign(targets=[target], value=self.values[value])
        return cst.SimpleStatementLine(body=[assign])
