"""Write moves into a source, keeping every blank and comment of what stays."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from workbench.patch.editing.concrete import parse_concrete
from workbench.python.syntax import LoopNode, Span, split_lines


class Move(NamedTuple):
    """What to evaluate before a loop: equal expressions under one new name, or an assignment."""

    loop: LoopNode
    parts: tuple[ast.expr, ...] | tuple[ast.Assign]
    name: str = ""
    """Empty for an assignment, which keeps its own."""


def apply_moves(source: str, moves: list[Move]) -> str | None:
    """Return the source with the moves made; None where one of them finds no place."""
    editor = _Mover(source, moves)
    edited = MetadataWrapper(parse_concrete(source), unsafe_skip_copy=True).visit(editor)
    return edited.code if editor.is_complete else None


class _Mover(cst.CSTTransformer):
    """Carries out moves, found again by their positions."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, source: str, moves: list[Move]) -> None:
        super().__init__()
        self.moves = moves
        self.lines = split_lines(source)
        self.names = {self.span(p): move.name for move in moves for p in move.parts if move.name}
        self.statements = {self.span(p): p for m in moves if not m.name for p in m.parts}
        self.values: dict[Span, cst.BaseExpression] = {}
        self.lifted: dict[Span, cst.SimpleStatementLine] = {}
        self.n_inserted = 0

    @property
    def is_complete(self) -> bool:
        """Whether every part was found, once, and taken before its loop."""
        n_found = len(self.values) + len(self.lifted)
        return n_found == len(self.names) + len(self.statements) and self.n_inserted == len(
            self.moves
        )

    def span(self, node: ast.stmt | ast.expr) -> Span:
        """Convert positions: `ast` counts bytes, libcst characters."""
        last_line, last_byte = node.end_lineno or 0, node.end_col_offset or 0
        first = self.column(node.lineno, node.col_offset)
        return node.lineno, first, last_line, self.column(last_line, last_byte)

    def column(self, line: int, n_bytes: int) -> int:
        return len(self.lines[line - 1].encode()[:n_bytes].decode())

    def found_span(self, node: cst.CSTNode) -> Span:
        place: CodeRange = self.get_metadata(PositionProvider, node)
        return place.start.line, place.start.column, place.end.line, place.end.column

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Put the new name in place of the call."""
        return self.replaced(original_node, updated_node)

    def leave_List(self, original_node: cst.List, updated_node: cst.List) -> cst.BaseExpression:
        """Put the new name in place of the list."""
        return self.replaced(original_node, updated_node)

    def leave_Set(self, original_node: cst.Set, updated_node: cst.Set) -> cst.BaseExpression:
        """Put the new name in place of the set."""
        return self.replaced(original_node, updated_node)

    def leave_Dict(self, original_node: cst.Dict, updated_node: cst.Dict) -> cst.BaseExpression:
        """Put the new name in place of the dictionary."""
        return self.replaced(original_node, updated_node)

    def replaced(
        self, original: cst.BaseExpression, node: cst.BaseExpression
    ) -> cst.BaseExpression:
        span = self.found_span(original)
        if span not in self.names:
            return node
        self.values[span] = node
        if node.lpar or not self.touches_word(span):
            return cst.Name(self.names[span], lpar=node.lpar, rpar=node.rpar)
        return cst.Name(self.names[span], lpar=[cst.LeftParen()], rpar=[cst.RightParen()])

    def touches_word(self, span: Span) -> bool:
        """Whether a name put here would run into its neighbour (`in[a, b]`)."""
        before = self.lines[span[0] - 1][: span[1]][-1:]
        after = self.lines[span[2] - 1][span[3] :][:1]
        return any(char.isalnum() or char == "_" for char in before + after)

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        """Take assignments out, and put what belongs before a loop there."""
        body: list[cst.BaseStatement] = []
        for original, stmt in zip(original_node.body, updated_node.body, strict=True):
            span = self.found_span(original)
            if isinstance(original, cst.For | cst.While):
                body += self.statements_before(span)
            if isinstance(stmt, cst.SimpleStatementLine) and span in self.statements:
                comments = [line for line in stmt.leading_lines if line.comment]
                self.lifted[span] = stmt.with_changes(leading_lines=comments)
            else:
                body.append(stmt)
        if len(body) == len(original_node.body) and not self.n_inserted:
            return updated_node
        return updated_node.with_changes(body=body or [cst.parse_statement("pass\n")])

    def statements_before(self, loop: Span) -> Iterator[cst.SimpleStatementLine]:
        for move in self.moves:
            if self.span(move.loop) == loop:
                self.n_inserted += 1
                first = self.span(move.parts[0])
                yield self.assignment(move.name, first) if move.name else self.lifted[first]

    def assignment(self, name: str, value: Span) -> cst.SimpleStatementLine:
        target = cst.AssignTarget(cst.Name(name))
        assign = cst.Assign(targets=[target], value=self.values[value])
        return cst.SimpleStatementLine(body=[assign])
