"""Locals that a function makes of constants at each call, and how they move to the module."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

import libcst as cst

from workbench.python.fixed import Fixed
from workbench.python.results import is_immutable
from workbench.python.scope import INTROSPECTION, Kind, Scope
from workbench.python.syntax import FunctionNode, bound_names, split_lines

_WORK = ast.Call | ast.GeneratorExp | ast.ListComp | ast.SetComp | ast.DictComp
MANY = 5
"""Members from which a table that is written out counts as work."""
_HAS_LONG_TEXT = re.compile(r"\"{3}|'{3}|\\\n")
"""What tells of texts that go on, blanks and all, on the next line."""


class Local(NamedTuple):
    """A name that a function binds once, to what is the same at each call."""

    bound: ast.Assign | ast.AnnAssign
    value: ast.expr
    kind: Kind


def find_fixed_locals(scope: Scope, fixed: Fixed) -> dict[str, Local]:
    """Find the locals of a function that are made of constants, of each other, and of nothing else.

    What one holds cannot be changed, or it is only looked into.
    """
    if INTROSPECTION & {n.id for n in ast.walk(scope.function) if isinstance(n, ast.Name)}:
        return {}
    found: dict[str, Local] = {}
    for bound in _own_statements(scope.function):
        match bound:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if _always_holds_it(scope, name, bound) and not may_be_caught(scope, bound):
                kind = fixed.kind(value, {name: local.kind for name, local in found.items()})
                if kind.name:
                    found[name] = Local(bound, value, kind)
    return _without_shared(scope, found)


def choose(found: Mapping[str, Local], needed: Collection[str]) -> dict[str, Local]:
    """Return the locals that take work to make, or are needed, and those that they are made of."""
    chosen = set(needed)
    for name, local in found.items():
        has_work = any(isinstance(node, _WORK) for node in ast.walk(local.value))
        if has_work or is_table(local.value) or chosen & names_in(local.value):
            chosen.add(name)
    for name in reversed(list(found)):
        if name in chosen:
            chosen |= names_in(found[name].value) & set(found)
    return {name: local for name, local in found.items() if name in chosen}


def is_table(value: ast.expr) -> bool:
    """Whether a value is a container that is written out, member by member, and is no small one."""
    match value:
        case ast.Dict(keys=members) | ast.Set(elts=members) | ast.List(elts=members):
            return len(members) >= MANY
    return False


def names_in(node: ast.AST) -> set[str]:
    """Return every name that is read or bound under a node."""
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def reads_of(name: str, root: ast.AST) -> Iterator[ast.Name]:
    """Yield the places under a node that read a name."""
    for node in ast.walk(root):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            yield node


def renamed(text: str, names: Mapping[str, str]) -> str:
    """Return the text of an expression with other names in place of some."""
    module = cst.parse_module("")
    expression = cst.parse_expression(text)
    edited = expression.visit(_Renaming(names))
    assert isinstance(edited, cst.BaseExpression)
    return module.code_for_node(edited)


class _Renaming(cst.CSTTransformer):
    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__()
        self.names = names

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        name = self.names.get(updated_node.value, updated_node.value)
        return updated_node.with_changes(value=name)

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.Attribute:
        return updated_node.with_changes(attr=original_node.attr)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        return updated_node.with_changes(keyword=original_node.keyword)


def constant_name(*names: str) -> str:
    """Write names as that of one private constant is written."""
    parts = [part for name in names for part in re.split(r"(?<=[a-z0-9])(?=[A-Z])|_", name)]
    return "_" + "_".join(part.upper() for part in parts if part)


def free_name(stem: str, taken: set[str]) -> str:
    """Return a name that is not taken, and take it."""
    options = itertools.chain([stem], (f"{stem}_{n}" for n in itertools.count(2)))
    name = next(name for name in options if name not in taken)
    taken.add(name)
    return name


def taken_names(tree: ast.Module) -> set[str]:
    """Return every name that a module uses for something."""
    return names_in(tree) | set(bound_names(tree))


def with_comments(source: str, stmt: ast.stmt, code: str) -> str:
    """Return a statement of the module with the comments directly above and behind another."""
    lines = split_lines(source)
    above = itertools.takewhile(
        lambda line: line.lstrip().startswith("#"), reversed(lines[: stmt.lineno - 1])
    )
    behind = lines[(stmt.end_lineno or 1) - 1].encode()[stmt.end_col_offset or 0 :].decode().strip()
    if not _HAS_LONG_TEXT.search(code):
        code = code.replace(f"\n{' ' * stmt.col_offset}", "\n")
    told = f"{code}  {behind}" if behind.startswith("#") else code
    return "\n".join([*(line.strip() for line in reversed([*above])), told]) + "\n"


def _own_statements(function: FunctionNode) -> Iterator[ast.stmt]:
    """Yield the statements of a function in order, those of functions in it left out."""
    pending: list[ast.AST] = [*reversed(function.body)]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, FunctionNode | ast.ClassDef | ast.expr):
            pending += reversed(list(ast.iter_child_nodes(node)))


def _always_holds_it(scope: Scope, name: str, bound: ast.stmt) -> bool:
    """Whether a local is bound there alone, and wherever it is read, that has surely run."""
    is_only_one = scope.bound(scope.function)[name] == 1
    uses = list(reads_of(name, scope.function))
    return is_only_one and bool(uses) and all(scope.binding(name, use) is bound for use in uses)


def may_be_caught(scope: Scope, node: ast.AST) -> bool:
    """Whether an error that a place raises may be met in the function."""
    inner = itertools.takewhile(lambda outer: outer is not scope.function, scope.ancestors(node))
    return any(isinstance(node, ast.Try | ast.With | ast.AsyncWith) for node in inner)


def _without_shared(scope: Scope, found: dict[str, Local]) -> dict[str, Local]:
    """Leave out what may be changed by those that read it, and what is made of that."""
    kept = dict(found)
    while True:
        values = [local.value for local in kept.values()]
        loose = {
            name
            for name, local in kept.items()
            if not is_immutable(local.kind)
            and not all(
                (local.kind.element and scope.is_read(use))
                or any(scope.is_within(use, value) for value in values)
                for use in reads_of(name, scope.function)
            )
        }
        loose |= {
            n for n, local in kept.items() if names_in(local.value) & (set(found) - set(kept))
        }
        if not loose:
            return kept
        kept = {name: local for name, local in kept.items() if name not in loose}
