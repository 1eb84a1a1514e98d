"""Functions that run no more with an edit: whether what they did is missed."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from workbench.python.effects import has_effects
from workbench.python.syntax import FunctionNode, find_functions

_ANY = frozenset({"Exception", "BaseException"})


def is_missed(text: str, name: str, edited: Iterable[str]) -> bool:
    """Whether a function that runs no more did anything besides giving an answer.

    Errors that it raised are none, where the code that was edited caught all of them: they told it
    which way to go on, as a test in its place does.

    Parameters
    ----------
    text, name : str
        The file of the function before the edit, and its qualified name.
    edited : iterable of str
        Texts of the files that were edited, before that.
    """
    try:
        found = find_functions(ast.parse(text), name)
        trees = [ast.parse(source) for source in edited]
    except (SyntaxError, ValueError):
        return True
    if not any(map(has_effects, found)):
        return False
    raised = {error for function in found for error in _raised(function)}
    if "" in raised or any(has_effects(_without_raises(function)) for function in found):
        return True
    calls = [_handlers(tree, name.rpartition(".")[2]) for tree in trees]
    handlers = [caught for per_file in calls for caught in per_file]
    return not handlers or any(raised - caught and not caught & _ANY for caught in handlers)


def _raised(function: FunctionNode) -> set[str]:
    """Return the names of the errors that it raises; empty for one that has no name."""
    return {
        _name(node.exc.func if isinstance(node.exc, ast.Call) else node.exc)
        for node in ast.walk(function)
        if isinstance(node, ast.Raise)
    }


def _name(node: ast.expr | None) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _without_raises(function: FunctionNode) -> FunctionNode:
    """Return a function that does the same and raises nothing by itself."""

    class Drop(ast.NodeTransformer):
        def visit_Raise(self, node: ast.Raise) -> ast.AST:
            return ast.copy_location(ast.Pass(), node)

    copied = ast.parse(ast.unparse(function)).body[0]
    assert isinstance(copied, FunctionNode)
    return Drop().visit(copied)  # type: ignore[no-any-return]


def _handlers(tree: ast.Module, name: str) -> list[set[str]]:
    """Return for each call of a name which errors are caught around it; none: an empty set."""
    found: list[set[str]] = []

    def look(node: ast.AST, caught: set[str]) -> None:
        if isinstance(node, ast.Call) and _name(node.func) == name:
            found.append(caught)
        if isinstance(node, ast.Try):
            inside = caught | {error for handler in node.handlers for error in _caught(handler)}
            for guarded in node.body:
                look(guarded, inside)
            for rest in (*node.handlers, *node.orelse, *node.finalbody):
                look(rest, caught)
            return
        for child in ast.iter_child_nodes(node):
            look(child, caught)

    look(tree, set())
    return found


def _caught(handler: ast.ExceptHandler) -> set[str]:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {"Exception" if kind is None else _name(kind) for kind in kinds}
