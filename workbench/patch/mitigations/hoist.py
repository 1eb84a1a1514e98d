"""Move loop-invariant work before its loop: a fix forward that needs no model.

Judged on `ast`, edited with libcst (see `move`). Only *total* expressions move: they cannot raise,
so neither a loop without iterations nor a branch never taken can tell the difference.
"""

from __future__ import annotations

import ast
import builtins
import itertools
import keyword
import re
import warnings
from collections.abc import Iterator
from typing import Any

from workbench.errors import PatchError
from workbench.patch.editing.move import Move, apply_moves
from workbench.python.scope import (
    HASHED,
    IMMUTABLE,
    INTROSPECTION,
    SCALARS,
    SIZED,
    STRING_RESULTS,
    Kind,
    Scope,
    element_kind,
)
from workbench.python.syntax import (
    FunctionNode,
    LoopNode,
    blocks,
    find_functions,
    parse_source,
)

ORDERED = frozenset({"str", "int", "float", "bytes"})

SET_ASIDE = (
    *(ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
    *(ast.Return, ast.Raise, ast.Assert, ast.ExceptHandler),
    *(ast.JoinedStr, ast.pattern),
)
"""What runs elsewhere, runs once, or hides its positions (f-strings)."""


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


def _hoist_once(source: str, qualname: str) -> str | None:
    tree = parse_source(source)
    functions = find_functions(tree, qualname)
    if not functions:
        raise PatchError(f"no function {qualname!r} in the source; expected its qualified name")
    if any(isinstance(node, ast.alias) and node.name == "*" for node in ast.walk(tree)):
        return None  # it may replace any builtin
    for function in functions:
        moves = _Mobility(source, tree, function).moves() if _is_open(function) else []
        if moves:
            return apply_moves(source, moves)
    return None


def _is_open(function: FunctionNode) -> bool:
    """Whether it has a loop and does not look at its own variables."""
    names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    return next(_loops(function), None) is not None and not names & INTROSPECTION


class _Mobility(Scope):
    """What of one function may be moved out of its loops."""

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
                        return len(kinds) == 1 and element_kind(kinds[0]) == "str"
                    return attr in STRING_RESULTS and not kinds
        return False

    def _is_immutable(self, expr: ast.expr, at: ast.AST) -> bool:
        return self.infer(expr, at).name in IMMUTABLE

    def may_move(self, node: ast.expr | ast.Assign, loop: LoopNode) -> bool:
        """Whether moving it is worth while, and safe in its place."""
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as value):
                is_bound_once = self.bound(self.function)[name] == 1 and self._is_alone(node)
                is_shareable = self._is_immutable(value, loop) or self.is_only_read(
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
            return kind.name in SIZED and element_kind(kind) in ORDERED
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
