"""Keep what a function makes, at its end, of one or two texts that it read."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from workbench.patch.editing.rewrite import Rewrite
from workbench.patch.mitigations.add_cache import SIZE, name_of_functools
from workbench.patch.mitigations.constants import free_name, names_in, reads_of, taken_names
from workbench.python.constants import Texts
from workbench.python.fixed import Fixed
from workbench.python.results import of_text
from workbench.python.scope import Kind, Scope
from workbench.python.syntax import (
    FunctionNode,
    bound_names,
    find_functions,
    parse_source,
    split_lines,
)

_LOOPS = ast.GeneratorExp | ast.ListComp | ast.SetComp
_MOST_TEXTS = 2
_FEWEST_CALLS = 2


def cache_tail(source: str, qualname: str, others: Texts = tuple) -> str | None:
    """Make a function with a bounded `functools.lru_cache` of what a function returns.

    The expression is made of one or two locals that are known as texts, of constants, and by
    functions that answer alike each time; it gives what nobody can change.

    Parameters
    ----------
    source : str
        Text of one file.
    qualname : str
        `name`, `Cls.method` or `outer.<locals>.inner`.
    others : callable
        Gives the texts of the other files.

    Returns
    -------
    str or None
        The text with nothing else altered; None when nothing qualifies.
    """
    tree = parse_source(source)
    found = find_functions(tree, qualname)
    if len(found) != 1 or _is_cached(found[0]):
        return None
    function = found[0]
    top = next(stmt for stmt in tree.body if function in ast.walk(stmt))
    scope, place = Scope(source, tree, function), tree.body.index(top)
    for value in _returned(function):
        if texts := _texts(scope, Fixed(scope, place, others), value):
            return _extracted(source, scope, top, value, texts)
    return None


def _is_cached(function: FunctionNode) -> bool:
    return any("cache" in ast.unparse(decorator) for decorator in function.decorator_list)


def _returned(function: FunctionNode) -> Iterator[ast.expr]:
    """Yield what a function itself returns, where making that is work."""
    pending: list[ast.AST] = [*function.body]
    while pending:
        node = pending.pop(0)
        if isinstance(node, ast.Return) and node.value is not None:
            inner = list(ast.walk(node.value))
            n_calls = sum(isinstance(part, ast.Call) for part in inner)
            if n_calls >= _FEWEST_CALLS or any(isinstance(part, _LOOPS) for part in inner):
                yield node.value
        if not isinstance(node, FunctionNode | ast.ClassDef | ast.expr):
            pending += ast.iter_child_nodes(node)


def _texts(scope: Scope, fixed: Fixed, value: ast.expr) -> list[str]:
    """Return the texts that a value is made of; none where it is made of anything else."""
    own = scope.bound(scope.function)
    names = sorted(name for name in names_in(value) - set(bound_names(value)) if own[name])
    if not 0 < len(names) <= _MOST_TEXTS:
        return []
    if not all(_is_text(scope, name, value) for name in names):
        return []
    known = {name: Kind("str") for name in names}
    return names if fixed.gives_immutable(value, known) else []


def _is_text(scope: Scope, name: str, value: ast.expr) -> bool:
    """Whether a local is known as a text, or asked as only a text can be."""
    if scope.infer(ast.Name(id=name), value).name == "str":
        return True
    for use in reads_of(name, value):
        match scope.parents[use]:
            case ast.Attribute(attr=method) as asked if of_text(method).name:
                call = scope.parents[asked]
                if isinstance(call, ast.Call) and call.func is asked and _gives_text(call):
                    return True
    return False


def _gives_text(call: ast.Call) -> bool:
    return any(isinstance(a, ast.Constant) and isinstance(a.value, str) for a in call.args)


def _extracted(
    source: str, scope: Scope, top: ast.stmt, value: ast.expr, texts: list[str]
) -> str | None:
    rewrite, functools = Rewrite(source), name_of_functools(scope.tree)
    stem = f"{scope.function.name.lower()}_of_{'_and_'.join(texts)}"
    name = free_name(f"_{stem.strip('_')}", taken_names(scope.tree))
    told, text = ", ".join(f"{text}: str" for text in texts), rewrite.text(value)
    rewrite.replace(value, f"{name}({', '.join(texts)})")
    text = text if len(split_lines(text)) == 1 else f"({text})"
    made = f"@{functools}.lru_cache(maxsize={SIZE})\ndef {name}({told}):\n    return {text}\n"
    rewrite.insert_before(top, made)
    if functools == "functools":
        rewrite.add_import("import functools")
    return rewrite.code()
