"""Work for a line of a log only where the line is wanted."""

from __future__ import annotations

import ast

from workbench.patch.editing.rewrite import Rewrite
from workbench.python.scope import Scope
from workbench.python.syntax import find_functions, parse_source

_LEVELS = {"debug": "DEBUG", "info": "INFO"}


def guard_debug(source: str, qualname: str) -> str | None:
    """Ask a logger of the standard library whether it wants a line before the line is made.

    Only where making it calls something: other lines cost next to nothing.

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
        scope, rewrite = Scope(source, tree, function), Rewrite(source)
        for node in ast.walk(function):
            match node:
                case ast.Expr(
                    value=ast.Call(func=ast.Attribute(value=ast.Name() as logger, attr=level))
                ) if level in _LEVELS and _is_logger(scope, logger):
                    if not _is_dear(node.value) or _is_guarded(scope, node):
                        continue
                    call = rewrite.text(node.value)
                    logging = _name_of_logging(tree)
                    asked = f"{logger.id}.isEnabledFor({logging}.{_LEVELS[level]})"
                    indented = call.replace("\n", "\n    ")
                    rewrite.replace_statement(node, f"if {asked}:\n    {indented}\n")
                    if logging == "logging":
                        rewrite.add_import("import logging")
        if edited := rewrite.code():
            return edited
    return None


def _is_logger(scope: Scope, name: ast.Name) -> bool:
    match scope.binding(name.id, name):
        case ast.Assign(value=ast.Call(func=func)) as bound:
            return scope.called(func, bound) == "logging.getLogger"
    return False


def _name_of_logging(tree: ast.Module) -> str:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == "logging":
                    return alias.asname or "logging"
    return "logging"


def _is_dear(call: ast.expr) -> bool:
    """Whether making the arguments calls something."""
    assert isinstance(call, ast.Call)
    parts = [*call.args, *(k.value for k in call.keywords)]
    return any(
        isinstance(node, ast.Call | ast.ListComp | ast.SetComp | ast.DictComp)
        for part in parts
        for node in ast.walk(part)
    )


def _is_guarded(scope: Scope, node: ast.stmt) -> bool:
    return any(
        isinstance(parent, ast.If) and "isEnabledFor" in ast.unparse(parent.test)
        for parent in scope.ancestors(node)
    )
