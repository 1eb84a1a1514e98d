"""Ask a set for members, where a function gives a list that is only asked for members."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterable

from workbench.patch.editing.rewrite import Rewrite
from workbench.python.hashable import is_hashable
from workbench.python.scope import Scope
from workbench.python.syntax import FunctionNode, LoopNode, find_functions, parse_all, parse_source

_LISTS = frozenset({"list", "List", "tuple", "Tuple", "Sequence", "Collection"})
_MAY_BE_TEXT = frozenset({"Sequence", "Collection"})
_LOOPS = (*LoopNode.__args__, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_UNHASHABLE = frozenset({"list", "dict", "set", "collection"})


def ask_sets(source: str, qualname: str, others: Callable[[], Iterable[str]] = tuple) -> str | None:
    """Make a set of what a function gives, where a loop asks it for members, and nothing else does.

    `known = ids()` becomes `known = set(ids())` where `ids` is annotated to give a list, or a
    tuple, of what can be hashed.

    Parameters
    ----------
    source : str
        Text of one file.
    qualname : str
        `name`, `Cls.method` or `outer.<locals>.inner`.
    others : callable
        Gives the texts of the other files, for functions that are imported.

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
                case (
                    ast.Assign(targets=[ast.Name() as target], value=ast.Call() as call)
                    | ast.AnnAssign(target=ast.Name() as target, value=ast.Call() as call)
                ) if _is_only_asked(target, node, scope) and scope.is_builtin("set"):
                    if _gives_hashable(call, scope, others):
                        made = f"set({rewrite.text(call)})"
                        rewrite.replace_statement(node, f"{target.id} = {made}\n")
        if edited := rewrite.code():
            return edited
    return None


def _is_only_asked(target: ast.Name, bound: ast.AST, scope: Scope) -> bool:
    """Whether a name is bound once, and every use asks for members; one of them in a loop."""
    uses = [
        node for node in ast.walk(scope.function)
        if isinstance(node, ast.Name) and node.id == target.id and node is not target
    ]  # fmt: skip
    is_own = scope.bound(scope.function)[target.id] == 1
    asked = is_own and bool(uses) and all(_is_member_test(use, scope) for use in uses)
    return asked and any(_is_repeated(use, bound, scope) for use in uses)


def _is_member_test(use: ast.Name, scope: Scope) -> bool:
    """Whether it is asked for a member of a kind that may be hashed."""
    match scope.parents[use]:
        case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()], comparators=[asked]) as test:
            displays = ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp
            is_hashed = scope.infer(left, test).name not in _UNHASHABLE
            return asked is use and is_hashed and not isinstance(left, displays)
    return False


def _is_repeated(use: ast.Name, bound: ast.AST, scope: Scope) -> bool:
    """Whether a loop that the list is made before asks it."""
    own = itertools.takewhile(lambda part: part is not scope.function, scope.ancestors(use))
    return any(isinstance(part, _LOOPS) and not scope.is_within(bound, part) for part in own)


def _gives_hashable(call: ast.Call, scope: Scope, others: Callable[[], Iterable[str]]) -> bool:
    """Whether the function that is called says that it gives a list of what can be hashed."""
    if not isinstance(call.func, ast.Name):
        return _own_method_gives_hashable(call.func, scope)
    origin = scope.binding(call.func.id, call)
    match origin:
        case ast.FunctionDef() if origin in scope.tree.body:
            return _is_plain_giver(origin)
        case ast.ImportFrom(names=names):
            name = next(a.name for a in names if (a.asname or a.name) == call.func.id)
            found = [made for text in others() for made in _functions_of(text, name)]
            return bool(found) and all(map(_is_plain_giver, found))
    return False


def _own_method_gives_hashable(func: ast.expr, scope: Scope) -> bool:
    """Whether a method of the same object says that it gives a list of what can be hashed."""
    owner = scope.parents.get(scope.function)
    match func:
        case ast.Attribute(value=ast.Name(id="self"), attr=attr) if isinstance(owner, ast.ClassDef):
            found = [n for n in owner.body if isinstance(n, FunctionNode) and n.name == attr]
            return len(found) == 1 and _is_plain_giver(found[0])
    return False


def _is_plain_giver(made: FunctionNode) -> bool:
    is_plain = isinstance(made, ast.FunctionDef) and not made.decorator_list
    return is_plain and _has_hashable(made.returns)


def _functions_of(text: str, name: str) -> list[FunctionNode]:
    """Return the functions of a name that another file defines at its top."""
    if f"def {name}(" not in text and f"def {name}[" not in text:
        return []
    body = [node for tree in parse_all([text]) for node in tree.body]
    return [node for node in body if isinstance(node, FunctionNode) and node.name == name]


def _has_hashable(returns: ast.expr | None) -> bool:
    """Whether an annotation names a list, or a tuple, of what can be hashed."""
    match returns:
        case ast.Constant(value=str(text)):
            return _has_hashable(_parsed(text))
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner):
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            parts = [p for p in parts if not (isinstance(p, ast.Constant) and p.value is ...)]
            is_text = any(isinstance(p, ast.Name) and p.id in ("str", "bytes") for p in parts)
            is_list = name in _LISTS and not (is_text and name in _MAY_BE_TEXT)
            return is_list and bool(parts) and all(map(is_hashable, parts))
    return False


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return None
