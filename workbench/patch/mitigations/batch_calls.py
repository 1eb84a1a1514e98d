"""Ask for all items in one call, where the code knows one that does that."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from workbench.patch.editing.rewrite import Rewrite
from workbench.python.syntax import FunctionNode, find_functions, parse_source


def batch_calls(source: str, qualname: str, sources: Iterable[str]) -> str | None:
    """Put one call for many in place of a comprehension of calls for one.

    `[posts.fetch(i) for i in ids]` becomes `posts.fetch_many(ids)` where a class, or the module,
    that defines `fetch` with one parameter also defines `fetch_many` with one, which takes an
    iterable by its annotation or its name.

    Parameters
    ----------
    source : str
        Text of one file.
    qualname : str
        `name`, `Cls.method` or `outer.<locals>.inner`.
    sources : iterable of str
        Texts of the files in which the call for many may be.

    Returns
    -------
    str or None
        The text with nothing else altered; None when nothing qualifies. That both give the same
        shows when the edit is run.
    """
    tree = parse_source(source)
    pairs: dict[str, str] = {}
    for function in find_functions(tree, qualname):
        rewrite = Rewrite(source)
        for node in ast.walk(function):
            match node:
                case ast.ListComp(
                    elt=ast.Call(func=func, args=[ast.Name(id=asked)], keywords=[]),
                    generators=[
                        ast.comprehension(target=ast.Name(id=item), iter=items, ifs=[], is_async=0)
                    ],
                ) if asked == item and isinstance(func, ast.Name | ast.Attribute):
                    pairs = pairs or batched([source, *sources])
                    text = rewrite.text(func)
                    root, dot, name = text.rpartition(".")
                    if name in pairs and item not in root:
                        many = f"{root}{dot}{pairs[name]}"
                        rewrite.replace(node, f"{many}({rewrite.text(items)})")
        if edited := rewrite.code():
            return edited
    return None


def batched(sources: Iterable[str]) -> dict[str, str]:
    """Return name of a call for one -> name of the call for many that stands beside it."""
    pairs: dict[str, str] = {}
    for source in sources:
        for body in _bodies(parse_source(source)):
            defined = {node.name: node for node in body if isinstance(node, FunctionNode)}
            for name, one in defined.items():
                for many in (f"{name}_many", f"{name}s", f"many_{name}", f"{name}_all"):
                    other = defined.get(many)
                    if other and _n_asked(one) == 1 == _n_asked(other) and _takes_many(other):
                        pairs[name] = many
    return pairs


def _bodies(tree: ast.Module) -> list[list[ast.stmt]]:
    classes = [node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return [tree.body, *classes]


def _asked(function: FunctionNode) -> list[ast.arg]:
    arguments = [*function.args.posonlyargs, *function.args.args]
    return arguments[1:] if arguments and arguments[0].arg in ("self", "cls") else arguments


def _n_asked(function: FunctionNode) -> int:
    return len(_asked(function)) - len(function.args.defaults)


def _takes_many(function: FunctionNode) -> bool:
    first = _asked(function)[0]
    words = ast.unparse(first.annotation) if first.annotation else ""
    kinds = ("Iterable", "Sequence", "Collection", "list", "List", "tuple", "set", "Set")
    return any(kind in words for kind in kinds) or (not words and first.arg.endswith("s"))
