"""Containers that are slow at what they are asked."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from workbench.opportunity.answers import FEW, gives_list, is_list_annotation
from workbench.opportunity.loops import is_same_each_round
from workbench.opportunity.pattern import Match, match_of
from workbench.opportunity.reading import (
    Comprehension,
    FunctionCode,
    Loop,
    last_name,
    names_in,
    targets_of,
)

_LISTS = frozenset({"list", "tuple"})


def list_membership(code: FunctionCode) -> Iterator[Match]:
    """Find lists that are asked for members in a loop, or that are long constants."""
    for node in code.of(ast.Compare):
        match node:
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[asked]):
                pass
            case _:
                continue
        if code.is_rare(node):
            continue
        size = _constant_size(code, asked)
        if size > FEW:
            yield match_of(node, f"{code.text(node)} looks through a list of {size}")
        elif size < 0 and _is_long_lived(code, asked):
            yield match_of(
                node, f"{code.text(node)} looks through a list that is kept", ("__eq__",)
            )
        elif size < 0 and code.loops(node) and is_list(code, asked):
            if _is_bound_within(code, asked, code.loops(node)[-1]):
                continue
            seen = f"{code.text(node)} looks through a list on each round"
            yield match_of(node, seen, ("__eq__",))


def _constant_size(code: FunctionCode, asked: ast.expr) -> int:
    """Return how many members a list or tuple of the module or the place has; -1: not known."""
    value: ast.expr | None = asked
    if isinstance(asked, ast.Name):
        if asked.id in code.bound:
            value = code.only_value(asked.id)
        else:
            value = code.module.global_value(asked.id)
            if value is None:
                return 0
    match value:
        case ast.List(elts=elts) | ast.Tuple(elts=elts) if elts:
            is_folded = asked is value and all(isinstance(e, ast.Constant) for e in elts)
            return 0 if is_folded and len(elts) <= FEW else len(elts)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="split")):
            return len(text.split())
    return -1


def is_list(code: FunctionCode, expr: ast.expr) -> bool:
    """Whether a value is surely a list or tuple."""
    if not isinstance(expr, ast.Name):
        return _makes_list_here(code, expr, expr)
    values = [code.parents.get(bound) for bound in code.bound.get(expr.id, ())]
    found = []
    for value in values:
        match value:
            case ast.Assign(targets=[ast.Name()], value=made) | ast.AnnAssign(value=made) if made:
                if isinstance(made, ast.Name):
                    return False
                found.append(_makes_list_here(code, made, value))
            case ast.arguments():
                argument = next(b for b in code.bound[expr.id] if isinstance(b, ast.arg))
                kind = code.scope.infer(ast.Name(argument.arg, ast.Load()), code.node.body[0])
                found.append(kind.name in _LISTS or is_list_annotation(argument.annotation))
            case ast.AugAssign(op=ast.Add()):
                pass
            case _:
                return False
    if not found and expr.id not in code.bound:
        made = code.module.global_value(expr.id)
        return made is not None and isinstance(made, ast.List | ast.ListComp)
    return bool(found) and all(found)


def _makes_list_here(code: FunctionCode, made: ast.expr, at: ast.AST) -> bool:
    """Whether an expression gives a list: by itself, by what it calls, or by its annotation."""
    match made:
        case ast.ListComp():
            return True
        case ast.Await(value=value):
            return _makes_list_here(code, value, at)
        case ast.BoolOp(op=ast.Or(), values=[first, *_]):
            return _makes_list_here(code, first, at)
        case ast.IfExp(body=body, orelse=orelse):
            return all(_makes_list_here(code, part, at) for part in (body, orelse))
        case ast.Attribute():
            return _is_listed(code, made)
        case ast.Call() if (callee := code.callee(made)) is not None:
            return gives_list(callee)
    return code.scope.infer(made, at).name in _LISTS


def _is_listed(code: FunctionCode, field: ast.Attribute) -> bool:
    """Whether an attribute is a list by what its class, or every class that has one, says."""
    if isinstance(field.value, ast.Name) and field.value.id == "self" and code.owner:
        for node in ast.walk(code.owner):
            match node:
                case ast.AnnAssign(
                    target=ast.Name(id=name) | ast.Attribute(attr=name), annotation=annotation
                ) if name == field.attr:
                    return is_list_annotation(annotation)
        return False
    return code.module.codebase.index.listed.get(field.attr, False)


def _is_bound_within(code: FunctionCode, asked: ast.expr, loop: Loop) -> bool:
    """Whether the list is a new one, and so perhaps short, on each round."""
    bound = {
        n.id for n in ast.walk(loop) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)
    }
    is_head = isinstance(loop, Comprehension) and names_in(asked) & targets_of(loop)
    return bool(names_in(asked) & bound) or bool(is_head)


def lists_as_queues(code: FunctionCode) -> Iterator[Match]:
    """Find lists that are taken from, or added to, at their front."""
    for call in code.calls:
        match call:
            case ast.Call(
                func=ast.Attribute(value=queue, attr="pop"), args=[ast.Constant(value=0)]
            ):
                what = "moves all that is behind it"
                if not code.loops(call):
                    continue
            case ast.Call(
                func=ast.Attribute(value=queue, attr="insert"), args=[ast.Constant(value=0), _]
            ):
                what = "moves all that is there"
                if not code.loops(call) and not _is_long_lived(code, queue):
                    continue
            case _:
                continue
        if "path" in ast.unparse(queue) or code.is_rare(call):
            continue
        if isinstance(queue, ast.Name) and _is_other(code, queue):
            continue
        yield match_of(call, f"{code.text(call)} {what}")
    for node in code.of(ast.Assign):
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Subscript(
                    value=ast.Name(id=cut),
                    slice=ast.Slice(lower=ast.Constant(), upper=None, step=None),
                ),
            ) if name == cut and any(isinstance(loop, ast.While) for loop in code.loops(node)):
                if not _is_text(code, name):
                    yield match_of(node, f"{code.text(node)} copies the rest on each round")


def _is_long_lived(code: FunctionCode, queue: ast.expr) -> bool:
    """Whether it is a list that an object keeps, or one of those in a table."""
    match queue:
        case ast.Call(func=ast.Attribute(attr="setdefault"), args=[_, ast.List()]):
            return True
        case ast.Attribute(value=ast.Name(id="self"), attr=attr) if code.owner:
            return any(_makes_list(node, attr) for node in ast.walk(code.owner))
    return False


def _makes_list(node: ast.AST, attr: str) -> bool:
    match node:
        case ast.Assign(targets=[ast.Attribute(attr=bound)], value=value):
            return bound == attr and isinstance(value, ast.List | ast.ListComp)
        case ast.AnnAssign(target=ast.Attribute(attr=bound), annotation=annotation):
            return bound == attr and ast.unparse(annotation).startswith(("list", "List"))
    return False


def _is_other(code: FunctionCode, name: ast.Name) -> bool:
    """Whether a name surely holds no list."""
    made = code.only_value(name.id)
    called = last_name(made.func) if isinstance(made, ast.Call) else ""
    return called in ("deque", "dict", "OrderedDict", "defaultdict", "Counter")


def _is_text(code: FunctionCode, name: str) -> bool:
    kinds = {code.scope.infer(ast.Name(name, ast.Load()), code.node.body[0]).name}
    return bool(kinds & {"str", "bytes"})


def double_lookups(code: FunctionCode) -> Iterator[Match]:
    """Find tables that are asked whether they have a key, and then for it, in a loop."""
    for node in code.of(ast.If, ast.IfExp):
        if not code.loops(node):
            continue
        match node.test:  # type: ignore[attr-defined]
            case ast.Compare(left=key, ops=[ast.In()], comparators=[table]):
                if not _is_path(key) or not _is_path(table):
                    continue
            case _:
                continue
        told = f"{ast.unparse(table)}[{ast.unparse(key)}]"
        body = node.body if isinstance(node.body, list) else [node.body]  # type: ignore[attr-defined]
        reads = [n for stmt in body for n in ast.walk(stmt) if isinstance(n, ast.Subscript)
                 and isinstance(n.ctx, ast.Load) and ast.unparse(n) == told]  # fmt: skip
        if reads:
            times = len(reads) + 1
            seen = f"{told} is looked up {times} times on each round"
            last = reads[-1].end_lineno or reads[-1].lineno
            line = node.lineno  # type: ignore[attr-defined]
            yield Match(line, last if last - line < 4 else line, seen, ("__hash__", "__eq__"))


def _is_path(node: ast.expr) -> bool:
    return all(
        isinstance(n, ast.Name | ast.Attribute | ast.Load | ast.Tuple) for n in ast.walk(node)
    )


def scans_in_loops(code: FunctionCode) -> Iterator[Match]:
    """Find collections that are looked through for one item on each round of another loop."""
    for node in code.of(ast.GeneratorExp, ast.ListComp):
        assert isinstance(node, ast.GeneratorExp | ast.ListComp)
        outer = [loop for loop in code.loops(node) if loop is not node]
        if outer and len(node.generators) == 1 and _is_searched(code, node, outer[-1]):
            seen = f"{code.text(node)} looks through all of {code.text(node.generators[0].iter)}"
            yield match_of(node, f"{seen} on each round of another loop")
    for loop in code.of(ast.For):
        assert isinstance(loop, ast.For)
        outer = list(code.loops(loop))
        match loop.body:
            case [ast.If(test=test, orelse=[])] if outer:
                asks = _asks_for_equal(test, targets_of(loop), targets_of(outer[-1]))
                if asks and _is_steady(code, loop.iter, outer[-1]):
                    seen = f"each round of another loop looks through all of {code.text(loop.iter)}"
                    yield match_of(loop, seen)
    for call in code.calls:
        match call:
            case ast.Call(
                func=ast.Attribute(value=items, attr="index" | "count" | "remove"), args=[asked]
            ) if code.loops(call) and not isinstance(asked, ast.Constant):
                is_new = _is_bound_within(code, items, code.loops(call)[-1])
                if is_list(code, items) and not is_new:
                    seen = f"{code.text(call)} looks through a list on each round"
                    yield match_of(call, seen, ("__eq__",))


def _is_searched(code: FunctionCode, node: ast.GeneratorExp | ast.ListComp, outer: Loop) -> bool:
    """Whether a comprehension looks for what equals something of the outer loop's."""
    generator = node.generators[0]
    varying = targets_of(outer) | _bound_in(outer)
    tests = list(generator.ifs)
    match code.parents[node]:
        case ast.Call(func=ast.Name(id="any" | "sum" | "all")):
            tests.append(node.elt)
    asks = any(_asks_for_equal(test, targets_of(node), varying) for test in tests)
    is_list_that_grows = isinstance(
        generator.iter, ast.Name
    ) and generator.iter.id not in _bound_in(outer)
    return asks and (is_list_that_grows or _is_steady(code, generator.iter, outer))


def _bound_in(loop: Loop) -> set[str]:
    return {
        n.id for n in ast.walk(loop) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }


def _asks_for_equal(test: ast.expr, inner: set[str], outer: set[str]) -> bool:
    """Whether a test is `a == b` with one side of the inner loop and one of the outer."""
    match test:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            sides = names_in(left), names_in(right)
            return any(
                one & inner
                and not one & (outer - inner)
                and other & (outer - inner)
                and not other & inner
                for one, other in (sides, sides[::-1])
            )
        case ast.BoolOp(op=ast.And(), values=values):
            return any(_asks_for_equal(value, inner, outer) for value in values)
    return False


def _is_steady(code: FunctionCode, items: ast.expr, loop: Loop) -> bool:
    """Whether a collection is the same on each round, and not a few constants."""
    if isinstance(items, ast.Tuple | ast.List | ast.Constant) or not names_in(items):
        return False
    if (
        isinstance(items, ast.Call)
        and isinstance(items.func, ast.Name)
        and items.func.id == "range"
    ):
        return False
    return is_same_each_round(code, items, loop)
