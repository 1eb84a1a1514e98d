"""Edits of definitions, statements and imports that keep the formatting around them (libcst)."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst

from workbench.errors import PatchError
from workbench.python.side import Side

Statements = Sequence[cst.BaseStatement]

Definition = cst.FunctionDef | cst.ClassDef

Edit = Callable[[Any], Definition]


def parse_concrete(source: str, what: str = "source") -> cst.Module:
    """Parse one file keeping every blank and comment."""
    try:
        return cst.parse_module(source)
    except cst.ParserSyntaxError as error:
        text = f"{what}, line {error.raw_line}: {error.message}, expected Python"
        raise PatchError(text) from error


def edit_node(module: cst.Module, qualname: str, edit: Edit) -> cst.Module:
    """Replace every definition of a qualified name by what `edit` makes of it."""
    return module.visit(_Editor(qualname, edit))


def get_node(module: cst.Module, qualname: str) -> Definition:
    """Return the definition of a qualified name, the last where there are several."""
    editor = _Editor(qualname, lambda node: node)
    module.visit(editor)
    return editor.found[-1]


class _Editor(cst.CSTTransformer):
    """Applies an edit to the definitions of one qualified name."""

    def __init__(self, qualname: str, edit: Edit) -> None:
        super().__init__()
        self.wanted, self.edit = qualname, edit
        self.path: list[str] = []
        self.found: list[Definition] = []

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.path += [node.name.value, "<locals>"]

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self.path.append(node.name.value)

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.BaseStatement:
        self.path.pop()
        return self.edited(original_node, updated_node)

    def leave_ClassDef(
        self, original_node: cst.ClassDef, updated_node: cst.ClassDef
    ) -> cst.BaseStatement:
        return self.edited(original_node, updated_node)

    def edited(
        self,
        original: Definition,
        updated: Definition,
    ) -> cst.BaseStatement:
        is_wanted = ".".join(self.path) == self.wanted
        self.path.pop()
        if not is_wanted:
            return updated
        self.found.append(original)
        return self.edit(updated)


class _NameAdder(cst.CSTTransformer):
    """Adds a name to the first top-level `from` import of a module that is there."""

    def __init__(self, like: ast.ImportFrom, name: cst.ImportAlias) -> None:
        super().__init__()
        self.module, self.name = like.module or "", name
        self.order = [alias.name for alias in like.names]
        self.has_added = False

    def visit_IndentedBlock(self, node: cst.IndentedBlock) -> bool:
        """Stay at the top level."""
        return False

    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom:
        """Add the name where it stood among its neighbours."""
        module, names = updated_node.module, updated_node.names
        is_like = module and not updated_node.relative and _text(module) == self.module
        if self.has_added or not is_like or isinstance(names, cst.ImportStar):
            return updated_node
        self.has_added = True
        return updated_node.with_changes(names=self.with_name([*names]))

    def with_name(self, names: list[cst.ImportAlias]) -> list[cst.ImportAlias]:
        before = self.order[: self.order.index(_text(self.name.name))]
        place = max((i + 1 for i, n in enumerate(names) if _text(n.name) in before), default=0)
        spaced = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        comma = names[0].comma if len(names) > 1 else spaced
        added = [*names[:place], self.name.with_changes(comma=comma), *names[place:]]
        if place == len(names):
            added[-2:] = [
                names[-1].with_changes(comma=comma),
                self.name.with_changes(comma=names[-1].comma),
            ]
        return added


def with_statement(old: Definition, stmt: ast.stmt, node: Definition) -> Definition:
    """Put a statement of the old definition into the new one."""
    if not isinstance(node.body, cst.IndentedBlock) or not isinstance(old.body, cst.IndentedBlock):
        return node
    body = insert_like(node.body.body, old.body.body, stmt)
    return node.with_changes(body=node.body.with_changes(body=body))


def _text(stmt: cst.CSTNode) -> str:
    plain = stmt.with_changes(leading_lines=()) if hasattr(stmt, "leading_lines") else stmt
    return cst.Module(body=()).code_for_node(plain).strip()


def insert_like(
    body: Statements, old_body: Statements, wanted: ast.stmt
) -> list[cst.BaseStatement]:
    """Return a body with one statement of the old body, where its old neighbours are."""
    texts, old_texts = [_text(stmt) for stmt in body], [_text(stmt) for stmt in old_body]
    index = next(i for i, text in enumerate(old_texts) if _is_same(text, wanted))
    above = [texts.index(text) + 1 for text in reversed(old_texts[:index]) if text in texts]
    below = [texts.index(text) for text in old_texts[index + 1 :] if text in texts]
    place = [*above, *below, _first_place(body)][0]
    after = [*body[place:]]
    if after and old_texts[index + 1 : index + 2] == texts[place : place + 1]:
        after[0] = old_body[index + 1]  # equal, but for the blank lines above it
    return [*body[:place], old_body[index], *after]


def _first_place(body: Statements) -> int:
    """Return the index of the first statement after docstring and `__future__` imports."""
    texts = [_text(stmt) for stmt in body]
    heads = ('"', "'", 'r"', "r'", 'R"', "R'", "from __future__")
    is_head = [text.startswith(heads) for text in texts]
    return next((i for i, head in enumerate(is_head) if not head), len(body))


def _is_same(text: str, wanted: ast.stmt) -> bool:
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return False
    return len(body) == 1 and ast.dump(body[0]) == ast.dump(wanted)


def add_import(module: cst.Module, old: Side, root: str) -> cst.Module | None:
    """Put back the import of a name, in the spelling it had."""
    for stmt in old.tree.body:
        match stmt:
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                alias = next((a for a in names if (a.asname or a.name) == root), None)
                if alias and isinstance(stmt, ast.ImportFrom):
                    return _with_imported_name(module, old, stmt, alias)
                if alias and len(names) == 1:
                    old_module = parse_concrete(old.source)
                    return module.with_changes(body=insert_like(module.body, old_module.body, stmt))
    return None


def _with_imported_name(
    module: cst.Module, old: Side, stmt: ast.ImportFrom, alias: ast.alias
) -> cst.Module | None:
    """Add a name to the `from` import of its module, or put that line back with this name alone."""
    name = cst.ImportAlias(
        name=cst.Name(alias.name),
        asname=cst.AsName(name=cst.Name(alias.asname)) if alias.asname else None,
    )
    adder = _NameAdder(stmt, name)
    edited = module.visit(adder)
    if adder.has_added:
        return edited
    reduced = copy.deepcopy(old.tree)
    line = next(s for s in reduced.body if ast.dump(s) == ast.dump(stmt))
    assert isinstance(line, ast.ImportFrom)
    old_module = parse_concrete(old.source)
    body = [_reduced(s, stmt, name) for s in old_module.body]
    line.names = [alias]
    return module.with_changes(body=insert_like(module.body, body, line))


def _reduced(
    line: cst.BaseStatement, wanted: ast.ImportFrom, name: cst.ImportAlias
) -> cst.BaseStatement:
    if not _is_same(_text(line), wanted):
        return line
    found = cst.ensure_type(cst.ensure_type(line, cst.SimpleStatementLine).body[0], cst.ImportFrom)
    changed = found.with_changes(names=[name], lpar=None, rpar=None)
    return line.with_changes(body=[changed])
