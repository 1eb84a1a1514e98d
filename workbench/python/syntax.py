"""Python source as both fixes forward read it: parsed, with its functions and bindings found."""

from __future__ import annotations

import ast
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator

from workbench.errors import PatchError

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

LoopNode = ast.For | ast.AsyncFor | ast.While

Span = tuple[int, int, int, int]
"""First line and column, last line and column (exclusive), in characters."""


_MAX_DEPTH = 200


def parse_source(source: str, what: str = "source") -> ast.Module:
    """Parse one file, or say on which line it stops being Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of someone else's code
            tree = ast.parse(source)
    except SyntaxError as error:
        raise PatchError(f"{what}, line {error.lineno}: {error.msg}, expected Python") from error
    except (ValueError, RecursionError) as error:  # null bytes; expressions nested too deeply
        raise PatchError(f"{what}, line unknown: {error}, expected Python") from error
    if _depth(tree) > _MAX_DEPTH:
        raise PatchError(f"{what}: nested over {_MAX_DEPTH} levels deep, which no editor can walk")
    return tree


def parse_all(sources: Iterable[str]) -> list[ast.Module]:
    """Parse files, but for those that are no Python of this version: nothing imports them."""
    found = []
    for source in sources:
        try:
            found.append(parse_source(source))
        except PatchError:  # a template, an old version
            continue
    return found


def _depth(tree: ast.AST) -> int:
    depth, level = 0, [tree]
    while level:
        depth, level = depth + 1, [c for node in level for c in ast.iter_child_nodes(node)]
    return depth


def split_lines(source: str) -> list[str]:
    """Split where Python ends a line; `str.splitlines` splits in more places."""
    return re.split(r"\r\n|\r|\n", source)


def find_functions(tree: ast.Module, qualname: str) -> list[FunctionNode]:
    """Find the definitions of one qualified name, in order; several when it is redefined."""

    def search(body: list[ast.stmt], prefix: str) -> Iterator[FunctionNode]:
        for node in body:
            match node:
                case ast.ClassDef():
                    yield from search(node.body, f"{prefix}{node.name}.")
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    if prefix + node.name == qualname:
                        yield node
                    yield from search(node.body, f"{prefix}{node.name}.<locals>.")
                case _:
                    for block in blocks(node):
                        yield from search(block, prefix)

    return list(search(tree.body, ""))


def blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yield the statement lists directly under a compound statement, handlers' and cases' too."""
    for _, value in ast.iter_fields(node):
        match value:
            case [ast.stmt(), *_]:
                yield value
            case [ast.ExceptHandler() | ast.match_case(), *_]:
                yield from (part.body for part in value)


def bound_names(node: ast.AST) -> Counter[str]:
    """Count every binding under a node, of nested scopes too; `global` and `nonlocal` count."""
    return Counter(name for child in ast.walk(node) for name in _bindings(child))


def _bindings(node: ast.AST) -> list[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
            return [name]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.alias(name=name, asname=asname):
            return [asname or name.split(".")[0]]
        case ast.ExceptHandler(name=str(name)) | ast.MatchMapping(rest=str(name)):
            return [name]
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return [name]
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            return names
    return []


def module_bindings(tree: ast.Module) -> dict[str, list[ast.stmt]]:
    """Map each global to the statements that bind it, `global` declarations among them."""
    found: dict[str, list[ast.stmt]] = {}
    for stmt in tree.body:
        names = bound_names(stmt)
        if isinstance(stmt, FunctionNode | ast.ClassDef):
            names = Counter([stmt.name])
        for name, repeats in names.items():
            found.setdefault(name, []).extend([stmt] * repeats)
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            for name in node.names:
                found.setdefault(name, []).append(node)
    return found


def without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return the statements of a body but for its docstring."""
    match body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            return rest
    return body


def root_name(expr: ast.expr) -> str:
    """Name the variable an attribute or item chain starts from; empty for a new value."""
    while isinstance(expr, ast.Attribute | ast.Subscript):
        expr = expr.value
    return expr.id if isinstance(expr, ast.Name) else ""
