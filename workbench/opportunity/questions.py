"""What rules ask of a place in the code."""

from __future__ import annotations

import ast

from workbench.opportunity.reading import FunctionCode

ONCE = frozenset({"__init__", "__new__", "__init_subclass__", "__post_init__", "setup", "main",
                   "__set_name__", "configure"})  # fmt: skip
"""Names of functions that run when something begins."""


def is_constant_name(code: FunctionCode, name: str) -> bool:
    """Whether a name is of a constant of the module: in capitals, and bound once."""
    return (
        name not in code.bound
        and name.lstrip("_").isupper()
        and bool(code.module.global_value(name))
    )


def are_apart(code: FunctionCode, one: ast.AST, other: ast.AST) -> bool:
    """Whether a call of the function runs at most one of two nodes, of which the first is above."""
    if isinstance(code.statement(one), ast.Return) and code.statement(one) is not code.statement(
        other
    ):
        return True
    above = {id(n) for n in code.ancestors(one)}
    for parent in code.ancestors(other):
        if id(parent) in above:
            if isinstance(parent, ast.If | ast.IfExp | ast.Try | ast.Match):
                return True
            break
    around_other = {id(n) for n in code.ancestors(other)}
    ends = ast.Return | ast.Raise | ast.Continue | ast.Break
    return any(
        isinstance(parent, ast.If) and isinstance(parent.body[-1], ends)
        and id(parent) not in around_other and one not in set(ast.walk(parent.test))
        for parent in code.ancestors(one)
    )  # fmt: skip


def is_work(callee: FunctionCode, depth: int = 2) -> bool:
    """Whether a function does more than put a few values together."""
    loops = (ast.For, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    if callee.of(*loops) or len(callee.calls) >= 3:
        return True
    for call in callee.calls:
        if "." in callee.called(call):
            return True  # a function of a module
        inner = callee.callee(call) if depth else None
        if inner is not None and inner is not callee and is_work(inner, depth - 1):
            return True
    return False


def is_constant(code: FunctionCode, node: ast.expr) -> bool:
    """Whether it is made of literals and of constants of the module."""
    match node:
        case ast.Constant():
            return True
        case ast.Name(id=name):
            return is_constant_name(code, name)
        case ast.UnaryOp(operand=operand):
            return is_constant(code, operand)
        case ast.BinOp(left=left, right=right):
            return is_constant(code, left) and is_constant(code, right)
        case ast.Tuple(elts=elts) | ast.List(elts=elts) | ast.Set(elts=elts):
            return all(is_constant(code, part) for part in elts)
        case ast.Dict(keys=keys, values=values):
            return all(k and is_constant(code, k) for k in keys) and all(
                is_constant(code, v) for v in values
            )
        case ast.Attribute(value=ast.Name(id="re"), attr=attr):
            return attr.isupper()
        case ast.JoinedStr(values=values):
            return all(is_constant(code, part) for part in values)
        case ast.FormattedValue(value=value):
            return is_constant(code, value)
    return False


def is_kept(code: FunctionCode, node: ast.AST) -> bool:
    """Whether what a call gives is kept for later calls: in an object, a table, or a global."""
    if code.node.name in ONCE or keeps_answers(code):
        return True
    statement = code.statement(node)
    match statement:
        case ast.Assign(targets=targets):
            pass
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            targets = [target]
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="setdefault" | "append" | "put"))):
            return True
        case _:
            return False
    if any(isinstance(t, ast.Attribute | ast.Subscript) for t in targets):
        return True
    names = {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    is_global = any(set(g.names) & names for g in code.of(ast.Global, ast.Nonlocal))  # type: ignore[attr-defined]
    return is_global or any(_is_stored(code, use) for name in names for use in code.loads[name])


def keeps_answers(code: FunctionCode) -> bool:
    """Whether a decorator keeps what a function gives."""
    told = [ast.unparse(decorator) for decorator in code.node.decorator_list]
    return any(word in decorator for decorator in told for word in ("cache", "memo"))


def _is_stored(code: FunctionCode, use: ast.AST) -> bool:
    """Whether a name is put into an object or a table."""
    match code.parents[use]:
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript(), *_]) as stored:
            return stored.value is use
        case ast.Call(func=ast.Attribute(attr="setdefault" | "put" | "append" | "set" | "add")):
            return True
    return False
