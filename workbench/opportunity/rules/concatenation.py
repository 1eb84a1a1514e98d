"""Texts, lists and tables that are copied whole for each part that is added."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from workbench.opportunity.answers import returned
from workbench.opportunity.pattern import Match, match_of
from workbench.opportunity.reading import FunctionCode, Loop, last_name, targets_of


def grown_texts(code: FunctionCode) -> Iterator[Match]:
    """Find texts and bytes that grow by `+=` in a loop."""
    for node in code.of(ast.AugAssign, ast.Assign):
        if not code.loops(node) or code.is_rare(node):
            continue
        target, added = _grown(node)
        if target is None or added is None:
            continue
        is_text = _is_text(code, added) or _begins_as_text(code, target)
        if is_text and not _begins_within(code, target, code.loops(node)[-1]):
            yield match_of(node, f"{code.text(node)} copies what is there on each round")
    yield from _grown_by_helpers(code, _is_longer_text)


def _grown(node: ast.AST) -> tuple[ast.expr | None, ast.expr | None]:
    """Return what grows, and what is added to it."""
    match node:
        case ast.AugAssign(
            target=ast.Name() | ast.Attribute() as target, op=ast.Add(), value=value
        ):
            return target, value
        case ast.Assign(
            targets=[ast.Name() | ast.Attribute() as target],
            value=ast.BinOp(op=ast.Add()) as value,
        ) if ast.unparse(_leftmost(value)) == ast.unparse(target):
            return target, value
    return None, None


def _leftmost(value: ast.expr) -> ast.expr:
    """Return what a sum begins with."""
    while isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        value = value.left
    return value


def _is_text(code: FunctionCode, expr: ast.expr) -> bool:
    match expr:
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _is_text(code, left) or _is_text(code, right)
        case ast.BinOp(left=left, op=ast.Mod()):
            return _is_text(code, left)
    return code.scope.infer(expr, expr).name in ("str", "bytes")


def _begins_as_text(code: FunctionCode, target: ast.expr) -> bool:
    if not isinstance(target, ast.Name):
        return False
    for bound in code.bound.get(target.id, ()):
        match code.parents.get(bound):
            case ast.Assign(targets=[ast.Name()], value=ast.Constant(value=str() | bytes())):
                return True
    return False


def _begins_within(code: FunctionCode, target: ast.expr, loop: Loop) -> bool:
    """Whether it begins anew on each round, and so stays short."""
    told = ast.unparse(target)
    for node in ast.walk(loop):
        match node:
            case ast.Assign(targets=[one], value=value) if ast.unparse(one) == told:
                if not isinstance(value, ast.BinOp):
                    return True
    return False


def grown_containers(code: FunctionCode) -> Iterator[Match]:
    """Find lists, tuples, sets and dicts of which a longer copy is made in a loop."""
    for node in code.of(ast.Assign, ast.AugAssign):
        if not code.loops(node) or code.is_rare(node):
            continue
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pass
            case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=ast.Tuple()):
                if not _begins_anew(code, name, code.loops(node)[-1]):
                    yield match_of(node, f"{code.text(node)} makes a longer copy on each round")
                continue
            case _:
                continue
        if _is_longer_copy(code, name, value) and not _begins_anew(
            code, name, code.loops(node)[-1]
        ):
            yield match_of(node, f"{code.text(node)} makes a longer copy on each round")
    yield from _grown_by_helpers(code, _is_longer_copy)


def _grown_by_helpers(
    code: FunctionCode, is_longer: Callable[[FunctionCode, str, ast.expr], bool]
) -> Iterator[Match]:
    """Find what a helper gives back longer, as a copy, on each round of a loop."""
    for node in code.of(ast.Assign):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                parameter = _parameter_for(code, call, name)
            case _:
                continue
        loops = code.loops(node)
        if not loops or not parameter or code.is_rare(node) or _begins_anew(code, name, loops[-1]):
            continue
        callee = code.callee(call)
        if callee and any(is_longer(callee, parameter, value) for value in returned(callee)):
            seen = f"{code.text(node)} makes a longer copy on each round, in {callee.node.name}"
            yield match_of(node, seen, (callee.node.name,), own=False)


def _parameter_for(code: FunctionCode, call: ast.Call, name: str) -> str:
    """Return the parameter of a function of the repository to which a name is given."""
    callee = code.callee(call)
    given = [*zip(callee.parameters, call.args, strict=False)] if callee else []
    given += [(k.arg, k.value) for k in call.keywords if k.arg]
    found = [p for p, value in given if isinstance(value, ast.Name) and value.id == name]
    return found[0] if callee and found and len(callee.bound.get(found[0], ())) == 1 else ""


def _is_longer_text(code: FunctionCode, name: str, value: ast.expr) -> bool:
    match value:
        case ast.JoinedStr(values=[ast.FormattedValue(value=ast.Name(id=first)), *more]):
            return first == name and bool(more)
        case ast.BinOp(op=ast.Add()):
            begin = _leftmost(value)
            is_same = isinstance(begin, ast.Name) and begin.id == name
            return is_same and _is_text(code, value.right)
    return False


def _is_longer_copy(code: FunctionCode, name: str, value: ast.expr) -> bool:
    match value:
        case ast.BinOp(left=ast.Name(id=left), op=ast.Add(), right=right) if left == name:
            is_list = isinstance(right, ast.List | ast.ListComp | ast.Tuple)
            is_made = isinstance(right, ast.Call | ast.Name) and _begins_as_list(code, name)
            return is_list or is_made
        case ast.BinOp(left=ast.Name(id=left), op=ast.BitOr()) if left == name:
            return _begins_as(
                code, name, ast.Set | ast.Dict | ast.SetComp | ast.DictComp, ("set", "dict")
            )
        case ast.List(elts=[ast.Starred(value=ast.Name(id=inner)), *_]):
            return inner == name
        case ast.Tuple(elts=[ast.Starred(value=ast.Name(id=inner)), *_]):
            return inner == name
        case ast.Set(elts=[ast.Starred(value=ast.Name(id=inner)), *_]):
            return inner == name
        case ast.Dict(keys=[None, *keys], values=[ast.Name(id=inner), *_]):
            is_growing = any(key is None or not _is_constant_key(key) for key in keys)
            return inner == name and is_growing
        case ast.Call(func=ast.Attribute(value=ast.Name(id=inner), attr="union")):
            return inner == name
    return False


def _is_constant_key(key: ast.expr) -> bool:
    return isinstance(key, ast.Constant) or last_name(key).lstrip("_").isupper()


def _begins_as_list(code: FunctionCode, name: str) -> bool:
    return _begins_as(code, name, ast.List | ast.ListComp | ast.Tuple, ("list", "tuple"))


def _begins_as(code: FunctionCode, name: str, displays: object, calls: tuple[str, ...]) -> bool:
    for bound in code.bound.get(name, ()):
        parent = code.parents.get(bound)
        value = getattr(parent, "value", None)
        if isinstance(value, displays):  # type: ignore[arg-type]
            return True
        match value:
            case ast.Call(func=ast.Name(id=called)) if called in calls:
                return True
    return False


def _begins_anew(code: FunctionCode, name: str, loop: Loop) -> bool:
    """Whether a name holds something new on each round of a loop, so that it stays short."""
    if name in targets_of(loop):
        return True
    for node in ast.walk(loop):
        match node:
            case ast.Assign(targets=[ast.Name(id=bound)], value=value) if bound == name:
                if not any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(value)):
                    return True
    return False


def summed_lists(code: FunctionCode) -> Iterator[Match]:
    """Find lists that are put together by `sum` or `reduce`, each time into a longer copy."""
    for call in code.calls:
        match call:
            case ast.Call(
                func=ast.Name(id="sum"), args=[_, ast.List(elts=[]) | ast.Tuple(elts=[])]
            ):
                if code.called(call) == "sum":
                    yield match_of(call, f"{code.text(call)} makes a longer list for each part")
            case ast.Call(func=ast.Name(id="sum"), keywords=[ast.keyword(value=ast.List(elts=[]))]):
                yield match_of(call, f"{code.text(call)} makes a longer list for each part")
            case ast.Call(args=[how, *_]) if code.called(call) == "functools.reduce":
                told = ast.unparse(how)
                is_sum = told in (
                    "operator.add",
                    "operator.concat",
                    "add",
                    "concat",
                    "operator.iconcat",
                )
                if is_sum and len(call.args) == 3 and isinstance(call.args[2], ast.List):
                    yield match_of(call, f"{code.text(call)} makes a longer list for each part")
