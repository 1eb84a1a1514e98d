"""Keep the answers of a function that is asked the same again and again."""

from __future__ import annotations

import ast
import builtins

from workbench.patch.editing.rewrite import Rewrite
from workbench.python.constants import Texts, constant_value, is_fixed
from workbench.python.effects import has_effects
from workbench.python.hashable import is_hashable
from workbench.python.repeatable import UNSTEADY
from workbench.python.scope import IMMUTABLE, Scope
from workbench.python.syntax import (
    FunctionNode,
    bound_names,
    find_functions,
    parse_source,
)

SIZE = 1024
"""Answers that are kept."""
_STEADY = frozenset(
    {"re", "math", "json", "hashlib", "hmac", "base64", "binascii", "zlib", "string", "unicodedata"}
    | {"html", "urllib", "struct", "operator", "itertools", "textwrap", "functools", "bisect"}
    | {"collections", "ipaddress", "fractions", "decimal", "statistics"}
)
"""Modules whose functions give the same answer to the same question."""
_UNSURE = frozenset({"open", "input", "print", "id", "hash", "globals", "locals", "vars", "eval"})


def add_cache(source: str, qualname: str, others: Texts = tuple) -> str | None:
    """Give a pure function of the module a bounded `functools.lru_cache`.

    Its parameters are annotated as what can be hashed, what it returns cannot be changed, and
    neither it nor what it calls in the module reads or changes anything but its arguments,
    constants, and functions of modules that are known to be steady.

    Parameters
    ----------
    source : str
        Text of one file.
    qualname : str
        Name of a function of the module.
    others : callable
        Gives the texts of the other files.

    Returns
    -------
    str or None
        The text with nothing else altered; None where it does not qualify.
    """
    tree = parse_source(source)
    found = find_functions(tree, qualname)
    if (
        len(found) != 1
        or found[0] not in tree.body
        or not _may_be_kept(source, tree, found[0], others)
    ):
        return None
    rewrite = Rewrite(source)
    name = name_of_functools(tree)
    rewrite.decorate(found[0], f"{name}.lru_cache(maxsize={SIZE})")
    if name == "functools":
        rewrite.add_import("import functools")
    return rewrite.code()


def name_of_functools(tree: ast.Module) -> str:
    """Return the name by which a module has `functools`, or is to import it."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == "functools":
                    return alias.asname or "functools"
    return "functools"


def _may_be_kept(source: str, tree: ast.Module, function: FunctionNode, others: Texts) -> bool:
    arguments = function.args
    asked = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    is_plain = (
        isinstance(function, ast.FunctionDef) and not function.decorator_list and asked
        and not arguments.vararg and not arguments.kwarg
    )  # fmt: skip
    return bool(
        is_plain
        and all(is_hashable(argument.annotation) for argument in asked)
        and _gives_immutable(source, tree, function)
        and is_pure(tree, function, others=others)
    )


def _gives_immutable(source: str, tree: ast.Module, function: FunctionNode) -> bool:
    """Whether what it returns is annotated, or known, as what nobody can change."""
    if is_hashable(function.returns):
        return True
    scope = Scope(source, tree, function)
    returned = [node for node in ast.walk(function) if isinstance(node, ast.Return)]
    return bool(returned) and all(
        node.value is None or scope.infer(node.value, node).name in IMMUTABLE for node in returned
    )


def is_pure(
    tree: ast.Module, function: FunctionNode, seen: frozenset[FunctionNode] = frozenset(),
    others: Texts = tuple,
) -> bool:  # fmt: skip
    """Whether a function of a module gives the same answer to the same question, and no more."""
    if function in seen:
        return True  # it is being looked at
    if has_effects(function) or any(map(_is_resumed, ast.walk(function))):
        return False
    scope = Scope("", tree, function)
    globals_, own = scope.globals, bound_names(function)
    for node in ast.walk(function):
        if not isinstance(node, ast.Name) or own[node.id] or not isinstance(node.ctx, ast.Load):
            continue
        if node.id in UNSTEADY | _UNSURE:
            return False
        bound = globals_.get(node.id)
        if bound is None:
            if not hasattr(builtins, node.id):
                return False
        elif len(bound) != 1 or not _is_steady(scope, node.id, seen | {function}, others):
            return False
    return True


def _is_resumed(node: ast.AST) -> bool:
    return isinstance(node, ast.Yield | ast.YieldFrom | ast.Await)


def _is_steady(scope: Scope, name: str, seen: frozenset[FunctionNode], others: Texts) -> bool:
    """Whether what a module binds once is always the same, and answers alike."""
    match scope.globals[name]:
        case [ast.Import(names=names)]:
            return all(alias.name.split(".")[0] in _STEADY for alias in names)
        case [ast.ImportFrom(module=str(module), level=0)]:
            return module.split(".")[0] in _STEADY
        case [ast.FunctionDef() as function]:
            return is_pure(scope.tree, function, seen, others)
        case [ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value)]:
            return is_fixed(value) or constant_value(scope, name, others) is not None
    return False
