"""Import only what is used, where it is used."""

from __future__ import annotations

import ast

from workbench.patch.editing.rewrite import Rewrite
from workbench.python.syntax import FunctionNode, bound_names, parse_source


def new_imports(before: str, after: str) -> list[str]:
    """Return the modules that a file imports at its top, and did not before, in order."""
    known = _top_imports(before)
    return [module for module in _top_imports(after) if module not in known]


def _top_imports(source: str) -> list[str]:
    found: dict[str, None] = {}
    for stmt in parse_source(source).body:
        match stmt:
            case ast.Import(names=names):
                found |= dict.fromkeys(alias.name for alias in names)
            case ast.ImportFrom(module=str(name), level=0):
                found[name] = None
    return [*found]


def lazy_import(source: str, module: str) -> str | None:
    """Import a module only in the functions that use it, and not when this one is loaded.

    Parameters
    ----------
    source : str
        Text of one file.
    module : str
        Name of the module that is imported at the top: `heavy` or `package.heavy`.

    Returns
    -------
    str or None
        The text with nothing else altered; None where it is not imported at the top, or is used
        outside of functions: in a decorator, a default, an annotation, a class.
    """
    tree = parse_source(source)
    rewrite = Rewrite(source)
    for stmt in tree.body:
        match stmt:
            case ast.Import(names=[alias]) if alias.name == module:
                pass
            case ast.ImportFrom(module=name, level=0) if name == module:
                pass
            case _:
                continue
        names = set(bound_names(stmt))
        users = _users(tree, names)
        if users is None or sum(bound_names(tree)[name] for name in names) != len(names):
            continue
        code = rewrite.text(stmt)
        rewrite.replace_statement(stmt)
        for function in users:
            first = function.body[0]
            match function.body:
                case [ast.Expr(value=ast.Constant(value=str())), second, *_]:
                    first = second
            rewrite.insert_before(first, f"{code}\n")
    return rewrite.code()


def _users(tree: ast.Module, names: set[str]) -> list[FunctionNode] | None:
    """Return the outermost functions that use names; None where anything else does."""
    found: list[FunctionNode] = []

    def look(node: ast.AST) -> bool:
        """Whether all uses under a node are in bodies of functions."""
        if isinstance(node, FunctionNode):
            heads = [*node.decorator_list, node.args, *([node.returns] if node.returns else [])]
            if not all(map(look, heads)):
                return False
            if any(_uses(stmt, names) for stmt in node.body):
                found.append(node)
            return True
        if isinstance(node, ast.Name) and node.id in names:
            return False
        return all(map(look, ast.iter_child_nodes(node)))

    return found if look(tree) and found else None


def _uses(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(node))
