"""What functions of the repository give: lists, and how they were put together."""

from __future__ import annotations

import ast

from workbench.opportunity.reading import FunctionCode, last_name

FEW = 8
"""A list of so many is asked as quickly as a set."""
_LISTS = frozenset({"list", "List", "Sequence", "MutableSequence"})
_HARMLESS = ast.If | ast.Continue | ast.Break | ast.Pass | ast.For | ast.Assign | ast.AnnAssign


def returned(code: FunctionCode) -> list[ast.expr]:
    """Return what a function returns; of a name that is bound once, what that is bound to.

    Empty where it returns nothing, or is no plain function.
    """
    if code.of(ast.Yield, ast.YieldFrom):
        return []
    given = []
    for node in code.of(ast.Return):
        value = node.value  # type: ignore[attr-defined]
        if value is None:
            return []
        named = code.only_value(value.id) if isinstance(value, ast.Name) else None
        given.append(named or value)
    return given


def gives_list(code: FunctionCode) -> bool:
    """Whether a function gives a list or tuple of any length, by its annotation or its text."""
    values = returned(code)
    if values and all(_is_short(value) for value in values):
        return False
    if code.node.returns is not None:
        return bool(values) and is_list_annotation(code.node.returns)
    return bool(values) and all(
        isinstance(value, ast.List | ast.ListComp)
        or (isinstance(value, ast.Call) and code.called(value) in ("list", "sorted", "tuple"))
        for value in values
    )


def _is_short(value: ast.expr) -> bool:
    """Whether it is a list of a few that nobody adds to."""
    return isinstance(value, ast.List | ast.Tuple) and 0 < len(value.elts) <= FEW


def is_list_annotation(annotation: ast.expr | None) -> bool:
    """Whether an annotation tells of a list, or a tuple of any length, or None in its place."""
    match annotation:
        case ast.Constant(value=str(text)):
            try:
                return is_list_annotation(ast.parse(text, mode="eval").body)
            except SyntaxError:
                return False
        case ast.Name() | ast.Attribute():
            return last_name(annotation) in _LISTS
        case ast.Subscript(value=kind, slice=ast.Tuple(elts=[_, ast.Constant(value=end)])):
            return last_name(kind) in ("tuple", "Tuple") and end is Ellipsis
        case ast.Subscript(value=kind, slice=inner) if last_name(kind) in ("Optional", "Final"):
            return is_list_annotation(inner)
        case ast.Subscript(value=kind):
            return last_name(kind) in _LISTS
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
            return is_list_annotation(left)
    return False


def gathers(code: FunctionCode) -> bool:
    """Whether a function goes through something for a new list, and might stop at any member."""
    values = returned(code)
    is_whole = [
        (isinstance(value, ast.ListComp) and _is_work(value))
        or _is_list_of_all(code, value)
        or _is_filled(code, value)
        for value in values
    ]
    is_empty = [isinstance(value, ast.List) and not value.elts for value in values]
    return any(is_whole) and all(a or b for a, b in zip(is_whole, is_empty, strict=True))


def _is_work(made: ast.ListComp) -> bool:
    """Whether a comprehension chooses or computes, rather than to write down what is there."""
    is_chosen = any(generator.ifs for generator in made.generators)
    return is_chosen or any(isinstance(n, ast.Call) for n in ast.walk(made.elt))


def _is_list_of_all(code: FunctionCode, value: ast.expr) -> bool:
    match value:
        case ast.Call(args=[ast.GeneratorExp() | ast.Call() as made]):
            is_lazy = isinstance(made, ast.GeneratorExp) or code.called(made) in ("map", "filter")
            return code.called(value) in ("list", "tuple") and is_lazy
    return False


def _is_filled(code: FunctionCode, value: ast.expr) -> bool:
    """Whether it is an empty list that one loop appends to, and does nothing else."""
    bound = code.parents.get(value)
    match value, bound:
        case ast.List(elts=[]), (
            ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name))
        ):
            uses = [use for use in code.loads[name] if not _is_returned(code, use)]
        case _:
            return False
    loops = {id(code.loops(use)[0]) for use in uses if code.loops(use)}
    return (
        bool(uses)
        and len(loops) == 1
        and all(_is_appended_to(code, use) for use in uses)
        and all(_leaves_others(node, name) for use in uses for node in _body(code.loops(use)[0]))
    )


def _is_returned(code: FunctionCode, use: ast.AST) -> bool:
    return isinstance(code.parents[use], ast.Return)


def _is_appended_to(code: FunctionCode, use: ast.AST) -> bool:
    method = code.parents[use]
    is_for = bool(code.loops(use)) and isinstance(code.loops(use)[0], ast.For)
    return is_for and isinstance(method, ast.Attribute) and method.attr == "append"


def _body(loop: ast.AST) -> list[ast.AST]:
    return [node for stmt in getattr(loop, "body", []) for node in ast.walk(stmt)]


def _leaves_others(node: ast.AST, name: str) -> bool:
    """Whether a node of a loop's body changes nothing that outlives the list."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=filled)))):
            return filled == name
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Attribute(ctx=ctx) | ast.Subscript(ctx=ctx):
            return isinstance(ctx, ast.Load)
        case ast.stmt():
            return isinstance(node, _HARMLESS)
    return not isinstance(node, ast.Await | ast.Yield)


def gives_sorted(code: FunctionCode) -> bool:
    """Whether a function gives what it has sorted, or an empty list."""
    values = returned(code)
    is_sorted = [isinstance(v, ast.Call) and code.called(v) == "sorted" for v in values]
    is_empty = [isinstance(value, ast.List) and not value.elts for value in values]
    return any(is_sorted) and all(a or b for a, b in zip(is_sorted, is_empty, strict=True))
