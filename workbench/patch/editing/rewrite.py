"""Edits of one source: places are found with `ast`, and edited with libcst."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from workbench.patch.editing.concrete import parse_concrete
from workbench.python.syntax import FunctionNode, Span, split_lines

_Line = cst.SimpleStatementLine | cst.BaseCompoundStatement


class Rewrite:
    """Collects edits of one source; whatever is not edited stays as it is, to the blank.

    Parameters
    ----------
    source : str
        Text of a file.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._lines = split_lines(source)
        self._expressions: dict[Span, str] = {}
        self._statements: dict[Span, list[str]] = {}
        self._before: dict[Span, list[str]] = {}
        self._decorators: dict[Span, str] = {}
        self._imports: list[str] = []

    def span(self, node: ast.stmt | ast.expr) -> Span:
        """Return where a node stands: `ast` counts bytes, libcst characters."""
        last_line, last_byte = node.end_lineno or 0, node.end_col_offset or 0
        start = self._column(node.lineno, node.col_offset)
        return node.lineno, start, last_line, self._column(last_line, last_byte)

    def _column(self, line: int, n_bytes: int) -> int:
        return len(self._lines[line - 1].encode()[:n_bytes].decode())

    def text(self, node: ast.stmt | ast.expr) -> str:
        """Return the text of a node as it is written."""
        return ast.get_source_segment(self.source, node) or ast.unparse(node)

    def flush_text(self, node: ast.stmt) -> str:
        """Return the text of a statement as it would stand at the left margin."""
        first, *rest = self.text(node).split("\n")
        margin = " " * node.col_offset
        return "\n".join([first, *(line.removeprefix(margin) for line in rest)])

    def has(self, node: ast.expr) -> bool:
        """Whether an expression is to be replaced."""
        return self.span(node) in self._expressions

    def replace(self, node: ast.expr, code: str) -> None:
        """Put another expression in place of one."""
        self._expressions[self.span(node)] = code

    def replace_statement(self, node: ast.stmt, *code: str) -> None:
        """Put other statements, or none, in place of one."""
        self._statements[self.span(node)] = [*code]

    def insert_before(self, node: ast.stmt, *code: str) -> None:
        """Put statements before one, at its depth."""
        self._before.setdefault(self.span(node), []).extend(code)

    def decorate(self, node: FunctionNode, code: str) -> None:
        """Put a decorator on a definition, nearest to it."""
        self._decorators[self.span(node)] = code

    def add_import(self, code: str) -> None:
        """Import what the source does not import yet, after its other imports."""
        if code not in self._imports and code not in self.source.splitlines():
            self._imports.append(code)

    def code(self) -> str | None:
        """Return the edited text; None where nothing was edited, or an edit found no place."""
        edits = (self._expressions, self._statements, self._before, self._decorators)
        wanted = sum(len(edit) for edit in edits)
        if not wanted:
            return None
        editor = _Editor(dict(self._expressions), *edits[1:])
        module = parse_concrete(self.source)
        edited = MetadataWrapper(module, unsafe_skip_copy=True).visit(editor)
        if editor.n_found != wanted:
            return None
        return _with_imports(edited, self._imports).code


class _Editor(cst.CSTTransformer):
    """Makes the edits, found again by their positions."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(
        self, expressions: dict[Span, str], statements: dict[Span, list[str]],
        before: dict[Span, list[str]], decorators: dict[Span, str],
    ) -> None:  # fmt: skip
        super().__init__()
        self.expressions, self.statements, self.before = expressions, statements, before
        self.decorators = decorators
        self.n_found = 0

    def _span(self, node: cst.CSTNode) -> Span:
        place: CodeRange = self.get_metadata(PositionProvider, node)
        return place.start.line, place.start.column, place.end.line, place.end.column

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> cst.CSTNode:  # type: ignore[override]
        """Put expressions, and statements of blocks, in place of others."""
        if isinstance(original_node, cst.BaseExpression):
            span = self._span(original_node)
            if span in self.expressions:
                self.n_found += 1
                code = self.expressions.pop(span)
                made = cst.parse_expression(code)
                lpar = getattr(updated_node, "lpar", ())
                if lpar:
                    made = made.with_changes(lpar=lpar, rpar=getattr(updated_node, "rpar", ()))
                return made
        if self.decorators and isinstance(updated_node, cst.FunctionDef):
            return self._decorated(original_node, updated_node)
        if isinstance(original_node, cst.IndentedBlock | cst.Module):
            return self._block(original_node, updated_node)
        return super().on_leave(original_node, updated_node)  # type: ignore[return-value]

    def _decorated(self, original: cst.CSTNode, updated: cst.FunctionDef) -> cst.FunctionDef:
        if not (code := self.decorators.get(self._span(original))):
            return updated
        self.n_found += 1
        added = cst.Decorator(cst.parse_expression(code))
        return updated.with_changes(decorators=[*updated.decorators, added])

    def _block(self, original: cst.CSTNode, updated: cst.CSTNode) -> cst.CSTNode:
        body: list[cst.CSTNode] = []
        is_edited = False
        olds: Sequence[cst.CSTNode] = getattr(original, "body", ())
        news: Sequence[cst.CSTNode] = getattr(updated, "body", ())
        for old, new in zip(olds, news, strict=True):
            span = self._span_of_line(old)
            lines = list(getattr(new, "leading_lines", ()))
            made = [cst.parse_statement(code) for code in self.before.get(span, ())]
            if span in self.statements:
                made += [cst.parse_statement(code) for code in self.statements[span]]
                self.n_found += 1
            else:
                made.append(new)  # type: ignore[arg-type]
            if span in self.before:
                self.n_found += 1
            if made and made[0] is not new:
                is_edited = True
                own = getattr(made[0], "leading_lines", ())
                made[0] = made[0].with_changes(leading_lines=[*lines, *own])
                if made[-1] is new and len(made) > 1:
                    has_blank = isinstance(new, cst.FunctionDef | cst.ClassDef)
                    kept = [line for line in lines if not line.comment] if has_blank else []
                    made[-1] = new.with_changes(leading_lines=kept)
            is_edited = is_edited or not made
            body += made
        if not is_edited:
            return updated
        if not body and isinstance(original, cst.IndentedBlock):
            body = [cst.parse_statement("pass\n")]
        return updated.with_changes(body=body)

    def _span_of_line(self, node: cst.CSTNode) -> Span:
        """Return the span of a line: of its statement alone, where it has but one."""
        if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1:
            return self._span(node.body[0])
        return self._span(node)


def _with_imports(module: cst.Module, imports: Sequence[str]) -> cst.Module:
    """Put imports after those that are there, or after the docstring."""
    if not imports:
        return module
    place = 0
    for i, stmt in enumerate(module.body):
        if isinstance(stmt, cst.FunctionDef | cst.ClassDef):
            break  # what is imported further down comes too late for it
        first = stmt.body[0] if isinstance(stmt, cst.SimpleStatementLine) else None
        is_docstring = i == 0 and isinstance(first, cst.Expr)
        if is_docstring or isinstance(first, cst.Import | cst.ImportFrom):
            place = i + 1
    made = [cst.parse_statement(f"{code}\n") for code in imports]
    head = module.body[0] if place == 1 else None
    if isinstance(head, cst.SimpleStatementLine) and isinstance(head.body[0], cst.Expr):
        made[0] = made[0].with_changes(leading_lines=[cst.EmptyLine(indent=False)])
    return module.with_changes(body=[*module.body[:place], *made, *module.body[place:]])
