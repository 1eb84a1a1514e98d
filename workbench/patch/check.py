"""What can be said of an edit without running it: it compiles, and every name it uses is there."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping

from pyflakes import checker, messages


def syntax_error(files: Mapping[str, str | None]) -> str | None:
    """Return the first Python file that does not compile, with the reason; None for none."""
    for path, text in files.items():
        if path.endswith(".py") and text is not None:
            try:
                ast.parse(text, path)
            except (SyntaxError, ValueError) as error:
                return f"{path}: {error}"
    return None


def missing_names(
    files: Mapping[str, str | None], head: Mapping[str, str | None], others: Iterable[str],
    read: Callable[[str], str | None],
) -> set[str]:  # fmt: skip
    """Return the names that edited files use, or are asked for, and no longer have.

    Parameters
    ----------
    files : mapping of path to text
        The edited files.
    head : mapping of path to text
        The same files before the edit: what was missing there already does not count.
    others : iterable of str
        Paths of the other Python files, which may import from the edited ones.
    read : callable
        Path -> text, for `others`.
    """
    missing: set[str] = set()
    for path, text in files.items():
        if path.endswith(".py") and text is not None:
            missing |= _undefined(text) - _undefined(head.get(path) or "")
    modules = {_module(path): text for path, text in files.items() if path.endswith(".py")}
    bound = {module: _bound(text or "") for module, text in modules.items()}
    lost = {m: _bound(head.get(p) or "") - bound[m] for p in files if (m := _module(p)) in bound}
    if any(lost.values()):
        for path in [*files, *others]:
            text = files.get(path, None) if path in files else read(path)
            for module, name in _imported(text or "", path):
                if name in lost.get(module, ()):
                    missing.add(name)
    return missing


def _undefined(source: str) -> set[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return set()
    found = checker.Checker(tree).messages
    return {m.message_args[0] for m in found if isinstance(m, messages.UndefinedName)}


def _bound(source: str) -> set[str]:
    """Return the names bound at the top level of a module, its conditional parts included."""
    names: set[str] = set()
    pending: list[ast.AST] = [ast.parse(source)]
    while pending:
        for node in ast.iter_child_nodes(pending.pop()):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.add(node.name)
                continue
            if isinstance(node, ast.alias):
                names.add((node.asname or node.name).split(".")[0])
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            pending.append(node)
    return names


def _imported(source: str, path: str) -> set[tuple[str, str]]:
    """Return (module, name) of every `from module import name`, relative ones resolved."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return set()
    package = path.split("/")[:-1]
    pairs = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            parts = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*parts, *([node.module] if node.module else [])])
            pairs |= {(module, alias.name) for alias in node.names}
    return pairs


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
