"""Ask in place of raising for what is common."""

from __future__ import annotations

import ast

from workbench.patch.editing.rewrite import Rewrite
from workbench.python.syntax import find_functions, parse_source


def check_first(source: str, qualname: str) -> str | None:
    """Look a key or an attribute up with a default, where a function catches that it is missing.

    `try: x = table[key]` with `except KeyError: x = default` becomes `x = table.get(key, default)`,
    where the default is a constant or a name, and nothing else is tried; likewise for attributes.

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
    tree = parse_source(source)
    for function in find_functions(tree, qualname):
        rewrite = Rewrite(source)
        for node in ast.walk(function):
            if isinstance(node, ast.Try) and (code := _asked(rewrite, node)):
                rewrite.replace_statement(node, code)
        if edited := rewrite.code():
            return edited
    return None


def _asked(rewrite: Rewrite, node: ast.Try) -> str:
    """Return the statement that asks first; empty where there is none."""
    match node:
        case ast.Try(
            body=[tried],
            handlers=[ast.ExceptHandler(type=ast.Name(id=caught), name=None, body=[else_])],
            orelse=[],
            finalbody=[],
        ):
            pass
        case _:
            return ""
    match tried, else_:
        case ast.Return(value=ast.expr() as value), ast.Return(value=default):
            how = "return {}\n"
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value),
            ast.Assign(targets=[ast.Name(id=other)], value=default),
        ) if name == other:
            how = f"{name} = {{}}\n"
        case _:
            return ""
    if not (default is None or _is_plain(default)):
        return ""
    told = "None" if default is None else rewrite.text(default)
    match value, caught:
        case ast.Subscript(value=table, slice=key), "KeyError" if not isinstance(key, ast.Slice):
            if not (_is_plain(table) and _is_plain(key)):
                return ""
            default_told = "" if told == "None" else f", {told}"
            return how.format(f"{rewrite.text(table)}.get({rewrite.text(key)}{default_told})")
        case ast.Attribute(value=holder, attr=attr), "AttributeError":
            if not _is_plain(holder):
                return ""
            return how.format(f'getattr({rewrite.text(holder)}, "{attr}", {told})')
    return ""


def _is_plain(node: ast.expr) -> bool:
    """Whether evaluating it calls nothing."""
    return all(
        isinstance(
            part,
            ast.Name | ast.Constant | ast.Attribute | ast.Tuple | ast.Load | ast.UnaryOp | ast.USub,
        )
        for part in ast.walk(node)
    )
